// Finds rules between which nothing decides: equally strong, for the same model, at the same time.

#include <algorithm>
#include <set>
#include <utility>

#include "ocs/base/text.h"
#include "rating/internal/rule_index.h"
#include "rating/internal/rule_reader.h"

namespace ocs::rating::internal {
namespace {

constexpr int kDaySeconds = 86'400;

bool HoldsAt(const DailyHours& hours, int second) {
  if (hours.begin_second < hours.end_second) {
    return second >= hours.begin_second && second < hours.end_second;
  }
  return second >= hours.begin_second || second < hours.end_second;
}

// Two parts of a day that meet do so at the beginning of one of them. Parts in different zones are
// taken to meet: the zones' clocks move against each other.
bool HoursMeet(const DailyHours& a, const DailyHours& b) {
  if (a.zone != b.zone) return true;
  return HoldsAt(a, b.begin_second % kDaySeconds) || HoldsAt(b, a.begin_second % kDaySeconds);
}

class OverlapCheck final {
 public:
  OverlapCheck(const RuleList& list, Reporter* reporter)
      : list_(list), index_(list.rules), reporter_(reporter) {}

  // Rules about the very same thing.
  void CheckGroups() {
    for (const auto& [matcher, rules] : index_.groups()) {
      std::vector<uint32_t> sorted = rules;
      std::stable_sort(sorted.begin(), sorted.end(), [this](uint32_t a, uint32_t b) {
        return list_.rules[a].from < list_.rules[b].from;
      });
      for (size_t i = 0; i < sorted.size() && !reporter_->full(); ++i) {
        for (size_t j = i + 1; j < sorted.size(); ++j) {
          if (list_.rules[sorted[j]].from >= list_.rules[sorted[i]].until) break;
          Compare(sorted[i], sorted[j], WhatOf(matcher));
        }
      }
    }
  }

  // Rules about two classes of one model.
  void CheckClasses(const std::vector<Model>& models) {
    std::set<std::pair<std::string, std::string>> seen;
    for (const Model& model : models) {
      if (reporter_->full()) return;
      for (size_t i = 0; i < model.classes.size(); ++i) {
        for (size_t j = i + 1; j < model.classes.size(); ++j) {
          const auto* a = RulesOf(model.classes[i]);
          const auto* b = RulesOf(model.classes[j]);
          if (a == nullptr || b == nullptr || HasOwnRule(model)) continue;
          if (!seen.insert(std::minmax(model.classes[i], model.classes[j])).second) continue;
          for (const uint32_t left : *a) {
            for (const uint32_t right : *b) Compare(left, right, Cat("model '", model.id, "'"));
          }
        }
      }
    }
  }

 private:
  static std::string WhatOf(const std::pair<MatchLevel, std::string>& matcher) {
    switch (matcher.first) {
      case MatchLevel::kAny:
        return "any model";
      case MatchLevel::kProvider:
        return Cat("provider '", matcher.second, "'");
      case MatchLevel::kClass:
        return Cat("class '", matcher.second, "'");
      case MatchLevel::kModel:
        return Cat("model '", matcher.second, "'");
    }
    return "";
  }

  const std::vector<uint32_t>* RulesOf(const std::string& name) const {
    const auto found = index_.groups().find({MatchLevel::kClass, name});
    return found == index_.groups().end() ? nullptr : &found->second;
  }

  // A rule of the model's own that always holds decides before any class does.
  bool HasOwnRule(const Model& model) const {
    const auto found = index_.groups().find({MatchLevel::kModel, model.id});
    if (found == index_.groups().end()) return false;
    return std::any_of(found->second.begin(), found->second.end(), [this](uint32_t r) {
      return !list_.rules[r].hours && !IsBounded(list_.rules[r]);
    });
  }

  void Compare(uint32_t left, uint32_t right, const std::string& what) {
    const RateRule& a = list_.rules[left];
    const RateRule& b = list_.rules[right];
    if (StrengthOf(a) != StrengthOf(b)) return;
    if (a.from >= b.until || b.from >= a.until) return;
    if (a.hours && b.hours && !HoursMeet(*a.hours, *b.hours)) return;
    const bool zones_differ = a.hours && b.hours && a.hours->zone != b.hours->zone;
    const bool left_is_later = a.line > b.line;
    const RateRule& later = left_is_later ? a : b;
    const RateRule& earlier = left_is_later ? b : a;
    reporter_->Add(later.line, list_.paths[left_is_later ? left : right],
                   Cat("lines ", earlier.line, " and ", later.line, " both hold for ", what,
                       " at the same time and neither is narrower",
                       zones_differ ? "; hours in different zones cannot be told apart" : ""));
  }

  const RuleList& list_;
  RuleIndex index_;
  Reporter* reporter_;
};

}  // namespace

void CheckOverlaps(const RuleList& list, const std::vector<Model>& models, Reporter* reporter) {
  OverlapCheck check(list, reporter);
  check.CheckGroups();
  check.CheckClasses(models);
}

}  // namespace ocs::rating::internal
