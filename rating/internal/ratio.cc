#include "rating/internal/ratio.h"

#include <numeric>

#include "absl/numeric/int128.h"
#include "ocs/base/check.h"
#include "ocs/base/exact.h"
#include "ocs/base/text.h"

namespace ocs::rating::internal {

Ratio MakeRatio(int64_t numerator, int64_t denominator) {
  OCS_CHECK(numerator >= 0);
  OCS_CHECK(denominator > 0);
  const int64_t divisor = std::gcd(numerator, denominator);
  return Ratio{.numerator = numerator / divisor, .denominator = denominator / divisor};
}

std::optional<Ratio> Multiply(const Ratio& a, const Ratio& b) {
  OCS_CHECK(a.stated());
  OCS_CHECK(b.stated());
  if (a.numerator == 0 || b.numerator == 0) return Ratio{.numerator = 0, .denominator = 1};
  // Reduced crosswise first, the products are reduced too and overflow only when the result does.
  const int64_t left = std::gcd(a.numerator, b.denominator);
  const int64_t right = std::gcd(b.numerator, a.denominator);
  const auto numerator = MultiplyExact(a.numerator / left, b.numerator / right);
  const auto denominator = MultiplyExact(a.denominator / right, b.denominator / left);
  if (!numerator || !denominator) return std::nullopt;
  return Ratio{.numerator = *numerator, .denominator = *denominator};
}

std::optional<Ratio> Divide(const Ratio& a, const Ratio& b) {
  OCS_CHECK(b.numerator > 0);
  return Multiply(a, Ratio{.numerator = b.denominator, .denominator = b.numerator});
}

bool IsLess(const Ratio& a, const Ratio& b) {
  return absl::int128(a.numerator) * b.denominator < absl::int128(b.numerator) * a.denominator;
}

std::optional<std::string> FormatDecimal(const Ratio& ratio) {
  constexpr int kDecimalsMax = 12;
  OCS_CHECK(ratio.stated());
  int64_t scale = 1;
  for (int decimals = 0; decimals <= kDecimalsMax; ++decimals, scale *= 10) {
    if (scale % ratio.denominator != 0) continue;
    const auto digits = MultiplyExact(ratio.numerator, scale / ratio.denominator);
    if (!digits) return std::nullopt;
    std::string text = std::to_string(*digits);
    if (decimals == 0) return text;
    const auto point = static_cast<size_t>(decimals);
    if (text.size() <= point) text.insert(0, point + 1 - text.size(), '0');
    return text.insert(text.size() - point, ".");
  }
  return std::nullopt;
}

std::string FormatRatio(const Ratio& ratio) {
  const auto decimal = FormatDecimal(ratio);
  return decimal ? *decimal : Cat(ratio.numerator, "/", ratio.denominator);
}

}  // namespace ocs::rating::internal
