#include "rating/internal/rule_writer.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <string_view>
#include <utility>

#include "absl/strings/str_format.h"
#include "ocs/base/check.h"
#include "ocs/base/exact.h"
#include "ocs/base/text.h"
#include "rating/internal/conditions.h"
#include "rating/internal/ratio.h"
#include "rating/internal/words.h"

namespace ocs::rating::internal {
namespace {

// Writes one value of a kind; a key of "tokens" goes with a kind of token.
using WriteKind = std::function<std::string(const Ratio&, TokenKind)>;

const Ratio& Of(const KindRatios& ratios, TokenKind kind) {
  return ratios[static_cast<size_t>(kind)];
}

// True when the reader gives the kind this value without being told.
bool FallsBack(const KindRatios& ratios, TokenKind kind) {
  const auto is_that_of = [&](TokenKind to) {
    return Of(ratios, to).stated() && Of(ratios, kind) == Of(ratios, to);
  };
  switch (kind) {
    case TokenKind::kCacheRead:
    case TokenKind::kCacheWrite5m:
    case TokenKind::kCacheWrite1h:
      return is_that_of(TokenKind::kInput);
    case TokenKind::kReasoning:
      return is_that_of(TokenKind::kOutput);
    default:
      return false;
  }
}

// The fewest keys that read back as these ratios: 'tokens' where it stands for what is left.
void WriteKinds(const KindRatios& ratios, const WriteKind& write, TextTree* map) {
  constexpr auto kTokenKinds = static_cast<std::ptrdiff_t>(TokenKind::kRequest);
  constexpr auto kFirstOther = static_cast<std::ptrdiff_t>(TokenKind::kAudioInput);
  const Ratio& rest = Of(ratios, TokenKind::kImageOutput);
  const auto is_rest = [&](const Ratio& ratio) { return ratio == rest; };
  const bool in_and_out =
      Of(ratios, TokenKind::kInput).stated() && Of(ratios, TokenKind::kOutput).stated();
  const bool uses_tokens =
      rest.stated() && in_and_out &&
      std::all_of(ratios.begin() + kFirstOther, ratios.begin() + kTokenKinds, is_rest);
  const bool all_alike =
      uses_tokens && std::all_of(ratios.begin(), ratios.begin() + kTokenKinds, is_rest);
  if (uses_tokens) map->Add("tokens", write(rest, TokenKind::kInput));
  for (size_t k = 0; k < ratios.size(); ++k) {
    const auto kind = static_cast<TokenKind>(k);
    const bool said = (all_alike && kind < TokenKind::kRequest) ||
                      (uses_tokens && kind >= TokenKind::kAudioInput && kind < TokenKind::kRequest);
    if (said || !ratios[k].stated() || FallsBack(ratios, kind)) continue;
    map->Add(TokenKindName(kind), write(ratios[k], kind));
  }
}

// Micros a token are money a million tokens: what 'per: 1M tokens' of the rule says. What does not
// come out even there, and other kinds, say for how many they are.
std::string WritePrice(const Ratio& ratio, TokenKind kind) {
  const auto decimal = FormatDecimal(ratio);
  const bool is_token = kind < TokenKind::kRequest;
  if (is_token && decimal && MultiplyExact(ratio.numerator, kMicrosPerMoney)) return *decimal;
  return Cat(WriteMoney(ratio.numerator), " per ", ratio.denominator, " ",
             is_token ? "tokens" : TokenKindName(kind));
}

std::string WriteFactor(const Ratio& ratio, TokenKind) {
  const auto decimal = FormatDecimal(ratio);
  OCS_CHECK(decimal.has_value());  // It was read as one.
  return *decimal;
}

std::string_view CountedName(Counted counted) {
  switch (counted) {
    case Counted::kTokens:
      return "tokens";
    case Counted::kRequests:
      return "request";
    case Counted::kSearches:
      return "search";
    case Counted::kImages:
      return "image";
    case Counted::kSeconds:
      return "second";
  }
  return "";
}

TextTree WriteTiers(const TierTerms& tiers) {
  TextTree map;
  map.Add("form", tiers.form == Shape::Form::kVolume ? "volume" : "graduated");
  map.Add("per", FormatWindow(tiers.window));
  map.Add("of", CountedName(tiers.counted));
  TextTree steps;
  for (const TierStep& step : tiers.steps) {
    TextTree item;
    if (step.stops) {
      item.Add("stop", "true");
    } else {
      if (step.up_to != TierStep{}.up_to) item.Add("up_to", Cat(step.up_to));
      WriteKinds(step.ratios, WritePrice, &item);
      // A step may state nothing of its own; an item may not be empty.
      if (step.flat_micros != 0 || item.empty()) item.Add("flat", WriteMoney(step.flat_micros));
    }
    steps.Append(std::move(item));
  }
  map.Add("steps", std::move(steps));
  return map;
}

void WritePrices(const RateRule& rule, TextTree* map) {
  if (!rule.of_book.empty()) {
    const auto percent = Multiply(rule.of_factor, Ratio{.numerator = 100, .denominator = 1});
    OCS_CHECK(percent.has_value());
    map->Add("percent", FormatRatio(*percent));
    map->Add("of", rule.of_book);
    return;
  }
  if (!rule.per_unit.empty()) {
    map->Add("price", WriteMoney(rule.unit_price.numerator));
    map->Add("per", Cat(rule.unit_price.denominator, " ", rule.per_unit.code()));
  } else {
    map->Add("per", "1M tokens");
    WriteKinds(rule.ratios, WritePrice, map);
  }
  if (rule.tiers) map->Add("tiers", WriteTiers(*rule.tiers));
  if (rule.minimum_micros != 0) map->Add("minimum", WriteMoney(rule.minimum_micros));
  if (rule.maximum_micros < 0) return;
  map->Add("maximum", WriteMoney(rule.maximum_micros));
  if (rule.maximum_window.kind != WindowKind::kCall) {
    map->Add("maximum_per", FormatWindow(rule.maximum_window));
  }
}

}  // namespace

std::string WriteMoney(int64_t micros) { return FormatMicros(micros); }

void WriteMatchers(const std::vector<Matcher>& matchers, TextTree* map) {
  const std::pair<MatchLevel, std::string_view> kLevels[] = {{MatchLevel::kModel, "model"},
                                                             {MatchLevel::kFamily, "family"},
                                                             {MatchLevel::kClass, "class"},
                                                             {MatchLevel::kProvider, "provider"}};
  for (const auto& [level, key] : kLevels) {
    std::vector<std::string> names;
    for (const Matcher& matcher : matchers) {
      if (matcher.level == level) names.push_back(matcher.name);
    }
    map->Add(key, names);
  }
  if (!matchers.empty() && matchers.front().level == MatchLevel::kAny) map->Add("any", "true");
}

void WriteConditions(const Conditions& when, absl::TimeZone zone, TextTree* map) {
  for (size_t d = 0; d < kDimensionCount; ++d) map->Add(DimensionKeys()[d], when.values[d]);
  if (when.prompt) map->Add("prompt", FormatPromptBand(*when.prompt));
  if (when.from != kAlways) map->Add("from", FormatInstant(when.from, zone));
  if (when.until != Instant::Never()) map->Add("until", FormatInstant(when.until, zone));
  if (when.hours) {
    const int begin = when.hours->begin_second / 60;
    const int end = when.hours->end_second / 60;
    map->Add("hours",
             absl::StrFormat("%02d:%02d-%02d:%02d", begin / 60, begin % 60, end / 60, end % 60));
  }
  std::vector<std::string> weekdays;
  for (int day = 0; day < 7; ++day) {
    if ((when.weekdays >> day & 1) != 0) weekdays.emplace_back(WeekdayName(day));
  }
  map->Add("weekdays", weekdays);
  map->Add("holidays", when.holidays);
  map->Add("workdays", when.workdays);
  if (when.zone != zone.name()) map->Add("zone", when.zone);
  if (when.first.stated()) map->Add("first", FormatSpan(when.first));
}

TextTree WritePriceRules(const std::vector<RateRule>& rules, absl::TimeZone zone) {
  TextTree list;
  for (const RateRule& rule : rules) {
    TextTree map;
    WriteMatchers(rule.matchers, &map);
    WriteConditions(rule.when, zone, &map);
    map.Add("name", rule.name);
    map.Add("charge_code", rule.charge_code);
    map.Add("tax", rule.tax);
    WritePrices(rule, &map);
    list.Append(std::move(map));
  }
  return list;
}

TextTree WriteFactorRules(const std::vector<RateRule>& rules, absl::TimeZone zone) {
  TextTree list;
  for (const RateRule& rule : rules) {
    TextTree map;
    WriteMatchers(rule.matchers, &map);
    WriteConditions(rule.when, zone, &map);
    WriteKinds(rule.ratios, WriteFactor, &map);
    list.Append(std::move(map));
  }
  return list;
}

TextTree WriteAdjustments(const std::vector<Adjustment>& adjustments, absl::TimeZone zone) {
  TextTree list;
  for (const Adjustment& adjustment : adjustments) {
    TextTree map;
    map.Add("name", adjustment.name);
    WriteMatchers(adjustment.matchers, &map);
    WriteConditions(adjustment.when, zone, &map);
    map.Add("factor", WriteFactor(adjustment.factor, TokenKind::kInput));
    map.Add("charge_code", adjustment.charge_code);
    list.Append(std::move(map));
  }
  return list;
}

}  // namespace ocs::rating::internal
