// What of a bucket's deferred revenue goes with its pieces.

#ifndef BALANCE_INTERNAL_DEFERRED_H_
#define BALANCE_INTERNAL_DEFERRED_H_

#include <cstdint>

#include "balance/account.h"

namespace ocs::balance::internal {

/// The deferred revenue that `amount` more pieces take with them when they leave the bucket; below
/// 0 for pieces that come back. Rounded so that all pieces together take all of it.
int64_t DeferredWith(const Bucket& bucket, int64_t amount);

}  // namespace ocs::balance::internal

#endif  // BALANCE_INTERNAL_DEFERRED_H_
