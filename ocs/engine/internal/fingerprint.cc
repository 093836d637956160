// What makes two requests the same: hashes field by field, so that a conflict can name the field
// that differs.

#include <algorithm>
#include <array>
#include <iterator>
#include <string>

#include "ocs/base/bytes.h"
#include "ocs/base/hash.h"
#include "ocs/engine/internal/charging.h"

namespace ocs::engine {
namespace {

// The order is stored: only added to.
constexpr std::array<std::string_view, 20> kFields = {"cc_request_type",
                                                      "event_timestamp",
                                                      "service_context_id",
                                                      "requested_action",
                                                      "refund_information",
                                                      "rating_group",
                                                      "model",
                                                      "requested_service_unit",
                                                      "used_service_unit",
                                                      "product",
                                                      "scenario",
                                                      "region",
                                                      "channel",
                                                      "service_tier",
                                                      "served_model",
                                                      "prompt_tokens",
                                                      "tariff_change_usage",
                                                      "call_outcome",
                                                      "reporting_reason",
                                                      "g_s_u_pool_identifier"};

uint32_t Short(std::string_view bytes) { return static_cast<uint32_t>(StableHash64(bytes)); }
uint32_t ShortOrNone(std::string_view text) { return text.empty() ? 0 : Short(text); }

void PutSignedQuantities(const Quantities& quantities, ByteWriter& out) {
  out.Varint(quantities.size());
  for (const KindQuantity& q : quantities) {
    out.U8(static_cast<uint8_t>(q.kind));
    out.Signed(q.quantity);
  }
}

template <typename States, typename Put>
uint32_t ShortOfServices(const CreditControlRequest& request, States states, Put put) {
  if (std::none_of(request.services.begin(), request.services.end(), states)) return 0;
  std::string bytes;
  ByteWriter out(&bytes);
  for (const ServiceRequest& service : request.services) put(service, out);
  return Short(bytes);
}

// What many requests do not state. Fields that end the list with 0 are left out of it, so that a
// request without them has the fingerprint that it had before they existed.
void AppendOptional(const CreditControlRequest& request, balance::Fingerprint* fields) {
  const uint32_t optional[] = {
      ShortOrNone(request.product),
      ShortOrNone(request.scenario),
      ShortOrNone(request.region),
      ShortOrNone(request.channel),
      ShortOfServices(
          request, [](const auto& s) { return !s.service_tier.empty(); },
          [](const auto& s, ByteWriter& out) { out.Text(s.service_tier); }),
      ShortOfServices(
          request, [](const auto& s) { return !s.served_model.empty(); },
          [](const auto& s, ByteWriter& out) { out.Text(s.served_model); }),
      ShortOfServices(
          request, [](const auto& s) { return s.prompt_tokens.has_value(); },
          [](const auto& s, ByteWriter& out) { out.Signed(s.prompt_tokens.value_or(-1)); }),
      ShortOfServices(
          request, [](const auto& s) { return !s.by_tariff.empty(); },
          [](const auto& s, ByteWriter& out) {
            out.Varint(s.by_tariff.size());
            for (const TariffUsage& usage : s.by_tariff) {
              out.U8(static_cast<uint8_t>(usage.side));
              PutSignedQuantities(usage.used, out);
            }
          }),
      ShortOfServices(
          request, [](const auto& s) { return s.outcome != CallOutcome::kCompleted; },
          [](const auto& s, ByteWriter& out) { out.U8(static_cast<uint8_t>(s.outcome)); }),
      ShortOfServices(
          request, [](const auto& s) { return s.reason.has_value(); },
          [](const auto& s, ByteWriter& out) {
            out.U8(s.reason ? static_cast<uint8_t>(static_cast<uint8_t>(*s.reason) + 1)
                            : uint8_t{0});
          }),
      ShortOfServices(
          request, [](const auto& s) { return s.pool != 0; },
          [](const auto& s, ByteWriter& out) { out.Varint(s.pool); })};
  size_t count = std::size(optional);
  while (count > 0 && optional[count - 1] == 0) --count;
  fields->insert(fields->end(), optional, optional + count);
}

}  // namespace

std::string_view FingerprintFieldName(size_t index) {
  return index < kFields.size() ? kFields[index] : "";
}

balance::Fingerprint FingerprintOf(const CreditControlRequest& request) {
  balance::Fingerprint fields;
  fields.push_back(static_cast<uint32_t>(request.type));
  const Instant at = request.event_time.value_or(Instant{-1});
  fields.push_back(static_cast<uint32_t>(at.unix_ms ^ (at.unix_ms >> 32)));
  fields.push_back(Short(request.service_context_id));
  fields.push_back(request.action ? static_cast<uint32_t>(*request.action) + 1 : 0);
  fields.push_back(request.refund_information.empty() ? 0 : Short(request.refund_information));
  std::string groups;
  std::string models;
  std::string requested;
  std::string used;
  ByteWriter groups_out(&groups);
  ByteWriter models_out(&models);
  ByteWriter requested_out(&requested);
  ByteWriter used_out(&used);
  for (const ServiceRequest& service : request.services) {
    groups_out.Varint(service.rating_group);
    models_out.Text(service.model);
    requested_out.U8(service.requests_quota ? 1 : 0);
    PutSignedQuantities(service.requested, requested_out);
    used_out.U8(static_cast<uint8_t>((service.has_used ? 1 : 0) | (service.estimated ? 2 : 0)));
    PutSignedQuantities(service.used, used_out);
  }
  for (const std::string* bytes : {&groups, &models, &requested, &used})
    fields.push_back(Short(*bytes));
  AppendOptional(request, &fields);
  return fields;
}

std::optional<size_t> DifferingField(const balance::Fingerprint& a, const balance::Fingerprint& b) {
  for (size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    if ((i < a.size() ? a[i] : 0) != (i < b.size() ? b[i] : 0)) return i;
  }
  return std::nullopt;
}

}  // namespace ocs::engine
