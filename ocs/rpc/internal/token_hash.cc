#include "ocs/rpc/internal/token_hash.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

namespace ocs::rpc::internal {

TokenHash HashToken(std::string_view token) {
  TokenHash hash;
  SHA256(reinterpret_cast<const uint8_t*>(token.data()), token.size(), hash.data());
  return hash;
}

bool SameSecret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace ocs::rpc::internal
