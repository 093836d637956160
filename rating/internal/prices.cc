#include "rating/internal/prices.h"

#include <algorithm>
#include <set>
#include <utility>

#include "ocs/base/limits.h"
#include "ocs/base/text.h"
#include "rating/internal/ratio.h"
#include "rating/internal/scalars.h"
#include "rating/internal/tier_reader.h"
#include "rating/internal/words.h"

namespace ocs::rating::internal {
namespace {

constexpr std::string_view kTokensKey = "tokens";
constexpr std::string_view kPerExpected =
    "what the price is for, such as '1M tokens', '1 request' or '250000 quota_point'";

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
  return std::any_of(KindKeys().begin(), KindKeys().end(),
                     [&](const std::string& key) { return fields.has(key); });
}

// 'price' for so many pieces of a named unit.
void ReadUnitPrice(const Fields& fields, const Per& per, const std::string& unit, RateRule* rule) {
  if (HasKindKey(fields)) {
    fields.Fault("per", Cat("a rule in ", unit,
                            " has one 'price' and no prices by kind: the burn factors of the "
                            "unit tell what each kind takes"));
    return;
  }
  if (fields.has("tiers")) fields.Fault("tiers", "a price in a named unit has no tiers");
  if (!fields.NeedText("price", "a price such as 1")) return;
  const auto price =
      PriceReader(fields, per).Read("price", unit, [](std::string_view) { return true; });
  rule->per_unit = Unit::Of(unit);
  rule->unit_price = price.value_or(Ratio{.numerator = 0, .denominator = 1});
}

// Prices by kind, each for what `per` or itself says.
KindRatios ReadKindPrices(const Fields& fields, const Per& per) {
  const PriceReader reader(fields, per);
  return ReadKinds([&](std::string_view key, TokenKind kind) {
    const std::string_view pieces = kind < TokenKind::kRequest ? "tokens" : TokenKindName(kind);
    return reader.Read(key, pieces,
                       [kind](std::string_view word) { return WordMeans(word, kind); });
  });
}

// Prices taken from another book, times a factor.
void ReadDerived(const Fields& fields, RateRule* rule) {
  constexpr std::string_view kExpected = "per cent of the other book's prices, such as 105.5";
  const auto percent = fields.NeedText("percent", kExpected);
  rule->of_book = fields.NeedText("of", "the id of a price book").value_or("");
  rule->of_factor = Ratio{.numerator = 1, .denominator = 1};
  if (percent) {
    const auto factor = ParsePercentOf(*percent);
    if (!factor) {
      fields.Fault("percent", Cat("expected ", kExpected, ", with at most 6 decimals, found ",
                                  Quoted(*percent)));
    }
    rule->of_factor = factor.value_or(rule->of_factor);
  }
  for (const char* key : {"per", "price", "tiers", "minimum", "maximum", "maximum_per"}) {
    if (fields.has(key)) fields.Fault(key, "has no meaning beside 'percent': the other book says");
  }
  if (HasKindKey(fields)) {
    fields.Fault("percent", "a rule has prices of its own or takes another book's, not both");
  }
}

void ReadOwnPrices(const Fields& fields, const Names& names, RateRule* rule) {
  Per per;
  if (const auto text = fields.Text("per", kPerExpected)) {
    per = ParsePer(*text);
    const std::string unit = per ? NamedUnit(per->second, names) : "";
    if (!unit.empty()) return ReadUnitPrice(fields, per, unit, rule);
    if (!per || !IsKindWord(per->second)) {
      std::vector<std::string> known =
          std::vector<std::string>(names.units.begin(), names.units.end());
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
  rule->ratios = ReadKindPrices(fields, per);
  if (const auto tiers = fields.Map("tiers")) {
    ReadTiers(
        *tiers, [&per](const Fields& step) { return ReadKindPrices(step, per); },
        &fields.reporter(), rule);
  } else if (!HasKindKey(fields) && !fields.has("price")) {
    fields.reporter().Add(fields.line(), fields.path(), "this rule has no price");
  }
}

// The bounds of a call's charge and of a window's.
void ReadBounds(const Fields& fields, RateRule* rule) {
  rule->minimum_micros =
      ReadMoney(fields, "minimum", "an amount of money such as 0.01").value_or(0);
  rule->maximum_micros = ReadMoney(fields, "maximum", "an amount of money such as 5").value_or(-1);
  const auto window =
      ReadWindow(fields, "maximum_per",
                 {WindowKind::kMonth, WindowKind::kCycle, WindowKind::kDay, WindowKind::kWeek,
                  WindowKind::kHour, WindowKind::kCall, WindowKind::kLifetime});
  if (window) rule->maximum_window = *window;
  if (fields.has("maximum_per") && !fields.has("maximum")) {
    fields.Fault("maximum_per", "has no meaning without 'maximum'");
  }
  if (rule->tiers && fields.has("maximum") && rule->maximum_window != rule->tiers->window) {
    fields.Fault("maximum",
                 Cat("beside tiers a maximum is of their window; expected 'maximum_per: ",
                     FormatWindow(rule->tiers->window), "'"));
  }
  if (rule->maximum_micros >= 0 && rule->maximum_micros < rule->minimum_micros) {
    fields.Fault("maximum", "is below the minimum");
  }
}

}  // namespace

const std::vector<std::string>& KindKeys() {
  static const std::vector<std::string> kKeys = [] {
    std::vector<std::string> keys = {std::string(kTokensKey)};
    for (int k = 0; k < kTokenKindCount; ++k) {
      keys.emplace_back(TokenKindName(static_cast<TokenKind>(k)));
    }
    return keys;
  }();
  return kKeys;
}

KindRatios Overlay(const KindRatios& over, const KindRatios& under) {
  KindRatios result = under;
  for (size_t k = 0; k < result.size(); ++k) {
    if (over[k].stated()) result[k] = over[k];
  }
  return result;
}

std::optional<int64_t> ReadMoney(const Fields& fields, std::string_view key,
                                 std::string_view expected) {
  const auto text = fields.Text(key, expected);
  if (!text) return std::nullopt;
  const auto micros = ParseMicros(*text);
  if (micros.ok() && *micros >= 0 && *micros <= kAmountMicrosMax) return *micros;
  fields.Fault(key, Cat("expected ", expected, ", found ", Quoted(*text)));
  return std::nullopt;
}

std::optional<Window> ReadWindow(const Fields& fields, std::string_view key,
                                 const std::vector<WindowKind>& allowed) {
  std::string expected = "one of";
  for (const WindowKind kind : allowed) {
    expected += kind == WindowKind::kSliding ? " 'sliding 5 hours'"
                                             : Cat(" ", FormatWindow(Window{.kind = kind}));
  }
  const auto text = fields.Text(key, expected);
  if (!text) return std::nullopt;
  const auto window = ParseWindow(*text);
  if (window && std::find(allowed.begin(), allowed.end(), window->kind) != allowed.end()) {
    return window;
  }
  fields.Fault(key, Cat("expected ", expected, ", found ", Quoted(*text)));
  return std::nullopt;
}

void ReadPrices(const Fields& fields, const Names& names, RateRule* rule) {
  if (fields.has("percent") || fields.has("of")) return ReadDerived(fields, rule);
  ReadOwnPrices(fields, names, rule);
  ReadBounds(fields, rule);
}

KindRatios ReadFactors(const Fields& fields) {
  if (!HasKindKey(fields)) {
    fields.reporter().Add(fields.line(), fields.path(),
                          "has no factor; expected 'tokens' or a kind such as 'input'");
  }
  return ReadKinds([&](std::string_view key, TokenKind) -> std::optional<Ratio> {
    const auto text = fields.Text(key, "a factor such as 2 or 0.67");
    if (!text) return std::nullopt;
    const auto factor = ParseDecimal(*text);
    if (!factor) {
      fields.Fault(key, Cat("expected a factor such as 2 or 0.67 with at most 12 decimals, found ",
                            Quoted(*text)));
    }
    return factor;
  });
}

}  // namespace ocs::rating::internal
