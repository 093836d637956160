#include "tools/client/charged_call.h"

#include <limits>
#include <utility>

#include "ocs/base/check.h"
#include "ocs/base/text.h"

namespace ocs::client {
namespace {

namespace wire = charging::v1;

constexpr uint32_t kRatingGroup = 1;

template <typename Unit>
void Fill(const Tokens& tokens, Unit* unit) {
  for (const TokenCount& count : tokens) {
    if (count.quantity == 0) continue;
    auto* added = unit->add_token_quantity();
    added->set_token_kind(count.kind);
    added->set_quantity(count.quantity);
  }
}

void FillUsed(const Tokens& used, Count count, wire::MultipleServicesCreditControl* service) {
  bool any = false;
  for (const TokenCount& token : used) any = any || token.quantity != 0;
  if (!any) return;
  auto* unit = service->add_used_service_unit();
  Fill(used, unit);
  unit->set_estimated(count == Count::kEstimated);
}

template <typename Unit>
int64_t OutputOf(const Unit& unit) {
  for (const auto& token : unit.token_quantity()) {
    if (token.token_kind() == type::v1::OUTPUT) return token.quantity();
  }
  return 0;
}

// Services have results of their own where the request as a whole succeeded.
wire::ResultCode ResultOf(const wire::CreditControlAnswer& answer) {
  if (answer.result_code() != wire::DIAMETER_SUCCESS) return answer.result_code();
  for (const auto& service : answer.multiple_services_credit_control()) {
    if (service.result_code() != wire::DIAMETER_SUCCESS) return service.result_code();
  }
  return wire::DIAMETER_SUCCESS;
}

std::string WhyOf(const wire::CreditControlAnswer& answer) {
  std::string why = Cat(wire::ResultCode_Name(ResultOf(answer)), ": ", answer.error_message());
  for (const auto& service : answer.multiple_services_credit_control())
    why += service.error_message();
  return why;
}

// What a request reported was debited, though no more is granted (RFC 8506 section 5.1.2).
bool IsDebited(wire::ResultCode code) {
  return code == wire::DIAMETER_SUCCESS || code == wire::DIAMETER_CREDIT_LIMIT_REACHED ||
         code == wire::DIAMETER_END_USER_SERVICE_DENIED ||
         code == wire::DIAMETER_CREDIT_CONTROL_NOT_APPLICABLE;
}

}  // namespace

ChargedCall::ChargedCall(ChargingClient* client, CallOptions options)
    : client_(client), options_(std::move(options)) {}

wire::CreditControlRequest ChargedCall::MakeRequest(wire::CcRequestType request_type) {
  wire::CreditControlRequest request;
  request.set_session_id(options_.session_id);
  request.set_cc_request_type(request_type);
  request.set_cc_request_number(number_++);
  request.mutable_subscription_id()->set_subscription_id_type(type::v1::END_USER_PRIVATE);
  request.mutable_subscription_id()->set_subscription_id_data(options_.customer);
  request.set_service_context_id(options_.service_context_id);
  request.set_origin_host(options_.origin_host);
  request.set_origin_state_id(options_.origin_state_id);
  auto* service = request.add_multiple_services_credit_control();
  service->set_rating_group(kRatingGroup);
  service->set_model(options_.model);
  return request;
}

Permission ChargedCall::Reserve(const Tokens& wanted) {
  OCS_CHECK(!opened_);
  opened_ = true;
  auto request = MakeRequest(wire::INITIAL_REQUEST);
  Fill(wanted,
       request.mutable_multiple_services_credit_control(0)->mutable_requested_service_unit());
  Permission permission = Ask(std::move(request), wanted);
  // A call that does not begin leaves nothing behind: should its INITIAL have arrived all the same,
  // Commit() or Release() closes it, and else the server's supervision timer does.
  return permission;
}

Permission ChargedCall::Report(const Tokens& used, const Tokens& wanted) {
  OCS_CHECK(opened_);
  auto request = MakeRequest(wire::UPDATE_REQUEST);
  auto* service = request.mutable_multiple_services_credit_control(0);
  FillUsed(used, Count::kReported, service);
  Fill(wanted, service->mutable_requested_service_unit());
  return Ask(std::move(request), wanted);
}

Permission ChargedCall::Reauthorise(const Tokens& used, const Tokens& wanted) {
  OCS_CHECK(opened_);
  auto request = MakeRequest(wire::UPDATE_REQUEST);
  auto* service = request.mutable_multiple_services_credit_control(0);
  FillUsed(used, Count::kReported, service);
  // A reason goes with use, and only with it (TS 32.299 section 7.2.175).
  if (service->used_service_unit_size() > 0)
    service->set_reporting_reason(wire::REASON_FORCED_REAUTHORISATION);
  Fill(wanted, service->mutable_requested_service_unit());
  return Ask(std::move(request), wanted);
}

Permission ChargedCall::GiveBack(const Tokens& used) {
  OCS_CHECK(opened_);
  auto request = MakeRequest(wire::UPDATE_REQUEST);
  auto* service = request.mutable_multiple_services_credit_control(0);
  FillUsed(used, Count::kReported, service);
  // It must report, or it would say nothing: the use may be none.
  if (service->used_service_unit_size() == 0) service->add_used_service_unit();
  service->set_reporting_reason(wire::REASON_QUOTA_HOLDING_TIME);
  Permission permission = Ask(std::move(request), {});
  permission.last = permission.last && permission.decision != Decision::kGo;  // It may go on.
  return permission;
}

Permission ChargedCall::Ask(wire::CreditControlRequest request, const Tokens& wanted) {
  Permission permission;
  if (refused_) {
    Refuse(request, "the server has no session for this call");
    permission.why = sum_.why;
    return permission;
  }
  unanswered_.push_back(std::move(request));
  wire::CreditControlAnswer answer;
  const grpc::Status status = SendAll(&answer);
  if (!status.ok()) {
    permission.why = status.error_message();
    const bool open = options_.failure_handling == FailureHandling::kContinue;
    if (Judge(status).verdict != Verdict::kRepeat || !open ||
        unanswered_.size() >= kUnansweredMax) {
      return permission;
    }
    permission.decision = Decision::kUncontrolled;
    for (const TokenCount& token : wanted) {
      if (token.kind == type::v1::OUTPUT) permission.output_tokens = token.quantity;
    }
    return permission;
  }
  permission.result_code = ResultOf(answer);
  if (permission.result_code == wire::DIAMETER_CREDIT_CONTROL_NOT_APPLICABLE) {
    permission.decision = Decision::kUncontrolled;  // Free: nothing to reserve.
    permission.output_tokens = std::numeric_limits<int64_t>::max();
    return permission;
  }
  if (permission.result_code != wire::DIAMETER_SUCCESS) {
    permission.why = WhyOf(answer);
    return permission;
  }
  const auto& service = answer.multiple_services_credit_control(0);
  permission.output_tokens = OutputOf(service.granted_service_unit());
  if (service.has_quota_holding_time_seconds())
    permission.quota_holding_seconds = service.quota_holding_time_seconds();
  permission.last = service.has_final_unit_indication() || permission.output_tokens == 0;
  permission.decision = Decision::kGo;
  return permission;
}

Settlement ChargedCall::Commit(const Tokens& used, Count count) {
  OCS_CHECK(opened_);
  auto request = MakeRequest(wire::TERMINATION_REQUEST);
  FillUsed(used, count, request.mutable_multiple_services_credit_control(0));
  if (refused_) {
    Refuse(request, "the server has no session for this call");
    return Sum(grpc::Status::OK);
  }
  unanswered_.push_back(std::move(request));
  return Settle();
}

Settlement ChargedCall::Settle() {
  wire::CreditControlAnswer answer;
  return Sum(SendAll(&answer));
}

Settlement ChargedCall::Sum(const grpc::Status& status) const {
  Settlement settlement = sum_;
  settlement.settled = unanswered_.empty();
  if (!settlement.settled) settlement.why = status.error_message();
  return settlement;
}

// In order, and none before the one in front of it is answered: what the server has done with a
// request without an answer is known only from its repeat.
grpc::Status ChargedCall::SendAll(wire::CreditControlAnswer* last_answer) {
  RetryPolicy policy = client_->retry_policy();
  if (options_.failure_handling == FailureHandling::kTerminate) policy.tries_max = 1;
  while (!unanswered_.empty()) {
    last_answer->Clear();
    const grpc::Status status = client_->Ask(unanswered_.front(), policy, last_answer);
    if (Judge(status).verdict == Verdict::kRepeat) return status;
    const wire::CreditControlRequest request = std::move(unanswered_.front());
    unanswered_.pop_front();
    if (!status.ok()) {
      if (request.cc_request_type() == wire::INITIAL_REQUEST) refused_ = true;
      Refuse(request, status.error_message());
      if (unanswered_.empty()) return status;
      continue;
    }
    Take(request, *last_answer);
  }
  return grpc::Status::OK;
}

void ChargedCall::Take(const wire::CreditControlRequest& request,
                       const wire::CreditControlAnswer& answer) {
  const wire::ResultCode code = ResultOf(answer);
  if (request.cc_request_type() == wire::INITIAL_REQUEST &&
      answer.result_code() != wire::DIAMETER_SUCCESS) {
    refused_ = true;
  }
  if (!IsDebited(code)) Refuse(request, WhyOf(answer));
  for (const auto& service : answer.multiple_services_credit_control()) {
    sum_.charged_micros += service.charged_micros();
    sum_.drawn += service.drawn();
  }
}

void ChargedCall::Refuse(const wire::CreditControlRequest& request, std::string why) {
  for (const auto& service : request.multiple_services_credit_control()) {
    for (const auto& unit : service.used_service_unit()) {
      for (const auto& token : unit.token_quantity()) {
        sum_.refused.push_back({.kind = token.token_kind(), .quantity = token.quantity()});
      }
    }
  }
  sum_.why = std::move(why);
}

}  // namespace ocs::client
