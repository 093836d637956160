#include "ocs/rpc/internal/charging_translation.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "ocs/base/limits.h"
#include "ocs/rpc/internal/type_translation.h"

namespace ocs::rpc::internal {
namespace {

namespace charging_pb = ::ocs::charging::v1;
using engine::ResultCode;

constexpr char kServices[] = "multiple_services_credit_control";

Reading Refuse(ResultCode code, std::string field, std::string description, ReadingFault* fault) {
  fault->code = code;
  fault->faults.push_back({std::move(field), std::move(description)});
  return Reading::kRefused;
}

bool TooLong(const std::string& text, int length_max) {
  return text.size() > static_cast<size_t>(length_max);
}

bool BreaksBounds(const charging_pb::CreditControlRequest& in) {
  if (TooLong(in.session_id(), kSessionIdLengthMax)) return true;
  if (TooLong(in.subscription_id().subscription_id_data(), kIdentityLengthMax)) return true;
  if (TooLong(in.service_context_id(), kServiceContextLengthMax)) return true;
  if (TooLong(in.refund_information(), kRefundInformationLengthMax)) return true;
  if (TooLong(in.product(), kDimensionLengthMax)) return true;
  if (TooLong(in.scenario(), kDimensionLengthMax)) return true;
  if (TooLong(in.region(), kDimensionLengthMax)) return true;
  if (TooLong(in.channel(), kDimensionLengthMax)) return true;
  if (TooLong(in.traceparent(), kTraceparentLengthMax)) return true;
  if (TooLong(in.origin_host(), engine::kOriginHostLengthMax)) return true;
  if (in.multiple_services_credit_control_size() > kServicesPerRequestMax) return true;
  return std::any_of(in.multiple_services_credit_control().begin(),
                     in.multiple_services_credit_control().end(), [](const auto& service) {
                       return TooLong(service.model(), kModelNameLengthMax) ||
                              TooLong(service.service_tier(), kDimensionLengthMax) ||
                              TooLong(service.served_model(), kModelNameLengthMax);
                     });
}

// Names every bound that is broken. Off the hot path: only called when one is.
void DescribeBounds(const charging_pb::CreditControlRequest& in, std::vector<FieldFault>* faults) {
  const auto check = [faults](std::string_view field, const std::string& text, int length_max) {
    if (auto fault = CheckLength(field, text, length_max)) faults->push_back(*std::move(fault));
  };
  check("session_id", in.session_id(), kSessionIdLengthMax);
  check("subscription_id.subscription_id_data", in.subscription_id().subscription_id_data(),
        kIdentityLengthMax);
  check("service_context_id", in.service_context_id(), kServiceContextLengthMax);
  check("refund_information", in.refund_information(), kRefundInformationLengthMax);
  check("product", in.product(), kDimensionLengthMax);
  check("scenario", in.scenario(), kDimensionLengthMax);
  check("region", in.region(), kDimensionLengthMax);
  check("channel", in.channel(), kDimensionLengthMax);
  check("traceparent", in.traceparent(), kTraceparentLengthMax);
  check("origin_host", in.origin_host(), engine::kOriginHostLengthMax);
  const int count = in.multiple_services_credit_control_size();
  if (count > kServicesPerRequestMax) {
    faults->push_back({std::string(kServices), absl::StrCat("has ", count, " services; at most ",
                                                            kServicesPerRequestMax, " are taken")});
    return;
  }
  for (int i = 0; i < count; ++i) {
    const std::string path = absl::StrCat(kServices, "[", i, "].");
    const auto& service = in.multiple_services_credit_control(i);
    check(absl::StrCat(path, "model"), service.model(), kModelNameLengthMax);
    check(absl::StrCat(path, "service_tier"), service.service_tier(), kDimensionLengthMax);
    check(absl::StrCat(path, "served_model"), service.served_model(), kModelNameLengthMax);
  }
}

// Why a block of quantities cannot be taken.
struct QuantityFault {
  int index = 0;
  std::string_view field;
  std::string_view description;
};

// Adds a block to `out`. Within a block each kind comes once; blocks add up.
std::optional<QuantityFault> AddBlock(
    const google::protobuf::RepeatedPtrField<wire::TokenQuantity>& block, Quantities* out) {
  uint32_t seen = 0;
  for (int i = 0; i < block.size(); ++i) {
    const auto kind = FromWire(block[i].token_kind());
    if (!kind) return QuantityFault{i, "token_kind", "names no kind"};
    const uint32_t bit = 1U << static_cast<uint32_t>(*kind);
    if ((seen & bit) != 0) return QuantityFault{i, "token_kind", "is there twice"};
    seen |= bit;
    if (block[i].quantity() < 0) return QuantityFault{i, "quantity", "is below 0"};
    if (block[i].quantity() > kQuantityMax || !AddQuantity(*out, *kind, block[i].quantity())) {
      return QuantityFault{i, "quantity", "is above 1,000,000,000,000"};
    }
  }
  return std::nullopt;
}

Reading RefuseQuantity(int service, std::string_view block, const QuantityFault& fault,
                       ReadingFault* out) {
  return Refuse(ResultCode::kInvalidAvpValue,
                absl::StrCat(kServices, "[", service, "].", std::string(block), ".token_quantity[",
                             fault.index, "].", std::string(fault.field)),
                std::string(fault.description), out);
}

Reading ReadUsed(const charging_pb::UsedServiceUnit& block, const std::string& path, int index,
                 engine::ServiceRequest* out, ReadingFault* fault) {
  out->has_used = true;
  out->estimated = out->estimated || block.estimated();
  if (const auto bad = AddBlock(block.token_quantity(), &out->used))
    return RefuseQuantity(index, path, *bad, fault);
  if (block.tariff_change_usage() == charging_pb::TARIFF_CHANGE_USAGE_UNSPECIFIED)
    return Reading::kWhole;
  if (!charging_pb::TariffChangeUsage_IsValid(block.tariff_change_usage())) {
    return Refuse(ResultCode::kInvalidAvpValue,
                  absl::StrCat(kServices, "[", index, "].", path, ".tariff_change_usage"),
                  "names no side", fault);
  }
  const auto side = static_cast<engine::TariffChangeUsage>(block.tariff_change_usage() - 1);
  auto known = std::find_if(out->by_tariff.begin(), out->by_tariff.end(),
                            [&](const engine::TariffUsage& usage) { return usage.side == side; });
  if (known == out->by_tariff.end())
    known = out->by_tariff.insert(known, {.side = side, .used = {}});
  // Cannot fail: the sum of all blocks has fitted.
  if (AddBlock(block.token_quantity(), &known->used)) return Reading::kRefused;
  return Reading::kWhole;
}

// What is reported beside the units: numbers that must be among those known.
Reading ReadReport(const charging_pb::MultipleServicesCreditControl& in, int index,
                   engine::ServiceRequest* out, ReadingFault* fault) {
  const auto unknown = [&](std::string_view field, std::string description) {
    return Refuse(ResultCode::kInvalidAvpValue,
                  absl::StrCat(kServices, "[", index, "].", std::string(field)),
                  std::move(description), fault);
  };
  if (!charging_pb::CallOutcome_IsValid(in.call_outcome()))
    return unknown("call_outcome", "names no outcome");
  out->outcome = static_cast<engine::CallOutcome>(in.call_outcome());
  if (!charging_pb::ReportingReason_IsValid(in.reporting_reason()))
    return unknown("reporting_reason", "names no reason");
  if (in.reporting_reason() != charging_pb::REPORTING_REASON_UNSPECIFIED)
    out->reason = static_cast<engine::ReportingReason>(in.reporting_reason() - 1);
  out->pool = in.g_s_u_pool_identifier();
  for (const int trigger : in.trigger()) {
    if (trigger < charging_pb::CHANGE_OF_MODEL || trigger > charging_pb::CHANGE_OF_PROMPT_LENGTH)
      return unknown("trigger", "names no change");
    out->triggers = static_cast<engine::Triggers>(
        out->triggers | engine::BitOf(static_cast<engine::Trigger>(trigger - 1)));
  }
  return Reading::kWhole;
}

Reading ReadService(const charging_pb::MultipleServicesCreditControl& in, int index,
                    engine::ServiceRequest* out, ReadingFault* fault) {
  out->rating_group = in.rating_group();
  out->model = in.model();
  out->service_tier = in.service_tier();
  out->served_model = in.served_model();
  if (in.has_prompt_tokens()) out->prompt_tokens = in.prompt_tokens();
  if (in.has_requested_service_unit()) {
    out->requests_quota = true;
    if (const auto bad = AddBlock(in.requested_service_unit().token_quantity(), &out->requested)) {
      return RefuseQuantity(index, "requested_service_unit", *bad, fault);
    }
  }
  for (int i = 0; i < in.used_service_unit_size(); ++i) {
    const std::string path = absl::StrCat("used_service_unit[", i, "]");
    if (ReadUsed(in.used_service_unit(i), path, index, out, fault) != Reading::kWhole)
      return Reading::kRefused;
  }
  return ReadReport(in, index, out, fault);
}

// Request type, action and identity: numbers that must be among those known.
Reading ReadHead(const charging_pb::CreditControlRequest& in, engine::CreditControlRequest* out,
                 ReadingFault* fault) {
  if (in.cc_request_type() == charging_pb::CC_REQUEST_TYPE_UNSPECIFIED) {
    return Refuse(ResultCode::kMissingAvp, "cc_request_type", "is missing", fault);
  }
  if (in.cc_request_type() < charging_pb::INITIAL_REQUEST ||
      in.cc_request_type() > charging_pb::EVENT_REQUEST) {
    return Refuse(ResultCode::kInvalidAvpValue, "cc_request_type", "names no type", fault);
  }
  out->type = static_cast<engine::RequestType>(in.cc_request_type());
  if (in.requested_action() != charging_pb::REQUESTED_ACTION_UNSPECIFIED) {
    if (in.requested_action() < charging_pb::DIRECT_DEBITING ||
        in.requested_action() > charging_pb::PRICE_ENQUIRY) {
      return Refuse(ResultCode::kInvalidAvpValue, "requested_action", "names no action", fault);
    }
    out->action = static_cast<engine::RequestedAction>(in.requested_action() - 1);
  }
  if (in.has_subscription_id()) {
    const auto type = FromWire(in.subscription_id().subscription_id_type());
    if (!type) {
      return Refuse(ResultCode::kInvalidAvpValue, "subscription_id.subscription_id_type",
                    "names no type", fault);
    }
    out->subscriber = {*type, in.subscription_id().subscription_id_data()};
  }
  return Reading::kWhole;
}

void WriteFailedAvp(const std::string& field, charging_pb::FailedAvp* out) {
  out->set_field(field);
}

void WriteEnd(const engine::EndOfUnits& in, charging_pb::EndOfUnits* out) {
  out->set_at_end(static_cast<charging_pb::AtEnd>(static_cast<int>(in.at_end) + 1));
  out->set_limited_by(in.limited_by);
  out->set_node(in.node);
  if (in.retry_at != Instant::Never()) out->set_retry_at_unix_ms(in.retry_at.unix_ms);
  out->set_fallback_model(in.fallback_model);
  out->set_next_price(in.next_price);
  for (const engine::ThrottleRate& rate : in.rates) {
    charging_pb::ThrottleRate* added = out->add_rate();
    added->set_amount(rate.amount);
    added->set_unit(std::string(rate.unit.code()));
    added->set_window_ms(rate.window_ms);
  }
}

void WriteGrant(const engine::ServiceAnswer& in, charging_pb::GrantedServiceUnit* out) {
  ToWire(in.granted, out->mutable_token_quantity());
  if (in.tariff_changes_at != Instant::Never())
    out->set_tariff_time_change_unix_ms(in.tariff_changes_at.unix_ms);
  for (const engine::PoolReference& reference : in.pool) {
    charging_pb::GsuPoolReference* added = out->add_g_s_u_pool_reference();
    added->set_g_s_u_pool_identifier(reference.pool);
    added->set_token_kind(ToWire(reference.kind));
    added->set_value_digits(reference.value_digits);
    added->set_exponent(reference.exponent);
  }
}

void WriteFinalUnits(const engine::ServiceAnswer& in, charging_pb::FinalUnitIndication* out) {
  out->set_final_unit_action(
      static_cast<charging_pb::FinalUnitAction>(static_cast<int>(*in.final_unit) + 1));
  if (const auto type = rating::RedirectTypeOf(in.redirect_to)) {
    out->mutable_redirect_server()->set_redirect_address_type(
        static_cast<charging_pb::RedirectAddressType>(static_cast<int>(*type) + 1));
    out->mutable_redirect_server()->set_redirect_server_address(in.redirect_to);
  }
  for (const std::string& filter : in.filters) out->add_filter_id(filter);
}

void WriteService(const engine::ServiceAnswer& in,
                  charging_pb::MultipleServicesCreditControlAnswer* out) {
  out->set_rating_group(in.rating_group);
  out->set_result_code(static_cast<charging_pb::ResultCode>(in.code));
  if (in.has_grant) WriteGrant(in, out->mutable_granted_service_unit());
  out->set_validity_time_seconds(in.validity_seconds);
  if (in.final_unit) WriteFinalUnits(in, out->mutable_final_unit_indication());
  out->set_unit_quota_threshold_tokens(in.threshold_tokens);
  if (in.output_tokens_safe >= 0) out->set_output_tokens_safe(in.output_tokens_safe);
  if (in.quota_holding_seconds >= 0)
    out->set_quota_holding_time_seconds(static_cast<uint32_t>(in.quota_holding_seconds));
  for (int i = 0; in.triggers != 0 && i < engine::kTriggerCount; ++i) {
    if ((in.triggers & engine::BitOf(static_cast<engine::Trigger>(i))) != 0)
      out->add_trigger(static_cast<charging_pb::TriggerType>(i + 1));
  }
  out->set_charged_micros(in.charged_micros);
  out->set_drawn(in.drawn);
  out->set_overshoot(in.overshoot);
  if (!in.failed_field.empty()) WriteFailedAvp(in.failed_field, out->mutable_failed_avp());
  if (!in.message.empty()) out->set_error_message(in.message);
  if (in.end) WriteEnd(*in.end, out->mutable_end_of_units());
  for (const engine::PricePart& part : in.parts) {
    charging_pb::PricePart* added = out->add_price_part();
    added->set_token_kind(ToWire(part.kind));
    added->set_quantity(part.quantity);
    added->set_bucket_id(part.bucket.value);
    added->set_unit(std::string(part.unit.code()));
    added->set_amount(part.amount);
    added->set_rule(part.rule);
  }
}

}  // namespace

Reading FromWire(const charging_pb::CreditControlRequest& in, engine::CreditControlRequest* out,
                 ReadingFault* fault) {
  if (BreaksBounds(in)) {
    DescribeBounds(in, &fault->faults);
    return Reading::kMalformed;
  }
  out->session_id = in.session_id();
  out->number = in.cc_request_number();
  out->account = {in.account_id()};
  out->service_context_id = in.service_context_id();
  if (in.has_event_timestamp_unix_ms()) out->event_time = Instant{in.event_timestamp_unix_ms()};
  out->refund_information = in.refund_information();
  out->product = in.product();
  out->scenario = in.scenario();
  out->region = in.region();
  out->channel = in.channel();
  out->traceparent = in.traceparent();
  out->origin_host = in.origin_host();
  out->origin_state_id = in.origin_state_id();
  if (ReadHead(in, out, fault) != Reading::kWhole) return Reading::kRefused;
  for (int i = 0; i < in.multiple_services_credit_control_size(); ++i) {
    const auto& service = in.multiple_services_credit_control(i);
    if (ReadService(service, i, &out->services.emplace_back(), fault) != Reading::kWhole) {
      return Reading::kRefused;
    }
  }
  return Reading::kWhole;
}

void ToWire(const engine::CreditControlAnswer& in, charging_pb::CreditControlAnswer* out) {
  out->set_result_code(static_cast<charging_pb::ResultCode>(in.code));
  out->set_cc_request_type(static_cast<charging_pb::CcRequestType>(in.type));
  out->set_cc_request_number(in.number);
  for (const engine::ServiceAnswer& service : in.services) {
    WriteService(service, out->add_multiple_services_credit_control());
  }
  if (in.has_cost) {
    auto* cost = out->mutable_cost_information();
    cost->set_cost_micros(in.cost_micros);
    const std::string_view currency = in.currency.code();
    cost->set_currency(currency.data(), currency.size());
  }
  if (in.check_balance) {
    out->set_check_balance_result(
        static_cast<charging_pb::CheckBalanceResult>(static_cast<int>(*in.check_balance) + 1));
  }
  if (!in.refund_information.empty()) out->set_refund_information(in.refund_information);
  out->set_tariff_revision(in.tariff_revision);
  out->set_calls_affordable(in.calls_affordable);
  if (!in.failed_field.empty()) WriteFailedAvp(in.failed_field, out->mutable_failed_avp());
  if (!in.message.empty()) out->set_error_message(in.message);
}

void WriteRefusal(const charging_pb::CreditControlRequest& request, const ReadingFault& fault,
                  charging_pb::CreditControlAnswer* out) {
  out->set_result_code(static_cast<charging_pb::ResultCode>(fault.code));
  out->set_cc_request_type(request.cc_request_type());
  out->set_cc_request_number(request.cc_request_number());
  WriteFailedAvp(fault.faults[0].field, out->mutable_failed_avp());
  out->set_error_message(fault.faults[0].description);
}

}  // namespace ocs::rpc::internal
