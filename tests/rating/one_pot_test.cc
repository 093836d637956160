#include "rating/one_pot.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <vector>

#include "ocs/base/random.h"
#include "rating/rater.h"
#include "tests/rating/support.h"
#include "tests/support/seed.h"

namespace ocs::rating {
namespace {

RateRow RandomRow(Random& random) {
  RateRow row;
  for (size_t k = 0; k < kTokenKindCount; ++k) {
    if (random.OneIn(4)) continue;
    const int64_t denominator = random.OneIn(2) ? 1 : random.Between(2, 1'000);
    row.rates[k] = {.numerator = random.Between(0, 3'000),
                    .denominator = denominator,
                    .line = denominator == 1 ? 0 : 100 + k};
  }
  return row;
}

}  // namespace

TEST_CASE("a sum is what a charge to one pot comes to, with its carries", "[rating][property]") {
  OCS_SEEDED_RANDOM(random, 31);
  int summed = 0;
  int carried = 0;
  int declined = 0;
  for (int round = 0; round < 5'000; ++round) {
    // Where the carries are may be known, known wrongly or out of bounds.
    CarryPlaces places = {};
    for (uint16_t& place : places) place = static_cast<uint16_t>(random.Below(20));
    const RateRow row = RandomRow(random);
    std::vector<Carry> carries;
    for (size_t k = 0; k < kTokenKindCount; ++k) {
      const Rate& rate = row.rates[k];
      if (rate.line == 0 || random.OneIn(3)) continue;
      carries.push_back({.line = rate.line,
                         .denominator = rate.denominator,
                         .remainder = random.Below(rate.denominator)});
    }
    Quantities used;
    for (size_t k = 0; k < kTokenKindCount; ++k) {
      if (random.OneIn(3))
        used.push_back({.kind = static_cast<TokenKind>(k), .quantity = random.Between(1, 90'000)});
    }
    OnePotSum sum;
    sum.Begin();
    const bool whole = sum.Add(used, row, carries, UnsoldKind::kRefused, &places);
    const Pot pot{.row = &row, .available = std::numeric_limits<int64_t>::max()};
    ChargeLines lines;
    const RateOutcome outcome = Charge(used, {&pot, 1}, carries, &lines);
    REQUIRE(whole == (outcome == RateOutcome::kRated));
    if (!whole) {
      ++declined;
      // Without what is not sold it is a use of the rest.
      Quantities sold;
      for (const KindQuantity& q : used) {
        if (row.of(q.kind).sold()) sold.push_back(q);
      }
      OnePotSum rest;
      rest.Begin();
      REQUIRE(rest.Add(sold, row, carries, UnsoldKind::kRefused, &places));
      sum.Begin();
      REQUIRE(sum.Add(used, row, carries, UnsoldKind::kLeftOut, &places));
      CHECK(sum.amount == rest.amount);
      CHECK(sum.kinds == static_cast<int32_t>(sold.size()));
      CHECK(sum.changed().size() == rest.changed().size());
      continue;
    }
    ++summed;
    int64_t amount = 0;
    std::vector<Carry> changed;
    for (const ChargeLine& line : lines) {
      amount += line.amount;
      if (line.rate.line == 0 || line.carry_in == line.carry_out) continue;
      changed.push_back({.line = line.rate.line,
                         .denominator = line.rate.denominator,
                         .remainder = line.carry_out});
    }
    CHECK(sum.amount == amount);
    REQUIRE(sum.changed().size() == changed.size());
    for (size_t i = 0; i < changed.size(); ++i) {
      const OnePotSum::Changed& of_sum = sum.changed()[i];
      CHECK(of_sum.carry == changed[i]);
      const auto known = std::find_if(carries.begin(), carries.end(), [&](const Carry& carry) {
        return carry.line == changed[i].line;
      });
      CHECK(of_sum.index == static_cast<size_t>(known - carries.begin()));
    }
    carried += changed.empty() ? 0 : 1;
    // A hold of the same use fits into what hold_max says, and is granted there.
    const Pot just{.row = &row, .available = sum.hold_max()};
    CHECK(Hold(used, {&just, 1}).outcome == HoldResult::Outcome::kGranted);
  }
  CHECK(summed > 500);
  CHECK(carried > 300);
  CHECK(declined > 500);
}

TEST_CASE("a sum that does not fit is declined", "[rating][unit]") {
  RateRow row;
  row.rates[0] = {.numerator = 4, .denominator = 1, .line = 0};
  row.rates[4] = {.numerator = 1, .denominator = 1, .line = 0};
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  OnePotSum sum;
  CarryPlaces places = {};
  const auto add = [&](TokenKind kind, int64_t quantity) {
    const KindQuantity used{.kind = kind, .quantity = quantity};
    return sum.Add({&used, 1}, row, {}, UnsoldKind::kRefused, &places);
  };
  sum.Begin();
  CHECK_FALSE(add(TokenKind::kInput, kMost / 2));
  sum.Begin();
  CHECK(add(TokenKind::kInput, kMost / 8));
  CHECK_FALSE(add(TokenKind::kOutput, kMost / 2 + 2));
  sum.Begin();
  CHECK_FALSE(add(TokenKind::kOutput, kMost));  // Nothing would be left for a hold.
  CHECK_FALSE(add(TokenKind::kReasoning, 1));   // Not sold.
}

}  // namespace ocs::rating
