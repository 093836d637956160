#include "rating/internal/rule_reader.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "ocs/base/text.h"
#include "rating/internal/conditions.h"
#include "rating/internal/prices.h"
#include "rating/internal/scalars.h"
#include "rating/internal/words.h"

namespace ocs::rating::internal {
namespace {

constexpr size_t kRuleNameLengthMax = 200;  // As long as an offer's name.

std::vector<std::string> ToVector(const std::set<std::string>& names) {
  return {names.begin(), names.end()};
}

// Keys of its own, those that say which models, and those that say when.
std::vector<std::string> RuleKeys(std::vector<std::string> keys) {
  keys.insert(keys.begin(), MatcherKeys().begin(), MatcherKeys().end());
  keys.insert(keys.end(), ConditionKeys().begin(), ConditionKeys().end());
  keys.emplace_back("note");
  return keys;
}

std::vector<std::string> WithKinds(std::vector<std::string> keys) {
  keys.insert(keys.end(), KindKeys().begin(), KindKeys().end());
  return keys;
}

void AppendModel(const std::string& name, const Field& field, const Names& names,
                 Reporter* reporter, std::vector<Matcher>* matchers) {
  if (names.models.count(name) != 0) {
    matchers->push_back({.level = MatchLevel::kModel, .name = name});
    return;
  }
  const auto alias = names.aliases.find(name);
  reporter->Add(
      field.line, field.path,
      alias != names.aliases.end()
          ? Cat(Quoted(name), " is an alias; write the model's id '", alias->second, "'")
          : Cat("unknown model ", Quoted(name), Suggestion(name, ToVector(names.models))));
}

void AppendNamed(MatchLevel level, std::string_view what, const std::set<std::string>& known,
                 const std::pair<std::string, Field>& found, Reporter* reporter,
                 std::vector<Matcher>* matchers) {
  if (known.count(found.first) != 0) {
    matchers->push_back({.level = level, .name = found.first});
    return;
  }
  reporter->Add(found.second.line, found.second.path,
                Cat("unknown ", what, " ", Quoted(found.first), ": no model has it",
                    Suggestion(found.first, ToVector(known))));
}

std::string ReadCode(const Fields& fields) {
  const auto code = fields.Text("charge_code", "a charge code");
  if (code && !IsId(*code)) {
    fields.Fault("charge_code", Cat("expected letters, digits and ._-:/@+, found ", Quoted(*code)));
  }
  return code.value_or("");
}

std::string ReadRuleName(const Fields& fields) {
  const auto name = fields.Text("name", "a name for people");
  if (name && !IsPrintable(*name, kRuleNameLengthMax)) {
    fields.Fault("name", Cat("expected at most ", kRuleNameLengthMax, " printable bytes"));
  }
  return name.value_or("");
}

RateRule ReadPriceRule(const Fields& fields, const Names& names) {
  RateRule rule;
  rule.place = {.line = fields.line(), .field = fields.path()};
  rule.matchers = ReadMatchers(fields, names);
  rule.when = ReadConditions(fields, names);
  ReadPrices(fields, names, &rule);
  rule.charge_code = ReadCode(fields);
  rule.name = ReadRuleName(fields);
  if (const auto tax = fields.Text("tax", "the id of a tax")) {
    rule.tax = *tax;
    if (names.taxes.count(*tax) == 0) {
      fields.Fault("tax",
                   Cat("unknown tax ", Quoted(*tax), Suggestion(*tax, ToVector(names.taxes))));
    }
  }
  return rule;
}

// The factor of 'percent' (a change) or 'factor'.
Ratio ReadAdjustmentFactor(const Fields& fields) {
  constexpr std::string_view kPercent = "a change in per cent such as -20, not below -100";
  constexpr std::string_view kFactor = "a factor such as 3 or 0.67";
  const auto percent = fields.Text("percent", kPercent);
  const auto factor = fields.Text("factor", kFactor);
  if (percent && factor) fields.Fault("factor", "stands beside 'percent'; expected one of the two");
  if (!fields.has("percent") && !fields.has("factor")) {
    fields.Fault("factor", "is missing; expected 'percent: -20' or 'factor: 3'");
  }
  const auto ratio = percent  ? ParsePercentChange(*percent)
                     : factor ? ParseDecimal(*factor)
                              : std::nullopt;
  if (ratio) return *ratio;
  if (percent) fields.Fault("percent", Cat("expected ", kPercent, ", found ", Quoted(*percent)));
  if (!percent && factor) {
    fields.Fault("factor", Cat("expected ", kFactor, ", found ", Quoted(*factor)));
  }
  return Ratio{.numerator = 1, .denominator = 1};
}

}  // namespace

const std::vector<std::string>& MatcherKeys() {
  static const std::vector<std::string> kKeys = {"model", "family", "class", "provider", "any"};
  return kKeys;
}

std::vector<Matcher> ReadMatchers(const Fields& fields, const Names& names) {
  std::vector<Matcher> matchers;
  Reporter* reporter = &fields.reporter();
  for (const auto& [name, field] : fields.Texts("model", "a model's id or a list of them")) {
    AppendModel(name, field, names, reporter, &matchers);
  }
  for (const auto& found : fields.Texts("class", "a class or a list of them")) {
    AppendNamed(MatchLevel::kClass, "class", names.classes, found, reporter, &matchers);
  }
  for (const auto& found : fields.Texts("provider", "a provider or a list of them")) {
    AppendNamed(MatchLevel::kProvider, "provider", names.providers, found, reporter, &matchers);
  }
  for (const auto& found : fields.Texts("family", "a family or a list of them")) {
    AppendNamed(MatchLevel::kFamily, "family", names.families, found, reporter, &matchers);
  }
  if (const auto any = fields.Text("any", "true")) {
    if (*any != "true") {
      fields.Fault("any", Cat("expected true, found ", Quoted(*any)));
    }
    matchers.push_back({});
  }
  const bool says = std::any_of(MatcherKeys().begin(), MatcherKeys().end(),
                                [&](const std::string& key) { return fields.has(key); });
  if (!says) {
    reporter->Add(fields.line(), fields.path(),
                  "does not say which models it is about; expected one of 'model', 'family', "
                  "'class', 'provider' or 'any: true'");
  }
  std::sort(matchers.begin(), matchers.end());
  for (size_t i = 1; i < matchers.size(); ++i) {
    if (matchers[i] != matchers[i - 1]) continue;
    reporter->Add(fields.line(), fields.path(), Cat("names ", Quoted(matchers[i].name), " twice"));
  }
  matchers.erase(std::unique(matchers.begin(), matchers.end()), matchers.end());
  return matchers;
}

std::vector<RateRule> ReadPriceRules(const std::vector<Field>& items, const Names& names,
                                     Reporter* reporter) {
  static const std::vector<std::string> kKeys =
      WithKinds(RuleKeys({"per", "price", "percent", "of", "tiers", "minimum", "maximum",
                          "maximum_per", "charge_code", "tax", "name"}));
  std::vector<RateRule> rules;
  for (const Field& item : items) {
    const Fields fields(item, kKeys, reporter);
    if (item.node->kind != YamlNode::Kind::kMap) continue;
    rules.push_back(ReadPriceRule(fields, names));
  }
  return rules;
}

std::vector<RateRule> ReadFactorRules(const std::vector<Field>& items, const Names& names,
                                      Reporter* reporter) {
  static const std::vector<std::string> kKeys = WithKinds(RuleKeys({}));
  std::vector<RateRule> rules;
  if (items.size() > kFactorRulesMax) {
    reporter->Add(items.front().line, items.front().path,
                  Cat("expected at most ", kFactorRulesMax, " factors in one list"));
    return rules;
  }
  for (const Field& item : items) {
    const Fields fields(item, kKeys, reporter);
    if (item.node->kind != YamlNode::Kind::kMap) continue;
    RateRule rule;
    rule.place = {.line = item.line, .field = item.path};
    rule.matchers = ReadMatchers(fields, names);
    rule.when = ReadConditions(fields, names);
    rule.ratios = ReadFactors(fields);
    rules.push_back(std::move(rule));
  }
  return rules;
}

std::vector<Adjustment> ReadAdjustments(const std::vector<Field>& items, const Names& names,
                                        Reporter* reporter) {
  static const std::vector<std::string> kKeys =
      RuleKeys({"name", "percent", "factor", "charge_code"});
  std::vector<Adjustment> adjustments;
  std::map<std::string, int> lines;
  for (const Field& item : items) {
    const Fields fields(item, kKeys, reporter);
    if (item.node->kind != YamlNode::Kind::kMap) continue;
    Adjustment adjustment;
    adjustment.place = {.line = item.line, .field = item.path};
    if (!fields.has("name")) fields.Fault("name", "is missing; expected a name for people");
    adjustment.name = ReadRuleName(fields);
    const auto [known, is_new] = lines.try_emplace(adjustment.name, item.line);
    if (!is_new && fields.has("name")) {
      fields.Fault("name", Cat("is already the name of the adjustment at line ", known->second));
    }
    adjustment.matchers = ReadMatchers(fields, names);
    adjustment.when = ReadConditions(fields, names);
    adjustment.factor = ReadAdjustmentFactor(fields);
    adjustment.charge_code = ReadCode(fields);
    adjustments.push_back(std::move(adjustment));
  }
  return adjustments;
}

}  // namespace ocs::rating::internal
