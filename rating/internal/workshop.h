// What the tables of prices and of draws are made with: burn factors by model, combinations of
// adjustments, lists of candidates.

#ifndef RATING_INTERNAL_WORKSHOP_H_
#define RATING_INTERNAL_WORKSHOP_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "rating/catalogue.h"
#include "rating/internal/compiled.h"
#include "rating/internal/compiler.h"
#include "rating/internal/row_maker.h"
#include "rating/internal/rule_index.h"
#include "rating/internal/when.h"

namespace ocs::rating::internal {

/// A candidate before it is packed. Row kNone: nothing is sold.
struct Variant {
  When when;
  uint32_t row = kNone;
};

/// Adjustments that hold together, and when.
struct Combination {
  When when;
  std::vector<const Adjustment*> adjustments;
};

/// What a grant keeps from being billed: these kinds of what it covers (0: all), when it holds.
struct Block {
  When when;
  uint32_t kinds = 0;
};

/// Everything of one compilation that is shared. Thread-compatible.
class Workshop final {
 public:
  /// REQUIRES: all outlive it.
  Workshop(const Catalogue& catalogue, CompiledTariff* out, std::vector<CompileFault>* faults);

  WhenPacker when;
  RowMaker rows;

  /// The burn rules of the unit that speak of the model, strongest first.
  const std::vector<FoundRule>& BurnsOf(const Unit& unit, uint32_t model);
  /// REQUIRES: the unit is declared and has so many burn rules.
  const RateRule* BurnRule(const Unit& unit, uint32_t rule) const;

  /// The adjustments of these lists that speak of the model. Lists may be null.
  std::vector<const Adjustment*> Matching(const std::vector<const std::vector<Adjustment>*>& lists,
                                          const Model& model) const;

  /// Every set of the adjustments that may hold together within `base`, the larger sets first: of
  /// those that hold for a use, the first is all that hold. More than kAdjustmentsPerRuleMax is a
  /// fault at `place`.
  std::vector<Combination> CombinationsOf(const When& base,
                                          const std::vector<const Adjustment*>& adjustments,
                                          const Place& place);

  /// Packs the variants, strongest first, after what the blocks keep from being sold. What stands
  /// behind a candidate that always holds is left out. Gives the list's index, 0 for an empty one.
  uint32_t AddList(const std::vector<const std::vector<Variant>*>& variants,
                   const std::vector<Block>& blocks);

  /// A number for something of the catalogue, the same as long as this lives.
  uint32_t NumberOf(const void* item);

  /// Counts pairs of a model and a rule that may price or draw it; false, and told of once, when
  /// there are more than kRulePairsMax.
  bool TakePairs(size_t count);

  void Fault(const Place& place, std::string message);

 private:
  struct Burns {
    const UnitTerms* terms = nullptr;
    std::vector<std::vector<FoundRule>> by_model;
    std::unique_ptr<RuleIndex> index;
  };

  CompiledTariff* out_;
  std::vector<CompileFault>* faults_;
  std::map<std::string, Burns> burns_;
  absl::flat_hash_map<const void*, uint32_t> numbers_;
  size_t pairs_ = 0;
};

}  // namespace ocs::rating::internal

#endif  // RATING_INTERNAL_WORKSHOP_H_
