#include "balance/internal/answer_index.h"

#include <algorithm>
#include <limits>

#include "ocs/base/bytes.h"
#include "ocs/base/hash.h"
#include "ocs/base/status.h"

namespace ocs::balance::internal {
namespace {

constexpr size_t kSliceMax = 2'048;  // Sorting it takes a tenth of a millisecond.

std::string StoreKey(const AnswerKey& key) {
  std::string bytes;
  bytes.reserve(18);
  ByteWriter out(&bytes);
  out.Big16(key.partition);
  out.Big64(key.high);
  out.Big64(key.low);
  return bytes;
}

}  // namespace

AnswerKey MakeAnswerKey(AnswerFamily family, PartitionId partition, std::string_view text) {
  const uint64_t seed = static_cast<uint64_t>(family) << 16 | partition.value;
  return {.partition = partition.value,
          .high = StableHash64(text, seed),
          .low = StableHash64(text, ~seed)};
}

void AnswerIndex::Add(const AnswerKey& key, Position position, uint32_t expires_s) {
  recent_[key] = {.position = position, .expires_s = expires_s};
  order_.push_back({key, position});
}

absl::StatusOr<std::optional<Position>> AnswerIndex::Find(const AnswerKey& key, Instant now) const {
  const auto now_s = static_cast<uint64_t>(std::max<int64_t>(now.unix_ms / 1000, 0));
  if (const auto found = recent_.find(key); found != recent_.end()) {
    if (found->second.expires_s <= now_s) return std::nullopt;
    return found->second.position;
  }
  std::string value;
  OCS_ASSIGN_OR_RETURN(const bool there, store_->GetInto(Table::kAnswers, StoreKey(key), &value));
  if (!there) return std::nullopt;
  ByteReader in(value);
  const uint32_t expires_s = in.Big32();
  Position position;
  position.group = in.Varint();
  position.index = static_cast<uint32_t>(in.Varint());
  if (!in.ok() || !in.done())
    return absl::DataLossError("a row of the table of answers is damaged");
  if (expires_s <= now_s) return std::nullopt;
  return position;
}

void AnswerIndex::WriteSlice(size_t keep, StoreBatch* batch) {
  if (order_.size() <= keep || !being_written_.empty()) return;
  const size_t count = std::min(order_.size() - keep, kSliceMax);
  being_written_.assign(order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(count));
  std::sort(being_written_.begin(),
            being_written_.end());  // Neighbours in the store are cheaper to write together.
  for (const auto& [key, position] : being_written_) {
    const auto found = recent_.find(key);
    if (found == recent_.end() || found->second.position != position) continue;  // Replaced since.
    std::string value;
    ByteWriter out(&value);
    out.Big32(found->second.expires_s);
    out.Varint(position.group);
    out.Varint(position.index);
    batch->Put(Table::kAnswers, StoreKey(key), value);
  }
}

void AnswerIndex::Written() {
  for (const auto& [key, position] : being_written_) {
    const auto found = recent_.find(key);
    if (found != recent_.end() && found->second.position == position) recent_.erase(found);
  }
  order_.erase(order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(being_written_.size()));
  being_written_.clear();
}

uint64_t AnswerIndex::stored_through() const {
  // What is being written is durable together with whoever asks.
  if (order_.size() == being_written_.size()) return std::numeric_limits<uint64_t>::max();
  return order_[being_written_.size()].second.group - 1;
}

}  // namespace ocs::balance::internal
