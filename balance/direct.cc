#include "balance/direct.h"

#include <algorithm>

#include "balance/internal/deferred.h"
#include "ocs/base/check.h"
#include "ocs/base/limits.h"

namespace ocs::balance {

std::optional<int64_t> SpendDirectly(int64_t amount, Bucket* bucket) {
  OCS_CHECK(amount >= 0);
  const auto available = SubtractExact(bucket->available, amount);
  const auto spent = AddExact(bucket->spent, amount);
  if (!available || !spent) return std::nullopt;
  const int64_t earned = internal::DeferredWith(*bucket, amount);
  const auto released = AddExact(bucket->released_micros, earned);
  if (!released) return std::nullopt;
  bucket->available = *available;
  bucket->spent = *spent;
  bucket->released_micros = *released;
  return earned;
}

bool CarryDirectly(const Carry& carry, Account* account) {
  auto at = std::lower_bound(account->carries.begin(), account->carries.end(), carry,
                             [](const Carry& a, const Carry& b) { return a.line < b.line; });
  if (at != account->carries.end() && at->line == carry.line) {
    *at = carry;
    return true;
  }
  if (account->carries.size() >= static_cast<size_t>(kCarriesPerAccountMax)) return false;
  account->carries.insert(at, carry);
  return true;
}

}  // namespace ocs::balance
