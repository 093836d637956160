// The one way in which an administrative call runs: read the request, submit, write the response,
// finish once. Each call type has FromWire (a fault, or nothing) and ToWire beside its service.

#ifndef OCS_RPC_INTERNAL_UNARY_CALL_H_
#define OCS_RPC_INTERNAL_UNARY_CALL_H_

#include <grpcpp/support/server_callback.h>

#include <atomic>

#include "ocs/engine/engine.h"
#include "ocs/engine/operation.h"
#include "ocs/rpc/internal/gate.h"
#include "ocs/rpc/internal/status.h"

namespace ocs::rpc::internal {

/// gRPC's reactor and the engine's operation in one. Deletes itself when gRPC is done with it.
template <typename Call, typename Response>
class UnaryCall final : public grpc::ServerUnaryReactor, public Call {
 public:
  UnaryCall(Gate* gate, const Entry& entry, Response* response)
      : gate_(gate),
        response_(response),
        method_(entry.method),
        caller_(entry.caller()),
        context_(entry.context) {}

  void Done() noexcept override {
    if (this->foreign) gate_->CountForeign(method_, caller_, context_);
    if (!this->status.ok()) {
      Finish(RefusalOf(*this));
      return;
    }
    ToWire(*this, response_);
    Finish(grpc::Status::OK);
  }
  bool abandoned() const override { return cancelled_.load(std::memory_order_relaxed); }

 private:
  static grpc::Status RefusalOf(const UnaryCall& call) {
    if constexpr (requires { call.diagnostics; }) {
      if (!call.diagnostics.empty()) return DiagnosticsStatus(call.diagnostics);
    }
    return ToGrpcStatus(call.status, call.failed_field);
  }
  void OnCancel() override { cancelled_.store(true, std::memory_order_relaxed); }
  void OnDone() override { delete this; }

  // Calls of ToWire and FromWire find the functions beside this class, whatever the call's type.
  Gate* const gate_;
  Response* const response_;
  const Method method_;
  const Source* const caller_;
  const grpc::CallbackServerContext* const context_;
  std::atomic<bool> cancelled_{false};
};

/// True when the call was not let in; then the reactor is finished.
template <typename Reactor>
bool Refused(const Entry& entry, Reactor* reactor) {
  if (entry.refusal == nullptr) return false;
  reactor->Finish(*entry.refusal);
  return true;
}

/// Runs a call of that type for a request. Where the caller was authenticated, it is the actor of
/// the change, whatever the request says, and reaches what is its tenant's. Returns the reactor for
/// gRPC.
template <typename Call, typename Request, typename Response>
grpc::ServerUnaryReactor* RunUnary(engine::Engine& engine, Gate& gate, const Entry& entry,
                                   const Request& request, Response* response) {
  auto* call = new UnaryCall<Call, Response>(&gate, entry, response);
  if (Refused(entry, call)) return call;
  if (const auto fault = FromWire(request, call)) {
    call->Finish(ToGrpcStatus({*fault}));
    return call;
  }
  if constexpr (requires { call->change; }) {
    // Who it is was proven; what the request says of it was not.
    if (entry.credential != nullptr) call->change.actor = entry.credential->source->actor;
    call->change.tenant = entry.tenant();
  }
  call->source = entry.source();
  call->caller_tenant = entry.tenant();
  engine.Submit(call);
  return call;
}

}  // namespace ocs::rpc::internal

#endif  // OCS_RPC_INTERNAL_UNARY_CALL_H_
