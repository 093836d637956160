#include "rating/internal/zone_table.h"

#include "ocs/base/random.h"
#include "tests/rating/support.h"
#include "tests/support/seed.h"

namespace ocs::rating::internal {
namespace {

int ExpectedSecond(absl::TimeZone zone, Instant at) {
  const absl::CivilSecond wall = zone.At(at.ToTime()).cs;
  return wall.hour() * 3600 + wall.minute() * 60 + wall.second();
}

}  // namespace

TEST_CASE("the table shows what the zone's wall clock shows", "[rating][property]") {
  const uint64_t seed = testing::Seed(20260521);
  INFO(testing::SeedNote(seed));
  Random random(seed);
  for (const char* name : {"UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York",
                           "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo"}) {
    absl::TimeZone zone;
    REQUIRE(absl::LoadTimeZone(name, &zone));
    const ZoneTable table(zone);
    const int64_t begin = At("2000-01-02T00:00:00Z").unix_ms;
    const int64_t end = At("2199-12-30T00:00:00Z").unix_ms;
    for (int i = 0; i < 5'000; ++i) {
      const Instant at{random.Between(begin, end)};
      INFO(name << " " << FormatInstant(at, zone));
      REQUIRE(table.SecondOfDay(at.unix_ms) == ExpectedSecond(zone, at));
    }
  }
}

TEST_CASE("the table steps at the very second at which clocks are put on and back",
          "[rating][unit]") {
  absl::TimeZone zone;
  REQUIRE(absl::LoadTimeZone("Europe/Berlin", &zone));
  const ZoneTable table(zone);
  for (const char* step : {"2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z"}) {
    for (const int64_t offset : {-1'000, -1, 0, 1'000}) {
      const Instant at = At(step).PlusMillis(offset);
      INFO(FormatInstant(at, zone));
      CHECK(table.SecondOfDay(at.unix_ms) == ExpectedSecond(zone, at));
    }
  }
}

TEST_CASE("instants before 1970 have a second of the day too", "[rating][unit]") {
  const ZoneTable table(absl::UTCTimeZone());
  CHECK(table.SecondOfDay(-1) == 86'399);
  CHECK(table.SecondOfDay(0) == 0);
}

}  // namespace ocs::rating::internal
