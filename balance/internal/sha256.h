// SHA-256 by OpenSSL, which uses the processor's own instructions where it has them.

#ifndef BALANCE_INTERNAL_SHA256_H_
#define BALANCE_INTERNAL_SHA256_H_

#include <string_view>

namespace ocs::balance::internal {

/// Writes the 32 bytes of the digest to `digest`.
void Sha256(std::string_view bytes, char* digest);

}  // namespace ocs::balance::internal

#endif  // BALANCE_INTERNAL_SHA256_H_
