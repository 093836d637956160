// The states of an account: which follow which, and what closing settles.

#ifndef OCS_ENGINE_INTERNAL_CLOSING_H_
#define OCS_ENGINE_INTERNAL_CLOSING_H_

#include <cstdint>

#include "balance/account.h"
#include "balance/entry.h"
#include "ocs/engine/account_operation.h"
#include "ocs/engine/internal/shard.h"

namespace ocs::engine {

/// True when an account may go from one state to the other (account_operation.h).
bool MayFollow(balance::AccountState from, balance::AccountState to);

/// Ends all open sessions, each with an entry of its own, as the supervision timer does but by the
/// operator, and settles the windows of volume prices, whose use is over.
void EndSessions(Shard& shard, balance::Account* account);

struct StateChange {
  balance::AccountState state = balance::AccountState::kActive;
  SetStateCall::Settle settle = SetStateCall::Settle::kPayOut;  ///< Of closing.
  Instant at = {};
};
/// Writes the effects of a change of state, and a notice. Of closing: what is left in packages
/// expires, what is owed is written off, money that is left is paid out or expires, subscriptions
/// and dated changes go. Returns what is paid out. REQUIRES: MayFollow; no session is open when it
/// closes; the entry was begun.
int64_t WriteState(const balance::Account& account, const StateChange& change,
                   balance::EntryBuilder* entry);

/// A dated change happens: as of its time, the earliest of the account's. What may not follow the
/// present state is dropped.
void ChangeAsDated(Shard& shard, balance::Account* account);

}  // namespace ocs::engine

#endif  // OCS_ENGINE_INTERNAL_CLOSING_H_
