// Executors and a clock that tests drive by hand: one thread, no waiting, the same order every
// time.
// Tested in: tests/engine/time_test.cc

#ifndef TESTS_SUPPORT_MANUAL_EXECUTOR_H_
#define TESTS_SUPPORT_MANUAL_EXECUTOR_H_

#include <deque>
#include <functional>
#include <utility>

#include "ocs/base/executor.h"
#include "ocs/base/time.h"

namespace ocs::tests {

/// Keeps tasks until it is told to run them. Thread-compatible.
class ManualExecutor final : public Executor {
 public:
  void Post(std::function<void()> task) override { tasks_.push_back(std::move(task)); }

  /// Runs one task; false when there is none.
  bool RunOne() {
    if (tasks_.empty()) return false;
    std::function<void()> task = std::move(tasks_.front());
    tasks_.pop_front();
    task();
    return true;
  }
  /// Runs until nothing is left.
  void RunAll() {
    while (RunOne()) {
    }
  }
  /// Forgets what was posted: a process that died.
  void DropAll() { tasks_.clear(); }
  size_t size() const { return tasks_.size(); }

 private:
  std::deque<std::function<void()>> tasks_;
};

/// A clock that stands still until it is set.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Instant now) : now_(now) {}
  Instant Now() const override { return now_; }
  void Set(Instant now) { now_ = now; }
  void AdvanceSeconds(int64_t seconds) { now_ = now_.PlusSeconds(seconds); }

 private:
  Instant now_;
};

}  // namespace ocs::tests

#endif  // TESTS_SUPPORT_MANUAL_EXECUTOR_H_
