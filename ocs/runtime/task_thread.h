// A thread that runs tasks, and nothing beside: no timers, no signals. Cheaper than an EventLoop,
// which asks the kernel for events after each task.

#ifndef OCS_RUNTIME_TASK_THREAD_H_
#define OCS_RUNTIME_TASK_THREAD_H_

#include <functional>
#include <memory>
#include <string>

#include "ocs/base/executor.h"

namespace ocs::runtime {

/// One thread with a queue. It sleeps while there is nothing to do; only a Post that finds it
/// asleep wakes it. Thread-safe, but for the destructor.
class TaskThread final : public Executor {
 public:
  /// Starts the thread. `name` is what the system shows for it: its first 15 characters.
  explicit TaskThread(const std::string& name);

  /// Runs every task that was posted, then ends the thread. REQUIRES: not called on the thread
  /// itself; nobody but tasks posts any more.
  ~TaskThread() override;

  void Post(std::function<void()> task) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ocs::runtime

#endif  // OCS_RUNTIME_TASK_THREAD_H_
