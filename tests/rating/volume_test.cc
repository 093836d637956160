#include "rating/volume.h"

#include <vector>

#include "ocs/base/random.h"
#include "tests/rating/support.h"
#include "tests/support/catch.h"
#include "tests/support/seed.h"

namespace ocs::rating {
namespace {

constexpr TokenKind kRequests = TokenKind::kRequest;

// 2 apiece up to 100, above 1.2 for all, above 1,000 it stops; a call costs 3.
Shape Volume() {
  Shape shape{.form = Shape::Form::kVolume, .counter = {.id = 7, .window = {WindowKind::kMonth}}};
  const auto tier = [](int64_t up_to, int64_t numerator, int64_t denominator) {
    Tier made{.up_to = up_to};
    made.rates[static_cast<size_t>(kIn)] = {.numerator = numerator, .denominator = denominator};
    return made;
  };
  shape.tiers = {tier(100, 2, 1), tier(1'000, 6, 5), {.up_to = INT64_MAX, .stops = true}};
  return shape;
}

RateRow VolumeRow(const Shape& shape) {
  RateRow row{.rates = shape.tiers.front().rates, .shape = 1};
  row.rates[static_cast<size_t>(kRequests)] = {.numerator = 3, .denominator = 1};
  return row;
}

TEST_CASE("the whole costs the price of the tier that its last piece is in", "[rating][unit]") {
  const Shape shape = Volume();
  CHECK(VolumeCost(shape, kIn, 0) == 0);
  CHECK(VolumeCost(shape, kIn, 100) == 200);
  CHECK(VolumeCost(shape, kIn, 101) == 121);  // 121.2
  CHECK(VolumeCost(shape, kIn, 110) == 132);
  CHECK(VolumeCost(shape, kIn, 1'000) == 1'200);
  CHECK(VolumeCost(shape, kIn, 1'010) == 1'212);  // Of the last tier that sells.
  CHECK(VolumeCost(shape, kIn, INT64_MAX) == std::nullopt);
}

TEST_CASE("the excess is what was charged beyond the tier reached", "[rating][unit]") {
  const Shape shape = Volume();
  const RateRow row = VolumeRow(shape);
  ChargeLines lines;
  std::vector<Pot> pots = {{&row, 1'000'000, &shape}};
  REQUIRE(Charge({{kIn, 110}, {kRequests, 1}}, pots, {}, &lines) == RateOutcome::kRated);
  // The call is not of the volume price.
  CHECK(VolumesOf(lines, pots) == VolumeUses{{.pot = 0, .charged = 200, .excess = 68}});
  // 60 more cost 72 at the tier reached, 4 are taken.
  pots[0].counted = 110;
  REQUIRE(Charge({{kIn, 60}}, pots, {}, &lines) == RateOutcome::kRated);
  CHECK(VolumesOf(lines, pots) == VolumeUses{{.pot = 0, .charged = 4, .excess = -68}});
  // A window whose maximum cut what was charged has less to give back.
  Shape bounded = shape;
  bounded.maximum = 150;
  pots = {{&row, 1'000'000, &bounded}};
  REQUIRE(Charge({{kIn, 110}}, pots, {}, &lines) == RateOutcome::kRated);
  CHECK(VolumesOf(lines, pots) == VolumeUses{{.pot = 0, .charged = 150, .excess = 18}});
  // Two pots of one shape: the counter goes on from the one to the other.
  pots = {{&row, 20, &shape}, {&row, 1'000'000, &shape}};
  REQUIRE(Charge({{kIn, 110}}, pots, {}, &lines) == RateOutcome::kRated);
  CHECK(VolumesOf(lines, pots) == VolumeUses{{.pot = 0, .charged = 20, .excess = 0},
                                             {.pot = 1, .charged = 180, .excess = 68}});
  CHECK(VolumesOf({}, pots) == VolumeUses{});
}

TEST_CASE("a refund within the window takes back what its use added", "[rating][unit]") {
  const Shape shape = Volume();
  // The first 100 of 110, charged 200: what is left should have cost 20, and has cost nothing.
  CHECK(ExcessAfterRefund(shape, kIn, 110, 100, 200) == -88);  // Of 68: 20 too little.
  // The free ten: what is left costs 200 again.
  CHECK(ExcessAfterRefund(shape, kIn, 110, 10, 0) == -68);
  CHECK(ExcessAfterRefund(shape, kIn, 5, 10, 20) == -10);
}

TEST_CASE("however use is divided into charges, what is paid in the end is the tier's price",
          "[rating][property]") {
  OCS_SEEDED_RANDOM(random, 20261129);
  int gave_back = 0;
  for (int i = 0; i < 2'000; ++i) {
    Shape shape = Volume();
    shape.tiers.pop_back();
    shape.tiers.back().up_to = INT64_MAX;
    if (i % 3 == 0) shape.maximum = random.Below(400);
    const RateRow row = VolumeRow(shape);
    Pot pot{&row, INT64_MAX / 2, &shape};
    int64_t paid = 0;
    int64_t excess = 0;
    for (int call = 0; call < 8; ++call) {
      const auto pieces = random.Below(32);
      ChargeLines lines;
      const std::vector<Pot> pots = {pot};
      REQUIRE(Charge({{kIn, pieces}}, pots, {}, &lines) == RateOutcome::kRated);
      const auto uses = VolumesOf(lines, pots);
      REQUIRE(uses);
      for (const VolumeUse& use : *uses) {
        paid += use.charged;
        excess += use.excess;
      }
      for (const CounterUse& use : CountersOf(lines, pots)) {
        pot.counted += use.counted;
        pot.charged_micros += use.charged_micros;
      }
    }
    const int64_t cost = *VolumeCost(shape, kIn, pot.counted);
    CHECK(paid - excess == cost);
    if (excess > 0) ++gave_back;
    if (shape.maximum < 0) CHECK(excess >= 0);
  }
  CHECK(gave_back > 300);
}

}  // namespace
}  // namespace ocs::rating
