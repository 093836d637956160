// Makes the rows of a compiled tariff: exact rates, their line names, shapes, and the rule that
// explains them.

#ifndef RATING_INTERNAL_ROW_MAKER_H_
#define RATING_INTERNAL_ROW_MAKER_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rating/catalogue.h"
#include "rating/internal/compiled.h"
#include "rating/internal/compiler.h"

namespace ocs::rating::internal {

/// One rule on the way from the book that prices to the one that the prices come from.
struct Link {
  const PriceBook* book = nullptr;
  const RateRule* rule = nullptr;
  const Matcher* matcher = nullptr;  ///< By which the rule speaks of the model.
};

/// All that makes one price row.
struct PriceParts {
  const std::vector<Link>* links = nullptr;         ///< The last has the prices.
  const RateRule* burn = nullptr;                   ///< Of a price in points.
  std::vector<const Adjustment*> adjustments = {};  ///< That hold.
  Ratio exchange = {.numerator = 1, .denominator = 1};
  std::vector<std::string> exchanged = {};  ///< "USD to CNY at 7.1".
  Unit currency = {};                       ///< Of the row.
  std::string_view purpose = {};            ///< "book", or "cost" for what models cost us.
};

/// All that makes one draw row.
struct DrawParts {
  const OfferTerms* offer = nullptr;
  size_t grant = 0;
  const RateRule* weight = nullptr;  ///< Null: the usual.
  const Matcher* matcher = nullptr;  ///< Of the weight.
  const RateRule* burn = nullptr;
  std::vector<const Adjustment*> adjustments = {};
};

/// Appends rows, rules and shapes to one tariff. Thread-compatible.
class RowMaker final {
 public:
  /// REQUIRES: all outlive it.
  RowMaker(const Catalogue& catalogue, CompiledTariff* out, std::vector<CompileFault>* faults)
      : catalogue_(catalogue), out_(out), faults_(faults) {}

  uint32_t AddPrice(const PriceParts& parts);
  uint32_t AddDraw(const DrawParts& parts);
  /// The row with only these kinds sold (bit i is TokenKind i).
  uint32_t Mask(uint32_t row, uint32_t kinds);

 private:
  void SetRates(std::string_view owner, const Matcher& matcher, const KindRatios& ratios,
                std::array<Rate, kTokenKindCount>* rates) const;
  uint32_t AddShape(const PriceParts& parts, std::string_view owner, const KindRatios& base,
                    const Ratio& factor);
  int64_t ScaleMoney(const PriceParts& parts, int64_t micros, const Ratio& factor);
  KindRatios ScaleOrFault(const Place& place, const KindRatios& ratios, const Ratio& factor);
  Ratio Product(const Place& place, const Ratio& a, const Ratio& b);
  uint32_t AddPriceRule(const PriceParts& parts);
  uint32_t AddDrawRule(const DrawParts& parts);
  void Fault(const Place& place);

  const Catalogue& catalogue_;
  CompiledTariff* out_;
  std::vector<CompileFault>* faults_;
  std::map<std::pair<uint32_t, uint32_t>, uint32_t> masked_;
};

}  // namespace ocs::rating::internal

#endif  // RATING_INTERNAL_ROW_MAKER_H_
