#include "rating/internal/workshop.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <utility>

#include "ocs/base/check.h"
#include "ocs/base/text.h"

namespace ocs::rating::internal {

Workshop::Workshop(const Catalogue& catalogue, CompiledTariff* out,
                   std::vector<CompileFault>* faults)
    : when(catalogue, out), rows(catalogue, out, faults), out_(out), faults_(faults) {
  for (const UnitTerms& terms : catalogue.units) {
    Burns& burns = burns_[std::string(terms.unit.code())];
    burns.terms = &terms;
    burns.index = std::make_unique<RuleIndex>(terms.burn);
    for (const Model& model : catalogue.models) {
      burns.by_model.push_back(burns.index->RulesOf(model));
    }
  }
}

const std::vector<FoundRule>& Workshop::BurnsOf(const Unit& unit, uint32_t model) {
  static const std::vector<FoundRule> kEmpty;
  const auto found = burns_.find(std::string(unit.code()));
  return found == burns_.end() ? kEmpty : found->second.by_model[model];
}

const RateRule* Workshop::BurnRule(const Unit& unit, uint32_t rule) const {
  return &burns_.at(std::string(unit.code())).terms->burn[rule];
}

std::vector<const Adjustment*> Workshop::Matching(
    const std::vector<const std::vector<Adjustment>*>& lists, const Model& model) const {
  std::vector<const Adjustment*> matching;
  for (const std::vector<Adjustment>* list : lists) {
    if (list == nullptr) continue;
    for (const Adjustment& adjustment : *list) {
      if (Covers(adjustment.matchers, model)) matching.push_back(&adjustment);
    }
  }
  return matching;
}

std::vector<Combination> Workshop::CombinationsOf(const When& base,
                                                  const std::vector<const Adjustment*>& adjustments,
                                                  const Place& place) {
  std::vector<std::pair<const Adjustment*, When>> meeting;
  for (const Adjustment* adjustment : adjustments) {
    const When own = when.Of(adjustment->when);
    if (Meet(base, own)) meeting.emplace_back(adjustment, own);
  }
  if (meeting.size() > kAdjustmentsPerRuleMax) {
    Fault(place, Cat("expected at most ", kAdjustmentsPerRuleMax,
                     " adjustments that may hold together, found ", meeting.size()));
    meeting.resize(kAdjustmentsPerRuleMax);
  }
  std::vector<uint32_t> sets;
  for (uint32_t set = 0; set < (1U << meeting.size()); ++set) sets.push_back(set);
  std::stable_sort(sets.begin(), sets.end(),
                   [](uint32_t a, uint32_t b) { return std::popcount(a) > std::popcount(b); });
  std::vector<Combination> combinations;
  for (const uint32_t set : sets) {
    Combination combination;
    std::optional<When> all = base;
    for (size_t i = 0; i < meeting.size() && all; ++i) {
      if ((set >> i & 1U) == 0) continue;
      all = Meet(*all, meeting[i].second);
      combination.adjustments.push_back(meeting[i].first);
    }
    if (!all) continue;
    combination.when = std::move(*all);
    combinations.push_back(std::move(combination));
  }
  return combinations;
}

uint32_t Workshop::AddList(const std::vector<const std::vector<Variant>*>& variants,
                           const std::vector<Block>& blocks) {
  std::vector<Variant> all;
  for (const Block& block : blocks) {
    if (block.kinds == 0) all.push_back({block.when, kNone});
  }
  const size_t begin = all.size();
  for (const std::vector<Variant>* some : variants)
    all.insert(all.end(), some->begin(), some->end());
  if (all.size() == begin) return 0;
  for (const Block& block : blocks) {
    if (block.kinds == 0) continue;
    // Where the block holds, the same row without the kinds that it keeps.
    std::vector<Variant> masked;
    for (const Variant& variant : all) {
      const auto both = Meet(variant.when, block.when);
      if (variant.row != kNone && both) {
        masked.push_back({*both, rows.Mask(variant.row, ~block.kinds)});
      }
      masked.push_back(variant);
    }
    all = std::move(masked);
  }
  List list{.begin = static_cast<uint32_t>(out_->candidates.size())};
  for (const Variant& variant : all) {
    out_->candidates.push_back(when.Pack(variant.when, variant.row));
    if (variant.when.always()) break;
  }
  if (out_->candidates.size() > kCandidatesMax) {
    Fault({}, Cat("expected at most ", kCandidatesMax, " prices by model and condition"));
    out_->candidates.resize(list.begin);
    return 0;
  }
  list.end = static_cast<uint32_t>(out_->candidates.size());
  for (uint32_t i = list.begin; i + 1 < list.end; ++i) {
    Candidate& one = out_->candidates[i];
    const Candidate& next = out_->candidates[i + 1];
    while (one.shared < std::min(one.check_count, next.check_count) &&
           out_->checks[one.checks + one.shared] == out_->checks[next.checks + one.shared]) {
      ++one.shared;
    }
  }
  out_->lists.push_back(list);
  return static_cast<uint32_t>(out_->lists.size() - 1);
}

uint32_t Workshop::NumberOf(const void* item) {
  return numbers_.try_emplace(item, static_cast<uint32_t>(numbers_.size())).first->second;
}

bool Workshop::TakePairs(size_t count) {
  pairs_ += count;
  if (pairs_ <= kRulePairsMax) return true;
  Fault({}, Cat("expected at most ", kRulePairsMax, " pairs of model and rule"));
  return false;
}

void Workshop::Fault(const Place& place, std::string message) {
  if (!faults_->empty() && faults_->back().place.field == place.field) return;
  faults_->push_back({place, std::move(message)});
}

}  // namespace ocs::rating::internal
