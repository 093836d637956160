// A thread that runs tasks, timers and signal handlers one after the other.

#ifndef OCS_RUNTIME_EVENT_LOOP_H_
#define OCS_RUNTIME_EVENT_LOOP_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ocs/base/executor.h"

namespace ocs::runtime {

/// One thread with a queue. Everything handed to it runs on that thread, never at the same time.
/// Thread-safe, but for the destructor.
class EventLoop final : public Executor {
 public:
  /// Starts the thread. `name` is what the system shows for it: its first 15 characters.
  explicit EventLoop(const std::string& name);

  /// Ends timers and signal handlers, runs every task that was posted, then ends the thread.
  /// REQUIRES: not called on the loop's thread; nobody posts any more.
  ~EventLoop() override;

  void Post(std::function<void()> task) override;

  /// Runs the task every so often, first after one period. A run that takes longer than the period
  /// delays the next; none is made up for. REQUIRES: period_ms > 0.
  void Every(int64_t period_ms, std::function<void()> task);

  /// Runs the handler with the signal's number each time that one of them arrives; they no longer
  /// end the process. At most once per loop.
  void OnSignals(const std::vector<int>& signals, std::function<void(int)> handler);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ocs::runtime

#endif  // OCS_RUNTIME_EVENT_LOOP_H_
