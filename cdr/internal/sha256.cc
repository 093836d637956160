#include "cdr/internal/sha256.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>

#include "absl/strings/escaping.h"
#include "ocs/base/check.h"

namespace ocs::cdr::internal {

std::string Sha256Hex(std::string_view bytes) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest = {};
  // The one-call form cannot fail and is not among OpenSSL 3's deprecated ones.
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

struct Sha256Stream::State {
  EVP_MD_CTX* context = nullptr;
};

Sha256Stream::Sha256Stream() : state_(std::make_unique<State>()) {
  state_->context = ::EVP_MD_CTX_new();
  OCS_CHECK(state_->context != nullptr);
  OCS_CHECK(::EVP_DigestInit_ex(state_->context, ::EVP_sha256(), nullptr) == 1);
}

Sha256Stream::~Sha256Stream() { ::EVP_MD_CTX_free(state_->context); }

void Sha256Stream::Add(std::string_view bytes) {
  OCS_CHECK(::EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1);
}

std::string Sha256Stream::Hex() {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest = {};
  OCS_CHECK(::EVP_DigestFinal_ex(state_->context, digest.data(), nullptr) == 1);
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

}  // namespace ocs::cdr::internal
