#include "ocs/simulation/result.h"

#include <algorithm>
#include <string>

#include "tests/support/catch.h"

namespace ocs::simulation::tests {
namespace {

Result Sample() {
  Result result;
  result.population = "p \"quoted\"";
  result.seed = 7;
  result.plans = {"light, small"};
  result.events = 3;
  result.bad_row_count = 1;
  result.bad_rows = {{.file = "t.csv", .line = 9, .why = "uses no tokens"}};
  VariantResult variant;
  variant.label = "now";
  variant.currency = Unit::Of("CNY");
  variant.total.calls = 3;
  variant.total.fee_micros = 1'500'000;
  variant.total.package_micros = 1;
  variant.total.cost_micros = 500'000;
  variant.by_plan = {{.name = "light, small", .customers = 2, .figures = variant.total}};
  Customer customer;
  customer.figures = variant.total;
  variant.customers = {customer};
  result.variants = {variant};
  return result;
}

}  // namespace

TEST_CASE("figures add up", "[tariff_simulation][unit]") {
  Figures a;
  a.fee_micros = 1;
  a.package_micros = 2;
  a.breakage_micros = 4;
  a.usage_micros = 8;
  a.overage_micros = 16;
  a.cost_micros = 7;
  CHECK(a.recurring_micros() == 3);
  CHECK(a.revenue_micros() == 31);
  CHECK(a.margin_micros() == 24);
  a.Add(a);
  CHECK(a.revenue_micros() == 62);
  CHECK(a.cost_micros == 14);
}

TEST_CASE("a table is CSV with exact amounts and quoted names", "[tariff_simulation][unit]") {
  const std::vector<ResultTable> tables = TablesOf(Sample());
  const auto by_plan =
      std::find_if(tables.begin(), tables.end(), [](const auto& t) { return t.name == "by_plan"; });
  REQUIRE(by_plan != tables.end());
  const std::string csv = TableCsv(*by_plan);
  CHECK(csv.find("variant,plan,customers,calls,blocked,") == 0);
  CHECK(csv.find(
            ",revenue,fee,package,breakage,usage,overage,cost,margin,margin_permille,billed\n") !=
        std::string::npos);
  CHECK(csv.find("\nnow,\"light, small\",2,3,") != std::string::npos);
  CHECK(csv.find(",1.500001,1.50,0.000001,0.00,0.00,0.00,0.50,1.000001,0.667,") !=
        std::string::npos);
  for (const ResultTable& table : tables) {
    for (const auto& row : table.rows) CHECK(row.size() == table.columns.size());
  }
}

TEST_CASE("a result is one JSON object", "[tariff_simulation][unit]") {
  const std::string json = ResultJson(Sample(), /*customers=*/false);
  CHECK(json.find("{\"population\":\"p \\\"quoted\\\"\"") == 0);
  CHECK(json.find("\"seed\":\"7\"") != std::string::npos);
  CHECK(json.find("\"line\":\"9\",\"why\":\"uses no tokens\"") != std::string::npos);
  CHECK(json.find("\"by_plan\":[\n{\"variant\":\"now\",\"plan\":\"light, small\"") !=
        std::string::npos);
  CHECK(json.find("\"revenue_micros\":\"1500001\"") != std::string::npos);
  CHECK(json.find("\"customers\":[") == std::string::npos);
  CHECK(ResultJson(Sample(), /*customers=*/true).find("\"customers\":[") != std::string::npos);
}

}  // namespace ocs::simulation::tests
