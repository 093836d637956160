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

/// What to do about a kind that the row does not sell.
enum class UnsoldKind : uint8_t {
  kRefused,  ///< The use as a whole is declined.
  kLeftOut,  ///< It costs nothing.
};

/// Where an account had its carries of a row's kinds when that was last seen: what is looked at
/// first. Any numbers do no harm.
using CarryPlaces = std::array<uint16_t, kTokenKindCount>;

/// Of a use. Reused from one to the next: Begin forgets.
class OnePotSum final {
 public:
  /// A carry as it stands after the use.
  struct Changed {
    Carry carry;
    size_t index = 0;  ///< Where the account has it; the number of its carries: nowhere.
  };

  void Begin() {
    amount = 0;
    changed_count = 0;
    kinds = 0;
    rounded = 0;
  }

  /// Adds pieces of some kinds at the row's rates; `carries` are the account's, sorted by line;
  /// `places` are of this row. False where a kind is refused or a sum does not fit: what was added
  /// is then of no use. REQUIRES: quantities >= 0; each kind is added once.
  [[nodiscard]] bool Add(std::span<const KindQuantity> used, const RateRow& row,
                         std::span<const Carry> carries, UnsoldKind unsold, CarryPlaces* places);

  /// No Hold of the same use keeps more in the pot than this, and some Hold as much: a kind that
  /// may leave a rest is held as if the largest carry came to it, which is at most 1 more than what
  /// it costs.
  int64_t hold_max() const { return amount + rounded; }

  std::span<const Changed> changed() const { return {changed_carries.data(), changed_count}; }

  int64_t amount = 0;
  int32_t kinds = 0;
  int32_t rounded = 0;  ///< Kinds of which a rest may be left.
  size_t changed_count = 0;
  std::array<Changed, kTokenKindCount> changed_carries = {};
};

}  // namespace ocs::rating

#endif  // RATING_ONE_POT_H_
