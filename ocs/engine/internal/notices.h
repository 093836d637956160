// What customers and operators are to be told: notices ride along with the entries that make them
// true, or are entries of their own where a threshold was crossed.

#ifndef OCS_ENGINE_INTERNAL_NOTICES_H_
#define OCS_ENGINE_INTERNAL_NOTICES_H_

#include "balance/account.h"
#include "balance/entry.h"
#include "balance/notice.h"
#include "ocs/engine/internal/shard.h"

namespace ocs::engine {

/// Adds the notice to the entry. REQUIRES: the entry has room for an attachment.
void AttachNotice(const balance::Notice& notice, balance::EntryBuilder* entry);

/// True when the account's own money and credit, what is held included, are below the threshold, if
/// `main_available` is what its main bucket has. Never of an account that had neither.
bool IsLow(const balance::Account& account, int64_t main_available, int64_t low_balance_micros);

/// A top-up brings the main bucket to `main_available`: adds to its entry that a low balance is to
/// be told again, where it was told and is over.
void EndLowBalance(const balance::Account& account, int64_t main_available,
                   int64_t low_balance_micros, balance::EntryBuilder* entry);

/// True when GiveNotices has a threshold of a bucket to tell.
bool HasBucketNotice(const balance::Account& account);

/// True when it would have one of this bucket after `more` is spent from what is available.
bool CrossesThreshold(const balance::Bucket& bucket, int64_t more);

/// Tells of thresholds that use has crossed and that were not told before, in one entry: those of
/// the account's limits, 50, 80 and 100 per cent of its packages, and a low balance. At most
/// kNoticesPerEntryMax at once; what is left is told after the next use. Nothing is written when
/// there is none. REQUIRES: the shard has an open group.
inline constexpr int kNoticesPerEntryMax = 16;
void GiveNotices(Shard& shard, balance::Account* account);

/// Tells, once, that the bucket ends with something left in it. REQUIRES: as GiveNotices.
void TellOfEnd(Shard& shard, balance::Account* account, const balance::Bucket& bucket);

}  // namespace ocs::engine

#endif  // OCS_ENGINE_INTERNAL_NOTICES_H_
