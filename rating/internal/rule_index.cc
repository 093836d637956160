#include "rating/internal/rule_index.h"

#include <algorithm>
#include <string>

#include "rating/internal/conditions.h"

namespace ocs::rating::internal {

bool Matches(const Matcher& matcher, const Model& model) {
  switch (matcher.level) {
    case MatchLevel::kAny:
      return true;
    case MatchLevel::kProvider:
      return matcher.name == model.provider;
    case MatchLevel::kClass:
      return std::find(model.classes.begin(), model.classes.end(), matcher.name) !=
             model.classes.end();
    case MatchLevel::kFamily:
      return matcher.name == model.family;
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
  strengths_.reserve(rules.size());
  for (uint32_t i = 0; i < rules.size(); ++i) {
    strengths_.push_back(StrengthOf(rules[i].when));
    for (const Matcher& matcher : rules[i].matchers) groups_[matcher].push_back(i);
  }
}

void RuleIndex::Append(MatchLevel level, const std::string& name,
                       std::vector<FoundRule>* found) const {
  const auto group = groups_.find(Matcher{.level = level, .name = name});
  if (group == groups_.end()) return;
  for (const uint32_t rule : group->second) {
    // A rule that names the model twice is there by its narrowest matcher.
    const bool known = rules_[rule].matchers.size() > 1 &&
                       std::any_of(found->begin(), found->end(),
                                   [rule](const FoundRule& other) { return other.rule == rule; });
    if (!known) found->push_back({rule, &group->first});
  }
}

std::vector<FoundRule> RuleIndex::RulesOf(const Model& model) const {
  std::vector<FoundRule> found;
  std::vector<std::string> classes = model.classes;
  std::sort(classes.begin(), classes.end());
  Append(MatchLevel::kModel, model.id, &found);
  if (!model.family.empty()) Append(MatchLevel::kFamily, model.family, &found);
  for (const std::string& name : classes) Append(MatchLevel::kClass, name, &found);
  Append(MatchLevel::kProvider, model.provider, &found);
  Append(MatchLevel::kAny, "", &found);
  if (found.size() < 2) return found;
  std::sort(found.begin(), found.end(), [this](const FoundRule& a, const FoundRule& b) {
    if (a.matcher->level != b.matcher->level) return a.matcher->level > b.matcher->level;
    if (strengths_[a.rule] != strengths_[b.rule]) return strengths_[a.rule] > strengths_[b.rule];
    if (rules_[a.rule].when.from != rules_[b.rule].when.from) {
      return rules_[a.rule].when.from < rules_[b.rule].when.from;
    }
    return a.rule < b.rule;
  });
  return found;
}

}  // namespace ocs::rating::internal
