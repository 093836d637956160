#include "rating/one_pot.h"

#include <algorithm>

#include "ocs/base/check.h"
#include "rating/internal/rate_math.h"

namespace ocs::rating {

bool OnePotSum::Add(std::span<const KindQuantity> used, const RateRow& row,
                    std::span<const Carry> carries, UnsoldKind unsold, CarryPlaces* places) {
  // Far enough from the end that hold_max fits, too.
  constexpr int64_t kAmountMax = internal::kMax - kTokenKindCount;
  int64_t sum = amount;
  for (const KindQuantity& q : used) {
    const Rate& rate = row.of(q.kind);
    if (!rate.sold()) {
      if (unsold == UnsoldKind::kRefused) return false;
      continue;
    }
    int64_t cost = 0;
    if (rate.denominator == 1) {
      if (__builtin_mul_overflow(q.quantity, rate.numerator, &cost)) return false;
    } else {
      uint16_t& place = (*places)[static_cast<size_t>(q.kind)];
      size_t at = place;
      if (at >= carries.size() || carries[at].line != rate.line) {
        at = internal::CarryIndex(rate, carries);
        place = static_cast<uint16_t>(std::min<size_t>(at, UINT16_MAX));
      }
      const bool known = at < carries.size() && carries[at].denominator == rate.denominator;
      const int64_t carry = known ? carries[at].remainder : 0;
      const auto division = internal::DivideWithCarry(q.quantity, rate, carry);
      if (!division) return false;
      cost = division->whole;
      ++rounded;
      if (rate.line != 0 && division->remainder != carry) {
        OCS_CHECK(changed_count < changed_carries.size());
        changed_carries[changed_count++] = {.carry = {.line = rate.line,
                                                      .denominator = rate.denominator,
                                                      .remainder = division->remainder},
                                            .index = at};
      }
    }
    ++kinds;
    if (__builtin_add_overflow(sum, cost, &sum) || sum > kAmountMax) return false;
  }
  amount = sum;
  return true;
}

}  // namespace ocs::rating
