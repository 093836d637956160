// What a quantity costs at a rate and what money buys at it: small, inlined, exact.

#ifndef RATING_INTERNAL_RATE_MATH_H_
#define RATING_INTERNAL_RATE_MATH_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>

#include "absl/container/inlined_vector.h"
#include "ocs/base/exact.h"
#include "rating/rater.h"
#include "rating/tariff.h"

namespace ocs::rating::internal {

inline constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
inline constexpr size_t kPotsMax = 255;

/// Something for each pot. Inline for the pots of a usual account.
template <typename T>
using PerPot = absl::InlinedVector<T, 8>;

/// The rate of a kind where no counter is asked: the row's, else the first tier's.
inline const Rate& BaseRate(const Pot& pot, TokenKind kind) {
  const Rate& rate = pot.row->of(kind);
  if (rate.sold() || pot.shape == nullptr || pot.shape->tiers.empty()) return rate;
  return pot.shape->tiers.front().rates[static_cast<size_t>(kind)];
}

inline bool IsSold(TokenKind kind, std::span<const Pot> pots) {
  return std::any_of(pots.begin(), pots.end(),
                     [kind](const Pot& pot) { return BaseRate(pot, kind).sold(); });
}

/// Where the account has what it carries on the rate's line; the number of carries: nowhere.
/// REQUIRES: carries are sorted by line.
inline size_t CarryIndex(const Rate& rate, std::span<const Carry> carries) {
  if (rate.line == 0) return carries.size();
  size_t low = 0;
  for (size_t left = carries.size(); left > 0;) {
    const size_t half = left / 2;
    const bool behind = carries[low + half].line < rate.line;
    low = behind ? low + half + 1 : low;
    left = behind ? left - half - 1 : half;
  }
  return low < carries.size() && carries[low].line == rate.line ? low : carries.size();
}

/// What the account carries on the rate's line. REQUIRES: carries are sorted by line.
inline int64_t CarryIn(const Rate& rate, std::span<const Carry> carries) {
  const size_t at = CarryIndex(rate, carries);
  // The denominator is part of what names a line; another one could only be a collision of hashes.
  const bool known = at < carries.size() && carries[at].denominator == rate.denominator;
  return known ? carries[at].remainder : 0;
}

/// MultiplyDivideCarry for a rate, with no call where the product fits. REQUIRES: as that one.
inline std::optional<Division> DivideWithCarry(int64_t quantity, const Rate& rate, int64_t carry) {
  int64_t product = 0;
  if (quantity < 0 || __builtin_mul_overflow(quantity, rate.numerator, &product) ||
      __builtin_add_overflow(product, carry, &product)) {
    return MultiplyDivideCarry(quantity, rate.numerator, rate.denominator, carry);
  }
  return Division{.whole = product / rate.denominator, .remainder = product % rate.denominator};
}

/// LargestAffordable for a rate; most products fit 64 bits and divide in hardware. REQUIRES: left
/// >= 0.
inline int64_t MostFor(int64_t left, const Rate& rate, int64_t carry) {
  if (left == 0 && rate.denominator == 1) return rate.numerator == 0 ? kMax : 0;
  int64_t top = 0;
  if (rate.numerator > 0 && !__builtin_mul_overflow(left, rate.denominator, &top) &&
      !__builtin_add_overflow(top, rate.denominator - 1 - carry, &top)) {
    return top / rate.numerator;
  }
  return LargestAffordable(left, rate.numerator, rate.denominator, carry);
}

/// What a quantity costs at most, which is when the largest carry is; nothing when it does not fit.
inline std::optional<int64_t> MostCost(int64_t quantity, const Rate& rate) {
  const auto division =
      MultiplyDivideCarry(quantity, rate.numerator, rate.denominator, rate.denominator - 1);
  if (!division) return std::nullopt;
  return division->whole;
}

}  // namespace ocs::rating::internal

#endif  // RATING_INTERNAL_RATE_MATH_H_
