// Finds rules between which nothing decides: equally strong, for the same model, use and time.

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "ocs/base/text.h"
#include "rating/internal/conditions.h"
#include "rating/internal/rule_index.h"
#include "rating/internal/rule_reader.h"

namespace ocs::rating::internal {
namespace {

std::string WhatOf(const Matcher& matcher) {
  switch (matcher.level) {
    case MatchLevel::kAny:
      return "any model";
    case MatchLevel::kProvider:
      return Cat("provider '", matcher.name, "'");
    case MatchLevel::kClass:
      return Cat("class '", matcher.name, "'");
    case MatchLevel::kFamily:
      return Cat("family '", matcher.name, "'");
    case MatchLevel::kModel:
      return Cat("model '", matcher.name, "'");
  }
  return "";
}

class OverlapCheck final {
 public:
  OverlapCheck(const std::vector<RateRule>& rules, const std::vector<Calendar>& calendars,
               Reporter* reporter)
      : rules_(rules), calendars_(calendars), index_(rules), reporter_(reporter) {}

  // Rules about the very same thing.
  void CheckGroups() {
    for (const auto& [matcher, rules] : index_.groups()) {
      if (rules.size() > 1) CheckAmong(rules, WhatOf(matcher));
    }
  }

  // Rules about two classes of one model.
  void CheckClasses(const std::vector<Model>& models) {
    std::set<std::pair<std::string, std::string>> seen;
    for (const Model& model : models) {
      if (reporter_->full()) return;
      for (size_t i = 0; i < model.classes.size(); ++i) {
        for (size_t j = i + 1; j < model.classes.size(); ++j) {
          const auto* a = RulesOf({MatchLevel::kClass, model.classes[i]});
          const auto* b = RulesOf({MatchLevel::kClass, model.classes[j]});
          if (a == nullptr || b == nullptr || HasOwnRule(model)) continue;
          if (!seen.insert(std::minmax(model.classes[i], model.classes[j])).second) continue;
          std::vector<uint32_t> both = *a;
          both.insert(both.end(), b->begin(), b->end());
          CheckAmong(both, Cat("model '", model.id, "'"));
        }
      }
    }
  }

 private:
  // Only rules of one strength can meet undecided, and only those that share a value of the first
  // dimension that they state: comparing within these keeps long lists cheap.
  void CheckAmong(const std::vector<uint32_t>& rules, const std::string& what) {
    std::map<std::pair<uint32_t, std::string>, std::vector<uint32_t>> alike;
    for (const uint32_t r : rules) {
      const auto& values = rules_[r].when.values;
      const auto stated = std::find_if(values.begin(), values.end(),
                                       [](const auto& list) { return !list.empty(); });
      if (stated == values.end()) {
        alike[{index_.strength(r), ""}].push_back(r);
        continue;
      }
      for (const std::string& value : *stated) alike[{index_.strength(r), value}].push_back(r);
    }
    for (auto& [key, group] : alike) {
      std::stable_sort(group.begin(), group.end(), [this](uint32_t a, uint32_t b) {
        return rules_[a].when.from < rules_[b].when.from;
      });
      for (size_t i = 0; i < group.size() && !reporter_->full(); ++i) {
        for (size_t j = i + 1; j < group.size(); ++j) {
          if (rules_[group[j]].when.from >= rules_[group[i]].when.until) break;
          Compare(group[i], group[j], what);
        }
      }
    }
  }

  const std::vector<uint32_t>* RulesOf(const Matcher& matcher) const {
    const auto found = index_.groups().find(matcher);
    return found == index_.groups().end() ? nullptr : &found->second;
  }

  // A rule of the model's own, or of its family, that always holds decides before any class does.
  bool HasOwnRule(const Model& model) const {
    const auto always = [this](const std::vector<uint32_t>* rules) {
      return rules != nullptr && std::any_of(rules->begin(), rules->end(), [this](uint32_t r) {
               return rules_[r].when.always();
             });
    };
    return always(RulesOf({MatchLevel::kModel, model.id})) ||
           (!model.family.empty() && always(RulesOf({MatchLevel::kFamily, model.family})));
  }

  void Compare(uint32_t left, uint32_t right, const std::string& what) {
    const RateRule& a = rules_[left];
    const RateRule& b = rules_[right];
    if (left == right || !CanMeet(a.when, b.when, calendars_)) return;
    if (!told_.insert(std::minmax(left, right)).second) return;
    const bool zones_differ =
        !a.when.zone.empty() && !b.when.zone.empty() && a.when.zone != b.when.zone;
    const bool left_is_later =
        a.place.line > b.place.line || (a.place.line == b.place.line && left > right);
    const RateRule& later = left_is_later ? a : b;
    const RateRule& earlier = left_is_later ? b : a;
    reporter_->Add(later.place.line, later.place.field,
                   Cat("lines ", earlier.place.line, " and ", later.place.line, " both hold for ",
                       what, " at the same time and neither is narrower",
                       zones_differ ? "; hours in different zones cannot be told apart" : ""));
  }

  const std::vector<RateRule>& rules_;
  const std::vector<Calendar>& calendars_;
  RuleIndex index_;
  Reporter* reporter_;
  std::set<std::pair<uint32_t, uint32_t>> told_;
};

}  // namespace

void CheckOverlaps(const std::vector<RateRule>& rules, const std::vector<Model>& models,
                   const std::vector<Calendar>& calendars, Reporter* reporter) {
  OverlapCheck check(rules, calendars, reporter);
  check.CheckGroups();
  check.CheckClasses(models);
}

}  // namespace ocs::rating::internal
