// The accounts of a shard that are in memory: loaded when asked for, written back oldest change
// first, put out when there are too many. Beside them, what falls due when.

#ifndef BALANCE_INTERNAL_ACCOUNT_CACHE_H_
#define BALANCE_INTERNAL_ACCOUNT_CACHE_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "balance/account.h"
#include "balance/store.h"

namespace ocs::balance {
struct DuePlace;
}

namespace ocs::balance::internal {

struct CachedAccount final : Account {
  uint64_t dirty_group = 0;       ///< Of the oldest change that is not in the store; 0 = none.
  int64_t stored_due = 0;         ///< Second of its row in Table::kDue; 0 = none.
  int64_t scheduled_due = kNone;  ///< Earliest second for which it waits in memory.
  bool recent = true;             ///< Used since the hand last came by.
  bool urgent = false;            ///< Must be written with the next group.
  static constexpr int64_t kNone = INT64_MAX;
};

/// Confined to its shard.
class AccountCache final {
 public:
  AccountCache(const Store* store, int64_t accounts_max)
      : store_(store), accounts_max_(accounts_max) {}

  /// The account, loaded if need be; null when it does not exist. Errors: DataLoss, Unavailable.
  absl::StatusOr<CachedAccount*> Find(AccountId id);
  CachedAccount* FindInMemory(AccountId id) const;
  CachedAccount* Insert(AccountId id);
  void PrefetchSlot(AccountId id) const { accounts_.prefetch(id); }

  /// The account has a change of that group. `entries` counts the shard's entries so far.
  void MarkDirty(CachedAccount* account, uint64_t group, int64_t entries);

  /// Writes states back into the batch: the urgent ones, those whose change is `lag` entries old,
  /// and some more when memory is short; in all at most `count_max` beside the urgent ones.
  void WriteBack(int64_t entries, int64_t lag, int64_t count_max, StoreBatch* batch);

  /// Every change of groups up to this one is in the states written; the largest number when none
  /// is dirty.
  uint64_t stored_through();

  /// Forgets clean accounts while there are too many. REQUIRES: every state written back is
  /// durable.
  void Evict();

  /// The account must be looked at by then.
  void Schedule(CachedAccount* account, Instant due);

  /// Takes up to `count_max` accounts for which something may be due, each once.
  absl::StatusOr<std::vector<AccountId>> TakeDue(Instant now, int count_max);

  /// As Book::ListDue.
  absl::Status ListDue(Instant until, size_t count_max, DuePlace* place,
                       std::vector<AccountId>* accounts) const;

  int64_t size() const { return static_cast<int64_t>(accounts_.size()); }
  int64_t dirty_count() const { return dirty_count_; }
  int64_t loads() const { return loads_; }
  int64_t writes() const { return writes_; }

 private:
  struct Dirty {
    AccountId account;
    uint64_t group;
    int64_t entries;
  };
  void WriteOne(CachedAccount* account, StoreBatch* batch);
  void DropStale();
  absl::Status TakeStoredDue(int64_t now_second, int count_max, std::vector<AccountId>* due);
  /// From due_from_ on, which it sets to where it stopped, or to "" at the end.
  absl::Status ScanStoredDue(int64_t now_second, int count_max, std::vector<AccountId>* due);

  const Store* store_;
  int64_t accounts_max_;
  absl::flat_hash_map<AccountId, std::unique_ptr<CachedAccount>> accounts_;
  std::deque<AccountId> hand_;  // Every account in memory once: the clock's dial.
  std::deque<Dirty> dirty_;     // In order of group; stale ones are skipped.
  std::vector<AccountId> urgent_;
  absl::btree_map<int64_t, std::vector<AccountId>> schedule_;
  std::string due_from_;  // Where the next scan of the stored due work goes on; "": at the front.
  int64_t dirty_count_ = 0;
  int64_t loads_ = 0;
  int64_t writes_ = 0;
  std::string buffer_;
};

}  // namespace ocs::balance::internal

#endif  // BALANCE_INTERNAL_ACCOUNT_CACHE_H_
