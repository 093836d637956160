#include "ocs/base/time.h"

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "ocs/base/random.h"
#include "ocs/base/text.h"
#include "tests/base/support.h"
#include "tests/support/catch.h"
#include "tests/support/seed.h"

namespace ocs {
namespace {

TEST_CASE("an instant is read and written with its offset", "[base][unit]") {
  struct Case {
    std::string_view text;
    int64_t unix_ms;
    std::string_view in_utc;
    std::string_view in_shanghai;
  };
  const Case cases[] = {
      {"1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00+00:00", "1970-01-01T08:00:00+08:00"},
      {"2026-05-18T10:00:00+08:00", 1'779'069'600'000, "2026-05-18T02:00:00+00:00",
       "2026-05-18T10:00:00+08:00"},
      {"2026-05-18T10:00:00.25+08:00", 1'779'069'600'250, "2026-05-18T02:00:00.250+00:00",
       "2026-05-18T10:00:00.250+08:00"},
      {"2026-05-18T10:00:00.2509+08:00", 1'779'069'600'250, "2026-05-18T02:00:00.250+00:00",
       "2026-05-18T10:00:00.250+08:00"},
      {"1969-12-31T23:59:59.999Z", -1, "1969-12-31T23:59:59.999+00:00",
       "1970-01-01T07:59:59.999+08:00"},
      {"2024-02-29T23:59:59-05:30", 1'709'270'999'000, "2024-03-01T05:29:59+00:00",
       "2024-03-01T13:29:59+08:00"},
      {"2016-12-31T23:59:60Z", 1'483'228'800'000, "2017-01-01T00:00:00+00:00",
       "2017-01-01T08:00:00+08:00"},
  };
  const absl::TimeZone shanghai = Zone("Asia/Shanghai");
  for (const Case& c : cases) {
    CAPTURE(c.text);
    const Instant instant = At(c.text);
    CHECK(instant.unix_ms == c.unix_ms);
    CHECK(FormatInstant(instant, absl::UTCTimeZone()) == c.in_utc);
    CHECK(FormatInstant(instant, shanghai) == c.in_shanghai);
  }
  CHECK(FormatInstant(Instant::Never(), shanghai) == "never");
}

TEST_CASE("what is not RFC 3339 is refused", "[base][unit]") {
  const std::string_view cases[] = {
      "",
      "never",
      "infinite-future",
      "infinite-past-----------",
      "2026-05-18",
      "2026-05-18T10:00:00",
      "2026-05-18 10:00:00+08:00",
      " 2026-05-18T10:00:00+08:00",
      "2026-05-18T10:00:00+08:00 ",
      "2026-02-30T10:00:00+08:00",
      "2026-13-01T10:00:00+08:00",
      "2026-05-18T24:00:00+08:00",
      "12026-05-18T10:00:00+08:00",
      "-026-05-18T10:00:00+08:00",
      "1779069600000",
  };
  for (const std::string_view text : cases) {
    CAPTURE(text);
    CHECK(ParseInstant(text).status().code() == absl::StatusCode::kInvalidArgument);
  }
}

TEST_CASE("reading what was written gives the instant again", "[base][property]") {
  OCS_SEEDED_RANDOM(random, 41);
  const absl::TimeZone zones[] = {absl::UTCTimeZone(), Zone("Asia/Shanghai"),
                                  Zone("America/New_York"), absl::FixedTimeZone(5 * 3600 + 2700)};
  const int64_t first = At("2000-01-01T00:00:00Z").unix_ms;
  const int64_t last = At("2099-12-31T23:59:59Z").unix_ms;
  for (int i = 0; i < 2'000; ++i) {
    const Instant instant{random.Between(first, last)};
    const std::string text = FormatInstant(instant, zones[random.Below(4)]);
    CAPTURE(text);
    REQUIRE(At(text) == instant);
    REQUIRE(Instant::FromTime(instant.ToTime()) == instant);
  }
}

TEST_CASE("time added stops at the ends and never wraps", "[base][unit]") {
  CHECK(Instant{5}.PlusMillis(-7).unix_ms == -2);
  CHECK(Instant{5}.PlusSeconds(2).unix_ms == 2'005);
  CHECK(Instant{kMax - 1}.PlusMillis(1) == Instant::Never());
  CHECK(Instant{kMax - 1}.PlusMillis(2) == Instant::Never());
  CHECK(Instant{1}.PlusSeconds(kMax / 1000 + 1) == Instant::Never());
  CHECK(Instant{1}.PlusSeconds(kMax) == Instant::Never());
  CHECK(Instant{-1}.PlusMillis(kMin).unix_ms == kMin);
  CHECK(Instant{0}.PlusSeconds(kMin).unix_ms < -kMax / 2);
  CHECK(Instant::Never().PlusMillis(-1) == Instant::Never());
  CHECK(Instant::Never().PlusSeconds(kMin) == Instant::Never());
  CHECK(Instant{kMax - 1} < Instant::Never());
}

TEST_CASE("months are added by the wall clock; a missing day is the month's last", "[base][unit]") {
  struct Case {
    std::string_view zone, from;
    int months;
    std::string_view to;
  };
  const Case cases[] = {
      {"Asia/Shanghai", "2026-01-31T00:00:00+08:00", 0, "2026-01-31T00:00:00+08:00"},
      {"Asia/Shanghai", "2026-01-31T00:00:00+08:00", 1, "2026-02-28T00:00:00+08:00"},
      {"Asia/Shanghai", "2024-01-31T12:30:15+08:00", 1, "2024-02-29T12:30:15+08:00"},
      {"Asia/Shanghai", "2024-02-29T00:00:00+08:00", 12, "2025-02-28T00:00:00+08:00"},
      {"Asia/Shanghai", "2024-02-29T00:00:00+08:00", 48, "2028-02-29T00:00:00+08:00"},
      {"Asia/Shanghai", "2025-12-31T23:59:59+08:00", 2, "2026-02-28T23:59:59+08:00"},
      {"Asia/Shanghai", "2026-03-31T00:00:00+08:00", 1, "2026-04-30T00:00:00+08:00"},
      {"Asia/Shanghai", "2026-05-18T10:00:00.250+08:00", 1, "2026-06-18T10:00:00.250+08:00"},
      // The last hours of a month in UTC are the next month's first in Shanghai.
      {"Asia/Shanghai", "2026-01-30T17:00:00Z", 1, "2026-02-28T01:00:00+08:00"},
      {"UTC", "2026-01-30T17:00:00Z", 1, "2026-02-28T17:00:00Z"},
      // Over the change to summer time the wall clock stays, the offset moves.
      {"America/New_York", "2026-02-15T09:00:00-05:00", 1, "2026-03-15T09:00:00-04:00"},
      {"America/New_York", "2026-10-15T09:00:00-04:00", 1, "2026-11-15T09:00:00-05:00"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.zone, c.from, c.months);
    CHECK(AddMonths(At(c.from), c.months, Zone(c.zone)) == At(c.to));
  }
  CHECK(AddMonths(Instant::Never(), 1, Zone("UTC")) == Instant::Never());
}

TEST_CASE("a month begins at its first midnight in the zone", "[base][unit]") {
  struct Case {
    std::string_view zone, instant, start;
  };
  const Case cases[] = {
      {"Asia/Shanghai", "2026-05-18T10:00:00+08:00", "2026-05-01T00:00:00+08:00"},
      {"Asia/Shanghai", "2026-05-01T00:00:00+08:00", "2026-05-01T00:00:00+08:00"},
      {"Asia/Shanghai", "2026-04-30T23:59:59.999+08:00", "2026-04-01T00:00:00+08:00"},
      {"Asia/Shanghai", "2026-04-30T16:00:00Z", "2026-05-01T00:00:00+08:00"},
      {"UTC", "2026-04-30T16:00:00Z", "2026-04-01T00:00:00Z"},
      {"Asia/Shanghai", "2024-02-29T12:00:00+08:00", "2024-02-01T00:00:00+08:00"},
      {"Asia/Shanghai", "2026-01-01T07:59:59+08:00", "2026-01-01T00:00:00+08:00"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.zone, c.instant);
    CHECK(StartOfMonth(At(c.instant), Zone(c.zone)) == At(c.start));
  }
}

TEST_CASE("twelve months from a month's start pass through each month", "[base][property]") {
  OCS_SEEDED_RANDOM(random, 42);
  const absl::TimeZone shanghai = Zone("Asia/Shanghai");
  const int64_t first = At("2020-01-01T00:00:00Z").unix_ms;
  const int64_t last = At("2040-01-01T00:00:00Z").unix_ms;
  for (int i = 0; i < 1'000; ++i) {
    const Instant start = StartOfMonth({random.Between(first, last)}, shanghai);
    REQUIRE(StartOfMonth(start, shanghai) == start);
    for (int months = 1; months <= 12; ++months) {
      const Instant next = AddMonths(start, months, shanghai);
      REQUIRE(StartOfMonth(next, shanghai) == next);
      REQUIRE(StartOfMonth(next.PlusMillis(-1), shanghai) ==
              AddMonths(start, months - 1, shanghai));
    }
  }
}

TEST_CASE("a clock is a seam", "[base][unit]") {
  class Fixed final : public Clock {
   public:
    Instant Now() const override { return {42}; }
  };
  const Fixed fixed;
  const Clock& clock = fixed;
  CHECK(clock.Now() == Instant{42});
}

}  // namespace
}  // namespace ocs
