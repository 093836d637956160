// Stretches of time in which something is counted or refilled: an hour, a day, a calendar month, a
// cycle from an anchor, a sliding window. Pure; nothing here reads a clock.

#ifndef OCS_BASE_WINDOW_H_
#define OCS_BASE_WINDOW_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "ocs/base/time.h"

namespace ocs {

/// Numbers are stored: never reused.
enum class WindowKind : uint8_t {
  kNone = 0,      ///< No window: once.
  kCall = 1,      ///< One rating group of one session.
  kHour = 2,      ///< From the full hour of the zone's clock.
  kDay = 3,       ///< From 00:00.
  kWeek = 4,      ///< From Monday 00:00.
  kMonth = 5,     ///< From the 1st, 00:00.
  kCycle = 6,     ///< From 00:00 of the anchor's day of the month; a day that a month lacks is its
                  ///< last (31 -> 30, 29 or 28).
  kSliding = 7,   ///< The last `length_ms`, at any moment.
  kLifetime = 8,  ///< From the beginning, without end.
};

/// Trivially copyable.
struct Window {
  WindowKind kind = WindowKind::kNone;
  int64_t length_ms = 0;  ///< Of a sliding window; 0 for every other.

  friend constexpr bool operator==(const Window&, const Window&) = default;
};

/// A sliding window is kept in slots of this length: what was used in a slot counts until the whole
/// slot has left the window, so that never more than the limit falls into any true window. At least
/// a millisecond; at most kSlotsMax + 1 slots meet a window.
inline constexpr int64_t kSlotsMax = 60;
constexpr int64_t SlotMillis(const Window& window) {
  const int64_t slot = (window.length_ms + kSlotsMax - 1) / kSlotsMax;
  return slot < 1 ? 1 : slot;
}

/// The beginning of the window that holds `at`. `anchor` is where the first cycle began: only
/// kCycle reads it, and before it the first cycle holds. A sliding window "begins" length_ms before
/// `at`; kNone, kCall and kLifetime begin at the smallest instant.
Instant WindowBegin(const Window& window, Instant at, Instant anchor, absl::TimeZone zone);

/// The first instant after the window that holds `at`: the beginning of the next. Never() for
/// kNone, kCall, kSliding and kLifetime. WindowBegin(WindowEnd(at)) == WindowEnd(at).
Instant WindowEnd(const Window& window, Instant at, Instant anchor, absl::TimeZone zone);

/// 00:00 of the day that holds the instant, in that zone (or the first instant of the day where
/// the clock skips midnight).
Instant StartOfDay(Instant instant, absl::TimeZone zone);

/// "call", "hour", "day", "week", "month", "cycle", "sliding 5 hours", "lifetime", "once".
std::string FormatWindow(const Window& window);

}  // namespace ocs

#endif  // OCS_BASE_WINDOW_H_
