// Exact non-negative ratios of 64-bit integers, always reduced. Overflow is nothing, never a wrap.

#ifndef RATING_INTERNAL_RATIO_H_
#define RATING_INTERNAL_RATIO_H_

#include <cstdint>
#include <optional>
#include <string>

#include "rating/catalogue.h"

namespace ocs::rating::internal {

/// numerator / denominator, reduced. REQUIRES: numerator >= 0, denominator > 0.
Ratio MakeRatio(int64_t numerator, int64_t denominator);

/// a * b reduced, or nothing when it does not fit. REQUIRES: both are stated.
std::optional<Ratio> Multiply(const Ratio& a, const Ratio& b);

/// a / b reduced, or nothing when it does not fit. REQUIRES: both are stated, b is not 0.
std::optional<Ratio> Divide(const Ratio& a, const Ratio& b);

/// REQUIRES: both are stated.
bool IsLess(const Ratio& a, const Ratio& b);

/// "0.27", "1/3": as a decimal where it comes out even in at most 12 decimals, else as a fraction.
std::string FormatRatio(const Ratio& ratio);
/// The decimal, or nothing where there is none of at most 12 decimals.
std::optional<std::string> FormatDecimal(const Ratio& ratio);

}  // namespace ocs::rating::internal

#endif  // RATING_INTERNAL_RATIO_H_
