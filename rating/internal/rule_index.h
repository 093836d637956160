// Finds the rules that speak of a model, strongest first: model beats class beats provider beats
// any; within that, a rule with hours beats one without; within that, a rule with from or until
// beats one without.

#ifndef RATING_INTERNAL_RULE_INDEX_H_
#define RATING_INTERNAL_RULE_INDEX_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "rating/catalogue.h"

namespace ocs::rating::internal {

/// A number that is larger for the stronger of two rules that speak of the same model.
int StrengthOf(const RateRule& rule);

/// True when the rule has from or until.
bool IsBounded(const RateRule& rule);

/// True when the matcher speaks of the model.
bool Matches(const Matcher& matcher, const Model& model);

/// True when some matcher of the list does.
bool Covers(const std::vector<Matcher>& matchers, const Model& model);

/// Rules by whom they speak of. The rules must outlive it. Immutable.
class RuleIndex final {
 public:
  explicit RuleIndex(const std::vector<RateRule>& rules);

  /// Indexes of the rules that speak of the model, strongest first; among equals by `from`, then as
  /// written.
  std::vector<uint32_t> RulesOf(const Model& model) const;

  /// Indexes by matcher, as written.
  const std::map<std::pair<MatchLevel, std::string>, std::vector<uint32_t>>& groups() const {
    return groups_;
  }

 private:
  void Append(MatchLevel level, const std::string& name, std::vector<uint32_t>* found) const;

  const std::vector<RateRule>& rules_;
  std::map<std::pair<MatchLevel, std::string>, std::vector<uint32_t>> groups_;
};

}  // namespace ocs::rating::internal

#endif  // RATING_INTERNAL_RULE_INDEX_H_
