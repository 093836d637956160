// What all services share, between its wire form and the house's types.

#ifndef OCS_RPC_INTERNAL_TYPE_TRANSLATION_H_
#define OCS_RPC_INTERNAL_TYPE_TRANSLATION_H_

#include <optional>
#include <string>

#include "google/protobuf/repeated_field.h"
#include "ocs/base/ids.h"
#include "ocs/base/quantity.h"
#include "ocs/engine/messages.h"
#include "ocs/engine/operation.h"
#include "ocs/rpc/internal/status.h"
#include "ocs/type/v1/type.pb.h"

namespace ocs::rpc::internal {

namespace wire = ::ocs::type::v1;

inline wire::TokenKind ToWire(TokenKind kind) {
  return static_cast<wire::TokenKind>(static_cast<int>(kind) + 1);
}

/// The kind, or nothing when the number names none.
inline std::optional<TokenKind> FromWire(wire::TokenKind kind) {
  const int number = static_cast<int>(kind);
  if (number < 1 || number > kTokenKindCount) return std::nullopt;
  return static_cast<TokenKind>(number - 1);
}

inline wire::SubscriptionIdType ToWire(engine::IdentityType type) {
  return static_cast<wire::SubscriptionIdType>(static_cast<int>(type) + 1);
}

/// The type, or nothing when the number names none.
inline std::optional<engine::IdentityType> FromWire(wire::SubscriptionIdType type) {
  if (type < wire::END_USER_E164 || type > wire::END_USER_PRIVATE) return std::nullopt;
  return static_cast<engine::IdentityType>(static_cast<int>(type) - 1);
}

inline void ToWire(const Position& position, wire::JournalPosition* out) {
  out->set_group(position.group);
  out->set_index(position.index);
}
inline Position FromWire(const wire::JournalPosition& position) {
  return {position.group(), position.index()};
}

void ToWire(const Quantities& quantities,
            google::protobuf::RepeatedPtrField<wire::TokenQuantity>* out);

/// Fills the change. Faults: the key is missing or too long; actor or reason are too long.
std::optional<FieldFault> FromWire(const wire::Change& in, engine::Change* out);

/// Fills type and data of an identity that must be there. `field` is its path.
std::optional<FieldFault> FromWire(const wire::SubscriptionId& in, const std::string& field,
                                   engine::IdentityType* type, std::string* data);

}  // namespace ocs::rpc::internal

#endif  // OCS_RPC_INTERNAL_TYPE_TRANSLATION_H_
