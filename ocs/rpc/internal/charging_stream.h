// A stream of batches of credit-control requests, answered in order.

#ifndef OCS_RPC_INTERNAL_CHARGING_STREAM_H_
#define OCS_RPC_INTERNAL_CHARGING_STREAM_H_

#include <grpcpp/alarm.h>
#include <grpcpp/support/server_callback.h>

#include <array>
#include <atomic>
#include <deque>
#include <memory>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "ocs/charging/v1/charging.pb.h"
#include "ocs/engine/engine.h"
#include "ocs/engine/operation.h"
#include "ocs/rpc/internal/gate.h"

namespace ocs::rpc::internal {

/// One stream. Deletes itself when gRPC is done with it. At most kSlotCount batches are read and
/// not yet answered: a ring of slots in which batches are read, worked on and written in the same
/// order.
///
/// Threads: gRPC's callbacks and the engine's. The mutex is taken a few times per batch, never per
/// request.
class ChargingStream final
    : public grpc::ServerBidiReactor<charging::v1::CreditControlBatch,
                                     charging::v1::CreditControlAnswerBatch> {
 public:
  /// What it works with: must outlive the server. While `stopping` is true no batch is begun.
  struct Scope {
    engine::Engine* engine = nullptr;
    Gate* gate = nullptr;
    const std::atomic<bool>* stopping = nullptr;
  };
  ChargingStream(const Scope& scope, Pass pass);
  ~ChargingStream() override;

 private:
  class Item;
  struct Slot;
  // While one batch is synced to disk the next is decided and a third is parsed; the fourth rides
  // out the client's round trip.
  static constexpr size_t kSlotCount = 4;

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override { cancelled_.store(true, std::memory_order_relaxed); }
  void OnDone() override { delete this; }

  void Work(Slot& slot);
  void Complete(Slot& slot);
  void FillAnswers(Slot& slot);

  // What is to be started. Each part is reserved when it is decided, and keeps the stream alive
  // until it has been started.
  struct Next {
    Slot* write = nullptr;
    Slot* read = nullptr;
    std::optional<grpc::Status> finish;
  };
  Next Decide() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Must be the last thing that a callback does: the stream may be gone afterwards.
  void Act(const Next& next);
  Slot& SlotOf(uint64_t batch) { return *slots_[batch % kSlotCount]; }

  const Scope scope_;
  Pass pass_;  // Used while a batch is received: one thread at a time.
  std::atomic<bool> cancelled_{false};

  absl::Mutex mutex_;
  std::array<std::unique_ptr<Slot>, kSlotCount> slots_;
  uint64_t read_count_ ABSL_GUARDED_BY(mutex_) = 0;     // Batches read, or being read.
  uint64_t written_count_ ABSL_GUARDED_BY(mutex_) = 0;  // Batches answered and sent.
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool broken_ ABSL_GUARDED_BY(mutex_) = false;              // Nobody takes answers any more.
  std::optional<grpc::Status> end_ ABSL_GUARDED_BY(mutex_);  // No more batches; how to finish.
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace ocs::rpc::internal

#endif  // OCS_RPC_INTERNAL_CHARGING_STREAM_H_
