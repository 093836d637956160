// What is on its way between two accounts: sent, received, settled; each an entry with the same
// transfer id, so that a crash between two of them is made good by doing the rest again.

#ifndef OCS_ENGINE_INTERNAL_TRANSFERS_H_
#define OCS_ENGINE_INTERNAL_TRANSFERS_H_

#include <string>

#include "balance/account.h"
#include "ocs/engine/internal/shard.h"

namespace ocs::engine {

/// True while an operation is bringing it to an account of another shard.
bool IsOnItsWay(const Shard& shard, const balance::Transfer& transfer);

/// Brings one pending transfer of `sender` to its end: writes the receiver's entry unless that is
/// there already, then settles it at the sender. To an account of another shard it begins to: from
/// now on it is on its way. Where the receiver cannot take it, it comes back
/// to the sender. Nothing is written when the shard has stopped. `transfer` is a copy. REQUIRES:
/// the shard has an open group; the transfer is pending.
void FinishTransfer(Shard& shard, balance::Account* sender, const balance::Transfer& transfer);

}  // namespace ocs::engine

#endif  // OCS_ENGINE_INTERNAL_TRANSFERS_H_
