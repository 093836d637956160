#include "ocs/runtime/task_thread.h"

#include <pthread.h>

#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "ocs/base/check.h"

namespace ocs::runtime {

struct TaskThread::State {
  std::mutex mutex;
  std::condition_variable wake;
  std::vector<std::function<void()>> posted;
  bool asleep = false;
  bool ending = false;
  std::thread thread;

  void Run() {
    std::vector<std::function<void()>> taken;
    while (true) {
      {
        std::unique_lock lock(mutex);
        while (posted.empty()) {
          if (ending) return;
          asleep = true;
          wake.wait(lock);
          asleep = false;
        }
        taken.swap(posted);
      }
      for (auto& task : taken) task();
      taken.clear();
    }
  }
};

TaskThread::TaskThread(const std::string& name) : state_(std::make_unique<State>()) {
  state_->thread = std::thread([state = state_.get()]() noexcept { state->Run(); });
  pthread_setname_np(state_->thread.native_handle(), name.substr(0, 15).c_str());
}

TaskThread::~TaskThread() {
  OCS_CHECK(std::this_thread::get_id() != state_->thread.get_id());
  {
    const std::lock_guard lock(state_->mutex);
    state_->ending = true;
  }
  state_->wake.notify_one();
  state_->thread.join();
}

void TaskThread::Post(std::function<void()> task) {
  bool was_asleep = false;
  {
    const std::lock_guard lock(state_->mutex);
    state_->posted.push_back(std::move(task));
    was_asleep = state_->asleep;
  }
  if (was_asleep) state_->wake.notify_one();
}

}  // namespace ocs::runtime
