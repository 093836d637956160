// What a posting means to its bucket, and a counter's move to its counter: said once, for judging
// an entry and for applying it.

#ifndef BALANCE_INTERNAL_MOVEMENTS_H_
#define BALANCE_INTERNAL_MOVEMENTS_H_

#include <cstdint>

#include "balance/account.h"
#include "balance/entry.h"

namespace ocs::balance::internal {

/// Adds into *total; false on overflow, when nothing was changed that may be used.
[[nodiscard]] inline bool Accumulate(int64_t amount, int64_t* total) {
  return !__builtin_add_overflow(*total, amount, total);
}

/// False on overflow, and for a ledger account of a newer format.
[[nodiscard]] bool ApplyPosting(const Posting& posting, Bucket* bucket);

/// An empty counter as the move makes it.
Counter MakeCounter(const CounterMove& move);

/// What was counted never goes below zero: what is given back in a later window was not used in
/// that one. False on overflow, and when less than nothing would be held.
[[nodiscard]] bool ApplyMove(const CounterMove& move, Counter* counter);

}  // namespace ocs::balance::internal

#endif  // BALANCE_INTERNAL_MOVEMENTS_H_
