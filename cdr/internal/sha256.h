// SHA-256 by OpenSSL, in hexadecimal digits, as `sha256sum` prints it.

#ifndef CDR_INTERNAL_SHA256_H_
#define CDR_INTERNAL_SHA256_H_

#include <string>
#include <string_view>

namespace ocs::cdr::internal {

/// 64 lower-case digits.
std::string Sha256Hex(std::string_view bytes);

}  // namespace ocs::cdr::internal

#endif  // CDR_INTERNAL_SHA256_H_
