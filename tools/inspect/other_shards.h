// The stores of all shards, for what one of them keeps for accounts of another.
// Tested in: tests/tools/inspect_shards_test.cc

#ifndef TOOLS_INSPECT_OTHER_SHARDS_H_
#define TOOLS_INSPECT_OTHER_SHARDS_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "balance/shard_map.h"
#include "balance/store.h"
#include "ocs/base/ids.h"

namespace ocs::tools {

/// Immutable but for the count of what could not be looked up. Thread-compatible.
class OtherShards final {
 public:
  /// Of a store that is the only shard.
  explicit OtherShards(const balance::Store* own) : own_(own) {}
  OtherShards(const balance::Store* own, ShardId own_shard, balance::ShardMap map,
              std::vector<const balance::Store*> stores)
      : own_(own), own_shard_(own_shard), map_(std::move(map)), stores_(std::move(stores)) {}

  bool several() const { return map_.shard_count() > 1; }
  bool IsOwn(PartitionId partition) const { return map_.ShardOf(partition) == own_shard_; }

  /// The store that has the partition; null, and counted, when it is not at hand.
  const balance::Store* StoreOf(PartitionId partition) {
    if (IsOwn(partition)) return own_;
    const size_t shard = map_.ShardOf(partition).value;
    const balance::Store* store = shard < stores_.size() ? stores_[shard] : nullptr;
    if (store == nullptr) ++left_out_;
    return store;
  }
  uint64_t left_out() const { return left_out_; }

 private:
  const balance::Store* own_;
  ShardId own_shard_;
  balance::ShardMap map_;
  std::vector<const balance::Store*> stores_;
  uint64_t left_out_ = 0;
};

}  // namespace ocs::tools

#endif  // TOOLS_INSPECT_OTHER_SHARDS_H_
