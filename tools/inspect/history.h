// A store in words: an account's history, one group, the catalogue's revisions.

#ifndef TOOLS_INSPECT_HISTORY_H_
#define TOOLS_INSPECT_HISTORY_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "balance/account.h"
#include "balance/store.h"
#include "ocs/base/ids.h"

namespace ocs::tools {

/// The account as it is at the head of the journal. Errors: NotFound, DataLoss, Unavailable.
absl::StatusOr<balance::Account> LoadAccount(const balance::Store& store, AccountId id);

/// Its buckets with their amounts, a row for each.
std::string BucketsTable(const balance::Account& account, absl::TimeZone zone);

/// What an account has and what happened to it, newest first, at most `entries_max` entries, with
/// the reason for each charge. Errors: NotFound when the store has no such account; DataLoss;
/// Unavailable.
absl::StatusOr<std::string> AccountInWords(const balance::Store& store, ShardId shard,
                                           AccountId account, int entries_max, absl::TimeZone zone);

/// One group with all its entries. Errors: NotFound, DataLoss, Unavailable.
absl::StatusOr<std::string> GroupInWords(const balance::Store& store, uint64_t number,
                                         absl::TimeZone zone);

/// A table of the catalogue's revisions, oldest first; "" when there are none. Errors: DataLoss,
/// Unavailable.
absl::StatusOr<std::string> RevisionsInWords(const balance::Store& store, absl::TimeZone zone);

}  // namespace ocs::tools

#endif  // TOOLS_INSPECT_HISTORY_H_
