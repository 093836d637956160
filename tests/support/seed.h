// The seed of a property test: fixed, so that a run is repeatable, unless OCS_SEED says another.

#ifndef TESTS_SUPPORT_SEED_H_
#define TESTS_SUPPORT_SEED_H_

#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/numbers.h"
#include "ocs/base/check.h"
#include "ocs/base/random.h"

namespace ocs::testing {

inline std::string RandomBytes(Random& random, size_t size) {
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random.Next());
  return bytes;
}

/// The number in OCS_SEED, else `fixed`. A value that is not a number stops the program: a replay
/// that silently used another seed would lie.
inline uint64_t Seed(uint64_t fixed) {
  const char* text = std::getenv("OCS_SEED");
  if (text == nullptr) return fixed;
  uint64_t seed = 0;
  OCS_CHECK(absl::SimpleAtoi(text, &seed));
  return seed;
}

/// The line that a failing test shows: how to run it again.
inline std::string SeedNote(uint64_t seed) {
  return "replay with OCS_SEED=" + std::to_string(seed) + " tools/dev test";
}

}  // namespace ocs::testing

/// Declares the Random `name`; a failure in the same scope prints its seed.
/// Needs tests/support/catch.h and ocs/base/random.h.
#define OCS_SEEDED_RANDOM(name, fixed)                      \
  const uint64_t name##_seed = ::ocs::testing::Seed(fixed); \
  INFO(::ocs::testing::SeedNote(name##_seed));              \
  ::ocs::Random name(name##_seed)

#endif  // TESTS_SUPPORT_SEED_H_
