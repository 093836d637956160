#include "ocs/whatif/break_even.h"

#include "tests/support/catch.h"
#include "tests/whatif/samples.h"

using ocs::whatif::BreakEven;
using ocs::whatif::BreakEvens;
using ocs::whatif::MarginAt;
using ocs::whatif::testing::kOne;
using ocs::whatif::testing::SampleResult;

TEST_CASE("a plan earns nothing where cost has grown to its revenue", "[whatif][unit]") {
  const auto plans = BreakEvens(SampleResult().variants[0]);
  REQUIRE(plans.size() == 2);
  CHECK(plans[0].plan == "light");
  CHECK(plans[0].customers == 4);
  CHECK(plans[0].revenue_micros == 45 * kOne);
  CHECK(plans[0].cost_micros == 25 * kOne);
  CHECK(plans[0].factor_ppm == 1'800'000);
  CHECK(MarginAt(plans[0], 1'000'000) == plans[0].margin_micros());
  CHECK(MarginAt(plans[0], 1'800'000) == 0);
  CHECK(MarginAt(plans[0], 2'000'000) == -5 * kOne);
  CHECK(plans[1].factor_ppm == 1'333'333);
  CHECK(MarginAt(plans[1], 1'333'333) >= 0);
  CHECK(MarginAt(plans[1], 1'333'334) < 0);
}

TEST_CASE("a plan without cost has no such point, and huge figures do not wrap", "[whatif][unit]") {
  ocs::simulation::VariantResult variant;
  variant.by_plan.push_back({.name = "free", .figures = {}});
  CHECK(!BreakEvens(variant)[0].factor_ppm.has_value());
  const BreakEven huge = {.plan = "huge",
                          .revenue_micros = INT64_MAX / 2,
                          .cost_micros = INT64_MAX / 2,
                          .factor_ppm = 1};
  CHECK(MarginAt(huge, 4'000'000'000) == -INT64_MAX);
}
