// A time zone as a sorted table of its offsets, so that a wall-clock question costs a few loads.

#ifndef RATING_INTERNAL_ZONE_TABLE_H_
#define RATING_INTERNAL_ZONE_TABLE_H_

#include <cstdint>
#include <vector>

#include "absl/time/time.h"

namespace ocs::rating::internal {

/// Offsets from 2000 to 2199; before and after, the first and the last hold. No model was sold
/// outside. Immutable.
class ZoneTable final {
 public:
  explicit ZoneTable(absl::TimeZone zone);

  /// Second of the day, in [0, 86400), that a wall clock there shows at that instant.
  int SecondOfDay(int64_t unix_ms) const;

 private:
  struct Span {
    int64_t begin_second = 0;
    int64_t offset_seconds = 0;
  };
  std::vector<Span> spans_;  // Sorted; the first begins before everything.
};

}  // namespace ocs::rating::internal

#endif  // RATING_INTERNAL_ZONE_TABLE_H_
