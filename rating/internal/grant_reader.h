// Reads grants and limits.

#ifndef RATING_INTERNAL_GRANT_READER_H_
#define RATING_INTERNAL_GRANT_READER_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rating/catalogue.h"
#include "rating/internal/draft.h"
#include "rating/internal/fields.h"

namespace ocs::rating::internal {

inline constexpr size_t kLimitsMax = 16;  ///< Of an offer, and of a grant: each is a counter.

/// Reads one grant and appends it to the offer, whose fee, prices, cycle and switches are there.
/// A stated share is in its terms; an unstated one is -1.
void ReadGrant(const Field& item, Draft* draft, OfferTerms* offer);

/// Reads limits. `unit` is that of a grant, or empty for an offer's, which must name theirs.
/// `owner` names them apart from those of others, in every revision alike.
std::vector<LimitTerms> ReadLimits(const std::vector<Field>& items, const Unit& unit,
                                   std::string_view owner, const Draft& draft);

/// An amount above 0 of the unit in its smallest pieces; nothing when faulty.
std::optional<int64_t> ParseAmount(std::string_view text, const Unit& unit);

/// A validity of the key; a missing key gives an empty one.
Validity ReadValidity(const Fields& fields, std::string_view key);

}  // namespace ocs::rating::internal

#endif  // RATING_INTERNAL_GRANT_READER_H_
