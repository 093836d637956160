#include "balance/shard_map.h"

#include <algorithm>

#include "balance/journal.h"
#include "ocs/base/bytes.h"
#include "ocs/base/check.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"

namespace ocs::balance {

ShardMap ShardMap::Even(int shard_count) {
  OCS_CHECK(shard_count >= 1);
  OCS_CHECK(shard_count <= kShardsMax);
  ShardMap map;
  map.shard_count_ = shard_count;
  for (size_t i = 0; i < map.shards_.size(); ++i)
    map.shards_[i] = static_cast<uint8_t>(i % static_cast<size_t>(shard_count));
  return map;
}

std::string ShardMap::Encode() const { return {shards_.begin(), shards_.end()}; }

absl::StatusOr<ShardMap> ShardMap::Decode(std::string_view bytes, int shard_count) {
  ShardMap map;
  map.shard_count_ = shard_count;
  map.shards_.assign(bytes.begin(), bytes.end());
  const bool fits = bytes.size() == static_cast<size_t>(kPartitionCount) &&
                    std::all_of(map.shards_.begin(), map.shards_.end(),
                                [&](uint8_t s) { return s < shard_count; });
  if (!fits) return absl::DataLossError("the store's map of partitions is damaged");
  return map;
}

absl::StatusOr<std::optional<ShardMap>> ReadShardMap(const Store& store, ShardId shard,
                                                     int shard_count) {
  OCS_ASSIGN_OR_RETURN(const std::optional<std::string> format,
                       store.Get(Table::kMeta, meta_key::kFormat));
  if (!format) return std::optional<ShardMap>();
  ByteReader in(*format);
  in.Varint();
  const uint64_t made_shard = in.Varint();
  const uint64_t made_count = in.Varint();
  if (!in.ok()) return absl::DataLossError("the store's format row is damaged");
  if (made_shard != shard.value || made_count != static_cast<uint64_t>(shard_count)) {
    return absl::FailedPreconditionError(
        Cat("the store was made as shard ", made_shard, " of ", made_count, ", not as shard ",
            shard.value, " of ", shard_count, ": start with as many shards as it was made with"));
  }
  if (shard_count == 1) return std::optional<ShardMap>();
  OCS_ASSIGN_OR_RETURN(const std::optional<std::string> row,
                       store.Get(Table::kMeta, meta_key::kPartitions));
  OCS_ASSIGN_OR_RETURN(ShardMap map, ShardMap::Decode(row.value_or(""), shard_count));
  return std::optional<ShardMap>(std::move(map));
}

absl::Status MarkShard(Store* store, ShardId shard, const ShardMap& map) {
  OCS_CHECK(map.shard_count() > 1);
  std::string format;
  ByteWriter out(&format);
  out.Varint(kFormatVersion);
  out.Varint(shard.value);
  out.Varint(static_cast<uint64_t>(map.shard_count()));
  StoreBatch batch;
  batch.Put(Table::kMeta, meta_key::kFormat, format);
  batch.Put(Table::kMeta, meta_key::kPartitions, map.Encode());
  return store->Write(batch);
}

}  // namespace ocs::balance
