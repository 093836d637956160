// One machine: a disk that outlives the process, a clock that may jump, a process that may die at
// any moment. Everything is driven by the simulation; nothing waits, nothing runs by itself.

#ifndef TESTS_SIMULATION_WORLD_H_
#define TESTS_SIMULATION_WORLD_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "balance/mem_store.h"
#include "ocs/base/random.h"
#include "ocs/engine/engine.h"
#include "tests/support/faulty_store.h"
#include "tests/support/manual_executor.h"

namespace ocs::simulation {

/// Thread-compatible.
class World final {
 public:
  /// Nothing runs yet. The options are drawn: how far states lag behind, how many accounts are
  /// kept in memory.
  World(Random& random, int shards);

  /// Starts the process on what the disk has. Errors: those of Engine::Open, which no fault of the
  /// simulation may bring about.
  absl::Status Start();

  /// The process dies where it stands: what was not written is gone, nobody is called back.
  void Kill();

  /// Lets the deciding or the writing thread of a shard do one thing; false when none has anything
  /// to do.
  bool Step(Random& random);
  void RunAll(Random& random);

  bool running() const { return engine_ != nullptr; }
  engine::Engine& engine() { return *engine_; }
  const engine::Engine& engine() const { return *engine_; }
  testing::FaultyStore& faults(size_t shard) { return *shards_[shard]->faulty; }
  int64_t writes_after_failure() const;
  size_t shard_count() const { return shards_.size(); }
  tests::ManualClock& clock() { return clock_; }
  std::vector<const balance::Store*> disks() const;
  const engine::EngineOptions& options() const { return options_; }

 private:
  struct Room {
    std::shared_ptr<balance::Store> disk;
    std::unique_ptr<testing::FaultyStore> faulty;  // Of this process.
    tests::ManualExecutor worker;
    tests::ManualExecutor writer;
    bool Step(Random& random);
  };

  engine::EngineOptions options_;
  std::vector<std::unique_ptr<Room>> shards_;
  tests::ManualClock clock_{Instant{1'779'000'000'000}};  // 2026-05-17.
  std::unique_ptr<engine::Engine> engine_;
};

}  // namespace ocs::simulation

#endif  // TESTS_SIMULATION_WORLD_H_
