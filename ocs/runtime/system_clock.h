// The wall clock.

#ifndef OCS_RUNTIME_SYSTEM_CLOCK_H_
#define OCS_RUNTIME_SYSTEM_CLOCK_H_

#include "ocs/base/time.h"

namespace ocs::runtime {

/// The system's real-time clock: what NTP keeps. Thread-safe.
class SystemClock final : public Clock {
 public:
  Instant Now() const override;
};

}  // namespace ocs::runtime

#endif  // OCS_RUNTIME_SYSTEM_CLOCK_H_
