#include "ocs/whatif/sweep.h"

#include "ocs/base/random.h"
#include "tests/support/catch.h"
#include "tests/support/seed.h"
#include "tests/whatif/samples.h"

using ocs::whatif::Axis;
using ocs::whatif::GridOf;
using ocs::whatif::MarkFrontier;
using ocs::whatif::ParseAxis;
using ocs::whatif::PointLabel;
using ocs::whatif::SummarisePoint;
using ocs::whatif::SweepPoint;
using ocs::whatif::testing::kOne;
using ocs::whatif::testing::SampleResult;

TEST_CASE("axes make a grid, the last one fastest", "[whatif][unit]") {
  const auto fee = ParseAxis("offers/light/fee = 8.9, 9.9");
  const auto amount = ParseAxis("offers/light/grants/0/amount *= 1,1.2 , 1.5");
  REQUIRE(fee.ok());
  REQUIRE(amount.ok());
  const auto grid = GridOf({*fee, *amount});
  REQUIRE(grid.ok());
  REQUIRE(grid->size() == 6);
  CHECK(PointLabel((*grid)[0]) == "fee = 8.9, amount *= 1");
  CHECK(PointLabel((*grid)[1]) == "fee = 8.9, amount *= 1.2");
  CHECK(PointLabel((*grid)[5]) == "fee = 9.9, amount *= 1.5");
  CHECK((*grid)[5][1].path == "offers/light/grants/0/amount");
  CHECK(PointLabel({}) == "unchanged");
}

TEST_CASE("an axis or a grid that cannot be right is refused", "[whatif][unit]") {
  const auto fault = [](std::string_view text) {
    return std::string(ParseAxis(text).status().message());
  };
  CHECK(fault("offers/light/fee = 1, 1") == "values 'offers/light/fee = 1, 1': '1' is there twice");
  CHECK(fault("offers/light/fee = 1,") == "change 'offers/light/fee = ': no value");
  CHECK(fault("offers/light/fee *= 1,x") ==
        "change 'offers/light/fee *= x': expected a number with at most 12 decimals, found 'x'");
  CHECK(!ParseAxis("offers/light/fee").ok());
  CHECK(!GridOf({}).ok());
  Axis wide;
  wide.edits.resize(17);
  CHECK(GridOf({wide}).ok());
  CHECK(GridOf({wide, wide}).status().message() == "the grid has more than 256 points");
}

TEST_CASE("a point is summed up against the catalogue in force", "[whatif][unit]") {
  const auto result = SampleResult();
  const SweepPoint point = SummarisePoint({}, result.variants[0], result.variants[1]);
  CHECK(point.revenue_micros == 58 * kOne);
  CHECK(point.margin_micros == 27 * kOne);
  CHECK(point.customers == 6);
  CHECK(point.better == 1);
  CHECK(point.worse == 3);
  CHECK(point.max_increase_ppm == 1'000'000);
  CHECK(point.not_run == 6);
}

TEST_CASE("the frontier holds what nothing beats, and all of it", "[whatif][property]") {
  OCS_SEEDED_RANDOM(random, 11);
  size_t on_frontier = 0;
  for (int round = 0; round < 100; ++round) {
    std::vector<SweepPoint> points(static_cast<size_t>(random.Between(1, 30)));
    for (SweepPoint& point : points) {
      point.margin_micros = random.Below(10);
      point.better = random.Below(10);
    }
    MarkFrontier(&points);
    const auto beats = [](const SweepPoint& a, const SweepPoint& b) {
      return (a.margin_micros > b.margin_micros && a.better >= b.better) ||
             (a.margin_micros >= b.margin_micros && a.better > b.better);
    };
    for (const SweepPoint& point : points) {
      bool beaten = false;
      for (const SweepPoint& other : points) beaten = beaten || beats(other, point);
      CHECK(point.frontier == !beaten);
      on_frontier += point.frontier ? 1 : 0;
    }
  }
  CHECK(on_frontier > 200);
}
