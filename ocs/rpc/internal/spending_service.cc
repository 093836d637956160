#include "ocs/rpc/internal/spending_service.h"

#include "ocs/rpc/internal/account_translation.h"
#include "ocs/rpc/internal/type_translation.h"
#include "ocs/rpc/internal/unary_call.h"

namespace ocs::rpc::internal {

namespace spending_pb = ::ocs::spending::v1;

std::optional<FieldFault> FromWire(const spending_pb::SubscribeRequest& in,
                                   engine::WatchCall* out) {
  if (auto fault = FromWire(in.change(), &out->change)) return fault;
  out->account = {in.account_id()};
  if (!out->account.valid()) {
    if (auto fault = FromWire(in.subscription_id(), "subscription_id", &out->identity_type,
                              &out->identity)) {
      return fault;
    }
  }
  out->watch = in.spending_subscription_id();
  out->counters.assign(in.policy_counter_id().begin(), in.policy_counter_id().end());
  out->expires_at = {in.expires_at_unix_ms()};
  return std::nullopt;
}

std::optional<FieldFault> FromWire(const spending_pb::UnsubscribeRequest& in,
                                   engine::UnwatchCall* out) {
  out->watch = in.spending_subscription_id();
  return ReadChangeOfAccount(in, &out->change, &out->account);
}

void ToWire(const engine::WatchCall& in, spending_pb::SubscribeResponse* out) {
  out->set_account_id(in.found.value);
  out->set_expires_at_unix_ms(in.ends_at.unix_ms);
  for (const balance::Watch::Told& told : in.statuses) {
    auto* status = out->add_status();
    status->set_policy_counter_id(told.counter);
    status->set_current_status(told.status);
    for (const engine::WatchCall::Rates& one : in.throttled) {
      if (one.counter != told.counter) continue;
      for (const engine::ThrottleRate& rate : one.rates) {
        auto* to = status->add_rate();
        to->set_amount(rate.amount);
        to->set_unit(std::string(rate.unit.code()));
        to->set_window_ms(rate.window_ms);
      }
    }
    if (told.next_status.empty()) continue;  // When it is looked at again is nobody's concern.
    status->mutable_pending_status()->set_status(told.next_status);
    status->mutable_pending_status()->set_activation_time_unix_ms(told.next_at.unix_ms);
  }
}

void ToWire(const engine::UnwatchCall& /*in*/, spending_pb::UnsubscribeResponse* /*out*/) {}

grpc::ServerUnaryReactor* SpendingService::Subscribe(grpc::CallbackServerContext* context,
                                                     const spending_pb::SubscribeRequest* request,
                                                     spending_pb::SubscribeResponse* response) {
  return RunUnary<engine::WatchCall>(*engine_, *gate_, gate_->Enter(context, Method::kSubscribe),
                                     *request, response);
}

grpc::ServerUnaryReactor* SpendingService::Unsubscribe(
    grpc::CallbackServerContext* context, const spending_pb::UnsubscribeRequest* request,
    spending_pb::UnsubscribeResponse* response) {
  return RunUnary<engine::UnwatchCall>(
      *engine_, *gate_, gate_->Enter(context, Method::kUnsubscribe), *request, response);
}

}  // namespace ocs::rpc::internal
