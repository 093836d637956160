// Instants as counted milliseconds. Nothing here reads a clock: time enters the house at its edge,
// once per request.

#ifndef OCS_BASE_TIME_H_
#define OCS_BASE_TIME_H_

#include <compare>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace ocs {

/// A point in time: milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted. Trivially
/// copyable.
struct Instant {
  int64_t unix_ms = 0;

  static constexpr Instant Never() { return {std::numeric_limits<int64_t>::max()}; }

  /// Later, or earlier where `millis` is negative. What lies beyond either end stops there;
  /// Never() stays Never().
  constexpr Instant PlusMillis(int64_t millis) const {
    if (*this == Never()) return Never();
    int64_t sum = 0;
    if (!__builtin_add_overflow(unix_ms, millis, &sum)) return {sum};
    return millis > 0 ? Never() : Instant{std::numeric_limits<int64_t>::min()};
  }
  constexpr Instant PlusSeconds(int64_t seconds) const {
    int64_t millis = 0;
    if (!__builtin_mul_overflow(seconds, int64_t{1000}, &millis)) return PlusMillis(millis);
    constexpr int64_t kFarthest = std::numeric_limits<int64_t>::max();
    return PlusMillis(seconds > 0 ? kFarthest : -kFarthest);
  }

  absl::Time ToTime() const { return absl::FromUnixMillis(unix_ms); }
  static Instant FromTime(absl::Time time) { return {absl::ToUnixMillis(time)}; }

  friend constexpr auto operator<=>(const Instant&, const Instant&) = default;
};

/// "2026-05-18T10:00:00+08:00" in that zone, with ".250" only where milliseconds are not zero;
/// "never" for Never().
std::string FormatInstant(Instant instant, absl::TimeZone zone);

/// The instant of an RFC 3339 text with an offset ("2026-05-18T10:00:00+08:00", "...Z"). Errors:
/// InvalidArgument.
absl::StatusOr<Instant> ParseInstant(std::string_view text);

/// The same wall-clock time `months` later in that zone; a day that the month lacks becomes its
/// last day (31 January + 1 month = 28 or 29 February). REQUIRES: months >= 0.
Instant AddMonths(Instant from, int months, absl::TimeZone zone);

/// The start of the calendar month that holds the instant, in that zone.
Instant StartOfMonth(Instant instant, absl::TimeZone zone);

/// Source of the present. Injected, so that tests and the simulator own it. Implementations are
/// thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  /// The present by the wall clock; may step backwards.
  virtual Instant Now() const = 0;
};

}  // namespace ocs

#endif  // OCS_BASE_TIME_H_
