// SHA-256 of bearer tokens, and comparing what must not tell by its time where it differs.

#ifndef OCS_RPC_INTERNAL_TOKEN_HASH_H_
#define OCS_RPC_INTERNAL_TOKEN_HASH_H_

#include <array>
#include <cstdint>
#include <string_view>

namespace ocs::rpc::internal {

using TokenHash = std::array<uint8_t, 32>;

TokenHash HashToken(std::string_view token);

/// True when both have the same bytes. Takes as long wherever they differ.
bool SameSecret(std::string_view a, std::string_view b);

}  // namespace ocs::rpc::internal

#endif  // OCS_RPC_INTERNAL_TOKEN_HASH_H_
