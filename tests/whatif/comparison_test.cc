#include "ocs/whatif/comparison.h"

#include <numeric>

#include "ocs/base/random.h"
#include "tests/support/catch.h"
#include "tests/support/seed.h"
#include "tests/whatif/samples.h"

using ocs::Unit;
using ocs::whatif::BillChangePpm;
using ocs::whatif::Compare;
using ocs::whatif::Comparison;
using ocs::whatif::CustomerChange;
using ocs::whatif::ExplainChange;
using ocs::whatif::kLotCount;
using ocs::whatif::Lot;
using ocs::whatif::LotName;
using ocs::whatif::testing::kOne;
using ocs::whatif::testing::MadeVariant;
using ocs::whatif::testing::Paid;
using ocs::whatif::testing::SampleResult;

namespace {

Comparison Sample() {
  const auto result = SampleResult();
  return Compare(result.variants[0], result.variants[1]);
}

}  // namespace

TEST_CASE("each customer's lot follows from what is paid and what ran", "[whatif][unit]") {
  const Comparison comparison = Sample();
  REQUIRE(comparison.customers.size() == 6);
  const std::vector<Lot> expected = {Lot::kUnchanged,   Lot::kBetter,      Lot::kWorse,
                                     Lot::kLessForLess, Lot::kMoreForMore, Lot::kWorse};
  for (size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(i);
    CHECK(comparison.customers[i].lot == expected[i]);
  }
  CHECK(comparison.lots == std::array<int64_t, kLotCount>{1, 1, 2, 1, 1});
  CHECK(LotName(Lot::kMoreForMore) == "more for more");
}

TEST_CASE("a change names the lines that it comes from", "[whatif][unit]") {
  const Comparison comparison = Sample();
  const Unit currency = Unit::Of("CNY");
  const auto why = [&](size_t i) { return ExplainChange(comparison.customers[i], currency); };
  CHECK(why(0) == "nothing changed");
  CHECK(why(1) == "use beyond the package -5.00 CNY, fees +2.00 CNY");
  CHECK(why(2) == "use paid by the call +3.00 CNY");
  CHECK(why(3) == "fees -1.00 CNY; 4 calls fewer ran");
  CHECK(why(4) == "use paid by the call +2.00 CNY; 4 calls more ran");
  CHECK(why(5) == "1 call fewer ran");
  CHECK(comparison.customers[3].margin_change_micros == 3 * kOne);
}

TEST_CASE("rises and falls are listed with the largest first", "[whatif][unit]") {
  const Comparison comparison = Sample();
  const auto rises = comparison.LargestRises(10);
  REQUIRE(rises.size() == 2);
  CHECK(rises[0]->number == 2);
  CHECK(rises[1]->number == 4);
  CHECK(comparison.LargestRises(1).size() == 1);
  const auto falls = comparison.LargestFalls(10);
  REQUIRE(falls.size() == 2);
  CHECK(falls[0]->number == 1);
  CHECK(falls[1]->number == 3);
}

TEST_CASE("a change is told in parts of the bill, of small bills in parts of one",
          "[whatif][unit]") {
  CustomerChange customer;
  customer.before_micros = 10 * kOne;
  customer.after_micros = 13 * kOne;
  CHECK(BillChangePpm(customer) == 300'000);
  customer.before_micros = 10'000;
  customer.after_micros = 30'000;
  CHECK(BillChangePpm(customer) == 20'000);
  customer.before_micros = 3 * kOne;
  customer.after_micros = 2 * kOne;
  CHECK(BillChangePpm(customer) == -333'333);
}

TEST_CASE("classes hold each customer once, on the right side of their bounds", "[whatif][unit]") {
  // A bill of 1,000 before; what it is after, and the class of the change.
  struct Row {
    int64_t after;
    size_t index;
  };
  const std::vector<Row> rows = {{400, 0},  {500, 0},  {501, 1},  {800, 1},  {801, 2},  {900, 2},
                                 {901, 3},  {990, 3},  {999, 3},  {1000, 4}, {1001, 5}, {1010, 5},
                                 {1011, 6}, {1100, 6}, {1200, 7}, {1500, 8}, {1501, 9}};
  for (const Row& row : rows) {
    CAPTURE(row.after);
    const Comparison comparison = Compare(MadeVariant("a", {{.fee = 1000}}, {"p"}),
                                          MadeVariant("b", {{.fee = row.after}}, {"p"}));
    for (size_t i = 0; i < comparison.classes.size(); ++i) {
      CHECK(comparison.classes[i] == (i == row.index ? 1 : 0));
    }
  }
  const Comparison new_bill =
      Compare(MadeVariant("a", {{.fee = 0}}, {"p"}), MadeVariant("b", {{.fee = 1}}, {"p"}));
  CHECK(new_bill.classes.back() == 1);
}

TEST_CASE("tenths, classes and lots each hold all customers and all money", "[whatif][property]") {
  OCS_SEEDED_RANDOM(random, 5);
  int64_t mixed = 0;
  for (int round = 0; round < 50; ++round) {
    std::vector<Paid> before;
    std::vector<Paid> after;
    const int64_t count = random.Between(1, 200);
    for (int64_t i = 0; i < count; ++i) {
      before.push_back({.fee = random.Below(3) * 10,
                        .usage = random.Below(20),
                        .overage = random.Below(5),
                        .blocked = random.Below(4)});
      after.push_back({.fee = random.Below(3) * 10,
                       .usage = random.Below(20),
                       .overage = random.Below(5),
                       .blocked = random.Below(4)});
    }
    const auto old_variant = MadeVariant("a", before, {"p"});
    const auto new_variant = MadeVariant("b", after, {"p"});
    const Comparison comparison = Compare(old_variant, new_variant);
    CHECK(std::accumulate(comparison.lots.begin(), comparison.lots.end(), int64_t{0}) == count);
    CHECK(std::accumulate(comparison.classes.begin(), comparison.classes.end(), int64_t{0}) ==
          count);
    int64_t customers = 0;
    int64_t before_micros = 0;
    int64_t after_micros = 0;
    for (size_t i = 0; i < comparison.deciles.size(); ++i) {
      const auto& decile = comparison.deciles[i];
      customers += decile.customers;
      before_micros += decile.before_micros;
      after_micros += decile.after_micros;
      CHECK(std::accumulate(decile.lots.begin(), decile.lots.end(), int64_t{0}) ==
            decile.customers);
      CHECK(decile.customers >= count / 10);
      CHECK(decile.customers <= count / 10 + 1);
    }
    CHECK(customers == count);
    CHECK(before_micros == old_variant.total.billed_micros);
    CHECK(after_micros == new_variant.total.billed_micros);
    mixed += comparison.lots[static_cast<size_t>(Lot::kLessForLess)];
  }
  CHECK(mixed > 100);
}
