// Reads what the network does when the last units are used up: beside `then: redirect` or `then:
// restrict`, of a grant and of an offer.

#ifndef RATING_INTERNAL_FINAL_UNITS_READER_H_
#define RATING_INTERNAL_FINAL_UNITS_READER_H_

#include <string>
#include <string_view>

#include "rating/internal/draft.h"
#include "rating/internal/fields.h"
#include "rating/tariff.h"

namespace ocs::rating::internal {

/// What may stand behind `then` in a grant.
inline constexpr std::string_view kThenExpected =
    "stop, bill_on, wait, throttle, fallback, buy, redirect or restrict";

/// Reads `to` or `filters` where `word` is redirect or restrict, from the map that has them; false
/// when it is neither.
bool ReadFinalUnits(const Fields& end, std::string_view word, FinalUnits* final_units);

/// `when_used_up` of an offer: of the money that its prices are paid from.
FinalUnits ReadFinalUnitsOfOffer(const Fields& offer, Draft* draft);

}  // namespace ocs::rating::internal

#endif  // RATING_INTERNAL_FINAL_UNITS_READER_H_
