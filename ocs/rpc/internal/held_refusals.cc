#include "ocs/rpc/internal/held_refusals.h"

#include <chrono>

namespace ocs::rpc::internal {
namespace {

// Below what clients wait for an answer, and long enough that a connection with a thousand calls at
// once is refused at most ten thousand times a second.
constexpr int64_t kHoldMillis = 100;
// A call that is held is about 2 KiB.
constexpr size_t kHeldMax = 16'384;

int64_t SteadyMillis() {
  // tidy-allow clock: how long a refusal is held; decides nothing else
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

}  // namespace

HeldRefusals::HeldRefusals() : queue_(kHoldMillis, kHeldMax) {}

HeldRefusals::~HeldRefusals() {
  Stop();
  if (thread_.joinable()) thread_.join();
}

void HeldRefusals::Finish(grpc::ServerUnaryReactor* call, const grpc::Status* status) {
  {
    const std::lock_guard lock(mutex_);
    const bool was_empty = queue_.empty();
    if (!stopping_ && queue_.Hold({call, status}, SteadyMillis())) {
      if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
      if (was_empty) changed_.notify_one();
      return;
    }
  }
  call->Finish(*status);
}

void HeldRefusals::Stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  changed_.notify_one();
}

void HeldRefusals::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    const auto refusal = stopping_ ? queue_.TakeOldest() : queue_.TakeDue(SteadyMillis());
    if (refusal) {
      lock.unlock();
      refusal->call->Finish(*refusal->status);
      lock.lock();
    } else if (stopping_) {
      return;
    } else if (queue_.empty()) {
      changed_.wait(lock);
    } else {
      changed_.wait_for(lock, std::chrono::milliseconds(queue_.next_due_ms() - SteadyMillis() + 1));
    }
  }
}

}  // namespace ocs::rpc::internal
