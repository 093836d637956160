// The ledger's side beside the records' side, entry by entry, as both come out of the journal in
// order: what an entry's postings earned of each bucket is what the lines of its records charge.

#ifndef TOOLS_OCSCTL_LEDGER_JOIN_H_
#define TOOLS_OCSCTL_LEDGER_JOIN_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cdr/record.h"
#include "cdr/record_sums.h"
#include "ocs/base/ids.h"
#include "ocs/base/time.h"

namespace ocs::tools {

/// Where the entry of a record stands, whose id's position is given.
Position EntryOf(Position record);

/// An entry that earned something, from its postings alone.
struct LedgerEntry {
  Position position;
  AccountId account;
  Instant recorded_at;
  absl::btree_map<BucketId, int64_t> earned = {};
};

/// One shard's. Keeps sums and one entry, never all. Thread-compatible.
class LedgerJoin final {
 public:
  /// Gives the next entry, in order; nothing at the end.
  using NextEntry = std::function<absl::StatusOr<std::optional<LedgerEntry>>()>;

  struct Times {
    Instant from;   ///< [from, until) of the time at which entries were written;
    Instant until;  ///< others are passed over on both sides.
  };
  LedgerJoin(ShardId shard, const Times& times, NextEntry next);

  /// Adds a record; in the order of their ids. Errors: those of the source; OutOfRange when a sum
  /// does not fit.
  absl::Status Add(const cdr::RecordId& id, const cdr::Record& record);
  /// No record comes any more. Errors: as Add.
  absl::Status Finish();

  /// What the ledger earned, by day and unit as RecordSums has it. Of entries without a record the
  /// unit is not known: they are only in the differences.
  const cdr::RecordSums::Sums& sums() const { return sums_; }
  int64_t entry_count() const { return entry_count_; }

  inline static constexpr size_t kDifferencesMax = 100;
  /// The first kDifferencesMax, each with its entry; and how many there are in all.
  const std::vector<std::string>& differences() const { return differences_; }
  size_t difference_count() const { return difference_count_; }

 private:
  // What the records of one entry charge.
  struct Charged {
    Position position;
    AccountId account;
    Instant recorded_at;
    std::string record;  // The first one's id.
    absl::btree_map<BucketId, int64_t> amounts = {};
    absl::btree_map<BucketId, Unit> units = {};
  };
  bool IsIn(Instant at) const { return at >= times_.from && at < times_.until; }
  absl::Status CloseEntry();
  absl::Status Compare(const Charged& charged, const LedgerEntry& entry);
  absl::Status SkipTo(Position position);
  absl::Status AddSum(Instant at, BucketId bucket, const Unit& unit, int64_t amount);
  void Differ(std::string what);

  const ShardId shard_;
  const Times times_;
  NextEntry next_;
  std::optional<LedgerEntry> waiting_;  // Read from the ledger, not yet compared.
  bool at_end_ = false;
  std::optional<Charged> open_;
  cdr::RecordSums::Sums sums_;
  int64_t entry_count_ = 0;
  std::vector<std::string> differences_;
  size_t difference_count_ = 0;
};

}  // namespace ocs::tools

#endif  // TOOLS_OCSCTL_LEDGER_JOIN_H_
