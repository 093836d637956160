// A page with one of everything.

#ifndef TESTS_REPORT_SAMPLES_H_
#define TESTS_REPORT_SAMPLES_H_

#include <string>

#include "ocs/report/page.h"

namespace ocs::report::testing {

inline Section ChartSection(std::string title, ChartKind kind) {
  Section section = {.title = std::move(title), .paragraphs = {"What is to be seen here."}};
  section.chart = Chart{.kind = kind,
                        .x_title = "decile",
                        .y_title = "CNY a customer",
                        .labels = {"1", "2", "3", "4"},
                        .series = {{.name = "before", .values = {"9.9", "12", "-3.5", ""}},
                                   {.name = "after", .values = {"9.9", "14.25", "-3", "7"}}},
                        .summary = "The third decile is below zero."};
  return section;
}

inline Section PointSection() {
  Section section = {.title = "Margin against customers better off"};
  section.chart = Chart{.kind = ChartKind::kPoints,
                        .x_title = "better off, %",
                        .y_title = "margin, CNY",
                        .series = {{.name = "grid",
                                    .values = {"100", "80.5", "20"},
                                    .x = {"10", "40", "90"},
                                    .point_labels = {"fee 9.9", "fee 12", "fee 15"}},
                                   {.name = "frontier", .values = {"100"}, .x = {"10"}}},
                        .summary = "Margin falls as more customers are better off."};
  return section;
}

inline Section TableSection(size_t rows) {
  Section section = {.title = "Who loses most", .reason = false};
  section.table = Table{.columns = {{.name = "customer"}, {.name = "change, CNY", .number = true}}};
  for (size_t i = 0; i < rows; ++i) {
    section.table->rows.push_back({"customer-" + std::to_string(i), std::to_string(i * 3 % 7)});
  }
  return section;
}

inline Page SamplePage() {
  Page page = {
      .title = "Tariff simulation: 'light' & <standard>",
      .subtitle = "Candidate against the tariff in force",
      .verdict = {.tone = Tone::kBad,
                  .headline = "The candidate fails: one customer in ten pays over 20 % more",
                  .sentences = {"Margin rises by 12,345.67 CNY.", "812 customers lose."},
                  .requirements = {{"margin>=15%", "18.2 %", Tone::kGood},
                                   {"max-bill-increase<=20%", "31.0 %", Tone::kBad}}},
      .footnote = "Generated traffic."};
  page.tiles = {{"Margin", "123,456.78 CNY", "before: 111,111.11", Tone::kGood},
                {"Winners", "1,204", "of 6,071 customers", Tone::kNeutral},
                {"Losers", "812", "of 6,071 customers", Tone::kBad}};
  page.sections = {ChartSection("Bars", ChartKind::kBars),
                   ChartSection("Stacked", ChartKind::kStackedBars),
                   ChartSection("Lines", ChartKind::kLines),
                   ChartSection("Across", ChartKind::kBarsAcross),
                   PointSection(),
                   TableSection(40)};
  page.basis = {{"catalogue, SHA-256", std::string(64, 'a')}, {"seed", "42"}};
  return page;
}

}  // namespace ocs::report::testing

#endif  // TESTS_REPORT_SAMPLES_H_
