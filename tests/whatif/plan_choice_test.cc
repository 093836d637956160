#include "ocs/whatif/plan_choice.h"

#include "tests/support/catch.h"
#include "tests/whatif/samples.h"

using ocs::whatif::ChoosePlans;
using ocs::whatif::PlanChoice;
using ocs::whatif::testing::kOne;
using ocs::whatif::testing::MadeVariant;

TEST_CASE("the cheapest plan serves at least the calls that ran, for less", "[whatif][unit]") {
  const std::vector<std::string> plans = {"light", "heavy"};
  // Customer 0 saves on heavy; 1 would pay less on light, but his calls would not run; 2 has two
  // equal ones and keeps his own; 3 is blocked now and may go where all runs.
  const auto now = MadeVariant("now",
                               {{.fee = 10, .overage = 30},
                                {.fee = 30, .plan = 1},
                                {.fee = 10},
                                {.fee = 35, .blocked = 4, .plan = 1}},
                               plans);
  const auto light = MadeVariant("light",
                                 {{.fee = 10, .overage = 30},
                                  {.fee = 10, .blocked = 8},
                                  {.fee = 10},
                                  {.fee = 10, .overage = 9}},
                                 plans);
  const auto heavy =
      MadeVariant("heavy", {{.fee = 30}, {.fee = 30}, {.fee = 10}, {.fee = 30}}, plans);
  const PlanChoice choice = ChoosePlans(plans, now, {{"light", &light}, {"heavy", &heavy}});
  REQUIRE(choice.customers.size() == 4);
  CHECK(choice.customers[0].cheapest == 1);
  CHECK(choice.customers[0].cheapest_micros == 30 * kOne);
  CHECK(choice.customers[1].cheapest == 1);
  CHECK(choice.customers[2].cheapest == 0);
  CHECK(choice.customers[3].cheapest == 0);
  CHECK(choice.best_already == 2);
  CHECK(choice.counts == std::vector<std::vector<int64_t>>{{1, 1}, {1, 1}});
  CHECK(choice.savings_micros == std::vector<std::vector<int64_t>>{{0, 10 * kOne}, {16 * kOne, 0}});
}
