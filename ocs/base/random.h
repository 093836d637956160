// Seeded random numbers for tests, generators and declared distributions: the same seed gives the
// same numbers for ever.

#ifndef OCS_BASE_RANDOM_H_
#define OCS_BASE_RANDOM_H_

#include <cstdint>

#include "ocs/base/check.h"

namespace ocs {

/// SplitMix64 (public domain algorithm): small, fast, equidistributed enough for tests. Not for
/// secrets. Thread-compatible.
class Random final {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    state_ += 0x9e3779b97f4a7c15ULL;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }

  /// A number in [0, bound). REQUIRES: bound > 0. The bias is below 2^-32 for bounds under 2^32.
  int64_t Below(int64_t bound) {
    OCS_CHECK(bound > 0);
    return static_cast<int64_t>(Next() % static_cast<uint64_t>(bound));
  }

  /// A number in [low, high]. REQUIRES: low <= high.
  int64_t Between(int64_t low, int64_t high) {
    OCS_CHECK(low <= high);
    // Through unsigned, so that the whole range has a width too (0 stands for 2^64).
    const uint64_t width = static_cast<uint64_t>(high) - static_cast<uint64_t>(low) + 1;
    const uint64_t step = width == 0 ? Next() : Next() % width;
    return static_cast<int64_t>(static_cast<uint64_t>(low) + step);
  }

  /// True once in `n` times on average. REQUIRES: n > 0.
  bool OneIn(int64_t n) { return Below(n) == 0; }

 private:
  uint64_t state_;
};

}  // namespace ocs

#endif  // OCS_BASE_RANDOM_H_
