#include "rating/diff.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <map>
#include <string_view>
#include <utility>

#include "ocs/base/exact.h"
#include "ocs/base/text.h"
#include "rating/internal/catalogue_writer.h"
#include "rating/internal/ratio.h"
#include "rating/internal/rule_index.h"
#include "rating/internal/rule_writer.h"
#include "rating/internal/text_tree.h"

namespace ocs::rating {
namespace {

using internal::TextTree;

constexpr Ratio kMillionth = {.numerator = 1, .denominator = kMicrosPerMoney};

// What the numbers of a rule are.
enum class Numbers : uint8_t { kPrices, kFactors };

std::string ShownOfPiece(const Ratio& ratio, std::string_view piece) {
  const auto money = internal::Multiply(ratio, kMillionth);
  return Cat(money ? internal::FormatRatio(*money) : "", " per 1 ", piece);
}

std::string Shown(const Ratio& ratio, TokenKind kind, Numbers numbers) {
  if (numbers == Numbers::kFactors) return internal::FormatRatio(ratio);
  if (kind < TokenKind::kRequest) return Cat(internal::FormatRatio(ratio), " per 1M tokens");
  return ShownOfPiece(ratio, TokenKindName(kind));
}

// "model m1", "any".
std::string Whom(const Matcher& matcher) {
  TextTree map;
  internal::WriteMatchers({matcher}, &map);
  if (matcher.level == MatchLevel::kAny) return "any model";
  return Cat(map.members().front().first, " ", matcher.name);
}

// A rule by one of its matchers.
struct Line {
  const RateRule* rule = nullptr;
  std::string text;  // "price book list, model m1 {product: office}".
};

class Comparison final {
 public:
  Comparison(const Catalogue& before, const Catalogue& after)
      : before_(before),
        after_(after),
        before_tree_(internal::WriteTree(before)),
        after_tree_(internal::WriteTree(after)) {}

  std::vector<Change> Run() {
    CompareSection("models", {"id"}, "model", ChangeKind::kModelGone, ChangeKind::kModelAdded);
    for (const auto& [section, key, what] : std::initializer_list<std::array<std::string_view, 3>>{
             {"calendars", "calendar", "calendar"},
             {"taxes", "tax", "tax"},
             {"units", "unit", "unit"},
             {"wholesale", "book", "wholesale book"}}) {
      CompareSection(section, {key}, what, ChangeKind::kOtherChanged, ChangeKind::kOtherChanged);
    }
    CompareSection("exchange", {"from", "to", "from_time"}, "exchange", ChangeKind::kOtherChanged,
                   ChangeKind::kOtherChanged);
    CompareSection("price_books", {"id"}, "price book", ChangeKind::kBookGone,
                   ChangeKind::kBookAdded);
    CompareSection("offers", {"id"}, "offer", ChangeKind::kOfferGone, ChangeKind::kOfferAdded);
    CompareBooks();
    CompareUnits();
    CompareWeights();
    for (const char* key : {"currency", "time_zone", "calls", "open_sessions"}) {
      CompareMember(before_tree_[key], after_tree_[key], key, "catalogue",
                    ChangeKind::kOtherChanged);
    }
    std::stable_sort(changes_.begin(), changes_.end(),
                     [](const Change& a, const Change& b) { return a.kind < b.kind; });
    return std::move(changes_);
  }

 private:
  static std::string KeyOf(const TextTree& item, const std::vector<std::string_view>& keys) {
    std::string key;
    for (const std::string_view part : keys) {
      key += Cat(key.empty() ? "" : " ", item[part].WriteInline());
    }
    return key;
  }

  void CompareSection(std::string_view section, const std::vector<std::string_view>& keys,
                      std::string_view what, ChangeKind gone, ChangeKind added) {
    CompareLists(before_tree_[section], after_tree_[section], keys, what, gone, added,
                 section == "offers" ? ChangeKind::kOfferChanged : ChangeKind::kOtherChanged);
  }

  // Items by their key: gone, changed member by member, added.
  void CompareLists(const TextTree& before, const TextTree& after,
                    const std::vector<std::string_view>& keys, const std::string_view what,
                    ChangeKind gone, ChangeKind added, ChangeKind changed) {
    std::map<std::string, const TextTree*> by_key;
    for (const TextTree& item : after.items()) by_key.emplace(KeyOf(item, keys), &item);
    for (const TextTree& item : before.items()) {
      const std::string key = KeyOf(item, keys);
      const std::string where = Cat(what, " ", key);
      const auto other = by_key.find(key);
      if (other == by_key.end()) {
        changes_.push_back({.kind = gone, .where = where, .before = Brief(item), .after = ""});
        continue;
      }
      CompareMembers(item, *other->second, where, changed);
      by_key.erase(other);
    }
    for (const TextTree& item : after.items()) {
      const std::string key = KeyOf(item, keys);
      if (by_key.count(key) == 0) continue;
      changes_.push_back(
          {.kind = added, .where = Cat(what, " ", key), .before = "", .after = Brief(item)});
    }
  }

  // An item in one line: what is in lists of its own is only counted.
  static std::string Brief(const TextTree& item) {
    TextTree brief;
    for (const auto& [key, value] : item.members()) {
      const bool is_list = !value.items().empty() && !value.items().front().members().empty();
      brief.Add(key, is_list ? TextTree(Cat(value.items().size())) : value);
    }
    return brief.WriteInline();
  }

  void CompareMembers(const TextTree& before, const TextTree& after, const std::string& where,
                      ChangeKind kind) {
    for (const auto& [key, value] : before.members()) {
      if (!IsCompared(key)) CompareMember(value, after[key], key, where, kind);
    }
    for (const auto& [key, value] : after.members()) {
      if (!IsCompared(key) && before[key].empty()) {
        CompareMember(before[key], value, key, where, kind);
      }
    }
    CompareLists(before["adjustments"], after["adjustments"], {"name"}, Cat(where, ", adjustment"),
                 ChangeKind::kOtherChanged, ChangeKind::kOtherChanged, ChangeKind::kOtherChanged);
    CompareLists(before["grants"], after["grants"], {"name"}, Cat(where, ", grant"),
                 ChangeKind::kGrantChanged, ChangeKind::kGrantChanged, ChangeKind::kGrantChanged);
  }

  // Lists that are compared item by item elsewhere.
  static bool IsCompared(std::string_view key) {
    return key == "rules" || key == "burn" || key == "weights" || key == "adjustments" ||
           key == "grants";
  }

  void CompareMember(const TextTree& before, const TextTree& after, std::string_view key,
                     const std::string& where, ChangeKind kind) {
    Change change{.kind = kind,
                  .where = Cat(where, ", ", key),
                  .before = before.WriteInline(),
                  .after = after.WriteInline()};
    if (change.before != change.after) changes_.push_back(std::move(change));
  }

  void CompareBooks() {
    for (const PriceBook& book : before_.books) {
      for (const PriceBook& other : after_.books) {
        if (book.id != other.id) continue;
        CompareRules(book.rules, other.rules, Cat("price book ", book.id), Numbers::kPrices);
        FindLostModels(book, other);
      }
    }
  }

  void FindLostModels(const PriceBook& before, const PriceBook& after) {
    const internal::RuleIndex old_rules(before.rules);
    const internal::RuleIndex new_rules(after.rules);
    for (const Model& model : before_.models) {
      const auto same = std::find_if(after_.models.begin(), after_.models.end(),
                                     [&](const Model& other) { return other.id == model.id; });
      if (same == after_.models.end() || old_rules.RulesOf(model).empty()) continue;
      if (!new_rules.RulesOf(*same).empty()) continue;
      changes_.push_back({.kind = ChangeKind::kModelLosesPrice,
                          .where = Cat("price book ", before.id, ", model ", model.id),
                          .before = "priced",
                          .after = "not sold"});
    }
  }

  void CompareUnits() {
    for (const UnitTerms& unit : before_.units) {
      for (const UnitTerms& other : after_.units) {
        if (unit.unit != other.unit) continue;
        CompareRules(unit.burn, other.burn, Cat("unit ", unit.unit.code()), Numbers::kFactors);
      }
    }
  }

  void CompareWeights() {
    for (const OfferTerms& offer : before_.offers) {
      for (const OfferTerms& other : after_.offers) {
        if (offer.offer.id != other.offer.id) continue;
        for (const Grant& grant : offer.grants) CompareWeightsOf(offer, grant, other);
      }
    }
  }

  void CompareWeightsOf(const OfferTerms& offer, const Grant& grant, const OfferTerms& other) {
    for (const Grant& same : other.grants) {
      if (same.terms.name != grant.terms.name) continue;
      CompareRules(grant.weights, same.weights,
                   Cat("offer ", offer.offer.id, ", grant ", grant.terms.name), Numbers::kFactors);
    }
  }

  std::map<std::string, std::vector<Line>> LinesOf(const std::vector<RateRule>& rules,
                                                   const std::string& owner,
                                                   absl::TimeZone zone) const {
    std::map<std::string, std::vector<Line>> lines;
    for (const RateRule& rule : rules) {
      TextTree when;
      internal::WriteConditions(rule.when, zone, &when);
      for (const Matcher& matcher : rule.matchers) {
        const std::string text =
            Cat(owner, ", ", Whom(matcher), when.empty() ? "" : " ", when.WriteInline());
        lines[text].push_back({&rule, text});
      }
    }
    return lines;
  }

  void CompareRules(const std::vector<RateRule>& before, const std::vector<RateRule>& after,
                    const std::string& owner, Numbers numbers) {
    // Two rules with the same text would be refused, so each list has one line.
    const auto old_lines = LinesOf(before, owner, before_.zone);
    const auto new_lines = LinesOf(after, owner, after_.zone);
    for (const auto& [text, lines] : old_lines) {
      const auto other = new_lines.find(text);
      if (other == new_lines.end()) {
        changes_.push_back({.kind = ChangeKind::kRuleGone,
                            .where = text,
                            .before = RuleText(*lines.front().rule, numbers),
                            .after = ""});
        continue;
      }
      CompareRule(*lines.front().rule, *other->second.front().rule, text, numbers);
    }
    for (const auto& [text, lines] : new_lines) {
      if (old_lines.count(text) != 0) continue;
      changes_.push_back({.kind = ChangeKind::kRuleAdded,
                          .where = text,
                          .before = "",
                          .after = RuleText(*lines.front().rule, numbers)});
    }
  }

  // The rule without whom it speaks of and when.
  std::string RuleText(const RateRule& rule, Numbers numbers) const {
    RateRule bare = rule;
    bare.matchers.clear();
    bare.when = {};
    const TextTree list = numbers == Numbers::kPrices
                              ? internal::WritePriceRules({bare}, before_.zone)
                              : internal::WriteFactorRules({bare}, before_.zone);
    return list.items().front().WriteInline();
  }

  // What of the rule is neither a price nor what a price says of itself.
  static RateRule Frame(const RateRule& rule) {
    RateRule frame = rule;
    frame.matchers.clear();
    frame.when = {};
    frame.ratios = {};
    frame.of_factor = {.numerator = 1, .denominator = 1};
    frame.unit_price = {};
    frame.minimum_micros = 0;
    if (frame.maximum_micros > 0) frame.maximum_micros = 0;
    if (!frame.tiers) return frame;
    for (TierStep& step : frame.tiers->steps) {
      step.flat_micros = 0;
      step.ratios = {};
    }
    return frame;
  }

  void CompareRule(const RateRule& before, const RateRule& after, const std::string& where,
                   Numbers numbers) {
    if (Frame(before) != Frame(after)) {
      changes_.push_back({.kind = ChangeKind::kOtherChanged,
                          .where = where,
                          .before = RuleText(before, numbers),
                          .after = RuleText(after, numbers)});
      // Prices of different forms cannot be told against each other.
      if (before.tiers.has_value() != after.tiers.has_value() || before.of_book != after.of_book ||
          before.per_unit != after.per_unit ||
          (before.tiers && before.tiers->steps.size() != after.tiers->steps.size())) {
        return;
      }
    }
    CompareKinds(before.ratios, after.ratios, where, numbers);
    CompareMoney(before.minimum_micros, after.minimum_micros, Cat(where, ", minimum"));
    CompareMoney(before.maximum_micros, after.maximum_micros, Cat(where, ", maximum"));
    if (before.of_factor.stated()) {
      CompareRatio(before.of_factor, after.of_factor, Cat(where, ", of ", before.of_book),
                   internal::FormatRatio(before.of_factor), internal::FormatRatio(after.of_factor));
    }
    if (before.unit_price.stated()) {
      CompareRatio(before.unit_price, after.unit_price,
                   Cat(where, ", price of a ", before.per_unit.code()),
                   ShownOfPiece(before.unit_price, before.per_unit.code()),
                   ShownOfPiece(after.unit_price, after.per_unit.code()));
    }
    if (!before.tiers) return;
    for (size_t i = 0; i < before.tiers->steps.size(); ++i) {
      const TierStep& old_step = before.tiers->steps[i];
      const TierStep& new_step = after.tiers->steps[i];
      const std::string step = Cat(where, ", step ", i + 1);
      CompareKinds(old_step.ratios, new_step.ratios, step, numbers);
      CompareMoney(old_step.flat_micros, new_step.flat_micros, Cat(step, ", flat"));
    }
  }

  void CompareKinds(const KindRatios& before, const KindRatios& after, const std::string& where,
                    Numbers numbers) {
    for (size_t k = 0; k < before.size(); ++k) {
      const auto kind = static_cast<TokenKind>(k);
      const std::string place = Cat(where, ", ", TokenKindName(kind));
      const auto shown = [&](const Ratio& ratio) {
        return ratio.stated() ? Shown(ratio, kind, numbers) : std::string();
      };
      if (before[k].stated() != after[k].stated()) {
        changes_.push_back(
            {.kind = before[k].stated() ? ChangeKind::kRuleGone : ChangeKind::kRuleAdded,
             .where = place,
             .before = shown(before[k]),
             .after = shown(after[k])});
      } else if (before[k].stated()) {
        CompareRatio(before[k], after[k], place, shown(before[k]), shown(after[k]));
      }
    }
  }

  void CompareMoney(int64_t before, int64_t after, const std::string& where) {
    if (before < 0 || after < 0) return;  // One that comes or goes is told with the frame.
    CompareRatio(internal::MakeRatio(before, 1), internal::MakeRatio(after, 1), where,
                 internal::WriteMoney(before), internal::WriteMoney(after));
  }

  void CompareRatio(const Ratio& before, const Ratio& after, const std::string& where,
                    std::string before_text, std::string after_text) {
    if (before == after) return;
    Change change{.where = where, .before = std::move(before_text), .after = std::move(after_text)};
    change.kind =
        internal::IsLess(before, after) ? ChangeKind::kPriceRises : ChangeKind::kPriceFalls;
    if (before.numerator != 0) change.factor = internal::Divide(after, before).value_or(Ratio{});
    changes_.push_back(std::move(change));
  }

  const Catalogue& before_;
  const Catalogue& after_;
  TextTree before_tree_;
  TextTree after_tree_;
  std::vector<Change> changes_;
};

// "+50 %", to a hundredth of a per cent: a figure for people.
std::string PercentOf(const Ratio& factor) {
  const bool up = factor.numerator > factor.denominator;
  const int64_t part =
      up ? factor.numerator - factor.denominator : factor.denominator - factor.numerator;
  const auto hundredths = MultiplyDivide(part, 10'000, factor.denominator, Rounding::kHalfEven);
  if (!hundredths) return "";
  return Cat(" (", up ? "+" : "-", internal::FormatRatio(internal::MakeRatio(*hundredths, 100)),
             " %)");
}

}  // namespace

std::string_view ChangeKindName(ChangeKind kind) {
  constexpr std::array<std::string_view, 14> kNames = {
      "model_gone",  "model_loses_price", "offer_gone",  "book_gone",     "price_rises",
      "price_falls", "rule_gone",         "rule_added",  "offer_changed", "grant_changed",
      "other",       "model_added",       "offer_added", "book_added"};
  return kNames[static_cast<size_t>(kind)];
}

std::string Change::ToString() const {
  return Cat(ChangeKindName(kind), ": ", where, ": ", before.empty() ? "nothing" : before, " -> ",
             after.empty() ? "nothing" : after, factor.stated() ? PercentOf(factor) : "");
}

std::vector<Change> CompareTariffs(const Catalogue& before, const Catalogue& after) {
  return Comparison(before, after).Run();
}

}  // namespace ocs::rating
