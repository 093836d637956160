// What the engine is made of. For the engine's own files.

#ifndef OCS_ENGINE_INTERNAL_ENGINE_STATE_H_
#define OCS_ENGINE_INTERNAL_ENGINE_STATE_H_

#include <atomic>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "balance/shard_map.h"
#include "ocs/engine/engine.h"
#include "ocs/engine/internal/catalogue_registry.h"
#include "ocs/engine/internal/shard.h"

namespace ocs::engine {

struct Engine::State {
  EngineOptions options;
  const Clock* clock = nullptr;
  CatalogueRegistry registry;
  /// Every revision as it is decided, durable or not yet: what the next decision is checked
  /// against. Of shard 0's tasks only.
  std::vector<RevisionView> decided;
  balance::ShardMap partitions;
  std::vector<std::unique_ptr<Shard>> shards;
  std::atomic<bool> stopped = false;  ///< One of several shards has.
  /// Operations on their way to another shard, while they are held back (Engine::HoldCrossings).
  absl::Mutex crossings_mutex;
  int holds ABSL_GUARDED_BY(crossings_mutex) = 0;
  std::vector<std::pair<Operation*, PartitionId>> held ABSL_GUARDED_BY(crossings_mutex);

  Shard& ShardOf(PartitionId partition) { return *shards[partitions.ShardOf(partition).value]; }
  /// Operations that shards have begun by themselves and that are not done.
  std::vector<std::unique_ptr<OwnOperation>> own ABSL_GUARDED_BY(crossings_mutex);
  bool stopping ABSL_GUARDED_BY(crossings_mutex) = false;  ///< Nothing is held back any more.

  /// Thread-safe.
  void GoOn(Operation* operation, PartitionId partition);
  void Begin(std::unique_ptr<OwnOperation> operation, PartitionId partition);
  void Forget(OwnOperation* operation);
  /// Opens the shards' maps, and marks those that are new.
  absl::Status OpenMaps(const std::vector<ShardResources>& resources);
  absl::Mutex mutex;
  std::function<void(const absl::Status&)> on_stopped ABSL_GUARDED_BY(mutex);
  std::function<void(const PendingDemands&)> on_demands ABSL_GUARDED_BY(mutex);
};

}  // namespace ocs::engine

#endif  // OCS_ENGINE_INTERNAL_ENGINE_STATE_H_
