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

/// Tells of thresholds that use has crossed and that were not told before, in one entry: those of
/// the account's limits, and 50, 80 and 100 per cent of its packages. At most kNoticesPerEntryMax
/// at once; what is left is told after the next use. Nothing is written when there is none.
/// REQUIRES: the shard has an open group.
inline constexpr int kNoticesPerEntryMax = 16;
void GiveNotices(Shard& shard, balance::Account* account);

}  // namespace ocs::engine

#endif  // OCS_ENGINE_INTERNAL_NOTICES_H_
