// Trial balances and statements as text.

#ifndef TOOLS_INSPECT_TRIAL_TEXT_H_
#define TOOLS_INSPECT_TRIAL_TEXT_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "balance/store.h"
#include "balance/trial.h"
#include "ocs/base/ids.h"
#include "tools/inspect/transfer_check.h"

namespace ocs::tools {

/// "12.3" -> entry 3 of group 12. Errors: InvalidArgument.
absl::StatusOr<Position> ParseEntryPosition(std::string_view text);

/// A trial balance as a table, and whether it sums to zero. *balanced tells the same.
std::string TrialInWords(const balance::TrialBalance& trial, bool* balanced);
/// That of a store.
absl::StatusOr<std::string> TrialInWords(const balance::Store& store,
                                         const balance::TrialOptions& options, bool* balanced);

/// The trial balance of all shards together, and whether what was transferred out of accounts and
/// not into others is what is on its way. *holds: it is, and all sums to zero. REQUIRES: journals
/// that are whole.
std::string AllShardsInWords(const balance::TrialBalance& sum, const TransferReport& transfers,
                             bool* holds);

/// The account as it was at a position: its buckets, and the trial balance of its postings until
/// then. Errors: NotFound where there is none, or it cannot be known.
absl::StatusOr<std::string> StatementInWords(const balance::Store& store, AccountId id, Position at,
                                             absl::TimeZone zone);

}  // namespace ocs::tools

#endif  // TOOLS_INSPECT_TRIAL_TEXT_H_
