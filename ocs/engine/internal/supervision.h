// Ends sessions whose gateway has gone silent, or that the operator ends.

#ifndef OCS_ENGINE_INTERNAL_SUPERVISION_H_
#define OCS_ENGINE_INTERNAL_SUPERVISION_H_

#include "balance/account.h"
#include "cdr/record.h"
#include "ocs/engine/internal/shard.h"

namespace ocs::engine {

/// Closes a session whose supervision timer has run out (CC-07, CC-90), as an entry of its own: its
/// holds are released and a record marked incomplete says so. Or a session that the operator ends,
/// which is the cause kManagementIntervention, or one that its gateway has lost (CC-15). `session`
/// is a copy: applying the entry moves the account's sessions. REQUIRES: the shard has an open
/// group; the session is the account's.
void ExpireSession(Shard& shard, balance::Account* account, const balance::Session& session,
                   cdr::ClosingCause cause = cdr::ClosingCause::kAbnormalRelease);

}  // namespace ocs::engine

#endif  // OCS_ENGINE_INTERNAL_SUPERVISION_H_
