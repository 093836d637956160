// How many calls of one usage the pots pay.

#ifndef RATING_INTERNAL_CALL_COUNTER_H_
#define RATING_INTERNAL_CALL_COUNTER_H_

#include <cstdint>
#include <span>

#include "ocs/base/quantity.h"
#include "rating/rater.h"

namespace ocs::rating::internal {

/// As AffordableCalls. REQUIRES: every kind with a quantity is sold.
int64_t CountCalls(const Quantities& usage, std::span<const Pot> pots, int64_t limit);

}  // namespace ocs::rating::internal

#endif  // RATING_INTERNAL_CALL_COUNTER_H_
