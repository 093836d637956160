// The ends of 64 bits.

#ifndef TESTS_BASE_ENDS_H_
#define TESTS_BASE_ENDS_H_

#include <cstdint>
#include <limits>

namespace ocs {

inline constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
inline constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

}  // namespace ocs

#endif  // TESTS_BASE_ENDS_H_
