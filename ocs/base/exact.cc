#include "ocs/base/exact.h"

#include <limits>

#include "absl/numeric/int128.h"
#include "ocs/base/check.h"

namespace ocs {
namespace {

constexpr absl::int128 kMax64 = std::numeric_limits<int64_t>::max();
constexpr absl::int128 kMin64 = std::numeric_limits<int64_t>::min();

// absl's 128-bit division is a function call; most products fit 64 bits and divide in hardware.
bool ProductFits(int64_t a, int64_t b, int64_t add, int64_t* product) {
  return !__builtin_mul_overflow(a, b, product) && !__builtin_add_overflow(*product, add, product);
}

}  // namespace

std::optional<int64_t> MultiplyDivide(int64_t quantity, int64_t numerator, int64_t denominator,
                                      Rounding rounding) {
  OCS_CHECK(denominator > 0);
  int64_t small = 0;
  if (rounding != Rounding::kHalfEven && ProductFits(quantity, numerator, 0, &small)) {
    const int64_t toward_zero = small / denominator;
    const int64_t left = small % denominator;
    if (rounding == Rounding::kDown) return left < 0 ? toward_zero - 1 : toward_zero;
    return left > 0 ? toward_zero + 1 : toward_zero;
  }
  const absl::int128 product = absl::int128(quantity) * numerator;
  absl::int128 whole = product / denominator;
  absl::int128 rest = product % denominator;
  if (rest < 0) {  // Make it the floor.
    whole -= 1;
    rest += denominator;
  }
  if (rounding == Rounding::kUp && rest > 0) whole += 1;
  if (rounding == Rounding::kHalfEven) {
    const absl::int128 twice = rest * 2;
    if (twice > denominator || (twice == denominator && whole % 2 != 0)) whole += 1;
  }
  if (whole > kMax64 || whole < kMin64) return std::nullopt;
  return static_cast<int64_t>(whole);
}

std::optional<Division> MultiplyDivideCarry(int64_t quantity, int64_t numerator,
                                            int64_t denominator, int64_t carried) {
  OCS_CHECK(denominator > 0);
  OCS_CHECK(carried >= 0);
  OCS_CHECK(carried < denominator);
  OCS_CHECK(quantity >= 0);
  OCS_CHECK(numerator >= 0);
  int64_t product = 0;
  if (ProductFits(quantity, numerator, carried, &product)) {
    return Division{.whole = product / denominator, .remainder = product % denominator};
  }
  const absl::int128 wide = absl::int128(quantity) * numerator + carried;
  const absl::int128 whole = wide / denominator;
  if (whole > kMax64) return std::nullopt;
  return Division{.whole = static_cast<int64_t>(whole),
                  .remainder = static_cast<int64_t>(wide % denominator)};
}

int64_t LargestAffordable(int64_t budget, int64_t numerator, int64_t denominator, int64_t carried) {
  OCS_CHECK(denominator > 0);
  OCS_CHECK(carried >= 0);
  OCS_CHECK(carried < denominator);
  OCS_CHECK(numerator >= 0);
  if (budget < 0) return 0;
  if (numerator == 0) return std::numeric_limits<int64_t>::max();
  // floor((q*n + c) / d) <= b  <=>  q*n + c <= b*d + d - 1.
  const absl::int128 top = absl::int128(budget) * denominator + denominator - 1 - carried;
  const absl::int128 quantity = top / numerator;
  return quantity > kMax64 ? std::numeric_limits<int64_t>::max() : static_cast<int64_t>(quantity);
}

}  // namespace ocs
