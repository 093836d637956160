// What a use costs when one pot without a shape pays all of it: the sum and the carries that Charge
// would make, without its lines. For who charges millions of uses and looks at sums only; what this
// declines, Charge decides. Pure; no allocation.

#ifndef RATING_ONE_POT_H_
#define RATING_ONE_POT_H_

#include <array>
#include <cstdint>
#include <span>

#include "ocs/base/exact.h"
#include "ocs/base/quantity.h"
#include "rating/tariff.h"

namespace ocs::rating {

/// Of a use. Reused from one to the next: Begin forgets.
class OnePotSum final {
 public:
  void Begin() {
    amount = 0;
    changed_count = 0;
    kinds = 0;
  }

  /// Adds pieces of a kind at the row's rate; `carries` are the account's, sorted by line. False
  /// where the row does not sell the kind or a sum does not fit: what was added is then of no use.
  /// REQUIRES: quantity >= 0; each kind is added once.
  [[nodiscard]] bool Add(TokenKind kind, int64_t quantity, const RateRow& row,
                         std::span<const Carry> carries);

  /// No Hold of the same use keeps more in the pot than this: each kind is rounded up, with room
  /// for the largest carry, which is less than 2 more than what it costs.
  int64_t hold_max() const { return amount + 2 * kinds; }

  std::span<const Carry> changed() const { return {changed_carries.data(), changed_count}; }

  int64_t amount = 0;
  int32_t kinds = 0;
  size_t changed_count = 0;
  std::array<Carry, kTokenKindCount> changed_carries = {};  ///< As they stand after the use.
};

}  // namespace ocs::rating

#endif  // RATING_ONE_POT_H_
