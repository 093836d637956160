// One machine: a disk that outlives the process, a clock that may jump, a process that may die at
// any moment. Everything is driven by the simulation; nothing waits, nothing runs by itself.

#ifndef TESTS_SIMULATION_WORLD_H_
#define TESTS_SIMULATION_WORLD_H_

#include <memory>

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
  explicit World(Random& random);

  /// Starts the process on what the disk has. Errors: those of Engine::Open, which no fault of the
  /// simulation may bring about.
  absl::Status Start();

  /// The process dies where it stands: what was not written is gone, nobody is called back.
  void Kill();

  /// Lets the deciding or the writing thread do one thing; false when both have nothing to do.
  bool Step(Random& random);
  void RunAll(Random& random);

  bool running() const { return engine_ != nullptr; }
  engine::Engine& engine() { return *engine_; }
  testing::FaultyStore& faults() { return *faulty_; }
  tests::ManualClock& clock() { return clock_; }
  const balance::Store& disk() const { return *disk_; }
  const engine::EngineOptions& options() const { return options_; }

 private:
  engine::EngineOptions options_;
  std::shared_ptr<balance::Store> disk_;
  std::unique_ptr<testing::FaultyStore> faulty_;  // Of this process.
  tests::ManualExecutor worker_;
  tests::ManualExecutor writer_;
  tests::ManualClock clock_{Instant{1'779'000'000'000}};  // 2026-05-17.
  std::unique_ptr<engine::Engine> engine_;
};

}  // namespace ocs::simulation

#endif  // TESTS_SIMULATION_WORLD_H_
