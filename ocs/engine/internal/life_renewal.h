// The cycles of a subscription, the refills of a bucket, and the ends of both. Each function writes
// one entry, as of the instant at which it was due, and appends it: pointers into the account's
// lists are not good afterwards. REQUIRES, of all: the shard has an open group.

#ifndef OCS_ENGINE_INTERNAL_LIFE_RENEWAL_H_
#define OCS_ENGINE_INTERNAL_LIFE_RENEWAL_H_

#include "balance/account.h"
#include "ocs/base/time.h"
#include "ocs/engine/internal/shard.h"

namespace ocs::engine {

/// Begins the next cycle at `at`: takes the fee, carries over what the ending one leaves, makes the
/// new buckets. Where the fee is more than there is, or the account may not buy, the subscription
/// ends then instead.
void Renew(Shard& shard, balance::Account* account, uint32_t subscription, Instant at);

/// What is left is lost, and the bucket is full again.
void Refill(Shard& shard, balance::Account* account, BucketId bucket, Instant at);

/// Takes a subscription that has ended from the account.
void EndSubscription(Shard& shard, balance::Account* account, uint32_t subscription);

/// Writes that a limit is taken away, and what it counted with it.
void WriteDropLimit(const balance::Account& account, const balance::Limit& limit,
                    balance::EntryBuilder* entry);

/// Takes a limit that has ended from its node.
void EndLimit(Shard& shard, balance::Account* account, uint32_t limit);

}  // namespace ocs::engine

#endif  // OCS_ENGINE_INTERNAL_LIFE_RENEWAL_H_
