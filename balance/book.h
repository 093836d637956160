// The durable shell around the ledger: one shard's accounts, its open group, its answers and its
// due work.
//
// Who uses it decides with what it reads here, writes entries, and seals groups; when a group is
// durable it is told so. What is derived (account states, the index of answers, the index of what
// is due) is written back beside groups that are written anyway, oldest first, so that a restart
// replays a bounded number of entries.
//
// Invariants:
//   1. At most one group is sealed and not yet durable.
//   2. A state in the store includes no entry of a group that is not durable.
//   3. Everything derived that is newer than the checkpoint can be made again by replaying the
//   groups after it.
//
// Confined to its shard. After a failed write it must be thrown away (DESIGN law 9).

#ifndef BALANCE_BOOK_H_
#define BALANCE_BOOK_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "balance/account.h"
#include "balance/entry.h"
#include "balance/journal.h"
#include "balance/ledger.h"
#include "balance/store.h"
#include "ocs/base/ids.h"
#include "ocs/base/time.h"

namespace ocs::balance {

struct BookOptions {
  ShardId shard;
  int shard_count = 1;
  int64_t cached_accounts_max = 1'000'000;
  int64_t checkpoint_lag_entries = 4'000'000;
  int64_t answer_retention_seconds = 2 * 86'400;  ///< Of closed sessions.
  int64_t event_retention_seconds = 14 * 86'400;  ///< Of events and administrative changes.
  /// For a book that is never written: accounts live in memory only, every request is new, logged
  /// time is as told, also earlier than before, and OpenGroup throws away what the last group held.
  bool dry = false;
};

/// Where a listing of due work has come to.
struct DuePlace {
  bool in_store = false;  ///< What waits in memory was listed.
  std::string key = {};   ///< Of the last row.
  bool done = false;
};

/// An entry read back, with the bytes that its views point into.
struct StoredEntry {
  std::string bytes;
  EntryView view;
  Instant logged_at;
};

/// What is known of a request.
struct KnownRequest {
  /// That answered it; null when it is new. It may be of another account of the same partition.
  std::unique_ptr<StoredEntry> entry;
  Position session_last;    ///< Last entry of its session, if that is known.
  uint32_t number_max = 0;  ///< Highest number of a session that is not open any more.
};

struct BookStatistics {
  int64_t account_loads = 0;
  int64_t accounts_written = 0;
  int64_t cached_accounts = 0;
  int64_t dirty_accounts = 0;
  int64_t answers_waiting = 0;
  uint64_t checkpoint_group = 0;
  int64_t replayed_groups = 0;  ///< At the start.
  int64_t replayed_entries = 0;
};

class Book final {
 public:
  /// Opens a shard: reads its head, verifies the chain after the checkpoint and replays it. `store`
  /// outlives the book. Errors: DataLoss naming the group or account that is damaged;
  /// FailedPrecondition when the store was made by a newer release, for another shard or another
  /// number of shards.
  static absl::StatusOr<std::unique_ptr<Book>> Open(const BookOptions& options, Store* store);
  ~Book();

  const Head& head() const;  ///< Of the last sealed group, or of the store at the start.

  // ---- The open group ----
  /// Begins a group unless one is open. Its logged time is `now`, or the last group's if that is
  /// later.
  void OpenGroup(Instant now);
  bool has_open_group() const;
  Instant logged_at() const;    ///< Of the open group. REQUIRES: has_open_group().
  uint64_t open_group() const;  ///< Its number. REQUIRES: has_open_group().
  bool group_full() const;      ///< By entries or bytes: seal before going on.
  bool has_entries() const;     ///< The open group holds at least one entry.

  /// An entry of the open group, as it was written; good until the group changes. REQUIRES:
  /// has_open_group(); index < NextPosition().index.
  absl::StatusOr<EntryView> OpenEntry(uint32_t index) const;

  /// Where the next entry will stand. REQUIRES: has_open_group().
  Position NextPosition() const;

  /// The number for the next CDR of the shard. Each call counts on. REQUIRES: has_open_group().
  uint64_t NextRecordSequence();

  /// Appends the entry to the open group and applies it to `account` (null: the entry is of no
  /// account). REQUIRES: has_open_group(); Judge() allows the entry; `account` came from this book.
  Position Append(Account* account, EntryBuilder* entry);

  /// For rows that must be written with the open group (identities, revisions, cursors). REQUIRES:
  /// has_open_group().
  StoreBatch* derived();

  /// Closes the open group, with what is written back beside it, and returns it for the log; null
  /// when there is nothing to write. The group is good until Durable(). REQUIRES: no other group is
  /// on its way.
  enum class WriteBack : uint8_t {
    kAsNeeded,  ///< What keeps the checkpoint within its lag, beside entries only.
    kMore,      ///< Up to some thousand states: when there is nothing else to do.
    kAll,       ///< Everything: before a clean stop.
  };
  Group* Seal(WriteBack write_back);
  void Durable(Group* group);     ///< The sealed group is on disk.
  bool in_flight() const;         ///< A sealed group is not yet durable.
  bool all_written_back() const;  ///< A restart now would replay nothing.

  // ---- Accounts ----
  /// The account, or null when there is none. Good until the next call of Seal or Durable. Errors:
  /// DataLoss, Unavailable.
  absl::StatusOr<Account*> FindAccount(AccountId id);
  /// Tells the processor to fetch what FindAccount(id) and a charge will need, if it is in memory;
  /// call the stages in order, with other work between them.
  enum class PrefetchStage : uint8_t { kSlot, kAccount, kContent };
  void Prefetch(AccountId id, PrefetchStage stage) const;
  /// An empty account with a new id in that partition, to which the next entry must give its
  /// content (CreateAccount).
  Account* NewAccount(PartitionId partition) { return NewReserved(ReserveAccount(partition)); }
  /// In two steps, where something must be done about the id in between. An id that is never used
  /// may be reserved again after a restart. REQUIRES: has_open_group().
  AccountId ReserveAccount(PartitionId partition);
  Account* NewReserved(AccountId reserved);

  // ---- What was answered ----
  /// Looks for a request of a session. `account` is its payer. Errors: DataLoss, Unavailable.
  absl::StatusOr<KnownRequest> FindRequest(const Account& account, std::string_view session_id,
                                           uint32_t number);
  /// Looks for an administrative change made under this key in a partition; null when there is
  /// none.
  absl::StatusOr<std::unique_ptr<StoredEntry>> FindChange(PartitionId partition,
                                                          std::string_view key);
  /// The last entry that refunded the charge at that position, wholly or in part, or nothing.
  absl::StatusOr<std::optional<Position>> FindRefund(PartitionId partition, Position charged);
  /// Any entry of this shard, durable or not. Errors: NotFound, DataLoss, Unavailable.
  absl::StatusOr<std::unique_ptr<StoredEntry>> ReadEntry(Position position);

  // ---- Identities (of partitions of this shard) ----
  static std::string IdentityKey(uint8_t type, std::string_view data);
  static PartitionId IdentityPartition(uint8_t type, std::string_view data);

  // ---- Due work ----
  /// Accounts of which something may be due by `now`, each once, at most `accounts_max`. The caller
  /// does what is due and then calls Reschedule for each.
  absl::StatusOr<std::vector<AccountId>> TakeDue(Instant now, int accounts_max);
  void Reschedule(Account* account);
  /// Adds accounts for which something falls due by `until`, from the place on, which it moves:
  /// first all that wait in memory, then `count_max` of the store's at a time, some of them twice.
  /// What is put down only meanwhile need not be among them. Takes nothing away. Errors: DataLoss,
  /// Unavailable.
  absl::Status ListDue(Instant until, size_t count_max, DuePlace* place,
                       std::vector<AccountId>* accounts) const;

  BookStatistics statistics() const;

 private:
  struct State;
  explicit Book(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Key of an account in Table::kAccounts.
std::string AccountKey(AccountId id);
/// The state in a row of Table::kAccounts, behind the second under which it stands in Table::kDue
/// (0: it does not).
absl::StatusOr<Account> DecodeAccountRow(std::string_view row, int64_t* due_second);

}  // namespace ocs::balance

#endif  // BALANCE_BOOK_H_
