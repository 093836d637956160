// Exact arithmetic: integers and ratios, rounding named where it happens, overflow reported and
// never wrapped.

#ifndef OCS_BASE_EXACT_H_
#define OCS_BASE_EXACT_H_

#include <cstdint>
#include <limits>
#include <optional>

namespace ocs {

/// How a division that does not come out even is settled. There is no default: the one who divides
/// says it.
enum class Rounding : uint8_t {
  kDown,      ///< Toward negative infinity. What is charged; the rest is carried.
  kUp,        ///< Toward positive infinity. What is held: never less than the later charge.
  kHalfEven,  ///< To nearest, ties to the even neighbour. Figures for people only, never balances.
};

/// a + b, or nothing on overflow.
[[nodiscard]] inline std::optional<int64_t> AddExact(int64_t a, int64_t b) {
  int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
  return sum;
}

/// a + b, stopping at the ends.
[[nodiscard]] inline int64_t AddWithin(int64_t a, int64_t b) {
  return AddExact(a, b).value_or(b > 0 ? std::numeric_limits<int64_t>::max()
                                       : std::numeric_limits<int64_t>::min());
}

/// a - b, or nothing on overflow.
[[nodiscard]] inline std::optional<int64_t> SubtractExact(int64_t a, int64_t b) {
  int64_t difference = 0;
  if (__builtin_sub_overflow(a, b, &difference)) return std::nullopt;
  return difference;
}

/// a * b, or nothing on overflow.
[[nodiscard]] inline std::optional<int64_t> MultiplyExact(int64_t a, int64_t b) {
  int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

/// quantity * numerator / denominator, rounded as told; nothing when the result does not fit.
/// REQUIRES: denominator > 0.
[[nodiscard]] std::optional<int64_t> MultiplyDivide(int64_t quantity, int64_t numerator,
                                                    int64_t denominator, Rounding rounding);

/// The result of a division that keeps its remainder: whole * denominator + remainder is exactly
/// what was divided.
struct Division {
  int64_t whole = 0;
  int64_t remainder = 0;  ///< In [0, denominator).
};

/// (quantity * numerator + carried) / denominator with its remainder; nothing when `whole` does not
/// fit. The remainder is carried to the next charge of the same line, so that many small charges
/// lose nothing. REQUIRES: denominator > 0, 0 <= carried < denominator, quantity >= 0, numerator >=
/// 0.
[[nodiscard]] std::optional<Division> MultiplyDivideCarry(int64_t quantity, int64_t numerator,
                                                          int64_t denominator, int64_t carried);

/// The largest quantity for which (quantity * numerator + carried) / denominator, rounded down, is
/// at most `budget`; INT64_MAX where there is no such limit (numerator 0, or the quantity would not
/// fit). REQUIRES: denominator > 0, 0 <= carried < denominator, numerator >= 0. A negative budget
/// affords nothing: 0.
[[nodiscard]] int64_t LargestAffordable(int64_t budget, int64_t numerator, int64_t denominator,
                                        int64_t carried);

/// What rounding left of a line's charges, to be added to its next one: remainder / denominator of
/// the smallest unit. `line` names the line for ever (see rating/tariff.h); 0 is no line.
struct Carry {
  uint64_t line = 0;
  int64_t denominator = 1;
  int64_t remainder = 0;  ///< In [0, denominator).
  friend bool operator==(const Carry&, const Carry&) = default;
};

}  // namespace ocs

#endif  // OCS_BASE_EXACT_H_
