#include "rating/internal/compiler.h"

#include <algorithm>
#include <bit>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

#include "ocs/base/check.h"
#include "ocs/base/text.h"
#include "rating/internal/price_tables.h"
#include "rating/internal/ratio.h"
#include "rating/internal/row_maker.h"
#include "rating/internal/rule_index.h"
#include "rating/internal/when.h"

namespace ocs::rating::internal {
namespace {

class Compiler final {
 public:
  Compiler(const Catalogue& catalogue, std::vector<CompileFault>* faults)
      : catalogue_(catalogue),
        workshop_(catalogue, &out_, faults),
        prices_(catalogue, &workshop_) {}

  CompiledTariff Run(uint32_t revision) {
    out_.revision = revision;
    out_.name = catalogue_.name;
    out_.zone = catalogue_.zone;
    out_.calls = catalogue_.calls;
    out_.switches_sessions = catalogue_.switches_sessions;
    for (uint32_t i = 0; i < catalogue_.models.size(); ++i) AddModel(i);
    LinkPrefixes();
    for (const UnitTerms& unit : catalogue_.units) {
      out_.units.push_back({.unit = unit.unit,
                            .name = unit.name.empty() ? std::string(unit.unit.code()) : unit.name,
                            .shown_per = unit.shown_per});
    }
    // Books that no offer names are checked as the others are.
    for (const PriceBook& book : catalogue_.books) {
      prices_.Build({.book = &book, .currency = book.currency});
    }
    if (!catalogue_.wholesale.empty()) out_.costs = AddTable(prices_.BuildCosts());
    for (const OfferTerms& offer : catalogue_.offers) AddOffer(offer);
    return std::move(out_);
  }

 private:
  void AddModel(uint32_t index) {
    const Model& model = catalogue_.models[index];
    out_.model_ids.push_back(model.id);
    out_.model_providers.push_back(model.provider);
    out_.model_families.push_back(model.family);
    out_.model_classes.push_back(model.classes);
    out_.models.emplace(model.id, index);
    for (const std::string& alias : model.aliases) {
      if (alias.back() == kAliasStar) {
        out_.prefixes.push_back({.text = alias.substr(0, alias.size() - 1), .model = index});
      } else {
        out_.models.emplace(alias, index);
      }
    }
  }

  // In order of text, a prefix stands behind those that it begins with.
  void LinkPrefixes() {
    std::vector<NamePrefix>& prefixes = out_.prefixes;
    std::sort(prefixes.begin(), prefixes.end(),
              [](const NamePrefix& a, const NamePrefix& b) { return a.text < b.text; });
    for (uint32_t i = 1; i < prefixes.size(); ++i) {
      uint32_t wider = i - 1;
      while (wider != kNone && !prefixes[i].text.starts_with(prefixes[wider].text)) {
        wider = prefixes[wider].wider;
      }
      prefixes[i].wider = wider;
    }
  }

  uint32_t AddTable(Table table) {
    out_.tables.push_back(std::move(table));
    return static_cast<uint32_t>(out_.tables.size() - 1);
  }

  const PriceBook& BookOf(const std::string& id) const {
    const auto found = std::find_if(catalogue_.books.begin(), catalogue_.books.end(),
                                    [&](const PriceBook& book) { return book.id == id; });
    OCS_CHECK(found != catalogue_.books.end());
    return *found;
  }

  void AddOffer(const OfferTerms& terms) {
    const auto index = static_cast<uint32_t>(out_.offers.size());
    out_.offers.push_back(terms.offer);
    out_.offer_ids.emplace(terms.offer.id, index);
    OfferTables tables;
    for (size_t g = 0; g < terms.grants.size(); ++g) {
      const Grant& grant = terms.grants[g];
      tables.cover_values.push_back(grant.covers.when.values);
      tables.draws.push_back(
          AddTable(grant.terms.unit.is_money() ? MoneyDraws(terms, grant) : Draws(terms, g)));
    }
    if (!terms.price_book.empty()) tables.prices = Prices(terms);
    out_.offer_tables.push_back(std::move(tables));
  }

  // What the offer bills: the book, without what grants stop when they are used up.
  uint32_t Prices(const OfferTerms& terms) {
    PriceSource source{.book = &BookOf(terms.price_book),
                       .currency = terms.offer.currency,
                       .offer_adjustments = &terms.adjustments};
    for (const Grant& grant : terms.grants) {
      const EndTerms& end = grant.terms.end;
      if (end.at_end == AtEnd::kBillOn && end.switch_index < 0) continue;
      Stop stop{.covers = &grant.covers, .when = workshop_.when.Of(grant.covers.when)};
      if (end.at_end == AtEnd::kBillOn) stop.when.switches_on = 1U << end.switch_index;
      source.stops.push_back(std::move(stop));
    }
    const auto key = std::make_tuple(source.book, source.currency);
    const bool plain = source.stops.empty() && terms.adjustments.empty();
    if (plain && book_tables_.count(key) != 0) return book_tables_.at(key);
    const uint32_t table = AddTable(prices_.Build(source));
    if (plain) book_tables_.emplace(key, table);
    return table;
  }

  // Money that a purchase gives is drawn at the offer's own prices, and only for what it covers.
  Table MoneyDraws(const OfferTerms& terms, const Grant& grant) {
    return prices_.Build({.book = &BookOf(terms.price_book),
                          .currency = terms.offer.currency,
                          .offer_adjustments = &terms.adjustments,
                          .grant_adjustments = &grant.adjustments,
                          .covers = &grant.covers});
  }

  // One way in which a grant is drawn.
  struct Way {
    FoundRule weight = {.rule = kNone};
    uint32_t burn = kNone;
  };

  // Strongest first. What stands behind a way that always holds is never reached.
  std::vector<Way> WaysOf(const Grant& grant, const std::vector<FoundRule>& weights,
                          uint32_t model) {
    std::vector<Way> ways;
    const std::vector<FoundRule>& burns = workshop_.BurnsOf(grant.terms.unit, model);
    const auto add = [&](const FoundRule& weight) {
      for (const FoundRule& burn : burns) {
        ways.push_back({weight, burn.rule});
        if (workshop_.BurnRule(grant.terms.unit, burn.rule)->when.always()) return;
      }
      ways.push_back({weight, kNone});
    };
    for (const FoundRule& weight : weights) {
      add(weight);
      if (grant.weights[weight.rule].when.always()) return ways;
    }
    add({.rule = kNone});
    return ways;
  }

  Table Draws(const OfferTerms& terms, size_t g) {
    const Grant& grant = terms.grants[g];
    const RuleIndex index(grant.weights);
    const When covers = workshop_.when.Of(grant.covers.when);
    std::map<std::vector<uint32_t>, std::vector<Variant>> known;  // By all that makes them.
    std::map<std::vector<uint32_t>, uint32_t> lists;
    Table table(catalogue_.models.size(), 0);
    for (uint32_t m = 0; m < catalogue_.models.size(); ++m) {
      const Model& model = catalogue_.models[m];
      if (!Covers(grant.covers.matchers, model)) continue;
      const auto adjustments = workshop_.Matching({&grant.adjustments}, model);
      std::vector<uint32_t> list_key;
      std::vector<const std::vector<Variant>*> variants;
      const std::vector<Way> ways = WaysOf(grant, index.RulesOf(model), m);
      if (!workshop_.TakePairs(ways.size())) return table;
      for (const Way& way : ways) {
        std::vector<uint32_t> key = {way.weight.rule, way.burn};
        if (way.weight.matcher != nullptr) {
          key.push_back(workshop_.NumberOf(way.weight.matcher));
        }
        for (const Adjustment* adjustment : adjustments) {
          key.push_back(workshop_.NumberOf(adjustment));
        }
        list_key.push_back(static_cast<uint32_t>(key.size()));
        list_key.insert(list_key.end(), key.begin(), key.end());
        const auto [at, is_new] = known.try_emplace(std::move(key));
        if (is_new) at->second = DrawVariants(terms, g, way, covers, adjustments);
        variants.push_back(&at->second);
      }
      const auto [list, is_new] = lists.try_emplace(std::move(list_key), 0);
      if (is_new) list->second = workshop_.AddList(variants, {});
      table[m] = list->second;
    }
    return table;
  }

  std::vector<Variant> DrawVariants(const OfferTerms& terms, size_t g, const Way& way,
                                    const When& covers,
                                    const std::vector<const Adjustment*>& adjustments) {
    const Grant& grant = terms.grants[g];
    DrawParts parts{.offer = &terms, .grant = g};
    Place place = terms.place;
    std::optional<When> when = covers;
    if (way.weight.rule != kNone) {
      parts.weight = &grant.weights[way.weight.rule];
      parts.matcher = way.weight.matcher;
      place = parts.weight->place;
      when = Meet(*when, workshop_.when.Of(parts.weight->when));
    }
    if (way.burn != kNone) {
      parts.burn = workshop_.BurnRule(grant.terms.unit, way.burn);
      if (when) when = Meet(*when, workshop_.when.Of(parts.burn->when));
    }
    std::vector<Variant> variants;
    if (!when) return variants;
    for (const Combination& combination : workshop_.CombinationsOf(*when, adjustments, place)) {
      parts.adjustments = combination.adjustments;
      variants.push_back({combination.when, workshop_.rows.AddDraw(parts)});
    }
    return variants;
  }

  const Catalogue& catalogue_;
  CompiledTariff out_;
  Workshop workshop_;
  PriceTables prices_;
  std::map<std::tuple<const PriceBook*, Unit>, uint32_t> book_tables_;
};

}  // namespace

KindRatios PlainDraw(const Unit& unit) {
  KindRatios ratios;
  for (size_t k = 0; k < ratios.size(); ++k) {
    const auto kind = static_cast<TokenKind>(k);
    const bool counted =
        unit.code() == "token" ? kind < TokenKind::kRequest : TokenKindName(kind) == unit.code();
    if (counted) ratios[k] = Ratio{.numerator = 1, .denominator = 1};
  }
  return ratios;
}

std::optional<KindRatios> Scale(const KindRatios& ratios, const Ratio& factor) {
  KindRatios result;
  for (size_t k = 0; k < ratios.size(); ++k) {
    if (!ratios[k].stated()) continue;
    const auto product = Multiply(ratios[k], factor);
    if (!product) return std::nullopt;
    result[k] = *product;
  }
  return result;
}

std::string ChargeCodeOf(const PriceBook& book, const RateRule& rule, const Matcher& matcher) {
  if (!rule.charge_code.empty()) return rule.charge_code;
  return Cat(book.id, "/", matcher.level == MatchLevel::kAny ? "any" : matcher.name);
}

bool HasExchange(const Catalogue& catalogue, const Unit& from, const Unit& to) {
  return from == to ||
         std::any_of(catalogue.exchange.begin(), catalogue.exchange.end(),
                     [&](const ExchangeRate& rate) { return rate.from == from && rate.to == to; });
}

std::vector<RateRule> WholesaleRules(const Catalogue& catalogue) {
  std::vector<RateRule> rules;
  for (const std::string& id : catalogue.wholesale) {
    for (const PriceBook& book : catalogue.books) {
      if (book.id == id) rules.insert(rules.end(), book.rules.begin(), book.rules.end());
    }
  }
  return rules;
}

CompiledTariff CompileCatalogue(const Catalogue& catalogue, uint32_t revision,
                                std::vector<CompileFault>* faults) {
  return Compiler(catalogue, faults).Run(revision);
}

}  // namespace ocs::rating::internal
