#include "ocs/engine/internal/request_form.h"

#include <algorithm>

#include "ocs/base/limits.h"
#include "ocs/base/text.h"
#include "ocs/engine/record_id.h"

namespace ocs::engine {
namespace {

FormFault Missing(std::string_view field, std::string_view expected) {
  return {ResultCode::kMissingAvp, std::string(field), Cat("is missing: expected ", expected)};
}

FormFault Invalid(std::string_view field, std::string message) {
  return {ResultCode::kInvalidAvpValue, std::string(field), std::move(message)};
}

FormFault CheckText(std::string_view field, std::string_view text, int length_max,
                    std::string_view what) {
  if (text.empty()) return Missing(field, what);
  if (text.size() > static_cast<size_t>(length_max)) {
    return Invalid(field, Cat("has ", text.size(), " characters, expected at most ", length_max));
  }
  return {};
}

FormFault CheckQuantities(const std::string& field, const Quantities& quantities) {
  for (const KindQuantity& q : quantities) {
    if (q.quantity < 0 || q.quantity > kQuantityMax) {
      return Invalid(Cat(field, ".", TokenKindName(q.kind)),
                     Cat("is ", q.quantity, ", expected 0 to ", kQuantityMax));
    }
  }
  return {};
}

FormFault CheckDimensions(const CreditControlRequest& request) {
  const auto too_long = [](std::string_view field, std::string_view text, int length_max) {
    return text.size() <= static_cast<size_t>(length_max) ? FormFault{}
                                                          : CheckText(field, text, length_max, "");
  };
  FormFault fault = too_long("product", request.product, kDimensionLengthMax);
  if (fault.code != ResultCode::kSuccess) return fault;
  fault = too_long("scenario", request.scenario, kDimensionLengthMax);
  if (fault.code != ResultCode::kSuccess) return fault;
  fault = too_long("region", request.region, kDimensionLengthMax);
  if (fault.code != ResultCode::kSuccess) return fault;
  fault = too_long("channel", request.channel, kDimensionLengthMax);
  if (fault.code != ResultCode::kSuccess) return fault;
  fault = too_long("traceparent", request.traceparent, kTraceparentLengthMax);
  if (fault.code != ResultCode::kSuccess) return fault;
  return too_long("origin_host", request.origin_host, kOriginHostLengthMax);
}

// What a service says of the call itself.
FormFault CheckCall(const std::string& path, const ServiceRequest& service) {
  if (service.service_tier.size() > static_cast<size_t>(kDimensionLengthMax)) {
    return CheckText(Cat(path, ".service_tier"), service.service_tier, kDimensionLengthMax, "");
  }
  if (service.served_model.size() > static_cast<size_t>(kModelNameLengthMax)) {
    return CheckText(Cat(path, ".served_model"), service.served_model, kModelNameLengthMax, "");
  }
  if (service.prompt_tokens &&
      (*service.prompt_tokens < 0 || *service.prompt_tokens > kQuantityMax)) {
    return Invalid(Cat(path, ".prompt_tokens"),
                   Cat("is ", *service.prompt_tokens, ", expected 0 to ", kQuantityMax));
  }
  return {};
}

// Each side once, and together not more than was used.
FormFault CheckSides(const std::string& path, const ServiceRequest& service) {
  uint32_t seen = 0;
  Quantities together;
  for (const TariffUsage& usage : service.by_tariff) {
    const uint32_t bit = 1U << static_cast<unsigned>(usage.side);
    bool fits = (seen & bit) == 0;
    seen |= bit;
    for (const KindQuantity& q : usage.used) {
      fits = fits && q.quantity >= 0 && q.quantity <= kQuantityMax &&
             AddQuantity(together, q.kind, q.quantity) &&
             QuantityOf(together, q.kind) <= QuantityOf(service.used, q.kind);
    }
    if (!fits) {
      return Invalid(Cat(path, ".used_service_unit.tariff_change_usage"),
                     "expected each side at most once, and parts of what was used");
    }
  }
  return {};
}

FormFault CheckService(const CreditControlRequest& request, const EngineOptions& options,
                       size_t index) {
  const ServiceRequest& service = request.services[index];
  const std::string path = Cat("multiple_services_credit_control[", index, "]");
  for (size_t other = 0; other < index; ++other) {
    if (request.services[other].rating_group == service.rating_group) {
      return Invalid(Cat(path, ".rating_group"),
                     Cat("is ", service.rating_group, ", which is there already"));
    }
  }
  const bool needs_model =
      request.type == RequestType::kInitial || request.type == RequestType::kEvent;
  if (needs_model && service.model.empty())
    return Missing(Cat(path, ".model"), "the model that is called");
  if (service.model.size() > static_cast<size_t>(kModelNameLengthMax)) {
    return Invalid(Cat(path, ".model"),
                   Cat("expected at most ", kModelNameLengthMax, " characters"));
  }
  if (request.type == RequestType::kInitial && service.has_used) {
    return Invalid(Cat(path, ".used_service_unit"),
                   "nothing can have been used before the initial request");
  }
  if (service.reason && !service.has_used && options.credit.strict_reasons) {
    return Invalid(Cat(path, ".reporting_reason"),
                   "belongs to a report of used units (TS 32.299 7.2.175)");
  }
  if (service.triggers != 0 && service.reason != ReportingReason::kRatingConditionChange &&
      options.credit.strict_reasons) {
    return Invalid(Cat(path, ".trigger"),
                   "belongs to a report with the reason of a rating condition change (TS 32.299 "
                   "7.2.235)");
  }
  FormFault fault = CheckQuantities(Cat(path, ".requested_service_unit"), service.requested);
  if (fault.code != ResultCode::kSuccess) return fault;
  fault = CheckQuantities(Cat(path, ".used_service_unit"), service.used);
  if (fault.code != ResultCode::kSuccess) return fault;
  fault = CheckSides(path, service);
  if (fault.code != ResultCode::kSuccess) return fault;
  return CheckCall(path, service);
}

FormFault CheckEvent(const CreditControlRequest& request) {
  const bool event = request.type == RequestType::kEvent;
  if (event && !request.action)
    return Missing("requested_action", "what the event is to do (RFC 8506 8.41)");
  if (!event && request.action) return Invalid("requested_action", "belongs to an event only");
  const bool refund = event && *request.action == RequestedAction::kRefundAccount;
  if (refund && request.refund_information.empty()) {
    return Missing("refund_information", "that of the answer to what is to be refunded");
  }
  if (!refund && !request.refund_information.empty())
    return Invalid("refund_information", "belongs to a refund only");
  const bool needs_service = request.type == RequestType::kInitial || (event && !refund);
  if (needs_service && request.services.empty()) {
    return Missing("multiple_services_credit_control", "at least one rating group");
  }
  if (refund && !request.services.empty()) {
    return Invalid("multiple_services_credit_control",
                   "a refund gives back all of a charge: expected none");
  }
  return {};
}

}  // namespace

FormFault CheckForm(const CreditControlRequest& request, const EngineOptions& options) {
  FormFault fault =
      CheckText("session_id", request.session_id, kSessionIdLengthMax, "the session's unique name");
  if (fault.code != ResultCode::kSuccess) return fault;
  if (!request.account.valid()) {
    if (request.account.value != 0) return Invalid("account_id", "is not an account id");
    fault = CheckText("subscription_id", request.subscriber.data, kIdentityLengthMax,
                      "the payer's identity");
    if (fault.code != ResultCode::kSuccess) return fault;
  }
  const std::string_view context = request.service_context_id;
  if (context.empty())
    return Missing("service_context_id", Cat(options.service_context, "@your domain"));
  if (context.substr(0, context.find('@')) != options.service_context) {
    return {ResultCode::kRatingFailed, "service_context_id",
            Cat("is not served here: expected ", options.service_context, "@your domain")};
  }
  fault = CheckDimensions(request);
  if (fault.code != ResultCode::kSuccess) return fault;
  fault = CheckEvent(request);
  if (fault.code != ResultCode::kSuccess) return fault;
  if (request.services.size() > static_cast<size_t>(kServicesPerRequestMax)) {
    return Invalid("multiple_services_credit_control",
                   Cat("has ", request.services.size(), " rating groups, expected at most ",
                       kServicesPerRequestMax));
  }
  size_t records = 0;
  for (const ServiceRequest& service : request.services) records += 1 + service.by_tariff.size();
  if (records > kRecordsPerEntry) {
    return Invalid("multiple_services_credit_control",
                   Cat("has ", records,
                       " rating groups and sides of tariff changes, expected at "
                       "most ",
                       kRecordsPerEntry));
  }
  for (size_t i = 0; i < request.services.size(); ++i) {
    fault = CheckService(request, options, i);
    if (fault.code != ResultCode::kSuccess) return fault;
  }
  return {};
}

}  // namespace ocs::engine
