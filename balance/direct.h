// Use that is done to an account at once, without an entry: for accounts that no journal has, of a
// simulation. What it does is what the entry of the same use does when it is applied
// (balance/ledger.h: PostMovement, Applier).

#ifndef BALANCE_DIRECT_H_
#define BALANCE_DIRECT_H_

#include <cstdint>
#include <optional>

#include "balance/account.h"
#include "ocs/base/exact.h"

namespace ocs::balance {

/// Spends `amount` of what is available in the bucket, below zero too. Returns the deferred revenue
/// that this earns; nothing, and nothing is changed, when a sum does not fit. REQUIRES: amount >=
/// 0; the bucket does not wait for its first use.
std::optional<int64_t> SpendDirectly(int64_t amount, Bucket* bucket);

/// Puts the carry in its place among the account's. False, and nothing is changed, when that would
/// be one more than kCarriesPerAccountMax.
[[nodiscard]] bool CarryDirectly(const Carry& carry, Account* account);

}  // namespace ocs::balance

#endif  // BALANCE_DIRECT_H_
