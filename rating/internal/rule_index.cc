#include "rating/internal/rule_index.h"

#include <algorithm>
#include <limits>

namespace ocs::rating::internal {

bool IsBounded(const RateRule& rule) {
  return rule.from.unix_ms != std::numeric_limits<int64_t>::min() || rule.until != Instant::Never();
}

int StrengthOf(const RateRule& rule) {
  return static_cast<int>(rule.matcher.level) * 4 + (rule.hours.has_value() ? 2 : 0) +
         (IsBounded(rule) ? 1 : 0);
}

bool Matches(const Matcher& matcher, const Model& model) {
  switch (matcher.level) {
    case MatchLevel::kAny:
      return true;
    case MatchLevel::kProvider:
      return matcher.name == model.provider;
    case MatchLevel::kClass:
      return std::find(model.classes.begin(), model.classes.end(), matcher.name) !=
             model.classes.end();
    case MatchLevel::kModel:
      return matcher.name == model.id;
  }
  return false;
}

bool Covers(const std::vector<Matcher>& matchers, const Model& model) {
  return std::any_of(matchers.begin(), matchers.end(),
                     [&](const Matcher& matcher) { return Matches(matcher, model); });
}

RuleIndex::RuleIndex(const std::vector<RateRule>& rules) : rules_(rules) {
  for (uint32_t i = 0; i < rules.size(); ++i) {
    groups_[{rules[i].matcher.level, rules[i].matcher.name}].push_back(i);
  }
}

void RuleIndex::Append(MatchLevel level, const std::string& name,
                       std::vector<uint32_t>* found) const {
  const auto group = groups_.find({level, name});
  if (group == groups_.end()) return;
  found->insert(found->end(), group->second.begin(), group->second.end());
}

std::vector<uint32_t> RuleIndex::RulesOf(const Model& model) const {
  std::vector<uint32_t> found;
  Append(MatchLevel::kModel, model.id, &found);
  for (const std::string& name : model.classes) Append(MatchLevel::kClass, name, &found);
  Append(MatchLevel::kProvider, model.provider, &found);
  Append(MatchLevel::kAny, "", &found);
  std::sort(found.begin(), found.end(), [this](uint32_t a, uint32_t b) {
    const int strength_a = StrengthOf(rules_[a]);
    const int strength_b = StrengthOf(rules_[b]);
    if (strength_a != strength_b) return strength_a > strength_b;
    if (rules_[a].from != rules_[b].from) return rules_[a].from < rules_[b].from;
    return a < b;
  });
  return found;
}

}  // namespace ocs::rating::internal
