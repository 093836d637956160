// Writes offers and grants, as offer_reader and grant_reader read them.

#ifndef RATING_INTERNAL_OFFER_WRITER_H_
#define RATING_INTERNAL_OFFER_WRITER_H_

#include "rating/catalogue.h"
#include "rating/internal/text_tree.h"

namespace ocs::rating::internal {

/// The offer without its grants; instants are written in `zone`.
TextTree WriteOffer(const OfferTerms& terms, absl::TimeZone zone);
TextTree WriteGrant(const OfferTerms& offer, const Grant& grant, absl::TimeZone zone);

}  // namespace ocs::rating::internal

#endif  // RATING_INTERNAL_OFFER_WRITER_H_
