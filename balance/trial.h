// The trial balance and the statement: what the journal's postings add up to, over any stretch of
// it, for one account or a whole shard; and what an account was at any past moment. Read from the
// journal alone, group by group, so that finance can check every figure without trusting a derived
// one.
//
// Memory: what is kept is one unit for each bucket that has not been dropped, and the sums, which
// are as many as ledger accounts times units. Of a statement: the account, and a position for each
// of its entries.

#ifndef BALANCE_TRIAL_H_
#define BALANCE_TRIAL_H_

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/status/statusor.h"
#include "balance/account.h"
#include "balance/entry.h"
#include "balance/store.h"
#include "ocs/base/ids.h"
#include "ocs/base/unit.h"

namespace ocs::balance {

inline constexpr Position kEndOfJournal{.group = std::numeric_limits<uint64_t>::max(), .index = 0};

/// Entries behind `after`, up to and with `through`.
struct JournalRange {
  Position after = {};
  Position through = kEndOfJournal;
};

struct TrialLine {
  LedgerAccount account = LedgerAccount::kAvailable;
  Unit unit = {};  ///< Empty: of buckets that were dropped before the journal's first group.
  absl::int128 debit = 0;   ///< Sum of the postings below zero, as a positive number.
  absl::int128 credit = 0;  ///< Of those above zero.
  absl::int128 net() const { return credit - debit; }
  friend bool operator==(const TrialLine&, const TrialLine&) = default;
};

struct TrialBalance {
  int64_t entry_count = 0;  ///< With postings, in the range.
  int64_t posting_count = 0;
  Position last = {};                 ///< The last entry of the range that is there.
  std::vector<TrialLine> lines = {};  ///< By unit, then ledger account.
};

/// What sums to something else than zero, of a trial balance.
struct Imbalance {
  Unit unit = {};
  absl::int128 sum = 0;
};
/// Empty when the postings of each unit sum to zero, as they must.
std::vector<Imbalance> ImbalancesOf(const TrialBalance& trial);

struct TrialOptions {
  JournalRange range = {};
  std::optional<AccountId> account = {};  ///< Nothing: of the whole shard.
  int64_t buckets_max = 50'000'000;       ///< Whose units are kept in memory: about 40 bytes each.
  /// Sees each entry that is read, also those of other accounts and from before the range. May be
  /// empty.
  std::function<void(const EntryView&)> visit = {};
};

/// Adds up the postings of a range. Errors: DataLoss naming the entry; ResourceExhausted beyond
/// buckets_max; Unavailable.
absl::StatusOr<TrialBalance> ReadTrialBalance(const Store& store, const TrialOptions& options);

/// That of several shards together. `last` is not valid: each has positions of its own.
TrialBalance SumOf(const std::vector<TrialBalance>& shards);

/// The account as it was after its last entry that is not behind `at`. Walks back from `newest`, an
/// entry of the account (Account::last of a state that includes it), to where the account was made.
/// Errors: NotFound when the account was made after `at`, or when its beginning has been trimmed
/// away; DataLoss; Unavailable.
absl::StatusOr<Account> ReadAccountAt(const Store& store, Position newest, Position at);

/// Calls `visit` for each entry of an account in the range, oldest first; an error that it returns
/// ends the walk. Errors: as ReadAccountAt, but a trimmed beginning only ends the walk backwards.
absl::Status ForEachEntryOf(const Store& store, Position newest, const JournalRange& range,
                            const std::function<absl::Status(const EntryView&, Instant)>& visit);

}  // namespace ocs::balance

#endif  // BALANCE_TRIAL_H_
