// The sources that a use may draw on, as rating sees them and where they come from.

#ifndef OCS_ENGINE_INTERNAL_POTS_H_
#define OCS_ENGINE_INTERNAL_POTS_H_

#include <cstdint>

#include "absl/container/inlined_vector.h"
#include "absl/time/time.h"
#include "balance/account.h"
#include "ocs/base/ids.h"
#include "ocs/base/time.h"
#include "ocs/base/unit.h"
#include "rating/rater.h"
#include "rating/tariff.h"

namespace ocs::engine {

/// The pots of one model at one instant, in draw order: packages that cover it first, then money
/// with a price for it.
struct Pots {
  absl::InlinedVector<rating::Pot, 6> pots;
  struct Source {
    BucketId bucket;
    Unit unit;
    const rating::Tariff* tariff = nullptr;  ///< Whose rules the pot's row names.
    bool ended = false;                      ///< Past its end: gives only what was held.
    /// Whose terms the bucket has; null for the account's own money.
    const rating::GrantTerms* grant = nullptr;
    const rating::FinalUnits* final_units = nullptr;  ///< When it is the last, and used up.
    balance::Terms terms = {};
    balance::NodeId node = {};  ///< Whose pool it is.
    uint32_t switches = 0;      ///< The customer's, of the offer.
    /// Where the cycles of its counters began: of the subscription, else of the bucket.
    Instant anchor = {};
    Instant more_at = Instant::Never();   ///< When its next refill or cycle begins.
    Instant began_at = Instant::Never();  ///< Of the offer, for free periods.
    rating::OfferIndex price = {};  ///< Of the account's own money: whose prices, of `tariff`.
  };
  absl::InlinedVector<Source, 6> sources;     ///< One for each pot.
  absl::TimeZone zone = absl::UTCTimeZone();  ///< Of the session's catalogue: days, months.
};

}  // namespace ocs::engine

#endif  // OCS_ENGINE_INTERNAL_POTS_H_
