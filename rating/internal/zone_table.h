// A time zone as a sorted table of its offsets, so that a wall-clock question costs a few loads.

#ifndef RATING_INTERNAL_ZONE_TABLE_H_
#define RATING_INTERNAL_ZONE_TABLE_H_

#include <cstdint>
#include <vector>

#include "absl/time/time.h"

namespace ocs::rating::internal {

inline constexpr int kDaySeconds = 86'400;

/// Offsets from 2000 to 2199; before and after, the first and the last hold. No model was sold
/// outside. Immutable.
class ZoneTable final {
 public:
  explicit ZoneTable(absl::TimeZone zone);

  /// What a wall clock there shows at that instant.
  struct Clock {
    int32_t day = 0;  ///< Counted from 1970-01-01; far beyond both ends of the table it stops.
    int second_of_day = 0;  ///< In [0, 86400).
  };
  Clock ClockAt(int64_t unix_ms) const;
  /// The next instant after that one at which clocks are put forward or back; INT64_MAX: none.
  int64_t NextStep(int64_t unix_ms) const;
  int SecondOfDay(int64_t unix_ms) const { return ClockAt(unix_ms).second_of_day; }

 private:
  struct Span {
    int64_t begin_second = 0;
    int64_t offset_seconds = 0;
  };
  std::vector<Span> spans_;  // Sorted; the first begins before everything.
};

}  // namespace ocs::rating::internal

#endif  // RATING_INTERNAL_ZONE_TABLE_H_
