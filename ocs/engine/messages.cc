#include "ocs/engine/messages.h"

#include "ocs/base/bytes.h"
#include "ocs/base/limits.h"

namespace ocs::engine {
namespace {

constexpr uint8_t kAnswerVersion = 1;

// Flags of an answer and of a service, so that what is absent takes no bytes.
enum AnswerFlag : uint8_t {
  kHasCost = 1,
  kHasCheck = 2,
  kHasRefund = 4,
  kHasFault = 8,
  kHasCalls = 16
};
enum ServiceFlag : uint8_t {
  kHasGrant = 1,
  kHasFinal = 2,
  kHasCharge = 4,
  kOvershoot = 8,
  kServiceFault = 16,
  kHasEnd = 32,
  kHasMore = 64,
};
// What not every grant has: a varint of these bits, then each field whose bit is set.
enum MoreBit : uint8_t {
  kMoreValidity = 1,  // Of a restricted state: there is no grant that it could stand with.
  kMoreRedirect = 2,
  kMoreFilters = 4,
  kMoreTariff = 8,
  kMorePool = 16,
  kMoreThreshold = 32,
  kMoreSafe = 64,
  kMoreFurther = 128,  // A byte of FurtherBit and what it says follow the rest.
};
enum FurtherBit : uint8_t {
  kFurtherHolding = 1,
  kFurtherTriggers = 2,
  kFurtherKnown = 3,
};

constexpr std::string_view kStateNames[] = {"",        "proposed", "expired", "rejected",
                                            "pending", "in force", "past",    "cancelled"};

void PutQuantities(const Quantities& quantities, ByteWriter& out) {
  out.Varint(quantities.size());
  for (const KindQuantity& q : quantities) {
    out.U8(static_cast<uint8_t>(q.kind));
    out.Varint(static_cast<uint64_t>(q.quantity));
  }
}

bool GetQuantities(ByteReader& in, Quantities* quantities) {
  const uint64_t count = in.Varint();
  if (!in.ok() || count > kTokenKindCount) return false;
  for (uint64_t i = 0; i < count; ++i) {
    const uint8_t kind = in.U8();
    if (kind >= kTokenKindCount) return false;
    quantities->push_back(
        {.kind = static_cast<TokenKind>(kind), .quantity = static_cast<int64_t>(in.Varint())});
  }
  return in.ok();
}

void EncodeEnd(const EndOfUnits& end, ByteWriter& out) {
  out.U8(static_cast<uint8_t>(end.at_end));
  out.Text(end.limited_by);
  out.Text(end.node);
  out.Signed(end.retry_at.unix_ms);
  out.Text(end.fallback_model);
  out.Text(end.next_price);
  out.Varint(end.rates.size());
  for (const ThrottleRate& rate : end.rates) {
    out.Signed(rate.amount);
    out.Text(rate.unit.code());
    out.Signed(rate.window_ms);
  }
}

bool DecodeEnd(ByteReader& in, EndOfUnits* end) {
  const uint8_t at_end = in.U8();
  if (at_end > static_cast<uint8_t>(rating::AtEnd::kBuyNext)) return false;
  end->at_end = static_cast<rating::AtEnd>(at_end);
  end->limited_by = in.Text();
  end->node = in.Text();
  end->retry_at.unix_ms = in.Signed();
  end->fallback_model = in.Text();
  end->next_price = in.Text();
  const uint64_t rates = in.Varint();
  if (!in.ok() || rates > in.remaining()) return false;
  for (uint64_t i = 0; i < rates; ++i) {
    ThrottleRate& rate = end->rates.emplace_back();
    rate.amount = in.Signed();
    const auto unit = Unit::Parse(in.Text());
    if (!unit.ok()) return false;
    rate.unit = *unit;
    rate.window_ms = in.Signed();
  }
  return in.ok();
}

uint8_t MoreOf(const ServiceAnswer& service) {
  const auto bit = [](bool is, MoreBit value) { return is ? static_cast<int>(value) : 0; };
  return static_cast<uint8_t>(
      bit(!service.has_grant && service.validity_seconds != 0, kMoreValidity) |
      bit(!service.redirect_to.empty(), kMoreRedirect) |
      bit(!service.filters.empty(), kMoreFilters) |
      bit(service.tariff_changes_at != Instant::Never(), kMoreTariff) |
      bit(!service.pool.empty(), kMorePool) | bit(service.threshold_tokens != 0, kMoreThreshold) |
      bit(service.output_tokens_safe >= 0, kMoreSafe) |
      bit(service.quota_holding_seconds >= 0 || service.triggers != 0, kMoreFurther));
}

void EncodeFurther(const ServiceAnswer& service, ByteWriter& out) {
  const bool holding = service.quota_holding_seconds >= 0;
  out.U8(static_cast<uint8_t>((holding ? kFurtherHolding : 0) |
                              (service.triggers != 0 ? kFurtherTriggers : 0)));
  if (holding) out.Varint(static_cast<uint64_t>(service.quota_holding_seconds));
  if (service.triggers != 0) out.U8(service.triggers);
}

bool DecodeFurther(ByteReader& in, ServiceAnswer* service) {
  const uint8_t further = in.U8();
  if (!in.ok() || further == 0 || (further & ~kFurtherKnown) != 0) return false;
  if ((further & kFurtherHolding) != 0)
    service->quota_holding_seconds = static_cast<int32_t>(in.Varint());
  if ((further & kFurtherTriggers) != 0) service->triggers = in.U8();
  return in.ok();
}

void EncodeMore(const ServiceAnswer& service, uint8_t more, ByteWriter& out) {
  out.U8(more);
  if ((more & kMoreValidity) != 0) out.Varint(service.validity_seconds);
  if ((more & kMoreRedirect) != 0) out.Text(service.redirect_to);
  if ((more & kMoreFilters) != 0) {
    out.Varint(service.filters.size());
    for (const std::string& filter : service.filters) out.Text(filter);
  }
  if ((more & kMoreTariff) != 0) out.Signed(service.tariff_changes_at.unix_ms);
  if ((more & kMorePool) != 0) {
    out.Varint(service.pool.size());
    for (const PoolReference& reference : service.pool) {
      out.Varint(reference.pool);
      out.U8(static_cast<uint8_t>(reference.kind));
      out.Signed(reference.value_digits);
      out.Signed(reference.exponent);
    }
  }
  if ((more & kMoreThreshold) != 0) out.Signed(service.threshold_tokens);
  if ((more & kMoreSafe) != 0) out.Signed(service.output_tokens_safe);
  if ((more & kMoreFurther) != 0) EncodeFurther(service, out);
}

bool DecodeMore(ByteReader& in, ServiceAnswer* service) {
  const uint8_t more = in.U8();
  if (!in.ok()) return false;
  if ((more & kMoreValidity) != 0) service->validity_seconds = static_cast<uint32_t>(in.Varint());
  if ((more & kMoreRedirect) != 0) service->redirect_to = in.Text();
  if ((more & kMoreFilters) != 0) {
    const uint64_t filters = in.Varint();
    if (!in.ok() || filters > in.remaining()) return false;
    for (uint64_t i = 0; i < filters; ++i) service->filters.emplace_back(in.Text());
  }
  if ((more & kMoreTariff) != 0) service->tariff_changes_at.unix_ms = in.Signed();
  if ((more & kMorePool) != 0) {
    const uint64_t references = in.Varint();
    if (!in.ok() || references > kTokenKindCount) return false;
    for (uint64_t i = 0; i < references; ++i) {
      PoolReference& reference = service->pool.emplace_back();
      reference.pool = static_cast<uint32_t>(in.Varint());
      const uint8_t kind = in.U8();
      if (kind >= kTokenKindCount) return false;
      reference.kind = static_cast<TokenKind>(kind);
      reference.value_digits = in.Signed();
      reference.exponent = static_cast<int32_t>(in.Signed());
    }
  }
  if ((more & kMoreThreshold) != 0) service->threshold_tokens = in.Signed();
  if ((more & kMoreSafe) != 0) service->output_tokens_safe = in.Signed();
  if ((more & kMoreFurther) != 0 && !DecodeFurther(in, service)) return false;
  return in.ok();
}

void EncodeService(const ServiceAnswer& service, ByteWriter& out) {
  const bool fault = !service.failed_field.empty() || !service.message.empty();
  const bool charge = service.charged_micros != 0 || service.drawn != 0;
  const uint8_t more = MoreOf(service);
  out.Varint(service.rating_group);
  out.Varint(static_cast<uint64_t>(service.code));
  out.U8(static_cast<uint8_t>((service.has_grant ? kHasGrant : 0) |
                              (service.final_unit ? kHasFinal : 0) | (charge ? kHasCharge : 0) |
                              (service.overshoot ? kOvershoot : 0) | (fault ? kServiceFault : 0) |
                              (service.end ? kHasEnd : 0) | (more != 0 ? kHasMore : 0)));
  if (service.has_grant) {
    PutQuantities(service.granted, out);
    out.Varint(service.validity_seconds);
  }
  if (service.final_unit) out.U8(static_cast<uint8_t>(*service.final_unit));
  if (charge) {
    out.Signed(service.charged_micros);
    out.Signed(service.drawn);
  }
  if (fault) {
    out.Text(service.failed_field);
    out.Text(service.message);
  }
  if (service.end) EncodeEnd(*service.end, out);
  if (more != 0) EncodeMore(service, more, out);
}

bool DecodeService(ByteReader& in, ServiceAnswer* service) {
  service->rating_group = static_cast<uint32_t>(in.Varint());
  service->code = static_cast<ResultCode>(in.Varint());
  const uint8_t flags = in.U8();
  service->has_grant = (flags & kHasGrant) != 0;
  service->overshoot = (flags & kOvershoot) != 0;
  if (service->has_grant) {
    if (!GetQuantities(in, &service->granted)) return false;
    service->validity_seconds = static_cast<uint32_t>(in.Varint());
  }
  if ((flags & kHasFinal) != 0) service->final_unit = static_cast<FinalUnitAction>(in.U8());
  if ((flags & kHasCharge) != 0) {
    service->charged_micros = in.Signed();
    service->drawn = in.Signed();
  }
  if ((flags & kServiceFault) != 0) {
    service->failed_field = in.Text();
    service->message = in.Text();
  }
  if ((flags & kHasEnd) != 0 && !DecodeEnd(in, &service->end.emplace())) return false;
  if ((flags & kHasMore) != 0 && !DecodeMore(in, service)) return false;
  return in.ok();
}

}  // namespace

std::string_view ResultCodeName(ResultCode code) {
  switch (code) {
    case ResultCode::kSuccess:
      return "DIAMETER_SUCCESS";
    case ResultCode::kEndUserServiceDenied:
      return "DIAMETER_END_USER_SERVICE_DENIED";
    case ResultCode::kCreditControlNotApplicable:
      return "DIAMETER_CREDIT_CONTROL_NOT_APPLICABLE";
    case ResultCode::kCreditLimitReached:
      return "DIAMETER_CREDIT_LIMIT_REACHED";
    case ResultCode::kUnknownSessionId:
      return "DIAMETER_UNKNOWN_SESSION_ID";
    case ResultCode::kInvalidAvpValue:
      return "DIAMETER_INVALID_AVP_VALUE";
    case ResultCode::kMissingAvp:
      return "DIAMETER_MISSING_AVP";
    case ResultCode::kUnableToComply:
      return "DIAMETER_UNABLE_TO_COMPLY";
    case ResultCode::kUserUnknown:
      return "DIAMETER_USER_UNKNOWN";
    case ResultCode::kRatingFailed:
      return "DIAMETER_RATING_FAILED";
  }
  return "DIAMETER_UNKNOWN";
}

void EncodeAnswer(const CreditControlAnswer& answer, std::string* bytes) {
  ByteWriter out(bytes);
  const bool fault = !answer.failed_field.empty() || !answer.message.empty();
  out.U8(kAnswerVersion);
  out.Varint(static_cast<uint64_t>(answer.code));
  out.U8(static_cast<uint8_t>(answer.type));
  out.Varint(answer.number);
  out.U8(static_cast<uint8_t>(
      (answer.has_cost ? kHasCost : 0) | (answer.check_balance ? kHasCheck : 0) |
      (answer.refund_information.empty() ? 0 : kHasRefund) | (fault ? kHasFault : 0) |
      (answer.calls_affordable != 0 ? kHasCalls : 0)));
  out.Text(answer.currency.code());
  out.Varint(answer.tariff_revision);
  if (answer.has_cost) out.Signed(answer.cost_micros);
  if (answer.check_balance) out.U8(static_cast<uint8_t>(*answer.check_balance));
  if (!answer.refund_information.empty()) out.Text(answer.refund_information);
  if (fault) {
    out.Text(answer.failed_field);
    out.Text(answer.message);
  }
  if (answer.calls_affordable != 0) out.Signed(answer.calls_affordable);
  out.Varint(answer.services.size());
  for (const ServiceAnswer& service : answer.services) EncodeService(service, out);
}

bool DecodeAnswer(std::string_view bytes, CreditControlAnswer* answer) {
  ByteReader in(bytes);
  if (in.U8() != kAnswerVersion) return false;
  answer->code = static_cast<ResultCode>(in.Varint());
  answer->type = static_cast<RequestType>(in.U8());
  answer->number = static_cast<uint32_t>(in.Varint());
  const uint8_t flags = in.U8();
  const std::string_view currency = in.Text();
  if (!currency.empty()) {
    const auto unit = Unit::Parse(currency);
    if (!unit.ok()) return false;
    answer->currency = *unit;
  }
  answer->tariff_revision = static_cast<uint32_t>(in.Varint());
  answer->has_cost = (flags & kHasCost) != 0;
  if (answer->has_cost) answer->cost_micros = in.Signed();
  if ((flags & kHasCheck) != 0) answer->check_balance = static_cast<CheckBalanceResult>(in.U8());
  if ((flags & kHasRefund) != 0) answer->refund_information = in.Text();
  if ((flags & kHasFault) != 0) {
    answer->failed_field = in.Text();
    answer->message = in.Text();
  }
  if ((flags & kHasCalls) != 0) answer->calls_affordable = in.Signed();
  const uint64_t services = in.Varint();
  if (!in.ok() || services > kServicesPerRequestMax) return false;
  for (uint64_t i = 0; i < services; ++i) {
    if (!DecodeService(in, &answer->services.emplace_back())) return false;
  }
  return in.ok() && in.done();
}

std::string_view RevisionStateName(RevisionState state) {
  return kStateNames[static_cast<size_t>(state)];
}

}  // namespace ocs::engine
