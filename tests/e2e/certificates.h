// Certificates of a test's own, made with OpenSSL: an authority and what it signs.

#ifndef TESTS_E2E_CERTIFICATES_H_
#define TESTS_E2E_CERTIFICATES_H_

#include <memory>
#include <string>

namespace ocs::e2e {

/// PEM.
struct Certificate {
  std::string certificate;
  std::string key;
};

enum class Validity { kNow, kExpired };

/// Signs certificates for 127.0.0.1 and localhost. Thread-compatible.
class Authority final {
 public:
  explicit Authority(const std::string& name);
  ~Authority();

  const std::string& certificate() const { return certificate_; }
  /// A certificate of that common name, of the organization "Some Telecom".
  Certificate Sign(const std::string& common_name, Validity validity = Validity::kNow) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::string certificate_;
};

}  // namespace ocs::e2e

#endif  // TESTS_E2E_CERTIFICATES_H_
