// What time does to an account: ends sessions whose gateway has gone silent, and buckets whose
// validity is over.

#ifndef OCS_ENGINE_INTERNAL_SUPERVISION_H_
#define OCS_ENGINE_INTERNAL_SUPERVISION_H_

#include "balance/account.h"
#include "ocs/engine/internal/shard.h"

namespace ocs::engine {

/// Writes the entries of everything that is due for the account by the shard's logged time (CC-07,
/// CC-90): a session past its supervision timer is closed, its holds are released and a record
/// marked incomplete says so; what is available in a bucket that has ended expires. REQUIRES: the
/// shard has an open group.
void ExpireDueWork(Shard& shard, balance::Account* account);

}  // namespace ocs::engine

#endif  // OCS_ENGINE_INTERNAL_SUPERVISION_H_
