// SHA-256 in hexadecimal digits, of a whole or of what comes in pieces.

#ifndef OCS_SIMULATION_INTERNAL_SHA256_H_
#define OCS_SIMULATION_INTERNAL_SHA256_H_

#include <memory>
#include <string>
#include <string_view>

namespace ocs::simulation::internal {

/// 64 lower-case digits.
std::string Sha256Hex(std::string_view bytes);

/// Thread-compatible.
class Sha256Sum final {
 public:
  Sha256Sum();
  ~Sha256Sum();
  Sha256Sum(const Sha256Sum&) = delete;
  Sha256Sum& operator=(const Sha256Sum&) = delete;

  void Add(std::string_view bytes);
  std::string Hex() const;  ///< Of what was added so far.

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ocs::simulation::internal

#endif  // OCS_SIMULATION_INTERNAL_SHA256_H_
