// The statuses of policy counters, and who is told of them (ocs/engine/spending_operation.h).

#ifndef OCS_ENGINE_INTERNAL_WATCHING_H_
#define OCS_ENGINE_INTERNAL_WATCHING_H_

#include <string_view>
#include <vector>

#include "balance/account.h"
#include "ocs/engine/internal/shard.h"

namespace ocs::engine {

/// The statuses now, sorted by counter: those of `watch`, each beside what was told of it last, so
/// that it does not flap. At most kWatchedCountersMax.
std::vector<balance::Watch::Told> StatusesOf(const Shard& shard, const balance::Account& account,
                                             const balance::Watch& watch);

/// Tells every watch of the statuses that are others than what it was told, taking into account
/// what came into force by itself meanwhile. Where none is but one was due to be looked at, when to
/// look again is written, and nothing is told. REQUIRES: the shard has an open group.
void TellStatuses(Shard& shard, balance::Account* account);

/// Its time is over. REQUIRES: it is there.
void EndWatch(Shard& shard, balance::Account* account, std::string_view watch);

}  // namespace ocs::engine

#endif  // OCS_ENGINE_INTERNAL_WATCHING_H_
