// Turns a checked catalogue into its fast form. The same functions tell the checker what a model
// would draw and cost, so that what was accepted compiles.

#ifndef RATING_INTERNAL_COMPILER_H_
#define RATING_INTERNAL_COMPILER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rating/catalogue.h"
#include "rating/internal/compiled.h"

namespace ocs::rating::internal {

/// Adjustments that may hold together for one rule: each combination is a candidate.
inline constexpr size_t kAdjustmentsPerRuleMax = 6;
/// Rules that may price one model, those of other books that a rule takes its prices from included.
inline constexpr size_t kRulesPerModelMax = 20'000;
/// Of models and the rules that may price or draw them, all tables together: some seconds to
/// compile.
inline constexpr size_t kRulePairsMax = 10'000'000;
/// Of all models and tables together: 1 GB compiled.
inline constexpr size_t kCandidatesMax = 20'000'000;

/// What one piece of each kind draws from a bucket of that unit where no rule says otherwise: one
/// token for each kind of token, one request for a request; for other units nothing is stated.
KindRatios PlainDraw(const Unit& unit);

/// Each ratio times the factor, or nothing when one does not fit.
std::optional<KindRatios> Scale(const KindRatios& ratios, const Ratio& factor);

/// The charge code of a price rule for one of its matchers.
std::string ChargeCodeOf(const PriceBook& book, const RateRule& rule, const Matcher& matcher);

/// True when the currencies are the same, or some rate from the first to the second is there.
bool HasExchange(const Catalogue& catalogue, const Unit& from, const Unit& to);

/// The rules of all wholesale books, in the order of `catalogue.wholesale`.
std::vector<RateRule> WholesaleRules(const Catalogue& catalogue);

/// What does not fit: found only when prices, factors and rates are put together.
struct CompileFault {
  Place place;
  std::string message;
};

/// The fast form. `faults` gets what a catalogue that reads well may still have wrong; with any,
/// the result is of no use. REQUIRES: the catalogue was read without diagnostics.
CompiledTariff CompileCatalogue(const Catalogue& catalogue, uint32_t revision,
                                std::vector<CompileFault>* faults);

}  // namespace ocs::rating::internal

#endif  // RATING_INTERNAL_COMPILER_H_
