// The wall clock.

#include "ocs/runtime/system_clock.h"

#include "tests/support/catch.h"

namespace ocs::runtime {
namespace {

TEST_CASE("the clock counts milliseconds since 1970", "[runtime][unit]") {
  const SystemClock clock;
  const Instant now = clock.Now();
  CHECK(now.unix_ms > 1'700'000'000'000);  // 2023.
  CHECK(now.unix_ms < 7'000'000'000'000);  // 2191.
}

}  // namespace
}  // namespace ocs::runtime
