#include "ocs/base/exact.h"

#include <cstdint>
#include <limits>
#include <optional>

#include "absl/numeric/int128.h"
#include "ocs/base/random.h"
#include "tests/base/support.h"
#include "tests/support/catch.h"
#include "tests/support/seed.h"

namespace ocs {
namespace {

// A number of any magnitude: as likely of 3 bits as of 60.
int64_t AnyMagnitude(Random& random) {
  return static_cast<int64_t>(random.Next() >> random.Between(1, 63));
}

TEST_CASE("sums, differences and products are exact or nothing", "[base][unit]") {
  CHECK(AddExact(kMax, 0) == kMax);
  CHECK(AddExact(kMax, 1) == std::nullopt);
  CHECK(AddExact(kMin, -1) == std::nullopt);
  CHECK(AddExact(kMin, kMax) == -1);
  CHECK(AddWithin(kMax, -1) == kMax - 1);
  CHECK(AddWithin(kMax, 1) == kMax);
  CHECK(AddWithin(kMin, -1) == kMin);
  CHECK(SubtractExact(kMin, 1) == std::nullopt);
  CHECK(SubtractExact(0, kMin) == std::nullopt);
  CHECK(SubtractExact(-1, kMin) == kMax);
  CHECK(MultiplyExact(kMin, -1) == std::nullopt);
  CHECK(MultiplyExact(kMin, 1) == kMin);
  CHECK(MultiplyExact(3'037'000'500, 3'037'000'500) == std::nullopt);
  CHECK(MultiplyExact(3'037'000'499, 3'037'000'499) == 9'223'372'030'926'249'001);
}

TEST_CASE("a division rounds as it is told", "[base][unit]") {
  struct Case {
    int64_t quantity, numerator, denominator;
    int64_t down, up, half_even;
  };
  const Case cases[] = {
      {0, 5, 3, 0, 0, 0},
      {6, 1, 3, 2, 2, 2},
      {7, 1, 3, 2, 3, 2},
      {8, 1, 3, 2, 3, 3},
      {5, 1, 2, 2, 3, 2},
      {7, 1, 2, 3, 4, 4},
      {-5, 1, 2, -3, -2, -2},
      {-7, 1, 2, -4, -3, -4},
      {-7, 1, 3, -3, -2, -2},
      {-8, 1, 3, -3, -2, -3},
      {7, -1, 3, -3, -2, -2},
      {-6, 1, 3, -2, -2, -2},
      {1, 1, kMax, 0, 1, 0},
      {-1, 1, kMax, -1, 0, 0},
      {kMax, kMax, kMax, kMax, kMax, kMax},
      {kMin, kMax, kMax, kMin, kMin, kMin},
  };
  for (const Case& c : cases) {
    CAPTURE(c.quantity, c.numerator, c.denominator);
    CHECK(MultiplyDivide(c.quantity, c.numerator, c.denominator, Rounding::kDown) == c.down);
    CHECK(MultiplyDivide(c.quantity, c.numerator, c.denominator, Rounding::kUp) == c.up);
    CHECK(MultiplyDivide(c.quantity, c.numerator, c.denominator, Rounding::kHalfEven) ==
          c.half_even);
  }
}

TEST_CASE("a quotient that does not fit is nothing", "[base][unit]") {
  CHECK(MultiplyDivide(kMax, 2, 1, Rounding::kDown) == std::nullopt);
  CHECK(MultiplyDivide(kMin, 2, 1, Rounding::kDown) == std::nullopt);
  CHECK(MultiplyDivide(kMin, kMin, 1, Rounding::kDown) == std::nullopt);
  CHECK(MultiplyDivide(kMin, -1, 1, Rounding::kDown) == std::nullopt);
  // Fits when rounded down and not when rounded up: (2^63 - 1) + 1/2.
  CHECK(MultiplyDivide(kMax, 2, 2, Rounding::kUp) == kMax);
  CHECK(MultiplyDivideCarry(kMax, 2, 1, 0) == std::nullopt);
}

TEST_CASE("three roundings keep their order and are one apart at most", "[base][property]") {
  OCS_SEEDED_RANDOM(random, 11);
  int uneven = 0;
  for (int i = 0; i < 20'000; ++i) {
    const int64_t quantity = AnyMagnitude(random) * (random.OneIn(2) ? 1 : -1);
    const int64_t numerator = AnyMagnitude(random);
    const int64_t denominator = AnyMagnitude(random) / 2 + 1;
    const auto down = MultiplyDivide(quantity, numerator, denominator, Rounding::kDown);
    const auto up = MultiplyDivide(quantity, numerator, denominator, Rounding::kUp);
    const auto even = MultiplyDivide(quantity, numerator, denominator, Rounding::kHalfEven);
    if (!down || !up || !even) continue;
    const absl::int128 exact = absl::int128(quantity) * numerator;
    REQUIRE(absl::int128(*down) * denominator <= exact);
    REQUIRE(absl::int128(*up) * denominator >= exact);
    REQUIRE(*up - *down == (absl::int128(*down) * denominator == exact ? 0 : 1));
    REQUIRE((*even == *down || *even == *up));
    uneven += *up != *down ? 1 : 0;
  }
  CHECK(uneven > 1'000);
}

TEST_CASE("a division with its remainder loses nothing", "[base][property]") {
  OCS_SEEDED_RANDOM(random, 12);
  int wide = 0;
  for (int i = 0; i < 20'000; ++i) {
    const int64_t quantity = AnyMagnitude(random);
    const int64_t numerator = AnyMagnitude(random);
    const int64_t denominator = AnyMagnitude(random) / 2 + 1;
    const int64_t carried = random.Below(denominator);
    const absl::int128 exact = absl::int128(quantity) * numerator + carried;
    const auto division = MultiplyDivideCarry(quantity, numerator, denominator, carried);
    REQUIRE(division.has_value() == (exact / denominator <= kMax));
    if (!division) continue;
    REQUIRE(absl::int128(division->whole) * denominator + division->remainder == exact);
    REQUIRE(division->remainder >= 0);
    REQUIRE(division->remainder < denominator);
    wide += exact > kMax ? 1 : 0;
  }
  CHECK(wide > 100);  // Both paths, the one of 64 bits and the one of 128.
}

TEST_CASE("a million small charges add up to the price of the whole", "[base][property]") {
  // 0.07 a million tokens: 7/100 of a micro each, in steps of 1 to 9 tokens.
  OCS_SEEDED_RANDOM(random, 13);
  int64_t tokens = 0, charged = 0, carried = 0;
  for (int i = 0; i < 1'000'000; ++i) {
    const int64_t step = random.Between(1, 9);
    const auto charge = MultiplyDivideCarry(step, 7, 100, carried);
    tokens += step;
    charged += charge->whole;
    carried = charge->remainder;
  }
  CHECK(charged * 100 + carried == tokens * 7);
  CHECK(charged == MultiplyDivide(tokens, 7, 100, Rounding::kDown));
}

TEST_CASE("what is affordable costs at most the budget, and one more costs more",
          "[base][property]") {
  OCS_SEEDED_RANDOM(random, 14);
  int bounded = 0;
  for (int i = 0; i < 50'000; ++i) {
    const int64_t budget = AnyMagnitude(random);
    const int64_t numerator = AnyMagnitude(random);
    const int64_t denominator = AnyMagnitude(random) / 2 + 1;
    const int64_t carried = random.Below(denominator);
    const int64_t quantity = LargestAffordable(budget, numerator, denominator, carried);
    REQUIRE(quantity >= 0);
    const auto price = MultiplyDivideCarry(quantity, numerator, denominator, carried);
    REQUIRE(price.has_value());
    REQUIRE(price->whole <= budget);
    if (quantity == kMax) continue;
    const auto more = MultiplyDivideCarry(quantity + 1, numerator, denominator, carried);
    REQUIRE((!more || more->whole > budget));
    ++bounded;
  }
  CHECK(bounded > 10'000);
}

TEST_CASE("what is affordable at the edges", "[base][unit]") {
  struct Case {
    int64_t budget, numerator, denominator, carried;
    int64_t quantity;
  };
  const Case cases[] = {
      {-1, 1, 1, 0, 0},                               // a debt affords nothing
      {-1, 0, 1, 0, 0},                               // not even what is free
      {0, 0, 1, 0, kMax},                             // free
      {0, 1, 1, 0, 0},                                // no money
      {0, 1, 10, 0, 9},                               // nine tenths round down to nothing
      {0, 1, 10, 9, 0},                               // what was carried is due first
      {1'000'000, 270'000, 1'000'000, 0, 3'703'707},  // 1.00 at 0.27 a million
      {kMax, 1, kMax, 0, kMax},                       // beyond 64 bits
      {kMax, kMax, 1, 0, 1},
  };
  for (const Case& c : cases) {
    CAPTURE(c.budget, c.numerator, c.denominator, c.carried);
    CHECK(LargestAffordable(c.budget, c.numerator, c.denominator, c.carried) == c.quantity);
  }
}

TEST_CASE("a carry is none until it is given a line", "[base][unit]") {
  CHECK(Carry{} == Carry{.line = 0, .denominator = 1, .remainder = 0});
  CHECK_FALSE(Carry{.line = 1, .denominator = 10, .remainder = 3} ==
              Carry{.line = 1, .denominator = 10, .remainder = 4});
}

}  // namespace
}  // namespace ocs
