#include "cdr/internal/time_text.h"

#include <algorithm>

namespace ocs::cdr::internal {

void TimeText::Append(Instant instant, std::string* out) {
  int64_t millis = instant.unix_ms % 1000;
  int64_t unix_seconds = instant.unix_ms / 1000;
  if (millis < 0) {  // Before 1970 the second that holds the instant is the one below.
    millis += 1000;
    unix_seconds -= 1;
  }
  Second& second = seconds_[static_cast<uint64_t>(unix_seconds) % seconds_.size()];
  if (second.unix_seconds != unix_seconds) {
    // The ends of time: Never() has a name, and the first second of all has no start that fits.
    const bool at_an_end =
        instant == Instant::Never() || unix_seconds < std::numeric_limits<int64_t>::min() / 1000;
    const std::string text =
        at_an_end ? std::string() : FormatInstant({unix_seconds * 1000}, zone_);
    if (text.empty() || text.size() > second.text.size()) {  // The latter: years of many digits.
      out->append(FormatInstant(instant, zone_));
      return;
    }
    std::copy(text.begin(), text.end(), second.text.begin());
    second.length = static_cast<uint8_t>(text.size());
    second.unix_seconds = unix_seconds;
  }
  if (millis == 0) {
    out->append(second.text.data(), second.length);
    return;
  }
  constexpr size_t kOffsetLength = 6;  // "+08:00".
  const size_t before_offset = second.length - kOffsetLength;
  const std::array<char, 4> decimals = {'.', static_cast<char>('0' + millis / 100),
                                        static_cast<char>('0' + millis / 10 % 10),
                                        static_cast<char>('0' + millis % 10)};
  out->append(second.text.data(), before_offset);
  out->append(decimals.data(), decimals.size());
  out->append(second.text.data() + before_offset, kOffsetLength);
}

}  // namespace ocs::cdr::internal
