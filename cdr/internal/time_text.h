// Times as FormatInstant writes them, remembered by second: records come in order of time, and
// formatting a time through a time zone costs more than the whole rest of a record.

#ifndef CDR_INTERNAL_TIME_TEXT_H_
#define CDR_INTERNAL_TIME_TEXT_H_

#include <array>
#include <cstdint>
#include <limits>
#include <string>

#include "absl/time/time.h"
#include "ocs/base/time.h"

namespace ocs::cdr::internal {

inline constexpr int64_t kDayMillis = 86'400'000;

/// Thread-compatible.
class TimeText final {
 public:
  explicit TimeText(absl::TimeZone zone) : zone_(zone) {}

  /// Appends what FormatInstant gives.
  void Append(Instant instant, std::string* out);

 private:
  static constexpr int64_t kNone =
      std::numeric_limits<int64_t>::min();  // No instant has so small a second.
  struct Second {
    int64_t unix_seconds = kNone;
    uint8_t length = 0;
    std::array<char, 32> text = {};
  };

  absl::TimeZone zone_;
  std::array<Second, 256> seconds_;  // Four minutes: longer than nearly all calls last.
};

}  // namespace ocs::cdr::internal

#endif  // CDR_INTERNAL_TIME_TEXT_H_
