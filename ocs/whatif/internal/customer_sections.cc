// Sections about customers: who is better off, who is worse off, and why.

#include <utility>

#include "ocs/base/text.h"
#include "ocs/whatif/internal/figures.h"
#include "ocs/whatif/internal/sections.h"

namespace ocs::whatif::internal {
namespace {

using report::Chart;
using report::ChartKind;
using report::Section;
using report::Series;
using report::Table;
using report::Tone;

Tone ToneOf(Lot lot) {
  switch (lot) {
    case Lot::kBetter:
      return Tone::kGood;
    case Lot::kWorse:
      return Tone::kBad;
    default:
      return Tone::kNeutral;
  }
}

// "up to -50 %", "-50 to -20 %", ..., "no change", ..., "above 50 %".
std::string ClassName(size_t index) {
  if (index == 0) return Cat("down ", -kChangeBounds[0], " % and more");
  if (index == kChangeBounds.size()) return Cat("up over ", kChangeBounds.back(), " %");
  if (kChangeBounds[index] == 0) return "no change";
  const int64_t from = kChangeBounds[index - 1];
  const int64_t to = kChangeBounds[index];
  if (index == 3) return "down up to 10 %";
  if (index == 5) return "up to 1 %";
  return to < 0 ? Cat("down ", -to, " to ", -from, " %") : Cat("up ", from, " to ", to, " %");
}

Section CustomerSection(const Study& study, std::string title,
                        const std::vector<const CustomerChange*>& customers) {
  const Unit& currency = study.new_variant().currency;
  Section section = {.title = std::move(title)};
  Table table = {.columns = {{.name = "customer", .number = true},
                             {.name = "plan"},
                             {.name = Cat("before, ", currency.code()), .number = true},
                             {.name = Cat("after, ", currency.code()), .number = true},
                             {.name = "change", .number = true},
                             {.name = "in per cent", .number = true},
                             {.name = "why"}}};
  for (const CustomerChange* customer : customers) {
    table.rows.push_back({FormatGrouped(customer->number), study.result->plans[customer->plan],
                          Money(customer->before_micros), Money(customer->after_micros),
                          MoneyChange(customer->change_micros(), currency),
                          PercentChange(BillChangePpm(*customer)),
                          ExplainChange(*customer, currency)});
  }
  section.table = std::move(table);
  return section;
}

}  // namespace

Section DecileSection(const Study& study) {
  const Comparison& comparison = *study.comparison;
  const Unit& currency = study.new_variant().currency;
  Section section = {.title = "Who is better off, and who is worse off",
                     .paragraphs = {"Customers in tenths by what they paid before: the first tenth "
                                    "paid most. Better: not more to pay, and not fewer calls that "
                                    "ran. Worse: not less to pay, and not more calls that ran."}};
  Chart chart = {.kind = ChartKind::kStackedBars,
                 .x_title = "tenth of the customers, by their bill before",
                 .y_title = "customers",
                 .summary = "Customers better and worse off, by tenths."};
  for (size_t lot = 0; lot < kLotCount; ++lot) {
    if (comparison.lots[lot] == 0) continue;
    chart.series.push_back({.name = std::string(LotName(static_cast<Lot>(lot))),
                            .tone = ToneOf(static_cast<Lot>(lot))});
  }
  Table table = {.columns = {{.name = "tenth", .number = true},
                             {.name = "customers", .number = true},
                             {.name = "better", .number = true},
                             {.name = "worse", .number = true},
                             {.name = Cat("billed before, ", currency.code()), .number = true},
                             {.name = "change", .number = true},
                             {.name = "in per cent", .number = true}}};
  for (size_t i = 0; i < comparison.deciles.size(); ++i) {
    const DecileChange& decile = comparison.deciles[i];
    chart.labels.push_back(std::to_string(i + 1));
    size_t series = 0;
    for (size_t lot = 0; lot < kLotCount; ++lot) {
      if (comparison.lots[lot] == 0) continue;
      chart.series[series++].values.push_back(std::to_string(decile.lots[lot]));
    }
    const int64_t change = decile.after_micros - decile.before_micros;
    table.rows.push_back({std::to_string(i + 1), FormatGrouped(decile.customers),
                          FormatGrouped(decile.lots[static_cast<size_t>(Lot::kBetter)]),
                          FormatGrouped(decile.lots[static_cast<size_t>(Lot::kWorse)]),
                          Money(decile.before_micros), MoneyChange(change, currency),
                          PercentChange(ShareOf(change, decile.before_micros))});
  }
  section.chart = std::move(chart);
  section.table = std::move(table);
  return section;
}

Section ClassSection(const Study& study) {
  Section section = {.title = "How bills change"};
  Chart chart = {.kind = ChartKind::kBars,
                 .x_title = "change of the bill",
                 .y_title = "customers",
                 .summary = "Customers by the change of their bill."};
  Series fall = {.name = "lower", .tone = Tone::kGood};
  Series same = {.name = "the same"};
  Series rise = {.name = "higher", .tone = Tone::kBad};
  for (size_t i = 0; i < study.comparison->classes.size(); ++i) {
    chart.labels.push_back(ClassName(i));
    const std::string count = std::to_string(study.comparison->classes[i]);
    fall.values.push_back(i < 4 ? count : "");
    same.values.push_back(i == 4 ? count : "");
    rise.values.push_back(i > 4 ? count : "");
  }
  chart.kind = ChartKind::kStackedBars;
  chart.series = {std::move(fall), std::move(same), std::move(rise)};
  section.chart = std::move(chart);
  return section;
}

Section RiseSection(const Study& study, size_t customers) {
  const auto rises = study.comparison->LargestRises(customers);
  Section section = CustomerSection(study, "Who loses most, and why", rises);
  if (rises.empty()) section.paragraphs = {"Nobody pays more."};
  return section;
}

Section FallSection(const Study& study, size_t customers) {
  Section section =
      CustomerSection(study, "Who gains most, and why", study.comparison->LargestFalls(customers));
  section.reason = false;
  return section;
}

Section ChoiceSection(const Study& study) {
  const PlanChoice& choice = *study.choice;
  const Unit& currency = study.new_variant().currency;
  Section section = {.title = "Which plan would have been the cheapest"};
  int64_t saving = 0;
  Table table = {.columns = {{.name = "plan now"},
                             {.name = "cheapest plan"},
                             {.name = "customers", .number = true},
                             {.name = "they would save", .number = true},
                             {.name = "each", .number = true}}};
  for (size_t from = 0; from < choice.counts.size(); ++from) {
    for (size_t to = 0; to < choice.trials.size(); ++to) {
      const int64_t count = choice.counts[from][to];
      if (count == 0) continue;
      saving += choice.savings_micros[from][to];
      table.rows.push_back({study.result->plans[from], choice.trials[to], FormatGrouped(count),
                            Money(choice.savings_micros[from][to], currency),
                            Money(choice.savings_micros[from][to] / count)});
    }
  }
  const auto all = static_cast<int64_t>(choice.customers.size());
  section.paragraphs = {
      Cat(FormatGrouped(choice.best_already), " of ", FormatGrouped(all),
          " customers could not have paid less on any plan that serves all their calls. If "
          "everybody had been on the cheapest, customers would have paid ",
          Money(saving, currency), " less.")};
  section.table = std::move(table);
  return section;
}

}  // namespace ocs::whatif::internal
