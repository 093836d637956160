// An engine on a store in a folder, with accounts that have money and a package: what the
// benchmarks drive.

#ifndef TESTS_BENCH_RUNNING_ENGINE_H_
#define TESTS_BENCH_RUNNING_ENGINE_H_

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "balance/store.h"
#include "ocs/base/ids.h"
#include "ocs/engine/engine.h"
#include "ocs/runtime/task_thread.h"
#include "tests/bench/bench.h"

namespace ocs::bench {

// Counts what is not done yet. May be destroyed as soon as WaitForZero has returned.
class Outstanding final {
 public:
  void Add(int64_t count) {
    std::lock_guard<std::mutex> lock(mutex_);
    left_ += count;
  }
  void Done() {
    std::lock_guard<std::mutex> lock(mutex_);
    if (--left_ == 0) zero_.notify_all();
  }
  void WaitForZero() {
    std::unique_lock<std::mutex> lock(mutex_);
    zero_.wait(lock, [&] { return left_ == 0; });
  }

 private:
  std::mutex mutex_;
  int64_t left_ = 0;
  std::condition_variable zero_;
};

struct Running {
  std::unique_ptr<balance::Store> store;
  std::unique_ptr<runtime::TaskThread> worker;
  std::unique_ptr<runtime::TaskThread> writer;
  std::unique_ptr<engine::Engine> engine;
  double open_seconds = 0;
};

/// Opens or makes the store in the options' folder and an engine on it. `cached_accounts_max` 0:
/// all of them stay in memory.
Running Start(const Options& options, int64_t cached_accounts_max = 0);

/// From now on the engines' clock goes ahead of the wall's by so much more.
void AdvanceClock(double seconds);

/// Publishes the operators' catalogue.
void Publish(engine::Engine& engine);

/// Opens accounts with a credit limit and a package each.
std::vector<AccountId> OpenAccounts(engine::Engine& engine, int64_t accounts);

/// Writes back every state.
void Drain(engine::Engine& engine);

}  // namespace ocs::bench

#endif  // TESTS_BENCH_RUNNING_ENGINE_H_
