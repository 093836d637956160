// Reads offers: the fee and what it is made of, prices, limits, switches; grants are read by
// grant_reader.

#ifndef RATING_INTERNAL_OFFER_READER_H_
#define RATING_INTERNAL_OFFER_READER_H_

#include <set>
#include <string>
#include <vector>

#include "rating/catalogue.h"
#include "rating/internal/draft.h"
#include "rating/internal/fields.h"

namespace ocs::rating::internal {

inline constexpr size_t kGrantsPerOfferMax = 16;  ///< A purchase makes a bucket for each.
inline constexpr size_t kPartsPerOfferMax = 32;   ///< Lines of one bundle on the bill.
inline constexpr size_t kSwitchesPerOfferMax = 16;

/// Reads offers into a draft whose other sections are there. Thread-compatible.
class OfferReader final {
 public:
  explicit OfferReader(Draft* draft) : draft_(draft) {}

  void ReadOffer(const Field& item);
  /// After the last offer: those that name another one.
  void CheckReferences();

 private:
  void ReadIdentity(const Fields& fields, OfferTerms* terms);
  void ReadFee(const Fields& fields, OfferTerms* terms);
  void ReadPriceBook(const Fields& fields, OfferTerms* terms);
  void ReadCycle(const Fields& fields, Offer* offer);
  void ReadSold(const Fields& fields, Offer* offer);
  void ReadSwitches(const Fields& fields, Offer* offer);
  void ReadLocks(const Fields& fields, OfferTerms* terms);
  void ReadParts(const Fields& fields, OfferTerms* terms);
  void ReadPart(const Field& item, OfferTerms* terms);
  void ShareFee(const Fields& fields, OfferTerms* terms);
  void CheckPrices(const Fields& fields, const OfferTerms& terms);
  void ReadAdjustmentsOf(const Fields& fields, OfferTerms* terms);

  Draft* draft_;
  std::set<std::string> ids_;
};

}  // namespace ocs::rating::internal

#endif  // RATING_INTERNAL_OFFER_READER_H_
