#include "cdr/record_sums.h"

#include "cdr/internal/time_text.h"
#include "ocs/base/exact.h"
#include "ocs/base/hash.h"
#include "ocs/base/text.h"

namespace ocs::cdr {
namespace {

constexpr uint64_t kChunkRecords = 1'024;

uint64_t HashOf(const RecordId& id, const Record& record) {
  std::string bytes = FormatRecordId(id);
  EncodeRecord(record, &bytes);
  return StableHash64(bytes);
}

}  // namespace

RecordChunk ChunkOf(const RecordId& id, const Record& record) {
  return {.shard = id.shard, .number = record.local_sequence / kChunkRecords};
}

absl::Status RecordSums::Add(const RecordId& id, const Record& record) {
  const int64_t day = (record.recorded_at.unix_ms - from_.unix_ms) / internal::kDayMillis;
  for (const RecordLine& line : record.lines) {
    const bool own = line.unit.is_money() && line.bucket <= kOwnMoneyBucket;
    int64_t& sum =
        sums_[Key{day, line.unit, own ? NodeAmountKind::kPayable : NodeAmountKind::kCovered}];
    const auto added =
        IsCredit(record.type) ? SubtractExact(sum, line.amount) : AddExact(sum, line.amount);
    if (!added) {
      return absl::OutOfRangeError(
          Cat("a sum of ", line.unit.code(), " of a day does not fit 64 bits"));
    }
    sum = *added;
  }
  // A sum of hashes does not depend on their order, and wraps.
  hashes_[ChunkOf(id, record)] += HashOf(id, record);
  ++record_count_;
  return absl::OkStatus();
}

absl::btree_set<RecordChunk> RecordSums::Differing(const RecordSums& a, const RecordSums& b) {
  absl::btree_set<RecordChunk> chunks;
  const auto add_other = [&chunks](const RecordSums& one, const RecordSums& other) {
    for (const auto& [chunk, hash] : one.hashes_) {
      const auto at = other.hashes_.find(chunk);
      if (at == other.hashes_.end() || at->second != hash) chunks.insert(chunk);
    }
  };
  add_other(a, b);
  add_other(b, a);
  return chunks;
}

void RecordIndex::Add(const RecordId& id, const Record& record) {
  if (chunks_.contains(ChunkOf(id, record))) hashes_.insert_or_assign(id, HashOf(id, record));
}

std::vector<RecordIndex::Difference> RecordIndex::Compare(const RecordIndex& first,
                                                          const RecordIndex& second) {
  using Kind = Difference::Kind;
  std::vector<Difference> differences;
  auto a = first.hashes_.begin();
  auto b = second.hashes_.begin();
  while (a != first.hashes_.end() || b != second.hashes_.end()) {
    const bool only_a =
        b == second.hashes_.end() || (a != first.hashes_.end() && a->first < b->first);
    const bool only_b =
        a == first.hashes_.end() || (b != second.hashes_.end() && b->first < a->first);
    if (only_a) {
      differences.push_back({.kind = Kind::kOnlyFirst, .id = a->first});
    } else if (only_b) {
      differences.push_back({.kind = Kind::kOnlySecond, .id = b->first});
    } else if (a->second != b->second) {
      differences.push_back({.kind = Kind::kOther, .id = a->first});
    }
    if (!only_b) ++a;
    if (!only_a) ++b;
  }
  return differences;
}

}  // namespace ocs::cdr
