// Which shard has which partition: fixed when a store is made, and kept in each of its shards.
// A store of one shard keeps no map.
// Tested in: tests/balance/shard_map_test.cc

#ifndef BALANCE_SHARD_MAP_H_
#define BALANCE_SHARD_MAP_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "balance/store.h"
#include "ocs/base/ids.h"

namespace ocs::balance {

/// A shard's number is one byte of the map; more writers than this gain nothing on one machine.
inline constexpr int kShardsMax = 64;

/// Immutable. Thread-safe.
class ShardMap final {
 public:
  /// All partitions in one shard.
  ShardMap() : shards_(kPartitionCount, 0) {}
  /// Partitions dealt out in turn. REQUIRES: 1 <= shard_count <= kShardsMax.
  static ShardMap Even(int shard_count);

  int shard_count() const { return shard_count_; }
  /// REQUIRES: partition.value < kPartitionCount.
  ShardId ShardOf(PartitionId partition) const { return {shards_[partition.value]}; }

  /// A byte for each partition, the shard that has it.
  std::string Encode() const;
  /// Errors: DataLoss when it is not the map of that many shards.
  static absl::StatusOr<ShardMap> Decode(std::string_view bytes, int shard_count);

  friend bool operator==(const ShardMap&, const ShardMap&) = default;

 private:
  int shard_count_ = 1;
  std::vector<uint8_t> shards_;
};

/// The map that the shard's store was made with, or nothing when it has none yet: it is new, or the
/// only shard. Errors: DataLoss; FailedPrecondition when the store was made as another shard or
/// with another number of shards.
absl::StatusOr<std::optional<ShardMap>> ReadShardMap(const Store& store, ShardId shard,
                                                     int shard_count);

/// Makes the shard's store one of that map's before anything else is written to it: its format and
/// the map, durably. REQUIRES: more than one shard; the store has no format row. Errors: as
/// Store::Write.
absl::Status MarkShard(Store* store, ShardId shard, const ShardMap& map);

}  // namespace ocs::balance

#endif  // BALANCE_SHARD_MAP_H_
