#include "ocs/rpc/internal/type_translation.h"

#include "absl/strings/str_cat.h"
#include "ocs/base/limits.h"

namespace ocs::rpc::internal {

static_assert(wire::TokenKind_MAX == kTokenKindCount, "every kind has its number on the wire");

void ToWire(const Quantities& quantities,
            google::protobuf::RepeatedPtrField<wire::TokenQuantity>* out) {
  for (const KindQuantity& item : quantities) {
    wire::TokenQuantity* added = out->Add();
    added->set_token_kind(ToWire(item.kind));
    added->set_quantity(item.quantity);
  }
}

std::optional<FieldFault> FromWire(const wire::Change& in, engine::Change* out) {
  if (in.idempotency_key().empty()) {
    return FieldFault{"change.idempotency_key", "is missing; a repeat is known by it"};
  }
  auto fault =
      CheckLength("change.idempotency_key", in.idempotency_key(), kIdempotencyKeyLengthMax);
  if (!fault) fault = CheckLength("change.actor", in.actor(), kActorLengthMax);
  if (!fault) fault = CheckLength("change.reason", in.reason(), kReasonLengthMax);
  if (fault) return fault;
  out->key = in.idempotency_key();
  out->actor = in.actor();
  out->reason = in.reason();
  return std::nullopt;
}

std::optional<FieldFault> FromWire(const wire::SubscriptionId& in, const std::string& field,
                                   engine::IdentityType* type, std::string* data) {
  const auto known = FromWire(in.subscription_id_type());
  if (!known) {
    return FieldFault{absl::StrCat(field, ".subscription_id_type"),
                      absl::StrCat("is ", in.subscription_id_type(), "; expected 1 to 5")};
  }
  const std::string data_field = absl::StrCat(field, ".subscription_id_data");
  if (in.subscription_id_data().empty()) return FieldFault{data_field, "is missing"};
  if (auto fault = CheckLength(data_field, in.subscription_id_data(), kIdentityLengthMax)) {
    return fault;
  }
  *type = *known;
  *data = in.subscription_id_data();
  return std::nullopt;
}

}  // namespace ocs::rpc::internal
