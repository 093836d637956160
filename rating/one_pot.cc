#include "rating/one_pot.h"

#include "ocs/base/check.h"
#include "rating/internal/rate_math.h"

namespace ocs::rating {

bool OnePotSum::Add(TokenKind kind, int64_t quantity, const RateRow& row,
                    std::span<const Carry> carries) {
  const Rate& rate = row.of(kind);
  if (!rate.sold()) return false;
  int64_t cost = 0;
  if (rate.denominator == 1) {
    if (__builtin_mul_overflow(quantity, rate.numerator, &cost)) return false;
  } else {
    const int64_t carry = internal::CarryIn(rate, carries);
    const auto division = MultiplyDivideCarry(quantity, rate.numerator, rate.denominator, carry);
    if (!division) return false;
    cost = division->whole;
    if (rate.line != 0 && division->remainder != carry) {
      OCS_CHECK(changed_count < changed_carries.size());
      changed_carries[changed_count++] = {
          .line = rate.line, .denominator = rate.denominator, .remainder = division->remainder};
    }
  }
  ++kinds;
  // Far enough from the end that hold_max fits, too.
  constexpr int64_t kAmountMax = internal::kMax - 2 * kTokenKindCount;
  return !__builtin_add_overflow(amount, cost, &amount) && amount <= kAmountMax;
}

}  // namespace ocs::rating
