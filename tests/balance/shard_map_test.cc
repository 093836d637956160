#include "balance/shard_map.h"

#include <memory>
#include <string>

#include "balance/journal.h"
#include "balance/mem_store.h"
#include "ocs/base/bytes.h"
#include "tests/support/catch.h"

namespace ocs::balance::tests {

TEST_CASE("partitions are dealt out in turn, the first to shard 0", "[balance][unit]") {
  CHECK(ShardMap().ShardOf(PartitionId{4095}) == ShardId{0});
  CHECK(ShardMap::Even(1) == ShardMap());
  const ShardMap map = ShardMap::Even(3);
  CHECK(map.shard_count() == 3);
  CHECK(map.ShardOf(PartitionId{0}) == ShardId{0});
  CHECK(map.ShardOf(PartitionId{1}) == ShardId{1});
  CHECK(map.ShardOf(PartitionId{5}) == ShardId{2});
  const auto again = ShardMap::Decode(map.Encode(), 3);
  REQUIRE(again.ok());
  CHECK(*again == map);
}

TEST_CASE("a map that is not whole is damage", "[balance][unit]") {
  const std::string bytes = ShardMap::Even(3).Encode();
  CHECK(absl::IsDataLoss(ShardMap::Decode("", 3).status()));
  CHECK(absl::IsDataLoss(ShardMap::Decode(bytes.substr(1), 3).status()));
  CHECK(absl::IsDataLoss(ShardMap::Decode(bytes + '\0', 3).status()));
  CHECK(absl::IsDataLoss(ShardMap::Decode(bytes, 2).status()));  // It names a shard 2.
}

TEST_CASE("a store remembers which shard of how many it is", "[balance][unit]") {
  const std::shared_ptr<Store> store = MakeMemStore();
  const auto fresh = ReadShardMap(*store, ShardId{1}, 3);
  REQUIRE(fresh.ok());
  CHECK_FALSE(fresh->has_value());
  REQUIRE(MarkShard(store.get(), ShardId{1}, ShardMap::Even(3)).ok());
  const auto made = ReadShardMap(*store, ShardId{1}, 3);
  REQUIRE(made.ok());
  CHECK(**made == ShardMap::Even(3));
  CHECK(absl::IsFailedPrecondition(ReadShardMap(*store, ShardId{0}, 3).status()));
  CHECK(absl::IsFailedPrecondition(ReadShardMap(*store, ShardId{1}, 2).status()));
  StoreBatch batch;
  batch.Delete(Table::kMeta, meta_key::kPartitions);
  REQUIRE(store->Write(batch).ok());
  CHECK(absl::IsDataLoss(ReadShardMap(*store, ShardId{1}, 3).status()));
}

}  // namespace ocs::balance::tests
