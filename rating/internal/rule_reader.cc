#include "rating/internal/rule_reader.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "ocs/base/text.h"
#include "rating/internal/ratio.h"
#include "rating/internal/scalars.h"

namespace ocs::rating::internal {
namespace {

constexpr std::string_view kTokensKey = "tokens";
constexpr std::string_view kPerExpected =
    "what the price is for, such as '1M tokens', '1 request' or '250000 quota_point'";

std::vector<std::string> ToVector(const std::set<std::string>& names) {
  return {names.begin(), names.end()};
}

std::vector<std::string> RuleKeys(std::vector<std::string> keys) {
  for (const char* key : {"model", "class", "provider", "any", "tokens", "note"})
    keys.push_back(key);
  for (int k = 0; k < kTokenKindCount; ++k) {
    keys.emplace_back(TokenKindName(static_cast<TokenKind>(k)));
  }
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

// From, until, hours and zone.
void ReadTimes(const Fields& fields, const Names& names, RateRule* rule) {
  const auto instant = [&](std::string_view key, Instant* to) {
    const auto text = fields.Text(key, "an instant such as 2026-05-18T10:00:00+08:00");
    if (!text) return;
    const auto parsed = ParseInstant(*text);
    if (parsed.ok()) {
      *to = *parsed;
    } else {
      fields.Fault(
          key, Cat("expected an instant such as 2026-05-18T10:00:00+08:00, found ", Quoted(*text)));
    }
  };
  instant("from", &rule->from);
  instant("until", &rule->until);
  if (rule->until <= rule->from) fields.Fault("until", "expected an instant after 'from'");
  const auto zone = fields.Text("zone", "a time zone such as Asia/Shanghai");
  if (zone && !ParseZone(*zone)) {
    fields.Fault("zone", Cat("unknown time zone ", Quoted(*zone),
                             "; expected a name such as Asia/Shanghai or UTC"));
  }
  if (zone && !fields.has("hours")) fields.Fault("zone", "has no meaning without 'hours'");
  const auto text = fields.Text("hours", "hours such as 00:30-16:30");
  if (!text) return;
  rule->hours = ParseHours(*text);
  if (rule->hours) {
    rule->hours->zone = zone.value_or(names.zone);
  } else {
    fields.Fault("hours", Cat("expected two different times of day such as 00:30-16:30 or "
                              "22:00-24:00, found ",
                              Quoted(*text)));
  }
}

// True when the word after a count ("tokens", "request") means pieces of that kind.
bool WordMeans(std::string_view word, TokenKind kind) {
  if (kind < TokenKind::kRequest) return word == "token" || word == "tokens";
  const std::string_view name = TokenKindName(kind);
  return word == name ||
         (word.size() == name.size() + 1 && word.substr(0, name.size()) == name &&
          word.back() == 's') ||
         (kind == TokenKind::kSearch && word == "searches");
}

bool IsKindWord(std::string_view word) {
  for (int k = 0; k < kTokenKindCount; ++k) {
    if (WordMeans(word, static_cast<TokenKind>(k))) return true;
  }
  return false;
}

using Per = std::optional<std::pair<int64_t, std::string>>;

// The unit of account that the word names, in singular or plural; "" when there is none.
std::string NamedUnit(const std::string& word, const Names& names) {
  if (names.units.count(word) != 0) return word;
  if (word.size() > 1 && word.back() == 's' &&
      names.units.count(word.substr(0, word.size() - 1)) != 0) {
    return word.substr(0, word.size() - 1);
  }
  return "";
}

// "0.27" or "0.01 per 1 request" as micros per piece.
class PriceReader final {
 public:
  PriceReader(const Fields& fields, const Per& per) : fields_(fields), per_(per) {}

  // The price of `key` for pieces that `means` accepts the word of; nothing when absent or faulty.
  template <typename Means>
  std::optional<Ratio> Read(std::string_view key, std::string_view pieces, Means means) const {
    const auto text = fields_.Text(key, "a price such as 0.27");
    if (!text) return std::nullopt;
    constexpr std::string_view kSeparator = " per ";
    const size_t at = text->find(kSeparator);
    const auto price = ReadNumber(key, text->substr(0, at));
    if (!price) return std::nullopt;
    const Per per = at == std::string::npos ? per_ : ParsePer(text->substr(at + kSeparator.size()));
    if (!per) {
      // A rule whose own 'per' is there but faulty has been told so.
      if (at != std::string::npos || !fields_.has("per")) {
        fields_.Fault(key, Cat("this price does not say what it is for; expected 'per' in the "
                               "rule or '0.01 per 1 request' here, found ",
                               Quoted(*text)));
      }
      return std::nullopt;
    }
    if (!means(per->second)) {
      fields_.Fault(key,
                    Cat("expected a price for ", pieces, ", found one for ", Quoted(per->second)));
      return std::nullopt;
    }
    return PerPiece(key, *price, per->first);
  }

  std::optional<Ratio> PerPiece(std::string_view key, const Ratio& price, int64_t count) const {
    const auto micros = Multiply(price, Ratio{.numerator = kMicrosPerMoney, .denominator = 1});
    const auto rate =
        micros ? Divide(*micros, Ratio{.numerator = count, .denominator = 1}) : micros;
    if (!rate) fields_.Fault(key, "this price does not fit 64 bits");
    return rate;
  }

 private:
  std::optional<Ratio> ReadNumber(std::string_view key, const std::string& text) const {
    const auto price = ParseDecimal(text);
    if (!price) {
      fields_.Fault(
          key, Cat(text.rfind('-', 0) == 0 ? "a price is never negative; " : "",
                   "expected a decimal number with at most 12 decimals, found ", Quoted(text)));
    }
    return price;
  }

  const Fields& fields_;
  const Per& per_;
};

// Kinds without a value of their own take that of the kind that they are a sort of.
void FillFallbacks(KindRatios* ratios) {
  const auto fall_back = [ratios](TokenKind kind, TokenKind to) {
    Ratio& own = (*ratios)[static_cast<size_t>(kind)];
    if (!own.stated()) own = (*ratios)[static_cast<size_t>(to)];
  };
  fall_back(TokenKind::kCacheRead, TokenKind::kInput);
  fall_back(TokenKind::kCacheWrite5m, TokenKind::kInput);
  fall_back(TokenKind::kCacheWrite1h, TokenKind::kInput);
  fall_back(TokenKind::kReasoning, TokenKind::kOutput);
}

// Reads 'tokens' and the kinds with `read(key, kind)`; `tokens` stands for each kind of token not
// named.
template <typename Read>
KindRatios ReadKinds(Read read) {
  KindRatios ratios;
  for (size_t k = 0; k < ratios.size(); ++k) {
    const auto kind = static_cast<TokenKind>(k);
    ratios[k] = read(TokenKindName(kind), kind).value_or(Ratio{});
  }
  FillFallbacks(&ratios);
  const Ratio all = read(kTokensKey, TokenKind::kInput).value_or(Ratio{});
  for (size_t k = 0; k < static_cast<size_t>(TokenKind::kRequest); ++k) {
    if (!ratios[k].stated()) ratios[k] = all;
  }
  return ratios;
}

bool HasKindKey(const Fields& fields) {
  for (int k = 0; k < kTokenKindCount; ++k) {
    if (fields.has(TokenKindName(static_cast<TokenKind>(k)))) return true;
  }
  return fields.has(kTokensKey);
}

// 'price' for so many pieces of a named unit.
void ReadUnitPrice(const Fields& fields, const Per& per, const std::string& unit, RateRule* rule) {
  if (HasKindKey(fields)) {
    fields.Fault("per", Cat("a rule in ", unit,
                            " has one 'price' and no prices by kind: the burn factors of the "
                            "unit tell what each kind takes"));
    return;
  }
  if (!fields.NeedText("price", "a price such as 1")) return;
  const auto price =
      PriceReader(fields, per).Read("price", unit, [](std::string_view) { return true; });
  rule->per_unit = Unit::Of(unit);
  rule->unit_price = price.value_or(Ratio{.numerator = 0, .denominator = 1});
}

void ReadPrices(const Fields& fields, const Names& names, RateRule* rule) {
  Per per;
  if (const auto text = fields.Text("per", kPerExpected)) {
    per = ParsePer(*text);
    const std::string unit = per ? NamedUnit(per->second, names) : "";
    if (!unit.empty()) return ReadUnitPrice(fields, per, unit, rule);
    if (!per || !IsKindWord(per->second)) {
      std::vector<std::string> known = ToVector(names.units);
      known.insert(known.end(), {"tokens", "requests", "searches", "images", "seconds"});
      fields.Fault("per", Cat("expected ", kPerExpected, ", found ", Quoted(*text),
                              per ? Suggestion(per->second, known) : ""));
      per = std::nullopt;
    }
  }
  if (fields.has("price")) {
    fields.Fault("price",
                 "is for prices in a named unit; expected a price by kind such as 'input'");
  }
  const PriceReader reader(fields, per);
  rule->ratios = ReadKinds([&](std::string_view key, TokenKind kind) {
    const std::string_view pieces = kind < TokenKind::kRequest ? "tokens" : TokenKindName(kind);
    return reader.Read(key, pieces,
                       [kind](std::string_view word) { return WordMeans(word, kind); });
  });
  if (!HasKindKey(fields) && !fields.has("price")) {
    fields.reporter().Add(fields.line(), fields.path(), "this rule has no price");
  }
}

// Adds the rule once for each matcher. `code` is empty when the rule names none.
void Expand(RateRule rule, const std::vector<Matcher>& matchers, const std::string& path,
            RuleList* list) {
  for (const Matcher& matcher : matchers) {
    rule.matcher = matcher;
    list->rules.push_back(rule);
    list->paths.push_back(path);
  }
}

void ReadPriceRule(const Field& item, const std::string& book_id, const Names& names,
                   Reporter* reporter, RuleList* list) {
  static const std::vector<std::string> kKeys =
      RuleKeys({"per", "price", "from", "until", "hours", "zone", "charge_code"});
  const Fields fields(item, kKeys, reporter);
  if (item.node->kind != YamlNode::Kind::kMap) return;
  RateRule rule;
  rule.line = item.line;
  const std::vector<Matcher> matchers = ReadMatchers(fields, names);
  ReadTimes(fields, names, &rule);
  ReadPrices(fields, names, &rule);
  const auto code = fields.Text("charge_code", "a charge code");
  if (code && !IsId(*code)) {
    fields.Fault("charge_code", Cat("expected letters, digits and ._-:/@+, found ", Quoted(*code)));
  }
  for (const Matcher& matcher : matchers) {
    rule.charge_code =
        code.value_or(Cat(book_id, "/", matcher.level == MatchLevel::kAny ? "any" : matcher.name));
    Expand(rule, {matcher}, item.path, list);
  }
}

}  // namespace

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
  if (const auto any = fields.Text("any", "true")) {
    if (*any != "true") {
      fields.Fault("any", Cat("expected true, found ", Quoted(*any)));
    }
    matchers.push_back({});
  }
  if (!fields.has("model") && !fields.has("class") && !fields.has("provider") &&
      !fields.has("any")) {
    reporter->Add(fields.line(), fields.path(),
                  "does not say which models it is about; expected one of 'model', 'class', "
                  "'provider' or 'any: true'");
  }
  for (size_t i = 0; i < matchers.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (matchers[i] != matchers[j]) continue;
      reporter->Add(fields.line(), fields.path(),
                    Cat("names ", Quoted(matchers[i].name), " twice"));
    }
  }
  return matchers;
}

void ReadPriceRules(const std::vector<Field>& items, const std::string& book_id, const Names& names,
                    Reporter* reporter, RuleList* list) {
  for (const Field& item : items) ReadPriceRule(item, book_id, names, reporter, list);
}

void ReadFactorRules(const std::vector<Field>& items, FactorTimes times, const Names& names,
                     Reporter* reporter, RuleList* list) {
  const std::vector<std::string> keys =
      times == FactorTimes::kAllowed ? RuleKeys({"from", "until", "hours", "zone"}) : RuleKeys({});
  for (const Field& item : items) {
    const Fields fields(item, keys, reporter);
    if (item.node->kind != YamlNode::Kind::kMap) continue;
    RateRule rule;
    rule.line = item.line;
    const std::vector<Matcher> matchers = ReadMatchers(fields, names);
    if (times == FactorTimes::kAllowed) ReadTimes(fields, names, &rule);
    rule.ratios = ReadKinds([&](std::string_view key, TokenKind) -> std::optional<Ratio> {
      const auto text = fields.Text(key, "a factor such as 2 or 0.67");
      if (!text) return std::nullopt;
      const auto factor = ParseDecimal(*text);
      if (!factor) {
        fields.Fault(key,
                     Cat("expected a factor such as 2 or 0.67 with at most 12 decimals, found ",
                         Quoted(*text)));
      }
      return factor;
    });
    if (!HasKindKey(fields)) {
      reporter->Add(item.line, item.path,
                    "has no factor; expected 'tokens' or a kind such as 'input'");
    }
    Expand(rule, matchers, item.path, list);
  }
}

}  // namespace ocs::rating::internal
