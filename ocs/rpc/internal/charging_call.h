// One unary credit-control call: request, answer, gRPC's reactor and the engine's operation in one
// object that is used again for later calls.

#ifndef OCS_RPC_INTERNAL_CHARGING_CALL_H_
#define OCS_RPC_INTERNAL_CHARGING_CALL_H_

#include <grpcpp/support/message_allocator.h>
#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <optional>

#include "ocs/base/histogram.h"
#include "ocs/charging/v1/charging.pb.h"
#include "ocs/engine/engine.h"
#include "ocs/engine/operation.h"
#include "ocs/rpc/internal/gate.h"
#include "ocs/rpc/internal/held_refusals.h"
#include "ocs/rpc/internal/message_pool.h"

namespace ocs::rpc::internal {

/// Lives from the moment the method is entered until gRPC has sent the answer.
class UnaryCharging final : public grpc::ServerUnaryReactor, public engine::CreditControlCall {
 public:
  explicit UnaryCharging(charging::v1::CreditControlAnswer* response) : response_(response) {}

  /// What calls need of their service; all of it outlives them.
  struct Service {
    engine::Engine* engine;
    Histogram* latency_micros;  ///< Of calls that the engine gets.
    HeldRefusals* held;         ///< For those that ask too often.
    Gate* gate;
  };

  /// Reads the request and submits it, or answers without the engine.
  void Begin(const charging::v1::CreditControlRequest& wire_request, const Service& service,
             const Entry& entry);

  void Done() noexcept override;
  bool abandoned() const override { return cancelled_.load(std::memory_order_relaxed); }

 private:
  void OnCancel() override { cancelled_.store(true, std::memory_order_relaxed); }
  void OnDone() override {}  // The holder is released by gRPC right after.
  // OnDone() does nothing, so it needs no thread of its own: without this gRPC 1.51 wakes one for
  // every call.
  bool InternalInlineable() override { return true; }

  charging::v1::CreditControlAnswer* const response_;
  const Service* service_ = nullptr;
  int64_t begun_at_us_ = 0;
  const Source* caller_ = nullptr;
  const grpc::CallbackServerContext* context_ = nullptr;
  std::atomic<bool> cancelled_{false};
};

class ChargingMessages;

/// The memory of one call. Made and kept by ChargingMessages.
class ChargingHolder final : public grpc::MessageHolder<charging::v1::CreditControlRequest,
                                                        charging::v1::CreditControlAnswer> {
 public:
  explicit ChargingHolder(ChargingMessages* owner) : owner_(owner) {
    set_request(&request_);
    set_response(&response_);
  }

  /// The reactor of the call that these messages were taken for.
  UnaryCharging* StartCall() { return &call_.emplace(&response_); }

  /// Ends the call's objects; the messages go back to the pool.
  void Release() override;

 private:
  ChargingMessages* const owner_;
  charging::v1::CreditControlRequest request_;
  charging::v1::CreditControlAnswer response_;
  std::optional<UnaryCharging> call_;
};

/// Gives gRPC the messages of unary credit-control calls. Must outlive the server. Thread-safe.
class ChargingMessages final : public grpc::MessageAllocator<charging::v1::CreditControlRequest,
                                                             charging::v1::CreditControlAnswer> {
 public:
  ChargingMessages() = default;
  ~ChargingMessages() override;

  ChargingHolder* AllocateMessages() override;

 private:
  friend class ChargingHolder;
  void Keep(ChargingHolder* holder);

  // 2,048 calls in flight are served without allocating: a holder is about 2 KiB.
  MessagePool<ChargingHolder, 2048> pool_;
};

}  // namespace ocs::rpc::internal

#endif  // OCS_RPC_INTERNAL_CHARGING_CALL_H_
