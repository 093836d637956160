// What a new catalogue changes, as its designer reads it before it is published: models that lose
// their price, prices that rise or fall and by how much, offers and grants that differ. Pure.

#ifndef RATING_DIFF_H_
#define RATING_DIFF_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rating/catalogue.h"

namespace ocs::rating {

/// In the order in which a list of changes shows them: what hurts most first.
enum class ChangeKind : uint8_t {
  kModelGone = 0,        ///< The model is not in the new catalogue.
  kModelLosesPrice = 1,  ///< No rule of the book prices it any more.
  kOfferGone = 2,
  kBookGone = 3,
  kPriceRises = 4,  ///< Also a factor that draws more, a flat amount, a minimum.
  kPriceFalls = 5,
  kRuleGone = 6,  ///< A rule, or its price for a kind.
  kRuleAdded = 7,
  kOfferChanged = 8,
  kGrantChanged = 9,
  kOtherChanged = 10,  ///< A model's names, a calendar, a tax, a unit, an adjustment, a rate.
  kModelAdded = 11,
  kOfferAdded = 12,
  kBookAdded = 13,
};
std::string_view ChangeKindName(ChangeKind kind);  ///< "model_gone", "price_rises", ...

struct Change {
  ChangeKind kind = ChangeKind::kOtherChanged;
  std::string where;   ///< "price book list, model m1, output", "offer o, grant 10 M tokens".
  std::string before;  ///< As the language writes it; "" when it was not there.
  std::string after;   ///< "" when it is not there any more.
  Ratio factor = {};   ///< Of a price that rises or falls from something above 0: after / before.

  /// "price_rises: price book list, model m1, output: 2 -> 3 (+50 %)"
  std::string ToString() const;
  friend bool operator==(const Change&, const Change&) = default;
};

/// Everything that differs, in order of kind, then as the catalogues have it. Rules are the same
/// rule when book, models and conditions are the same. Two equal catalogues give nothing.
/// REQUIRES: both came from ParseCatalogue without errors. Thread-safe.
std::vector<Change> CompareTariffs(const Catalogue& before, const Catalogue& after);

}  // namespace ocs::rating

#endif  // RATING_DIFF_H_
