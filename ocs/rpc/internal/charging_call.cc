#include "ocs/rpc/internal/charging_call.h"

#include <chrono>

#include "ocs/rpc/internal/charging_translation.h"

namespace ocs::rpc::internal {
namespace {

// A message keeps the memory that it once needed; one that needed more is not kept.
constexpr size_t kKeptMessageBytesMax = 4096;

int64_t SteadyMicros() {
  // tidy-allow clock: measures how long a call takes, and decides nothing
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

}  // namespace

void UnaryCharging::Begin(const charging::v1::CreditControlRequest& wire_request,
                          const Service& service, const Entry& entry) {
  service_ = &service;
  if (entry.refusal != nullptr) {
    const bool asks_too_often = entry.refusal->error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED;
    if (asks_too_often) return service.held->Finish(this, entry.refusal);
    Finish(*entry.refusal);
    return;
  }
  source = entry.source();
  caller_tenant = entry.tenant();
  caller_ = entry.caller();
  context_ = entry.context;
  ReadingFault fault;
  switch (FromWire(wire_request, &request, &fault)) {
    case Reading::kWhole:
      begun_at_us_ = SteadyMicros();
      service.engine->Submit(this);
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
  if (engine::IsOverload(status)) return service_->held->Finish(this, &OverloadStatus());
  service_->latency_micros->Add(SteadyMicros() - begun_at_us_);
  service_->gate->TellAnswer(*this, caller_);
  if (foreign) service_->gate->CountForeign(Method::kCreditControl, caller_, context_);
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
