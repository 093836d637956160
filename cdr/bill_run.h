// The bill run: the bills of all accounts for one cycle, from one reading of the records, into a
// folder. Whoever runs it hands over the records of each shard in order, from `start` on; it needs
// no account and no tariff.
//
// A run makes a draft, which the next run replaces, or the final bills, which nothing replaces. The
// final bills of a cycle are a folder of its name with a manifest, which holds the hash of the
// manifest of the cycle before: docs/SETTLEMENT.md says what is in each file.
//
// Invariants:
// 1. A folder under a cycle's name is whole, durable and final: it gets its name in one step.
// 2. Each record is in exactly one final cycle: a cycle begins, in each shard, behind the last
//    record of the cycle before, and no record in between is missing. One that is kept for the next
//    run, because its account's own cycle goes on, is billed there or kept again.
// 3. What a final bill carries out, and no other, is carried into the account's next bill. Numbers
//    of documents have no gap and no double.
// 4. A process that is killed at any moment leaves the final cycles as they were, or one more.
// Memory holds the sums of about one account in 256 for each of at most 16 threads, never records.

#ifndef CDR_BILL_RUN_H_
#define CDR_BILL_RUN_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cdr/manifest.h"
#include "cdr/record.h"

namespace ocs::cdr {

/// In the folder: the manifest of the last final cycle.
inline constexpr std::string_view kBillStateName = ".ocs-bill-state";
/// In the folder of a cycle.
inline constexpr std::string_view kBillManifestName = "manifest";

enum class BillRunKind : uint8_t {
  kDraft = 0,  ///< Into "<cycle>.draft".
  kFinal = 1,  ///< Into "<cycle>".
};

struct BillRunOptions {
  std::string cycle;  ///< Its name: 1 to 32 of a-z, 0-9, '-', such as "2026-05".
  Instant from;       ///< [from, until).
  Instant until;
  BillRunKind kind = BillRunKind::kDraft;
  absl::TimeZone zone = absl::UTCTimeZone();  ///< Of times in files.
  int64_t minimum_fen = 0;                    ///< As CarryBelow; at least 0.
  /// Bills the accounts' own cycles (cdr/bill_cycle.h) that end after `from` and not after `until`.
  /// Records of cycles that go on are kept for the next run. Without it the records of [from,
  /// until) are billed, and those that earlier runs kept.
  bool by_billing_day = false;
};

struct BillRunSum {
  int64_t total_micros = 0;
  int64_t carried_in_micros = 0;
  int64_t payable_fen = 0;
  int64_t carried_out_micros = 0;
  int64_t open_in_micros = 0;   ///< Of the records that the run before kept.
  int64_t open_out_micros = 0;  ///< Of the records that are kept for the next run.
  friend bool operator==(const BillRunSum&, const BillRunSum&) = default;
};

/// What a cycle came to; also what its manifest says.
struct BillRunResult {
  std::string folder;         ///< Of the cycle.
  uint64_t records = 0;       ///< Of the cycle.
  uint64_t bills = 0;         ///< Documents.
  uint64_t first_number = 0;  ///< Of the documents; the last is first_number + bills - 1.
  absl::btree_map<Unit, BillRunSum> sums;
  std::string hash;  ///< Of the manifest.
  /// The cycle was final already: nothing was written, but the records gave the same bills, unless
  /// something is in `differences`.
  bool verified = false;
  /// File and line where the records that were read now give something else.
  std::vector<std::string> differences;
};

/// One run. Errors of all functions say in their message what to mend; after one the run is of no
/// more use, and the folder is as it was: run it again. Thread-compatible.
class BillRun final {
 public:
  /// Opens the folder and removes what a killed run left. A cycle that is final already is
  /// compared, not written. Errors: InvalidArgument for the options; NotFound when the folder is
  /// not there; FailedPrecondition when the cycle does not begin where the last final one ends;
  /// Aborted when another run is at it; DataLoss when the state or a final cycle is damaged.
  static absl::StatusOr<std::unique_ptr<BillRun>> Open(std::string_view folder,
                                                       const BillRunOptions& options);
  ~BillRun();
  BillRun(const BillRun&) = delete;
  BillRun& operator=(const BillRun&) = delete;

  /// Behind which record each shard begins; shards that are not in it begin with their first.
  const absl::btree_map<ShardId, Manifest::Cursor>& start() const;
  bool is_final_already() const;

  /// Adds a record; those of one shard in order and without gaps. One of a later time is left for
  /// the next cycle; before the first cycle of a folder, earlier ones are passed over. Errors:
  /// DataLoss when a sequence number was left out, or when a record of the time of a final cycle
  /// comes behind it; InvalidArgument when the record cannot be billed; else as FileWriter.
  absl::Status Add(const RecordId& id, const Record& record);

  /// Makes the bills. On success they are durable. Errors: OutOfRange when a sum does not fit; else
  /// as FileWriter.
  absl::StatusOr<BillRunResult> Finish();

 private:
  struct State;
  explicit BillRun(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace ocs::cdr

#endif  // CDR_BILL_RUN_H_
