// What the engine is made of. For the engine's own files.

#ifndef OCS_ENGINE_INTERNAL_ENGINE_STATE_H_
#define OCS_ENGINE_INTERNAL_ENGINE_STATE_H_

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
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
  std::vector<std::unique_ptr<Shard>> shards;
  absl::Mutex mutex;
  std::function<void(const absl::Status&)> on_stopped ABSL_GUARDED_BY(mutex);
};

}  // namespace ocs::engine

#endif  // OCS_ENGINE_INTERNAL_ENGINE_STATE_H_
