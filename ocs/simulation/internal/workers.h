// Threads that do the tasks of one step after the other.

#ifndef OCS_SIMULATION_INTERNAL_WORKERS_H_
#define OCS_SIMULATION_INTERNAL_WORKERS_H_

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace ocs::simulation::internal {

/// The caller is one of the threads. Confined to one caller.
class Workers final {
 public:
  explicit Workers(int threads);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  int threads() const { return static_cast<int>(threads_.size()) + 1; }

  /// Calls task(number, thread) for each number below `count`, on all threads; returns when all are
  /// done. `thread` is below threads().
  void Do(size_t count, const std::function<void(size_t, int)>& task);

 private:
  void Work(int thread);
  void TakeTasks(int thread);

  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::condition_variable begin_;
  std::condition_variable end_;
  uint64_t step_ = 0;
  int busy_ = 0;
  bool stop_ = false;
  std::atomic<size_t> next_ = 0;
  size_t count_ = 0;
  const std::function<void(size_t, int)>* task_ = nullptr;
};

}  // namespace ocs::simulation::internal

#endif  // OCS_SIMULATION_INTERNAL_WORKERS_H_
