// What makes two requests the same: hashes field by field, so that a conflict can name the field
// that differs.

#include <array>
#include <string>

#include "ocs/base/bytes.h"
#include "ocs/base/hash.h"
#include "ocs/engine/internal/charging.h"

namespace ocs::engine {
namespace {

constexpr std::array<std::string_view, 9> kFields = {"cc_request_type",
                                                     "event_timestamp",
                                                     "service_context_id",
                                                     "requested_action",
                                                     "refund_information",
                                                     "rating_group",
                                                     "model",
                                                     "requested_service_unit",
                                                     "used_service_unit"};

uint32_t Short(std::string_view bytes) { return static_cast<uint32_t>(StableHash64(bytes)); }

void PutQuantities(const Quantities& quantities, ByteWriter& out) {
  out.Varint(quantities.size());
  for (const KindQuantity& q : quantities) {
    out.U8(static_cast<uint8_t>(q.kind));
    out.Signed(q.quantity);
  }
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
    PutQuantities(service.requested, requested_out);
    used_out.U8(static_cast<uint8_t>((service.has_used ? 1 : 0) | (service.estimated ? 2 : 0)));
    PutQuantities(service.used, used_out);
  }
  for (const std::string* bytes : {&groups, &models, &requested, &used})
    fields.push_back(Short(*bytes));
  return fields;
}

}  // namespace ocs::engine
