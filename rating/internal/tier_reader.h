// Reads tiers: prices that follow a counter.

#ifndef RATING_INTERNAL_TIER_READER_H_
#define RATING_INTERNAL_TIER_READER_H_

#include <functional>

#include "rating/catalogue.h"
#include "rating/internal/fields.h"

namespace ocs::rating::internal {

/// Reads the prices by kind of a step.
using ReadStepPrices = std::function<KindRatios(const Fields&)>;

/// Reads the map under 'tiers' into rule->tiers. The rule's own prices are there already. Faults
/// are reported.
void ReadTiers(const Field& field, const ReadStepPrices& prices, Reporter* reporter,
               RateRule* rule);

}  // namespace ocs::rating::internal

#endif  // RATING_INTERNAL_TIER_READER_H_
