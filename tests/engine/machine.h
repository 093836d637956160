// One process with several shards over stores that outlive it, driven by hand.

#ifndef TESTS_ENGINE_MACHINE_H_
#define TESTS_ENGINE_MACHINE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "balance/mem_store.h"
#include "ocs/engine/engine.h"
#include "tests/engine/harness.h"
#include "tests/support/catch.h"
#include "tests/support/faulty_store.h"
#include "tests/support/manual_executor.h"

namespace ocs::engine::tests {

class Machine final {
 public:
  explicit Machine(int shard_count) {
    for (int i = 0; i < shard_count; ++i) disks.push_back(balance::MakeMemStore());
    Start();
  }

  /// A restart: what was not written is gone.
  void Start() {
    engine.reset();
    executor.DropAll();
    opened = TryStart();
    INFO(opened);
    REQUIRE(opened.ok());
    executor.RunAll();
  }
  absl::Status TryStart() {
    stores.clear();
    std::vector<ShardResources> resources;
    for (const auto& disk : disks) {
      stores.push_back(std::make_unique<ocs::testing::FaultyStore>(disk));
      resources.push_back({.store = stores.back().get(), .worker = &executor, .writer = &executor});
    }
    auto tried = Engine::Open(options, std::move(resources), &clock);
    if (tried.ok()) engine = *std::move(tried);
    return tried.status();
  }

  void Run(Operation* call) {
    engine->Submit(call);
    executor.RunAll();
  }

  /// The outcome of a call that is made anew until it is answered for good, over restarts.
  template <typename Call>
  std::string Outcome(
      const std::function<void(Kept<Call>&)>& fill,
      const std::function<void(Kept<Call>&)>& read = [](Kept<Call>&) {}) {
    for (int attempt = 0; attempt < 10; ++attempt) {
      Kept<Call> call;
      fill(call);
      Run(&call);
      REQUIRE(call.done);
      if (!engine->health().ok()) {
        ++restarts;
        Start();
      }
      if (absl::IsUnavailable(call.status) || absl::IsAborted(call.status)) continue;
      if (call.status.ok()) read(call);
      return call.status.ok()
                 ? "ok"
                 : absl::StatusCodeToString(call.status.code()) + " " + call.failed_field;
    }
    return "never answered";
  }

  std::vector<std::shared_ptr<balance::Store>> disks;
  std::vector<std::unique_ptr<ocs::testing::FaultyStore>> stores;  // Of this process.
  ocs::tests::ManualExecutor executor;
  ocs::tests::ManualClock clock{Instant{1'779'000'000'000}};  // 2026-05-17.
  EngineOptions options;
  absl::Status opened;
  std::unique_ptr<Engine> engine;
  int restarts = 0;
};

}  // namespace ocs::engine::tests

#endif  // TESTS_ENGINE_MACHINE_H_
