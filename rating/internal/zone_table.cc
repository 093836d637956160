#include "rating/internal/zone_table.h"

#include <algorithm>
#include <limits>

#include "absl/time/civil_time.h"

namespace ocs::rating::internal {
namespace {

int64_t FloorDivide(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

}  // namespace

ZoneTable::ZoneTable(absl::TimeZone zone) {
  absl::Time at = absl::FromCivil(absl::CivilYear(2000), absl::UTCTimeZone());
  const absl::Time end = absl::FromCivil(absl::CivilYear(2200), absl::UTCTimeZone());
  spans_.push_back({std::numeric_limits<int64_t>::min(), zone.At(at).offset});
  absl::TimeZone::CivilTransition transition;
  while (at < end && zone.NextTransition(at, &transition)) {
    // Clocks put back show transition.to twice; what is meant is the moment of the step.
    const auto info = zone.At(transition.to);
    at = info.kind == absl::TimeZone::TimeInfo::UNIQUE ? info.pre : info.trans;
    const int64_t offset = zone.At(at).offset;
    if (offset != spans_.back().offset_seconds) {
      spans_.push_back({absl::ToUnixSeconds(at), offset});
    }
  }
}

int64_t ZoneTable::NextStep(int64_t unix_ms) const {
  const auto next = std::upper_bound(
      spans_.begin() + 1, spans_.end(), FloorDivide(unix_ms, 1000),
      [](int64_t value, const Span& candidate) { return value < candidate.begin_second; });
  return next == spans_.end() ? std::numeric_limits<int64_t>::max() : next->begin_second * 1000;
}

ZoneTable::Clock ZoneTable::ClockAt(int64_t unix_ms) const {
  const int64_t second = FloorDivide(unix_ms, 1000);
  const Span* span = &spans_.front();
  if (spans_.size() > 1) {
    const auto next = std::upper_bound(
        spans_.begin() + 1, spans_.end(), second,
        [](int64_t value, const Span& candidate) { return value < candidate.begin_second; });
    span = &*(next - 1);
  }
  const int64_t local = second + span->offset_seconds;
  const int64_t day = FloorDivide(local, kDaySeconds);
  constexpr int64_t kFarthest = std::numeric_limits<int32_t>::max();
  return {.day = static_cast<int32_t>(std::clamp(day, -kFarthest, kFarthest)),
          .second_of_day = static_cast<int>(local - day * kDaySeconds)};
}

}  // namespace ocs::rating::internal
