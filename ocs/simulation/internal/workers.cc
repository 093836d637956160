#include "ocs/simulation/internal/workers.h"

namespace ocs::simulation::internal {

Workers::Workers(int threads) {
  for (int i = 1; i < threads; ++i) threads_.emplace_back([this, i] { Work(i); });
}

Workers::~Workers() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  begin_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Workers::Do(size_t count, const std::function<void(size_t, int)>& task) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    task_ = &task;
    count_ = count;
    next_ = 0;
    busy_ = static_cast<int>(threads_.size());
    ++step_;
  }
  begin_.notify_all();
  TakeTasks(0);
  std::unique_lock<std::mutex> lock(mutex_);
  end_.wait(lock, [this] { return busy_ == 0; });
}

void Workers::Work(int thread) {
  uint64_t done = 0;
  while (true) {
    {
      std::unique_lock<std::mutex> lock(mutex_);
      begin_.wait(lock, [&] { return stop_ || step_ != done; });
      if (stop_) return;
      done = step_;
    }
    TakeTasks(thread);
    const std::lock_guard<std::mutex> lock(mutex_);
    if (--busy_ == 0) end_.notify_all();
  }
}

void Workers::TakeTasks(int thread) {
  for (size_t number = next_++; number < count_; number = next_++) (*task_)(number, thread);
}

}  // namespace ocs::simulation::internal
