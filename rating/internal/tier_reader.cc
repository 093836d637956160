#include "rating/internal/tier_reader.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ocs/base/exact.h"
#include "ocs/base/text.h"
#include "rating/internal/prices.h"
#include "rating/internal/ratio.h"
#include "rating/internal/scalars.h"

namespace ocs::rating::internal {
namespace {

constexpr int64_t kOpen = TierStep{}.up_to;

// Reads the steps of one 'tiers'.
class StepReader final {
 public:
  StepReader(const ReadStepPrices& prices, Reporter* reporter)
      : prices_(prices), reporter_(reporter) {}

  // Appends the steps of a list that begins at `start`; gives where the last one ends. A repeated
  // group is one of `nested` lists: it has an end, and no group in it.
  int64_t Read(const std::vector<Field>& items, int64_t start, bool is_group) {
    int64_t at = start;
    for (const Field& item : items) {
      if (full_) return at;
      at = !is_group && Repeats(item) ? ReadGroup(item, at) : ReadStep(item, start, at, is_group);
    }
    return at;
  }

  std::vector<TierStep> Take() { return std::move(steps_); }

 private:
  static const std::vector<std::string>& Keys() {
    static const std::vector<std::string> kKeys = [] {
      std::vector<std::string> keys = {"up_to", "flat", "stop", "repeat", "steps", "note"};
      keys.insert(keys.end(), KindKeys().begin(), KindKeys().end());
      return keys;
    }();
    return kKeys;
  }

  static bool Repeats(const Field& item) {
    const auto& members = item.node->members;
    return std::any_of(members.begin(), members.end(),
                       [](const YamlNode::Member& member) { return member.key == "repeat"; });
  }

  void Add(TierStep step, const Fields& fields) {
    if (steps_.size() >= kTiersMax) {
      full_ = true;
      reporter_->Add(fields.line(), fields.path(), Cat("expected at most ", kTiersMax, " tiers"));
      return;
    }
    steps_.push_back(std::move(step));
  }

  int64_t ReadStep(const Field& item, int64_t start, int64_t at, bool is_group) {
    const Fields fields(item, Keys(), reporter_);
    if (item.node->kind != YamlNode::Kind::kMap) return at;
    if (fields.has("repeat") || fields.has("steps")) {
      fields.Fault(fields.has("repeat") ? "repeat" : "steps",
                   "a group is written {repeat: 10, steps: [...]}, and has no other in it");
      return at;
    }
    if (!steps_.empty() && (steps_.back().stops || steps_.back().up_to == kOpen)) {
      reporter_->Add(fields.line(), fields.path(), "is never reached: the step before has no end");
    }
    TierStep step;
    step.stops = ReadStop(fields);
    step.ratios = prices_(fields);
    step.flat_micros = ReadMoney(fields, "flat", "an amount of money such as 5").value_or(0);
    step.up_to = ReadUpTo(fields, start, at, is_group);
    const int64_t end = step.up_to;
    Add(std::move(step), fields);
    return end;
  }

  bool ReadStop(const Fields& fields) {
    const auto text = fields.Text("stop", "true");
    if (!text) return false;
    if (*text != "true") fields.Fault("stop", Cat("expected true, found ", Quoted(*text)));
    for (const std::string& key : KindKeys()) {
      if (fields.has(key)) fields.Fault(key, "a step that stops sells nothing");
    }
    if (fields.has("flat")) fields.Fault("flat", "a step that stops sells nothing");
    if (fields.has("up_to")) fields.Fault("up_to", "a step that stops has no end");
    return true;
  }

  int64_t ReadUpTo(const Fields& fields, int64_t start, int64_t at, bool is_group) {
    const auto text = fields.Text("up_to", "a count such as 100M");
    if (!text) {
      if (is_group) {
        reporter_->Add(fields.line(), fields.path(), "each step of a group needs 'up_to'");
      }
      return kOpen;
    }
    const auto count = ParseCount(*text);
    const auto end = count ? AddExact(start, *count) : count;
    if (!end || *end <= at || *end == kOpen) {
      fields.Fault("up_to", Cat("expected a count above the step before's, such as 100M, found ",
                                Quoted(*text)));
      return at;
    }
    return *end;
  }

  int64_t ReadGroup(const Field& item, int64_t start) {
    const Fields fields(item, {"repeat", "steps", "note"}, reporter_);
    const auto text = fields.NeedText("repeat", "how often, such as 10");
    const int64_t times = text ? ParseCount(*text).value_or(0) : 1;
    if (times < 1 || times > static_cast<int64_t>(kTiersMax)) {
      fields.Fault("repeat", Cat("expected a number from 1 to ", kTiersMax, ", found ",
                                 Quoted(text.value_or(""))));
    }
    const std::vector<Field> items = fields.Items("steps");
    if (items.empty()) fields.Fault("steps", "expected the steps that are repeated");
    const size_t begin = steps_.size();
    int64_t at = Read(items, start, /*is_group=*/true);
    const int64_t length = at - start;
    const std::vector<TierStep> once(steps_.begin() + static_cast<int64_t>(begin), steps_.end());
    for (int64_t i = 1; i < times && !full_ && at != kOpen; ++i) {
      for (TierStep step : once) {
        const auto end = step.up_to == kOpen ? std::nullopt : AddExact(step.up_to, i * length);
        if (!end) {
          fields.Fault("repeat", "the end of this group does not fit 64 bits");
          return at;
        }
        step.up_to = *end;
        at = *end;
        Add(std::move(step), fields);
      }
    }
    return at;
  }

  const ReadStepPrices& prices_;
  Reporter* reporter_;
  std::vector<TierStep> steps_;
  bool full_ = false;
};

void CheckVolume(const Fields& fields, const RateRule& rule) {
  const std::vector<TierStep>& steps = rule.tiers->steps;
  for (size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].flat_micros != 0) {
      fields.Fault("steps",
                   "a flat amount needs 'form: graduated': with volume prices a call pays "
                   "for the whole window");
      return;
    }
    if (i == 0 || steps[i].stops) continue;
    const KindRatios before = Overlay(steps[i - 1].ratios, rule.ratios);
    const KindRatios now = Overlay(steps[i].ratios, rule.ratios);
    for (size_t k = 0; k < now.size(); ++k) {
      if (!now[k].stated() || !before[k].stated() || !IsLess(before[k], now[k])) continue;
      fields.Fault("steps", Cat("volume prices may not rise, and ",
                                TokenKindName(static_cast<TokenKind>(k)), " does in step ", i + 1));
      return;
    }
  }
}

void CheckSteps(const Fields& fields, const RateRule& rule) {
  const std::vector<TierStep>& steps = rule.tiers->steps;
  if (steps.empty()) return;
  if (steps.front().stops) fields.Fault("steps", "the first step sells nothing");
  if (!steps.back().stops && steps.back().up_to != kOpen) {
    fields.Fault("steps", "the last step needs no 'up_to', or 'stop: true'");
  }
  const KindRatios first = Overlay(steps.front().ratios, rule.ratios);
  for (size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].stops) continue;
    const KindRatios now = Overlay(steps[i].ratios, rule.ratios);
    bool priced = false;
    for (size_t k = 0; k < now.size(); ++k) {
      priced = priced || now[k].stated();
      if (now[k].stated() == first[k].stated()) continue;
      fields.Fault("steps", Cat("each step prices the same kinds: ",
                                TokenKindName(static_cast<TokenKind>(k)), " has a price in step ",
                                now[k].stated() ? i + 1 : 1, " and none in step ",
                                now[k].stated() ? 1 : i + 1, "; what is free is written as 0"));
      return;
    }
    if (!priced) {
      fields.Fault("steps", Cat("step ", i + 1, " has no price; what is free is written as 0"));
      return;
    }
  }
  if (rule.tiers->form == Shape::Form::kVolume) CheckVolume(fields, rule);
}

std::optional<Counted> ParseCounted(std::string_view text) {
  if (text == "tokens" || text == "token") return Counted::kTokens;
  if (text == "requests" || text == "request") return Counted::kRequests;
  if (text == "searches" || text == "search") return Counted::kSearches;
  if (text == "images" || text == "image") return Counted::kImages;
  if (text == "seconds" || text == "second") return Counted::kSeconds;
  return std::nullopt;
}

}  // namespace

void ReadTiers(const Field& field, const ReadStepPrices& prices, Reporter* reporter,
               RateRule* rule) {
  const Fields fields(field, {"form", "per", "of", "steps", "note"}, reporter);
  if (field.node->kind != YamlNode::Kind::kMap) return;
  rule->tiers.emplace();
  if (const auto text = fields.NeedText("form", "graduated or volume")) {
    if (*text == "volume") {
      rule->tiers->form = Shape::Form::kVolume;
    } else if (*text != "graduated") {
      fields.Fault("form", Cat("expected graduated or volume, found ", Quoted(*text),
                               Suggestion(*text, {"graduated", "volume"})));
    }
  }
  if (!fields.has("per")) fields.Fault("per", "is missing; expected a window such as month");
  rule->tiers->window = ReadWindow(fields, "per",
                                   {WindowKind::kMonth, WindowKind::kDay, WindowKind::kWeek,
                                    WindowKind::kCycle, WindowKind::kHour, WindowKind::kCall,
                                    WindowKind::kLifetime, WindowKind::kSliding})
                            .value_or(Window{.kind = WindowKind::kMonth});
  if (const auto text = fields.Text("of", "tokens, request, search, image or second")) {
    const auto counted = ParseCounted(*text);
    if (!counted) {
      fields.Fault("of",
                   Cat("expected tokens, request, search, image or second, found ", Quoted(*text)));
    }
    rule->tiers->counted = counted.value_or(Counted::kTokens);
  }
  const std::vector<Field> items = fields.Items("steps");
  if (items.empty()) fields.Fault("steps", "expected at least one step");
  StepReader reader(prices, reporter);
  reader.Read(items, 0, /*is_group=*/false);
  rule->tiers->steps = reader.Take();
  CheckSteps(fields, *rule);
}

}  // namespace ocs::rating::internal
