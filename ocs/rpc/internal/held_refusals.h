// Refusals of callers that are over their rate leave a little later. Refusing costs gRPC nearly
// what serving costs, so a caller that never slows down must not be refused as fast as it can ask:
// while its refusals are held, they take up the calls that its connection may have at once
// (calls_per_connection_max), and what is more waits in the caller, at no cost here.

#ifndef OCS_RPC_INTERNAL_HELD_REFUSALS_H_
#define OCS_RPC_INTERNAL_HELD_REFUSALS_H_

#include <grpcpp/support/server_callback.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

namespace ocs::rpc::internal {

/// What is held, in the order in which it becomes due. Thread-compatible.
template <typename Item>
class HoldQueue final {
 public:
  HoldQueue(int64_t hold_ms, size_t items_max) : hold_ms_(hold_ms), items_max_(items_max) {}

  /// Keeps it from now on. False when the queue is full: the caller keeps it.
  [[nodiscard]] bool Hold(Item item, int64_t now_ms) {
    if (held_.size() >= items_max_) return false;
    held_.push_back({now_ms + hold_ms_, item});
    return true;
  }
  /// The oldest one, if it was held long enough.
  std::optional<Item> TakeDue(int64_t now_ms) {
    if (held_.empty() || held_.front().due_ms > now_ms) return std::nullopt;
    return TakeOldest();
  }
  std::optional<Item> TakeOldest() {
    if (held_.empty()) return std::nullopt;
    const Item item = held_.front().item;
    held_.pop_front();
    return item;
  }
  bool empty() const { return held_.empty(); }
  int64_t next_due_ms() const { return held_.front().due_ms; }  ///< REQUIRES: !empty().

 private:
  struct Held {
    int64_t due_ms;
    Item item;
  };
  const int64_t hold_ms_;
  const size_t items_max_;
  std::deque<Held> held_;
};

/// Finishes what it holds when it is due, on a thread of its own that starts with the first one.
/// Must outlive the server. Thread-safe.
class HeldRefusals final {
 public:
  HeldRefusals();
  ~HeldRefusals();
  HeldRefusals(const HeldRefusals&) = delete;
  HeldRefusals& operator=(const HeldRefusals&) = delete;

  /// Finishes the call with the status, which lives as long as the program: later, or at once where
  /// too many are held or the server stops.
  void Finish(grpc::ServerUnaryReactor* call, const grpc::Status* status);

  /// From now on nothing is held; what was is finished.
  void Stop();

 private:
  struct Refusal {
    grpc::ServerUnaryReactor* call;
    const grpc::Status* status;
  };
  void Run();

  std::mutex mutex_;
  std::condition_variable changed_;
  HoldQueue<Refusal> queue_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace ocs::rpc::internal

#endif  // OCS_RPC_INTERNAL_HELD_REFUSALS_H_
