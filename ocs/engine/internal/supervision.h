// Ends sessions whose gateway has gone silent.

#ifndef OCS_ENGINE_INTERNAL_SUPERVISION_H_
#define OCS_ENGINE_INTERNAL_SUPERVISION_H_

#include "balance/account.h"
#include "ocs/engine/internal/shard.h"

namespace ocs::engine {

/// Closes a session whose supervision timer has run out (CC-07, CC-90), as an entry of its own: its
/// holds are released and a record marked incomplete says so. `session` is a copy: applying the
/// entry moves the account's sessions. REQUIRES: the shard has an open group; the session is the
/// account's.
void ExpireSession(Shard& shard, balance::Account* account, const balance::Session& session);

}  // namespace ocs::engine

#endif  // OCS_ENGINE_INTERNAL_SUPERVISION_H_
