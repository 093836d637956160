#include "ocs/base/window.h"

#include <algorithm>
#include <limits>

#include "absl/time/civil_time.h"
#include "ocs/base/check.h"
#include "ocs/base/text.h"

namespace ocs {
namespace {

constexpr Instant kAlways{std::numeric_limits<int64_t>::min()};

Instant InstantOf(absl::CivilSecond civil, absl::TimeZone zone) {
  // Where the clock skips the time, the first instant after the gap; where it has it twice, the
  // first.
  const absl::TimeZone::TimeInfo info = zone.At(civil);
  return Instant::FromTime(info.kind == absl::TimeZone::TimeInfo::SKIPPED ? info.trans : info.pre);
}

int LastDayOf(absl::CivilMonth month) { return (absl::CivilDay(month + 1) - 1).day(); }

// The beginning of the cycle of that month.
Instant CycleBegin(absl::CivilMonth month, int anchor_day, absl::TimeZone zone) {
  const absl::CivilDay day(month.year(), month.month(), std::min(anchor_day, LastDayOf(month)));
  return InstantOf(absl::CivilSecond(day), zone);
}

Instant CycleAt(Instant at, Instant anchor, absl::TimeZone zone, int cycles_ahead) {
  const int anchor_day = absl::ToCivilDay(anchor.ToTime(), zone).day();
  absl::CivilMonth month(absl::ToCivilDay(std::max(at, anchor).ToTime(), zone));
  if (CycleBegin(month, anchor_day, zone) > std::max(at, anchor)) month -= 1;
  return CycleBegin(month + cycles_ahead, anchor_day, zone);
}

Instant CivilBegin(WindowKind kind, Instant at, absl::TimeZone zone, int ahead) {
  const absl::CivilSecond now = absl::ToCivilSecond(at.ToTime(), zone);
  switch (kind) {
    case WindowKind::kHour:
      return InstantOf(absl::CivilSecond(absl::CivilHour(now) + ahead), zone);
    case WindowKind::kDay:
      return InstantOf(absl::CivilSecond(absl::CivilDay(now) + ahead), zone);
    case WindowKind::kWeek: {
      absl::CivilDay monday = absl::CivilDay(now);
      while (absl::GetWeekday(monday) != absl::Weekday::monday) --monday;
      return InstantOf(absl::CivilSecond(monday + 7 * ahead), zone);
    }
    case WindowKind::kMonth:
      return InstantOf(absl::CivilSecond(absl::CivilMonth(now) + ahead), zone);
    default:
      OCS_CHECK(false);
      return at;
  }
}

std::string FormatLength(int64_t millis) {
  struct Part {
    int64_t millis;
    const char* name;
  };
  constexpr Part kParts[] = {{86'400'000, "day"},
                             {3'600'000, "hour"},
                             {60'000, "minute"},
                             {1'000, "second"},
                             {1, "millisecond"}};
  for (const Part& part : kParts) {
    if (millis % part.millis != 0) continue;
    const int64_t count = millis / part.millis;
    return Cat(count, " ", part.name, count == 1 ? "" : "s");
  }
  return Cat(millis, " milliseconds");
}

}  // namespace

Instant StartOfDay(Instant instant, absl::TimeZone zone) {
  if (instant == Instant::Never()) return instant;
  return CivilBegin(WindowKind::kDay, instant, zone, 0);
}

Instant WindowBegin(const Window& window, Instant at, Instant anchor, absl::TimeZone zone) {
  switch (window.kind) {
    case WindowKind::kNone:
    case WindowKind::kCall:
    case WindowKind::kLifetime:
      return kAlways;
    case WindowKind::kSliding:
      return at.PlusMillis(-window.length_ms);
    case WindowKind::kCycle:
      return CycleAt(at, anchor, zone, 0);
    default:
      return CivilBegin(window.kind, at, zone, 0);
  }
}

Instant WindowEnd(const Window& window, Instant at, Instant anchor, absl::TimeZone zone) {
  switch (window.kind) {
    case WindowKind::kNone:
    case WindowKind::kCall:
    case WindowKind::kLifetime:
    case WindowKind::kSliding:
      return Instant::Never();
    case WindowKind::kCycle:
      return CycleAt(at, anchor, zone, 1);
    default:
      return CivilBegin(window.kind, at, zone, 1);
  }
}

std::string FormatWindow(const Window& window) {
  switch (window.kind) {
    case WindowKind::kNone:
      return "once";
    case WindowKind::kCall:
      return "call";
    case WindowKind::kHour:
      return "hour";
    case WindowKind::kDay:
      return "day";
    case WindowKind::kWeek:
      return "week";
    case WindowKind::kMonth:
      return "month";
    case WindowKind::kCycle:
      return "cycle";
    case WindowKind::kSliding:
      return Cat("sliding ", FormatLength(window.length_ms));
    case WindowKind::kLifetime:
      return "lifetime";
  }
  return "unknown";
}

}  // namespace ocs
