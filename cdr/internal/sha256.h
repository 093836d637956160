// SHA-256 by OpenSSL, in hexadecimal digits, as `sha256sum` prints it.

#ifndef CDR_INTERNAL_SHA256_H_
#define CDR_INTERNAL_SHA256_H_

#include <memory>
#include <string>
#include <string_view>

namespace ocs::cdr::internal {

/// 64 lower-case digits.
std::string Sha256Hex(std::string_view bytes);

/// The same of bytes that come in pieces. Thread-compatible.
class Sha256Stream final {
 public:
  Sha256Stream();
  ~Sha256Stream();
  Sha256Stream(const Sha256Stream&) = delete;
  Sha256Stream& operator=(const Sha256Stream&) = delete;

  void Add(std::string_view bytes);
  /// REQUIRES: called once, and nothing is added after it.
  std::string Hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ocs::cdr::internal

#endif  // CDR_INTERNAL_SHA256_H_
