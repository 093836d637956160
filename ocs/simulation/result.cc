#include "ocs/simulation/result.h"

#include <utility>

#include "ocs/base/text.h"
#include "ocs/simulation/internal/tables.h"

namespace ocs::simulation {

using internal::AddFigureCells;
using internal::AddFigureColumns;

namespace {

Cell Text(std::string text) { return {.text = std::move(text)}; }
Cell Number(int64_t number) { return {.text = {}, .number = number}; }

ResultTable Summary(const Result& result) {
  ResultTable table{.name = "summary", .columns = {{"variant"}, {"catalogue"}}, .rows = {}};
  AddFigureColumns(&table);
  for (const char* name : {"deferred_end_micros", "written_off_micros", "paid_in_micros"})
    table.columns.push_back({name, CellType::kMicros});
  for (const VariantResult& variant : result.variants) {
    auto& row = table.rows.emplace_back();
    row = {Text(variant.label), Text(variant.catalogue)};
    AddFigureCells(variant.total, &row);
    row.push_back(Number(variant.deferred_end_micros));
    row.push_back(Number(variant.written_off_micros));
    row.push_back(Number(variant.paid_in_micros));
  }
  return table;
}

ResultTable GroupTable(const Result& result, const std::string& name, const std::string& by,
                       const std::vector<Group> VariantResult::*groups, bool customers) {
  ResultTable table{.name = name, .columns = {{"variant"}, {by}}, .rows = {}};
  if (customers) table.columns.push_back({"customers", CellType::kCount});
  AddFigureColumns(&table);
  for (const VariantResult& variant : result.variants) {
    for (const Group& group : variant.*groups) {
      auto& row = table.rows.emplace_back();
      row = {Text(variant.label), Text(group.name)};
      if (customers) row.push_back(Number(group.customers));
      AddFigureCells(group.figures, &row);
    }
  }
  return table;
}

ResultTable Packages(const Result& result) {
  ResultTable table{
      .name = "packages", .columns = {{"variant"}, {"offer"}, {"grant"}, {"unit"}}, .rows = {}};
  for (const char* name : {"sold", "used_up", "granted", "used", "expired", "left"})
    table.columns.push_back({name, CellType::kCount});
  table.columns.push_back({"used_permille", CellType::kPermille});
  table.columns.push_back({"deferred_micros", CellType::kMicros});
  for (const VariantResult& variant : result.variants) {
    for (const PackageUse& use : variant.packages) {
      auto& row = table.rows.emplace_back();
      row = {Text(variant.label), Text(use.offer), Text(use.grant),
             Text(std::string(use.unit.code()))};
      for (const int64_t number :
           {use.sold, use.used_up, use.granted, use.used, use.expired, use.left})
        row.push_back(Number(number));
      row.push_back(Number(internal::Permille(use.used, use.granted)));
      row.push_back(Number(use.deferred_micros));
    }
  }
  return table;
}

ResultTable Bills(const Result& result) {
  ResultTable table{.name = "bills", .columns = {{"variant"}, {"month"}, {"plan"}}, .rows = {}};
  table.columns.push_back({"bills", CellType::kCount});
  table.columns.push_back({"sum_micros", CellType::kMicros});
  for (const int quantile : kBillQuantiles)
    table.columns.push_back({Cat("p", quantile, "_micros"), CellType::kMicros});
  table.columns.push_back({"shocks", CellType::kCount});
  for (const int64_t bound : kBillBounds)
    table.columns.push_back({Cat("up_to_", bound), CellType::kCount});
  table.columns.push_back({"above", CellType::kCount});
  for (const VariantResult& variant : result.variants) {
    for (const BillDistribution& bills : variant.bills) {
      auto& row = table.rows.emplace_back();
      row = {Text(variant.label), Text(FormatInstant(bills.month, absl::UTCTimeZone())),
             Text(bills.plan), Number(bills.bills), Number(bills.sum_micros)};
      for (const int64_t quantile : bills.quantile_micros) row.push_back(Number(quantile));
      row.push_back(Number(bills.shocks));
      for (const int64_t count : bills.histogram) row.push_back(Number(count));
    }
  }
  return table;
}

ResultTable Customers(const Result& result) {
  ResultTable table{.name = "customers",
                    .columns = {{"variant"},
                                {"customer", CellType::kCount},
                                {"plan"},
                                {"largest_bill_micros", CellType::kMicros}},
                    .rows = {}};
  AddFigureColumns(&table);
  for (const VariantResult& variant : result.variants) {
    for (const Customer& customer : variant.customers) {
      auto& row = table.rows.emplace_back();
      row = {Text(variant.label), Number(customer.number), Text(result.plans[customer.plan]),
             Number(customer.largest_bill_micros)};
      AddFigureCells(customer.figures, &row);
    }
  }
  return table;
}

ResultTable OtherCosts(const Result& result) {
  ResultTable table{.name = "other_costs",
                    .columns = {{"variant"}, {"currency"}, {"cost_micros", CellType::kMicros}},
                    .rows = {}};
  for (const VariantResult& variant : result.variants) {
    for (const auto& [currency, micros] : variant.other_costs)
      table.rows.push_back({Text(variant.label), Text(currency), Number(micros)});
  }
  return table;
}

}  // namespace

std::vector<ResultTable> TablesOf(const Result& result) {
  return {Summary(result),
          GroupTable(result, "by_plan", "plan", &VariantResult::by_plan, true),
          GroupTable(result, "by_model", "model", &VariantResult::by_model, false),
          GroupTable(result, "by_product", "product", &VariantResult::by_product, false),
          GroupTable(result, "by_hour", "hour", &VariantResult::by_hour, false),
          GroupTable(result, "by_day", "day", &VariantResult::by_day, false),
          GroupTable(result, "by_decile", "decile", &VariantResult::by_decile, true),
          Packages(result),
          Bills(result),
          OtherCosts(result),
          Customers(result)};
}

}  // namespace ocs::simulation
