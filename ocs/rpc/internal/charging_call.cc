#include "ocs/rpc/internal/charging_call.h"

#include "ocs/rpc/internal/charging_translation.h"

namespace ocs::rpc::internal {
namespace {

// A message keeps the memory that it once needed; one that needed more is not kept.
constexpr size_t kKeptMessageBytesMax = 4096;

}  // namespace

void UnaryCharging::Begin(const charging::v1::CreditControlRequest& wire_request,
                          engine::Engine& engine, const Entry& entry) {
  if (entry.refusal != nullptr) {
    Finish(*entry.refusal);
    return;
  }
  source = entry.source();
  ReadingFault fault;
  switch (FromWire(wire_request, &request, &fault)) {
    case Reading::kWhole:
      engine.Submit(this);
      return;
    case Reading::kMalformed:
      Finish(ToGrpcStatus(fault.faults));
      return;
    case Reading::kRefused:
      WriteRefusal(wire_request, fault, response_);
      Finish(grpc::Status::OK);
      return;
  }
}

void UnaryCharging::Done() noexcept {
  if (!status.ok()) {
    Finish(ToGrpcStatus(status, failed_field));
    return;
  }
  ToWire(answer, response_);
  Finish(grpc::Status::OK);
}

void ChargingHolder::Release() {
  call_.reset();
  owner_->Keep(this);
}

ChargingMessages::~ChargingMessages() {
  while (ChargingHolder* holder = pool_.Take()) delete holder;
}

ChargingHolder* ChargingMessages::AllocateMessages() {
  if (ChargingHolder* holder = pool_.Take()) return holder;
  return new ChargingHolder(this);
}

void ChargingMessages::Keep(ChargingHolder* holder) {
  if (holder->request()->ByteSizeLong() > kKeptMessageBytesMax) {
    delete holder;
    return;
  }
  holder->response()->Clear();
  if (!pool_.Put(holder)) delete holder;
}

}  // namespace ocs::rpc::internal
