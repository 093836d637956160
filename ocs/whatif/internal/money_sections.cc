// Sections about money: where revenue and margin come from, and how robust they are.

#include <algorithm>
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
using simulation::Figures;
using simulation::Group;
using simulation::VariantResult;

// The variants that the study looks at, in order.
std::vector<const VariantResult*> Looked(const Study& study) {
  std::vector<const VariantResult*> variants = {&study.old_variant()};
  if (study.before != study.after) variants.push_back(&study.new_variant());
  return variants;
}

struct Part {
  std::string_view name;
  int64_t Figures::*of;
};
constexpr Part kParts[] = {{"fees", &Figures::fee_micros},
                           {"packages, by use", &Figures::package_micros},
                           {"packages, expired unused", &Figures::breakage_micros},
                           {"use paid by the call", &Figures::usage_micros},
                           {"use beyond packages", &Figures::overage_micros}};

const Group* Find(const std::vector<Group>& groups, std::string_view name) {
  for (const Group& group : groups) {
    if (group.name == name) return &group;
  }
  return nullptr;
}

}  // namespace

Section MoneySection(const Study& study) {
  const Unit& currency = study.new_variant().currency;
  Section section = {.title = "Where the money comes from"};
  Chart chart = {.kind = ChartKind::kBars,
                 .y_title = std::string(currency.code()),
                 .summary = "Parts of the revenue, vendors' cost and margin."};
  Table table = {.columns = {{.name = ""}}};
  for (const Part& part : kParts) chart.labels.emplace_back(part.name);
  chart.labels.insert(chart.labels.end(), {"revenue", "paid to vendors", "margin"});
  for (const std::string& label : chart.labels) table.rows.push_back({label});
  for (const VariantResult* variant : Looked(study)) {
    table.columns.push_back({.name = Cat(variant->label, ", ", currency.code()), .number = true});
    std::vector<int64_t> figures;
    for (const Part& part : kParts) figures.push_back(variant->total.*part.of);
    figures.insert(figures.end(), {variant->total.revenue_micros(), variant->total.cost_micros,
                                   variant->total.margin_micros()});
    Series series = {.name = variant->label};
    for (size_t i = 0; i < figures.size(); ++i) {
      series.values.push_back(PlainMoney(figures[i]));
      table.rows[i].push_back(Money(figures[i]));
    }
    chart.series.push_back(std::move(series));
  }
  section.chart = std::move(chart);
  section.table = std::move(table);
  return section;
}

Section PlanSection(const Study& study) {
  const Unit& currency = study.new_variant().currency;
  Section section = {.title = "What each plan earns after vendors are paid"};
  Chart chart = {.kind = ChartKind::kBarsAcross,
                 .x_title = Cat("margin, ", currency.code()),
                 .summary = "Margin by plan."};
  Table table = {.columns = {{.name = "plan"}, {.name = "customers", .number = true}}};
  for (const std::string& plan : study.result->plans) chart.labels.push_back(plan);
  for (const std::string& plan : study.result->plans) {
    const Group* group = Find(study.new_variant().by_plan, plan);
    table.rows.push_back({plan, FormatGrouped(group == nullptr ? 0 : group->customers)});
  }
  for (const VariantResult* variant : Looked(study)) {
    for (const std::string_view name : {"revenue", "cost", "margin", "margin, %"}) {
      table.columns.push_back({.name = Cat(name, ", ", variant->label), .number = true});
    }
    Series series = {.name = variant->label};
    for (size_t i = 0; i < study.result->plans.size(); ++i) {
      const Group* group = Find(variant->by_plan, study.result->plans[i]);
      const Figures figures = group == nullptr ? Figures{} : group->figures;
      series.values.push_back(PlainMoney(figures.margin_micros()));
      table.rows[i].insert(table.rows[i].end(),
                           {Money(figures.revenue_micros()), Money(figures.cost_micros),
                            Money(figures.margin_micros()),
                            Percent(ShareOf(figures.margin_micros(), figures.revenue_micros()))});
    }
    chart.series.push_back(std::move(series));
  }
  section.chart = std::move(chart);
  section.table = std::move(table);
  return section;
}

Section BreakEvenSection(const Study& study) {
  const Unit& currency = study.new_variant().currency;
  Section section = {
      .title = "How far vendors' prices may rise",
      .paragraphs = {
          "The margin of each plan where all wholesale prices are multiplied alike. What "
          "customers do and pay does not depend on them."}};
  Chart chart = {.kind = ChartKind::kLines,
                 .x_title = "change of all wholesale prices, %",
                 .y_title = Cat("margin, ", currency.code()),
                 .summary = "Margin by plan against wholesale prices."};
  constexpr int64_t kStepsPercent[] = {-50, -40, -30, -20, -10, 0, 10, 20, 30, 40, 50, 75, 100};
  for (const int64_t step : kStepsPercent) chart.labels.push_back(std::to_string(step));
  Table table = {.columns = {{.name = "plan"},
                             {.name = Cat("margin, ", currency.code()), .number = true},
                             {.name = Cat("at +10 %, ", currency.code()), .number = true},
                             {.name = Cat("at +20 %, ", currency.code()), .number = true},
                             {.name = "earns nothing at", .number = true}}};
  for (const BreakEven& plan : study.break_evens) {
    Series series = {.name = plan.plan};
    for (const int64_t step : kStepsPercent) {
      series.values.push_back(PlainMoney(MarginAt(plan, (100 + step) * 10'000)));
    }
    chart.series.push_back(std::move(series));
    table.rows.push_back({plan.plan, Money(plan.margin_micros()), Money(MarginAt(plan, 1'100'000)),
                          Money(MarginAt(plan, 1'200'000)),
                          plan.factor_ppm.has_value() ? PercentChange(*plan.factor_ppm - 1'000'000)
                                                      : "costs nothing"});
  }
  section.chart = std::move(chart);
  section.table = std::move(table);
  return section;
}

Section ChangesSection(const Study& study) {
  Section section = {.title = "What is different in the catalogue"};
  Table table = {
      .columns = {{.name = "what"}, {.name = "where"}, {.name = "before"}, {.name = "after"}}};
  for (const rating::Change& change : study.catalogue_changes) {
    std::string what(rating::ChangeKindName(change.kind));
    std::replace(what.begin(), what.end(), '_', ' ');
    table.rows.push_back({std::move(what), change.where, change.before, change.after});
  }
  if (table.rows.empty()) section.paragraphs = {"Nothing: both catalogues say the same."};
  section.table = std::move(table);
  return section;
}

Section SweepSection(const Study& study) {
  const Unit& currency = study.new_variant().currency;
  Section section = {
      .title = "Margin against customers better off",
      .paragraphs = {"Each point is the catalogue with other values. On the frontier nothing gives "
                     "more margin without making fewer customers better off."}};
  Series all = {.name = "other points"};
  Series frontier = {.name = "frontier"};
  Table table = {.columns = {{.name = "values"},
                             {.name = "frontier"},
                             {.name = Cat("margin, ", currency.code()), .number = true},
                             {.name = Cat("revenue, ", currency.code()), .number = true},
                             {.name = "better off", .number = true},
                             {.name = "worse off", .number = true},
                             {.name = "largest rise of a bill", .number = true},
                             {.name = "calls not run", .number = true}}};
  for (const SweepPoint& point : study.sweep) {
    const int64_t better = ShareOf(point.better, point.customers);
    Series& series = point.frontier ? frontier : all;
    series.x.push_back(PlainPercent(better));
    series.values.push_back(PlainMoney(point.margin_micros));
    series.point_labels.push_back(PointLabel(point.edits));
    table.rows.push_back({PointLabel(point.edits), point.frontier ? "yes" : "",
                          Money(point.margin_micros), Money(point.revenue_micros), Percent(better),
                          Percent(ShareOf(point.worse, point.customers)),
                          PercentChange(point.max_increase_ppm), FormatGrouped(point.not_run)});
  }
  section.chart = Chart{.kind = ChartKind::kPoints,
                        .x_title = "customers better off, %",
                        .y_title = Cat("margin, ", currency.code()),
                        .series = {std::move(all), std::move(frontier)},
                        .summary = "Margin against the share of customers better off."};
  section.table = std::move(table);
  return section;
}

Section GroupSection(const Study& study, std::string_view title,
                     const std::vector<Group> VariantResult::*of) {
  Section section = {.title = std::string(title), .reason = false};
  Table table = {.columns = {{.name = "name"},
                             {.name = "catalogue"},
                             {.name = "calls", .number = true},
                             {.name = "not run", .number = true},
                             {.name = "beyond package", .number = true},
                             {.name = "revenue", .number = true},
                             {.name = "cost", .number = true},
                             {.name = "margin", .number = true}}};
  for (const Group& named : study.new_variant().*of) {
    for (const VariantResult* variant : Looked(study)) {
      const Group* group = Find(variant->*of, named.name);
      if (group == nullptr) continue;
      const Figures& figures = group->figures;
      table.rows.push_back({named.name.empty() ? "(none)" : named.name, variant->label,
                            FormatGrouped(figures.calls),
                            FormatGrouped(figures.blocked + figures.not_sold),
                            FormatGrouped(figures.overage), Money(figures.revenue_micros()),
                            Money(figures.cost_micros), Money(figures.margin_micros())});
    }
  }
  section.table = std::move(table);
  return section;
}

Section HourSection(const Study& study) {
  const Unit& currency = study.new_variant().currency;
  Section section = {.title = "By the hour of the day", .reason = false};
  Chart chart = {.kind = ChartKind::kLines,
                 .x_title = "hour",
                 .y_title = currency.empty() ? "" : Cat("money, ", currency.code()),
                 .summary = "Use that is paid for and its cost by the hour."};
  for (const Group& group : study.new_variant().by_hour) chart.labels.push_back(group.name);
  for (const VariantResult* variant : Looked(study)) {
    Series use = {.name = Cat("use, ", variant->label)};
    Series cost = {.name = Cat("cost, ", variant->label)};
    for (const std::string& label : chart.labels) {
      const Group* group = Find(variant->by_hour, label);
      const Figures figures = group == nullptr ? Figures{} : group->figures;
      use.values.push_back(
          PlainMoney(figures.package_micros + figures.usage_micros + figures.overage_micros));
      cost.values.push_back(PlainMoney(figures.cost_micros));
    }
    chart.series.push_back(std::move(use));
    chart.series.push_back(std::move(cost));
  }
  section.chart = std::move(chart);
  return section;
}

Section PackageSection(const Study& study) {
  Section section = {.title = "What became of the packages", .reason = false};
  Table table = {.columns = {{.name = "offer"},
                             {.name = "package"},
                             {.name = "catalogue"},
                             {.name = "sold", .number = true},
                             {.name = "used up", .number = true},
                             {.name = "granted", .number = true},
                             {.name = "used, %", .number = true},
                             {.name = "expired, %", .number = true},
                             {.name = "not yet earned", .number = true}}};
  for (const VariantResult* variant : Looked(study)) {
    for (const simulation::PackageUse& package : variant->packages) {
      table.rows.push_back(
          {package.offer, package.grant, variant->label, FormatGrouped(package.sold),
           FormatGrouped(package.used_up), FormatAmount(package.granted, package.unit),
           Percent(ShareOf(package.used, package.granted)),
           Percent(ShareOf(package.expired, package.granted)), Money(package.deferred_micros)});
    }
  }
  section.table = std::move(table);
  return section;
}

Section BillSection(const Study& study) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  Section section = {.title = "Bills of each month", .reason = false};
  Table table = {.columns = {{.name = "month"},
                             {.name = "plan"},
                             {.name = "catalogue"},
                             {.name = "bills", .number = true},
                             {.name = "sum", .number = true},
                             {.name = "half pay up to", .number = true},
                             {.name = "90 % up to", .number = true},
                             {.name = "99 % up to", .number = true},
                             {.name = "largest", .number = true},
                             {.name = "shocks", .number = true}}};
  for (const VariantResult* variant : Looked(study)) {
    for (const simulation::BillDistribution& bills : variant->bills) {
      // A month begins at midnight of some zone: half a day later it is that month in every zone.
      const std::string month =
          FormatInstant(bills.month.PlusSeconds(12 * 3600 + 6 * 3600), utc).substr(0, 7);
      table.rows.push_back({month, bills.plan.empty() ? "all" : bills.plan, variant->label,
                            FormatGrouped(bills.bills), Money(bills.sum_micros),
                            Money(bills.quantile_micros[2]), Money(bills.quantile_micros[4]),
                            Money(bills.quantile_micros[5]), Money(bills.quantile_micros[6]),
                            FormatGrouped(bills.shocks)});
    }
  }
  section.table = std::move(table);
  section.paragraphs = {
      "A shock: a bill of at least twice what the customer expects (the plan's fees; without fees "
      "the plan's middle bill of the month), and at least 10 more."};
  return section;
}

}  // namespace ocs::whatif::internal
