#include "ocs/rpc/internal/charging_service.h"

#include "ocs/rpc/internal/charging_stream.h"

namespace ocs::rpc::internal {

ChargingService::ChargingService(engine::Engine* engine, const std::atomic<bool>* stopping)
    : engine_(engine), stopping_(stopping) {
  SetMessageAllocatorFor_CreditControl(&messages_);
}

grpc::ServerUnaryReactor* ChargingService::CreditControl(
    grpc::CallbackServerContext* context, const charging::v1::CreditControlRequest* request,
    charging::v1::CreditControlAnswer* /*answer*/) {
  auto* call = static_cast<ChargingHolder*>(context->GetRpcAllocatorState())->StartCall();
  call->Begin(*request, *engine_);
  return call;
}

grpc::ServerBidiReactor<charging::v1::CreditControlBatch, charging::v1::CreditControlAnswerBatch>*
ChargingService::CreditControlStream(grpc::CallbackServerContext* /*context*/) {
  return new ChargingStream(engine_, stopping_);
}

}  // namespace ocs::rpc::internal
