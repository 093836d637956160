#include "tools/replay/call.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "ocs/base/check.h"
#include "ocs/base/text.h"

namespace ocs::replay {
namespace {

using charging::v1::CreditControlAnswer;
using charging::v1::CreditControlRequest;
using charging::v1::MultipleServicesCreditControl;
using charging::v1::MultipleServicesCreditControlAnswer;

constexpr uint32_t kRatingGroup = 1;
constexpr char kServiceContext[] = "ai-tokens.v1@demo.example";

template <typename ServiceUnit>
void Add(type::v1::TokenKind kind, int64_t quantity, ServiceUnit* unit) {
  if (quantity == 0) return;
  type::v1::TokenQuantity* added = unit->add_token_quantity();
  added->set_token_kind(kind);
  added->set_quantity(quantity);
}

int64_t OutputOf(const charging::v1::GrantedServiceUnit& unit) {
  for (const type::v1::TokenQuantity& granted : unit.token_quantity()) {
    if (granted.token_kind() == type::v1::OUTPUT) return granted.quantity();
  }
  return 0;
}

absl::Status Unexpected(const std::string& session, charging::v1::ResultCode code,
                        const std::string& message) {
  return absl::InternalError(
      Cat(session, ": unexpected ", charging::v1::ResultCode_Name(code), ": ", message));
}

}  // namespace

void SetCustomer(int64_t rank, CreditControlRequest* request) {
  request->set_service_context_id(kServiceContext);
  request->mutable_subscription_id()->set_subscription_id_type(type::v1::END_USER_PRIVATE);
  request->mutable_subscription_id()->set_subscription_id_data(CustomerNumber(rank));
}

Call::Call(const PlannedCall& planned, int64_t rank, int64_t base_unix_ms)
    : planned_(planned),
      session_id_(absl::StrFormat("call-%06d", planned.trace.row)),
      rank_(rank),
      base_unix_ms_(base_unix_ms) {}

int64_t Call::OutputNow() const {
  return std::min(output_granted_, planned_.trace.output_tokens - result_.output_tokens);
}

// The prompt is reported once, with the first output.
void Call::Report(MultipleServicesCreditControl* service) const {
  const int64_t output = OutputNow();
  if (prompt_reported_ && output == 0) return;
  charging::v1::UsedServiceUnit* used = service->add_used_service_unit();
  if (!prompt_reported_) {
    Add(type::v1::INPUT, planned_.trace.input_tokens, used);
    Add(type::v1::CACHE_READ, planned_.trace.cached_tokens, used);
  }
  Add(type::v1::OUTPUT, output, used);
}

void Call::Write(CreditControlRequest* request) const {
  OCS_CHECK(!done_);
  request->Clear();
  request->set_session_id(session_id_);
  request->set_cc_request_type(next_);
  request->set_cc_request_number(number_);
  SetCustomer(rank_, request);
  const int64_t written =
      result_.output_tokens + (next_ == charging::v1::INITIAL_REQUEST ? 0 : OutputNow());
  const int64_t at_ms = planned_.trace.at_ms + written * kMillisPerOutputToken;
  request->set_event_timestamp_unix_ms(base_unix_ms_ + at_ms / kTimeCompression);
  MultipleServicesCreditControl* service = request->add_multiple_services_credit_control();
  service->set_rating_group(kRatingGroup);
  if (next_ == charging::v1::INITIAL_REQUEST) {
    service->set_model(std::string(planned_.model));
    charging::v1::RequestedServiceUnit* wanted = service->mutable_requested_service_unit();
    Add(type::v1::INPUT, planned_.trace.input_tokens, wanted);
    Add(type::v1::CACHE_READ, planned_.trace.cached_tokens, wanted);
    Add(type::v1::OUTPUT, kOutputSliceTokens, wanted);
    return;
  }
  Report(service);
  if (next_ == charging::v1::UPDATE_REQUEST) {
    Add(type::v1::OUTPUT, kOutputSliceTokens, service->mutable_requested_service_unit());
  }
}

absl::Status Call::TakeGrant(const MultipleServicesCreditControlAnswer& service) {
  output_granted_ = 0;
  last_grant_ = true;
  // Refused for want of money: what was reported was charged all the same, and nothing more is
  // granted.
  if (service.result_code() == charging::v1::DIAMETER_CREDIT_LIMIT_REACHED) {
    return absl::OkStatus();
  }
  if (service.result_code() != charging::v1::DIAMETER_SUCCESS) {
    return Unexpected(session_id_, service.result_code(), service.error_message());
  }
  output_granted_ = OutputOf(service.granted_service_unit());
  last_grant_ = service.has_final_unit_indication() || output_granted_ == 0;
  return absl::OkStatus();
}

void Call::ChooseNext() {
  const int64_t left = planned_.trace.output_tokens - result_.output_tokens;
  const bool ends = left <= output_granted_ || last_grant_;
  if (left > output_granted_ && last_grant_) result_.end = CallEnd::kCut;
  next_ = ends ? charging::v1::TERMINATION_REQUEST : charging::v1::UPDATE_REQUEST;
}

absl::Status Call::Take(const CreditControlAnswer& answer) {
  OCS_CHECK(!done_);
  ++result_.requests;
  ++number_;
  const bool initial = next_ == charging::v1::INITIAL_REQUEST;
  if (initial && answer.result_code() == charging::v1::DIAMETER_CREDIT_LIMIT_REACHED) {
    result_.end = CallEnd::kBlocked;
    done_ = true;
    return absl::OkStatus();
  }
  if (answer.result_code() != charging::v1::DIAMETER_SUCCESS) {
    return Unexpected(session_id_, answer.result_code(), answer.error_message());
  }
  if (answer.multiple_services_credit_control_size() != 1) {
    return absl::InternalError(Cat(session_id_, ": the answer has not one service"));
  }
  const MultipleServicesCreditControlAnswer& service = answer.multiple_services_credit_control(0);
  if (!initial) {
    result_.output_tokens += OutputNow();
    if (!prompt_reported_) {
      result_.input_tokens = planned_.trace.input_tokens;
      result_.cached_tokens = planned_.trace.cached_tokens;
      prompt_reported_ = true;
    }
    result_.charged_micros += service.charged_micros();
    result_.drawn_tokens += service.drawn();
    if (service.overshoot()) {
      return absl::InternalError(Cat(session_id_, ": used no more than granted, yet overshot"));
    }
  }
  if (next_ == charging::v1::TERMINATION_REQUEST) {
    if (service.result_code() != charging::v1::DIAMETER_SUCCESS) {
      return Unexpected(session_id_, service.result_code(), service.error_message());
    }
    done_ = true;
    return absl::OkStatus();
  }
  const absl::Status taken = TakeGrant(service);
  if (taken.ok()) ChooseNext();
  return taken;
}

}  // namespace ocs::replay
