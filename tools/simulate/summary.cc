#include "tools/simulate/summary.h"

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "ocs/base/exact.h"
#include "ocs/base/text.h"
#include "ocs/base/unit.h"
#include "tools/text/table.h"

namespace ocs::simulate {
namespace {

using simulation::BillDistribution;
using simulation::Figures;
using simulation::Group;
using simulation::PackageUse;
using simulation::Result;
using simulation::VariantResult;
using tools::Align;
using tools::Table;

// Whole money is enough for people; the files have every micro.
std::string Money(int64_t micros) {
  const int64_t cents = MultiplyDivide(micros, 1, kMicrosPerFen, Rounding::kHalfEven).value_or(0);
  return Cat(cents < 0 ? "-" : "", FormatGrouped(std::abs(cents) / 100), ".",
             absl::StrFormat("%02d", std::abs(cents) % 100));
}

std::string PerCent(int64_t part, int64_t whole) {
  if (whole <= 0) return "";
  const auto permille = MultiplyDivide(part, 1'000, whole, Rounding::kHalfEven);
  if (!permille) return "";
  return Cat(*permille < 0 ? "-" : "", std::abs(*permille) / 10, ".", std::abs(*permille) % 10,
             " %");
}

std::vector<std::string> FigureCells(const Figures& f) {
  return {FormatGrouped(f.calls),
          PerCent(f.blocked + f.cut, f.calls),
          Money(f.recurring_micros()),
          Money(f.breakage_micros),
          Money(f.usage_micros + f.overage_micros),
          Money(f.revenue_micros()),
          Money(f.cost_micros),
          Money(f.margin_micros()),
          PerCent(f.margin_micros(), f.revenue_micros())};
}

Table FigureTable(const std::string& by, bool customers) {
  std::vector<Table::Column> columns = {{by, Align::kLeft}};
  if (customers) columns.push_back({"customers", Align::kRight});
  for (const char* name : {"calls", "refused", "fees earned", "breakage", "by the call", "revenue",
                           "cost", "margin", "%"})
    columns.push_back({name, Align::kRight});
  return Table(columns);
}

std::string GroupsText(const std::string& by, const std::vector<Group>& groups, bool customers) {
  Table table = FigureTable(by, customers);
  for (const Group& group : groups) {
    std::vector<std::string> cells = {group.name.empty() ? "-" : group.name};
    if (customers) cells.push_back(FormatGrouped(group.customers));
    for (std::string& cell : FigureCells(group.figures)) cells.push_back(std::move(cell));
    table.AddRow(std::move(cells));
  }
  return table.Format();
}

std::string PackagesText(const VariantResult& variant) {
  Table table({{"package", Align::kLeft},
               {"unit", Align::kLeft},
               {"sold", Align::kRight},
               {"used up", Align::kRight},
               {"used", Align::kRight},
               {"expired", Align::kRight},
               {"left", Align::kRight}});
  for (const PackageUse& package : variant.packages) {
    table.AddRow({Cat(package.offer, ": ", package.grant), std::string(package.unit.code()),
                  FormatGrouped(package.sold), FormatGrouped(package.used_up),
                  PerCent(package.used, package.granted), PerCent(package.expired, package.granted),
                  PerCent(package.left, package.granted)});
  }
  return table.Format();
}

std::string BillsText(const VariantResult& variant) {
  Table table({{"month", Align::kLeft},
               {"plan", Align::kLeft},
               {"customers", Align::kRight},
               {"median", Align::kRight},
               {"90 %", Align::kRight},
               {"99 %", Align::kRight},
               {"largest", Align::kRight},
               {"bill shocks", Align::kRight}});
  for (const BillDistribution& bills : variant.bills) {
    table.AddRow(
        {absl::FormatTime("%Y-%m", bills.month.PlusSeconds(86'400).ToTime(), absl::UTCTimeZone()),
         bills.plan.empty() ? "all" : bills.plan, FormatGrouped(bills.bills),
         Money(bills.quantile_micros[3]), Money(bills.quantile_micros[4]),
         Money(bills.quantile_micros[5]), Money(bills.quantile_micros[6]),
         FormatGrouped(bills.shocks)});
  }
  return table.Format();
}

std::string HeadText(const Result& result) {
  std::string text = Cat("population ", result.population, ", seed ", result.seed, ": ",
                         FormatGrouped(result.events), " calls");
  for (const simulation::InputRead& input : result.inputs)
    text += Cat("\ninput ", input.name, input.generated ? " (generated)" : "", ": ",
                FormatGrouped(input.events), " calls");
  if (result.outside > 0)
    text += Cat("\n", FormatGrouped(result.outside),
                " calls lie before the beginning or after the end and are left out");
  if (result.bad_row_count > 0) {
    text += Cat("\n", FormatGrouped(result.bad_row_count), " rows are no calls:");
    for (const simulation::BadRow& row : result.bad_rows)
      text += Cat("\n  ", row.file, ":", row.line, ": ", row.why);
  }
  if (result.cancelled)
    text += Cat("\nSTOPPED at ", FormatInstant(result.reached, absl::UTCTimeZone()),
                ": what follows is of the calls until then");
  return text + "\n";
}

}  // namespace

std::string DescribeResult(const Result& result) {
  std::string text = HeadText(result);
  Table answer = FigureTable("variant", false);
  for (const VariantResult& variant : result.variants) {
    std::vector<std::string> cells = {variant.label};
    for (std::string& cell : FigureCells(variant.total)) cells.push_back(std::move(cell));
    answer.AddRow(std::move(cells));
  }
  const std::string currency(result.variants.empty() ? ""
                                                     : result.variants.front().currency.code());
  text += Cat("\nAmounts in ", currency, "\n", answer.Format());
  for (const VariantResult& variant : result.variants) {
    text += Cat("\n== ", variant.label, " (catalogue ", variant.catalogue, ")\n");
    text += Cat(GroupsText("plan", variant.by_plan, true), "\n");
    text += Cat(GroupsText("model", variant.by_model, false), "\n");
    if (!variant.packages.empty()) text += Cat(PackagesText(variant), "\n");
    text += BillsText(variant);
    text += Cat("deferred at the end ", Money(variant.deferred_end_micros), "\n");
    for (const auto& [code, micros] : variant.other_costs)
      text += Cat("cost in ", code, ", not in the margin: ", Money(micros), "\n");
  }
  return text;
}

std::string DescribeCustomers(const Result& result, size_t count) {
  std::string text;
  for (const VariantResult& variant : result.variants) {
    if (count == 0) break;
    std::vector<const simulation::Customer*> largest;
    for (const simulation::Customer& customer : variant.customers) largest.push_back(&customer);
    std::stable_sort(largest.begin(), largest.end(), [](const auto* a, const auto* b) {
      return a->figures.billed_micros > b->figures.billed_micros;
    });
    if (largest.size() > count) largest.resize(count);
    Table table({{"customer", Align::kRight},
                 {"plan", Align::kLeft},
                 {"calls", Align::kRight},
                 {"blocked", Align::kRight},
                 {"cut", Align::kRight},
                 {"tokens", Align::kRight},
                 {"billed", Align::kRight},
                 {"largest month", Align::kRight},
                 {"margin", Align::kRight}});
    for (const simulation::Customer* customer : largest) {
      const Figures& f = customer->figures;
      table.AddRow({FormatGrouped(customer->number), result.plans[customer->plan],
                    FormatGrouped(f.calls), FormatGrouped(f.blocked), FormatGrouped(f.cut),
                    FormatGrouped(f.input_tokens + f.cached_tokens + f.output_tokens),
                    Money(f.billed_micros), Money(customer->largest_bill_micros),
                    Money(f.margin_micros())});
    }
    text += Cat("\n== ", variant.label, ": the largest bills\n", table.Format());
  }
  return text;
}

std::string DescribeExplained(const Result& result) {
  std::string text;
  std::string variant;
  for (const simulation::ExplainLine& line : result.explained) {
    if (line.variant != variant) text += Cat("== ", line.variant, "\n");
    variant = line.variant;
    text += Cat(FormatInstant(line.at, absl::UTCTimeZone()), "  ", line.what, ": ",
                tools::Printable(line.text), "\n");
    for (const std::string& charge : line.charges)
      text += Cat("    ", tools::Printable(charge), "\n");
  }
  return text;
}

}  // namespace ocs::simulate
