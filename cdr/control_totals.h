// Control totals: what a set of records adds up to, so that two parties can see that they hold the
// same set and that none is missing. The same totals come from records (Add) and from a file of
// them (ParseCsv): compare with ==.

#ifndef CDR_CONTROL_TOTALS_H_
#define CDR_CONTROL_TOTALS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "cdr/record.h"

namespace ocs::cdr {

/// Thread-compatible.
class ControlTotals final {
 public:
  /// The local sequence numbers seen of one shard. Sequences have no gaps, so `missing` is what is
  /// not there.
  struct ShardRange {
    uint64_t first = 0;
    uint64_t last = 0;
    uint64_t records = 0;

    /// Numbers in [first, last] that were not seen; negative when some were seen twice.
    int64_t missing() const { return static_cast<int64_t>(last - first + 1 - records); }
    friend bool operator==(const ShardRange&, const ShardRange&) = default;
  };

  /// What sums are kept by. Refunds have their own sums: amounts are positive in all of them.
  struct SumKeyView {
    Unit unit;
    RecordType type = RecordType::kUsage;
    std::string_view charge_code;
  };
  struct SumKey {
    Unit unit;
    RecordType type = RecordType::kUsage;
    std::string charge_code;

    // Implicit, so that one comparison serves kept keys and views alike.
    // NOLINTNEXTLINE(google-explicit-constructor)
    operator SumKeyView() const { return {unit, type, charge_code}; }
    friend bool operator==(const SumKey&, const SumKey&) = default;
  };
  struct SumKeyLess {
    using is_transparent = void;
    bool operator()(const SumKeyView& a, const SumKeyView& b) const;
  };
  using Sums = absl::btree_map<SumKey, int64_t, SumKeyLess>;

  /// What use costs is kept by currency and provider, apart from what is charged.
  using Costs = absl::btree_map<std::pair<Unit, std::string>, int64_t>;

  /// Counts a record and its lines. Errors: OutOfRange when a sum does not fit; the totals are then
  /// of no more use.
  absl::Status Add(const RecordId& id, const Record& record);

  /// The parts of Add, for readers of files: a record itself, one of its lines, one of its costs.
  /// Errors: as Add.
  void CountRecord(ShardId shard, uint64_t local_sequence);
  absl::Status CountLine(const SumKeyView& key, int64_t amount);
  absl::Status CountCost(const Unit& unit, std::string_view provider, int64_t amount);

  uint64_t record_count() const { return record_count_; }
  uint64_t line_count() const { return line_count_; }
  const absl::btree_map<ShardId, ShardRange>& shards() const { return shards_; }
  const Sums& sums() const { return sums_; }
  const Costs& costs() const { return costs_; }

  /// The sum over all charge codes of one unit and type. Errors: OutOfRange when it does not fit.
  absl::StatusOr<int64_t> SumOf(const Unit& unit, RecordType type) const;

  /// For people and for a file beside the records: a line each for the counts, the shards and the
  /// sums, in fixed order.
  std::string Format() const;

  friend bool operator==(const ControlTotals&, const ControlTotals&) = default;

 private:
  uint64_t record_count_ = 0;
  uint64_t line_count_ = 0;
  absl::btree_map<ShardId, ShardRange> shards_;
  Sums sums_;
  Costs costs_;
};

}  // namespace ocs::cdr

#endif  // CDR_CONTROL_TOTALS_H_
