// A clock that stands still.

#ifndef TESTS_RPC_STILL_CLOCK_H_
#define TESTS_RPC_STILL_CLOCK_H_

#include "ocs/base/time.h"

namespace ocs::rpc::tests {

class StillClock final : public Clock {
 public:
  Instant Now() const override { return {1'779'000'000'000}; }
};

}  // namespace ocs::rpc::tests

#endif  // TESTS_RPC_STILL_CLOCK_H_
