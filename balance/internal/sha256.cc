#include "balance/internal/sha256.h"

#include <openssl/sha.h>

namespace ocs::balance::internal {

void Sha256(std::string_view bytes, char* digest) {
  // The one-call form cannot fail and is not among OpenSSL 3's deprecated ones.
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
         reinterpret_cast<unsigned char*>(digest));
}

}  // namespace ocs::balance::internal
