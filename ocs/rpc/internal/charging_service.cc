#include "ocs/rpc/internal/charging_service.h"

#include "ocs/rpc/internal/charging_stream.h"

namespace ocs::rpc::internal {

ChargingService::ChargingService(engine::Engine* engine, Gate* gate,
                                 const std::atomic<bool>* stopping)
    : engine_(engine),
      gate_(gate),
      stopping_(stopping),
      unary_{.engine = engine, .latency_micros = &latency_micros_, .held = &held_, .gate = gate} {
  SetMessageAllocatorFor_CreditControl(&messages_);
}

grpc::ServerUnaryReactor* ChargingService::CreditControl(
    grpc::CallbackServerContext* context, const charging::v1::CreditControlRequest* request,
    charging::v1::CreditControlAnswer* /*answer*/) {
  auto* call = static_cast<ChargingHolder*>(context->GetRpcAllocatorState())->StartCall();
  call->Begin(*request, unary_, gate_->Enter(context, Method::kCreditControl));
  return call;
}

grpc::ServerBidiReactor<charging::v1::CreditControlBatch, charging::v1::CreditControlAnswerBatch>*
ChargingService::CreditControlStream(grpc::CallbackServerContext* context) {
  Pass pass;
  const Entry entry = gate_->EnterStream(context, Method::kCreditControlStream, &pass);
  if (entry.refusal != nullptr) {
    return new RefusedStream<grpc::ServerBidiReactor<charging::v1::CreditControlBatch,
                                                     charging::v1::CreditControlAnswerBatch>>(
        *entry.refusal);
  }
  return new ChargingStream({engine_, gate_, stopping_}, std::move(pass));
}

}  // namespace ocs::rpc::internal
