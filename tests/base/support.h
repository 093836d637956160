// What the tests of base share: the ends of 64 bits, instants and time zones of texts that must be
// right.

#ifndef TESTS_BASE_SUPPORT_H_
#define TESTS_BASE_SUPPORT_H_

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "ocs/base/text.h"
#include "ocs/base/time.h"
#include "tests/support/catch.h"

namespace ocs {

inline constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
inline constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

inline absl::TimeZone Zone(std::string_view name) {
  absl::TimeZone zone;
  REQUIRE(absl::LoadTimeZone(ToAbsl(name), &zone));
  return zone;
}

inline Instant At(std::string_view text) {
  const auto instant = ParseInstant(text);
  INFO(text);
  REQUIRE(instant.ok());
  return *instant;
}

}  // namespace ocs

#endif  // TESTS_BASE_SUPPORT_H_
