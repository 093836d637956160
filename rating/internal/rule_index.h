// Finds the rules that speak of a model, strongest first: model beats family beats class beats
// provider beats any; within that, by what the rules' conditions state (StrengthOf).

#ifndef RATING_INTERNAL_RULE_INDEX_H_
#define RATING_INTERNAL_RULE_INDEX_H_

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "rating/catalogue.h"

namespace ocs::rating::internal {

/// True when the matcher speaks of the model.
bool Matches(const Matcher& matcher, const Model& model);

/// True when some matcher of the list does.
bool Covers(const std::vector<Matcher>& matchers, const Model& model);

/// A rule that speaks of a model, and the narrowest of its matchers that does.
struct FoundRule {
  uint32_t rule = 0;
  const Matcher* matcher = nullptr;
};

/// Rules by whom they speak of. The rules must outlive it. Immutable.
class RuleIndex final {
 public:
  explicit RuleIndex(const std::vector<RateRule>& rules);

  /// The rules that speak of the model, strongest first, each once; among equals by `from`, then as
  /// written.
  std::vector<FoundRule> RulesOf(const Model& model) const;

  /// Indexes by matcher, as written.
  const std::map<Matcher, std::vector<uint32_t>>& groups() const { return groups_; }

  /// Of a rule's conditions.
  uint32_t strength(uint32_t rule) const { return strengths_[rule]; }

 private:
  void Append(MatchLevel level, const std::string& name, std::vector<FoundRule>* found) const;

  const std::vector<RateRule>& rules_;
  std::vector<uint32_t> strengths_;
  std::map<Matcher, std::vector<uint32_t>> groups_;
};

}  // namespace ocs::rating::internal

#endif  // RATING_INTERNAL_RULE_INDEX_H_
