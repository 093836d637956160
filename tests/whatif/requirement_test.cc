#include "ocs/whatif/requirement.h"

#include <string>

#include "tests/support/catch.h"
#include "tests/whatif/samples.h"

using ocs::whatif::CheckRequired;
using ocs::whatif::Compare;
using ocs::whatif::kMeasureCount;
using ocs::whatif::Measure;
using ocs::whatif::MeasureName;
using ocs::whatif::ParseRequired;
using ocs::whatif::testing::SampleResult;

namespace {

std::string FaultOf(const std::string& text) {
  const auto required = ParseRequired(text);
  REQUIRE(!required.ok());
  return std::string(required.status().message());
}

}  // namespace

TEST_CASE("requirements pass and fail exactly at their bounds", "[whatif][unit]") {
  // Revenue 57 -> 58, cost 34 -> 31: margin 23 (40.3509 %) -> 27 (46.5517 %).
  struct Row {
    std::string text, found;
    bool passed;
  };
  const std::vector<Row> rows = {
      {"margin>=46.5517%", "46.5517 %", true},
      {"margin>=46.5518%", "46.5517 %", false},
      {"margin <= 46.5517 %", "46.5517 %", true},
      {"margin-amount>=27", "27.00 CNY", true},
      {"margin-amount>=27.000001", "27.00 CNY", false},
      {"margin-change>=17.3913%", "17.3913 %", true},
      {"margin-change<=17%", "17.3913 %", false},
      {"revenue-change<=2%", "1.7544 %", true},
      {"max-bill-increase<=99.9999%", "100.00 %", false},
      {"max-bill-increase<=100%", "100.00 %", true},
      {"better>=16.6%", "16.6667 %", true},
      {"worse<=50%", "50.00 %", true},
      {"worse<=49.9999%", "50.00 %", false},
      {"blocked<=10%", "10.00 %", true},
      {"bill-shocks<=1", "2", false},
  };
  const auto result = SampleResult();
  const auto comparison = Compare(result.variants[0], result.variants[1]);
  std::array<bool, kMeasureCount> seen = {};
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto required = ParseRequired(row.text);
    REQUIRE(required.ok());
    seen[static_cast<size_t>(required->measure)] = true;
    const auto checked =
        CheckRequired({*required}, result.variants[0], result.variants[1], comparison);
    REQUIRE(checked.size() == 1);
    CHECK(checked[0].found_text == row.found);
    CHECK(checked[0].passed == row.passed);
  }
  for (size_t i = 0; i < kMeasureCount; ++i) {
    CAPTURE(MeasureName(static_cast<Measure>(i)));
    CHECK(seen[i]);
  }
}

TEST_CASE("what is no requirement is refused with what is expected", "[whatif][unit]") {
  CHECK(FaultOf("margin") == "requirement 'margin': expected NAME>=NUMBER or NAME<=NUMBER");
  CHECK(FaultOf("margin>15%") == "requirement 'margin>15%': expected NAME>=NUMBER or NAME<=NUMBER");
  CHECK(FaultOf("margin>=15") ==
        "requirement 'margin>=15': expected per cent with at most 4 decimals, such as 12.5%");
  CHECK(FaultOf("margin>=0.00001%") ==
        "requirement 'margin>=0.00001%': expected per cent with at most 4 decimals, such as 12.5%");
  CHECK(FaultOf("margin-amount>=15%") ==
        "requirement 'margin-amount>=15%': expected an amount with at most 6 decimals, such as "
        "1000.50");
  CHECK(FaultOf("bill-shocks<=1.5") == "requirement 'bill-shocks<=1.5': expected a whole number");
  CHECK(FaultOf("profit>=1%") ==
        "requirement 'profit>=1%': there is no 'profit'; there is margin, margin-amount, "
        "margin-change, revenue-change, max-bill-increase, better, worse, blocked, bill-shocks");
}
