// Two sets of records that should be the same: what each comes to, by unit and day, and which
// records differ. Sets may be larger than memory: the first reading keeps sums and a hash for each
// 1,024 records; only where those differ does a second reading look at records one by one.

#ifndef CDR_RECORD_SUMS_H_
#define CDR_RECORD_SUMS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/status/status.h"
#include "cdr/bill.h"
#include "cdr/record.h"

namespace ocs::cdr {

/// 1,024 numbers of a shard that follow each other.
struct RecordChunk {
  ShardId shard;
  uint64_t number = 0;  ///< local_sequence / 1,024.
  friend constexpr auto operator<=>(const RecordChunk&, const RecordChunk&) = default;
};
RecordChunk ChunkOf(const RecordId& id, const Record& record);

/// The first reading of one set. Thread-compatible.
class RecordSums final {
 public:
  struct Key {
    int64_t day = 0;  ///< From 0, of 24 hours each, counted from the beginning.
    Unit unit;
    NodeAmountKind kind = NodeAmountKind::kPayable;  ///< As on a bill: own money, or covered.
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  using Sums = absl::btree_map<Key, int64_t>;

  explicit RecordSums(Instant from) : from_(from) {}

  /// Errors: OutOfRange when a sum does not fit; the sums are then of no more use.
  absl::Status Add(const RecordId& id, const Record& record);

  const Sums& sums() const { return sums_; }  ///< Refunds deducted.
  uint64_t record_count() const { return record_count_; }

  /// Where the two sets are not the same.
  static absl::btree_set<RecordChunk> Differing(const RecordSums& a, const RecordSums& b);

 private:
  Instant from_;
  Sums sums_;
  absl::btree_map<RecordChunk, uint64_t> hashes_;
  uint64_t record_count_ = 0;
};

/// The second reading of one set, of some chunks. Thread-compatible.
class RecordIndex final {
 public:
  explicit RecordIndex(absl::btree_set<RecordChunk> chunks) : chunks_(std::move(chunks)) {}
  void Add(const RecordId& id, const Record& record);

  struct Difference {
    enum class Kind : uint8_t { kOnlyFirst, kOnlySecond, kOther };
    Kind kind = Kind::kOther;
    RecordId id;
    friend bool operator==(const Difference&, const Difference&) = default;
  };
  /// By id.
  static std::vector<Difference> Compare(const RecordIndex& first, const RecordIndex& second);

 private:
  absl::btree_set<RecordChunk> chunks_;
  absl::btree_map<RecordId, uint64_t> hashes_;
};

}  // namespace ocs::cdr

#endif  // CDR_RECORD_SUMS_H_
