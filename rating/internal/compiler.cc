#include "rating/internal/compiler.h"

#include <algorithm>
#include <limits>
#include <map>
#include <string_view>
#include <utility>

#include "ocs/base/check.h"
#include "ocs/base/hash.h"
#include "ocs/base/text.h"
#include "rating/internal/ratio.h"
#include "rating/internal/rule_index.h"

namespace ocs::rating::internal {
namespace {

constexpr size_t kKinds = kTokenKindCount;

uint64_t LineOf(std::string_view owner, const Matcher& matcher, size_t kind, int64_t denominator) {
  if (denominator <= 1) return 0;
  // The separator cannot be in an id, so the parts cannot be confused.
  const uint64_t hash = StableHash64(Cat(owner, "\x1f", static_cast<int>(matcher.level), "\x1f",
                                         matcher.name, "\x1f", kind, "\x1f", denominator));
  return hash == 0 ? 1 : hash;  // 0 means that nothing can be left.
}

RateRow MakeRow(std::string_view owner, const Matcher& matcher, const KindRatios& ratios,
                uint32_t rule) {
  RateRow row;
  row.rule = rule;
  for (size_t k = 0; k < kKinds; ++k) {
    if (!ratios[k].stated()) continue;
    row.rates[k] = Rate{.numerator = ratios[k].numerator,
                        .denominator = ratios[k].denominator,
                        .line = LineOf(owner, matcher, k, ratios[k].denominator)};
  }
  return row;
}

// Burn factors of one unit by model. A catalogue has few units, so each keeps an answer for every
// model.
class BurnIndex final {
 public:
  BurnIndex(const UnitTerms& terms, const std::vector<Model>& models) : terms_(terms) {
    const RuleIndex index(terms.burn);
    for (const Model& model : models) {
      const std::vector<uint32_t> found = index.RulesOf(model);
      rule_of_model_.push_back(found.empty() ? kNone : found.front());
    }
  }

  uint32_t RuleOf(uint32_t model) const { return rule_of_model_[model]; }
  const KindRatios& ratios(uint32_t rule) const { return terms_.burn[rule].ratios; }

 private:
  const UnitTerms& terms_;
  std::vector<uint32_t> rule_of_model_;
};

class Compiler final {
 public:
  explicit Compiler(const Catalogue& catalogue) : catalogue_(catalogue) {
    out_.lists.push_back({});
    for (const UnitTerms& unit : catalogue.units) {
      burns_.emplace(std::string(unit.unit.code()), BurnIndex(unit, catalogue.models));
    }
  }

  CompiledTariff Run(uint32_t revision) {
    out_.revision = revision;
    out_.name = catalogue_.name;
    out_.zone = catalogue_.zone;
    for (uint32_t i = 0; i < catalogue_.models.size(); ++i) AddModel(i);
    for (const PriceBook& book : catalogue_.books) {
      book_tables_[book.id] = AddTable(BookTable(book));
    }
    for (const OfferTerms& offer : catalogue_.offers) AddOffer(offer);
    return std::move(out_);
  }

 private:
  void AddModel(uint32_t index) {
    const Model& model = catalogue_.models[index];
    out_.model_ids.push_back(model.id);
    out_.model_providers.push_back(model.provider);
    out_.models.emplace(model.id, index);
    for (const std::string& alias : model.aliases) out_.models.emplace(alias, index);
  }

  uint32_t AddTable(Table table) {
    out_.tables.push_back(std::move(table));
    return static_cast<uint32_t>(out_.tables.size() - 1);
  }

  uint32_t AddRow(RateRow row) {
    out_.rows.push_back(row);
    return static_cast<uint32_t>(out_.rows.size() - 1);
  }

  uint32_t AddRule(std::string charge_code, std::string origin) {
    out_.rules.push_back({.charge_code = std::move(charge_code), .origin = std::move(origin)});
    return static_cast<uint32_t>(out_.rules.size() - 1);
  }

  uint32_t ZoneOf(const std::string& name) {
    const auto found = zones_.find(name);
    if (found != zones_.end()) return found->second;
    absl::TimeZone zone;
    OCS_CHECK(absl::LoadTimeZone(name, &zone));
    out_.zones.emplace_back(zone);
    const auto index = static_cast<uint32_t>(out_.zones.size() - 1);
    zones_.emplace(name, index);
    return index;
  }

  Candidate CandidateOf(const RateRule& rule, uint32_t row) {
    Candidate candidate{.from_ms = rule.from.unix_ms, .until_ms = rule.until.unix_ms, .row = row};
    if (rule.hours) {
      out_.hours.push_back({.begin_second = rule.hours->begin_second,
                            .end_second = rule.hours->end_second,
                            .zone = ZoneOf(rule.hours->zone)});
      candidate.hours = static_cast<uint32_t>(out_.hours.size() - 1);
    }
    return candidate;
  }

  // The index of the list of these candidates; lists that are alike are kept once. Rows name their
  // rule, and a rule its times, so the rows alone tell lists apart.
  uint32_t AddList(const std::vector<std::pair<const RateRule*, uint32_t>>& found) {
    if (found.empty()) return 0;
    std::vector<uint32_t> key;
    key.reserve(found.size());
    for (const auto& [rule, row] : found) key.push_back(row);
    const auto known = lists_.find(key);
    if (known != lists_.end()) return known->second;
    List list{.begin = static_cast<uint32_t>(out_.candidates.size())};
    for (const auto& [rule, row] : found) {
      out_.candidates.push_back(rule == nullptr
                                    ? Candidate{.from_ms = std::numeric_limits<int64_t>::min(),
                                                .until_ms = Instant::Never().unix_ms,
                                                .row = row}
                                    : CandidateOf(*rule, row));
    }
    list.end = static_cast<uint32_t>(out_.candidates.size());
    out_.lists.push_back(list);
    const auto index = static_cast<uint32_t>(out_.lists.size() - 1);
    lists_.emplace(std::move(key), index);
    return index;
  }

  // The burn rule of the model for prices in that unit; kNone when it has none.
  uint32_t BurnRuleOf(const Unit& unit, uint32_t model) const {
    const auto burn = burns_.find(std::string(unit.code()));
    return burn == burns_.end() ? kNone : burn->second.RuleOf(model);
  }

  Table BookTable(const PriceBook& book) {
    const std::string owner = Cat("book\x1f", book.id);
    const RuleIndex index(book.rules);
    std::vector<uint32_t> rule_indexes;
    for (const RateRule& rule : book.rules) {
      rule_indexes.push_back(
          AddRule(rule.charge_code, Cat("price book ", book.id, ", line ", rule.line)));
    }
    std::map<std::pair<uint32_t, uint32_t>, uint32_t> rows;  // By rule and burn rule.
    Table table;
    std::vector<std::pair<const RateRule*, uint32_t>> found;
    for (uint32_t m = 0; m < catalogue_.models.size(); ++m) {
      found.clear();
      for (const uint32_t r : index.RulesOf(catalogue_.models[m])) {
        const RateRule& rule = book.rules[r];
        const bool in_points = !rule.per_unit.empty();
        const uint32_t burn = in_points ? BurnRuleOf(rule.per_unit, m) : kNone;
        if (in_points && burn == kNone)
          continue;  // A model without a burn factor is not sold in points.
        auto [row, is_new] = rows.try_emplace({r, burn}, 0);
        if (is_new) {
          row->second =
              AddRow(MakeRow(owner, rule.matcher, PriceRatios(rule, burn), rule_indexes[r]));
        }
        found.emplace_back(&rule, row->second);
      }
      table.push_back(AddList(found));
    }
    return table;
  }

  KindRatios PriceRatios(const RateRule& rule, uint32_t burn) const {
    if (burn == kNone) return rule.ratios;
    const BurnIndex& index = burns_.at(std::string(rule.per_unit.code()));
    const auto scaled = Scale(index.ratios(burn), rule.unit_price);
    OCS_CHECK(scaled.has_value());  // ParseCatalogue refuses what does not fit.
    return *scaled;
  }

  Table DrawTable(const OfferTerms& offer, size_t g) {
    const Grant& grant = offer.grants[g];
    if (grant.terms.unit.is_money()) return MoneyDrawTable(offer, grant);
    const std::string origin = Cat("offer ", offer.offer.id, ", grant ", g + 1);
    const std::string owner = Cat("grant\x1f", offer.offer.id, "\x1f", g);
    const RuleIndex index(grant.weights);
    const uint32_t plain_rule = AddRule(grant.charge_code, origin);
    std::vector<uint32_t> rule_indexes;
    for (const RateRule& weight : grant.weights) {
      rule_indexes.push_back(AddRule(grant.charge_code, Cat(origin, ", line ", weight.line)));
    }
    std::map<std::pair<uint32_t, uint32_t>, uint32_t>
        rows;  // By weight rule (kNone: plain) and burn rule.
    Table table(catalogue_.models.size(), 0);
    std::vector<std::pair<const RateRule*, uint32_t>> found;
    for (uint32_t m = 0; m < catalogue_.models.size(); ++m) {
      if (!Covers(grant.covers, catalogue_.models[m])) continue;
      found.clear();
      const uint32_t burn = BurnRuleOf(grant.terms.unit, m);
      const auto add = [&](uint32_t weight) {
        auto [row, is_new] = rows.try_emplace({weight, burn}, 0);
        if (is_new) row->second = AddRow(DrawRow(grant, owner, weight, burn));
        found.emplace_back(weight == kNone ? nullptr : &grant.weights[weight], row->second);
        out_.rows[row->second].rule = weight == kNone ? plain_rule : rule_indexes[weight];
      };
      for (const uint32_t weight : index.RulesOf(catalogue_.models[m])) add(weight);
      add(kNone);
      table[m] = AddList(found);
    }
    return table;
  }

  RateRow DrawRow(const Grant& grant, std::string_view owner, uint32_t weight,
                  uint32_t burn) const {
    const Unit& unit = grant.terms.unit;
    KindRatios ratios =
        burn == kNone ? PlainDraw(unit) : burns_.at(std::string(unit.code())).ratios(burn);
    Matcher matcher;
    if (weight != kNone) {
      ratios = Overlay(grant.weights[weight].ratios, ratios);
      matcher = grant.weights[weight].matcher;
    }
    return MakeRow(owner, matcher, ratios, 0);
  }

  // Money that a purchase gives is drawn at the offer's own prices, and only for what it covers.
  Table MoneyDrawTable(const OfferTerms& offer, const Grant& grant) {
    Table table = out_.tables[book_tables_.at(offer.price_book)];
    for (size_t m = 0; m < table.size(); ++m) {
      if (!Covers(grant.covers, catalogue_.models[m])) table[m] = 0;
    }
    return table;
  }

  void AddOffer(const OfferTerms& terms) {
    const auto index = static_cast<uint32_t>(out_.offers.size());
    out_.offers.push_back(terms.offer);
    out_.offer_ids.emplace(terms.offer.id, index);
    OfferTables tables;
    for (size_t g = 0; g < terms.grants.size(); ++g) {
      tables.draws.push_back(AddTable(DrawTable(terms, g)));
    }
    if (!terms.price_book.empty()) tables.prices = PriceTable(terms);
    out_.offer_tables.push_back(std::move(tables));
  }

  // The book's table, without the models of grants that stop when they are used up.
  uint32_t PriceTable(const OfferTerms& terms) {
    const uint32_t book = book_tables_.at(terms.price_book);
    Table table = out_.tables[book];
    bool masked = false;
    for (const Grant& grant : terms.grants) {
      if (grant.when_used_up != WhenUsedUp::kStop) continue;
      for (size_t m = 0; m < table.size(); ++m) {
        if (table[m] == 0 || !Covers(grant.covers, catalogue_.models[m])) continue;
        table[m] = 0;
        masked = true;
      }
    }
    return masked ? AddTable(std::move(table)) : book;
  }

  const Catalogue& catalogue_;
  CompiledTariff out_;
  std::map<std::string, BurnIndex> burns_;
  std::map<std::string, uint32_t> book_tables_;
  std::map<std::string, uint32_t> zones_;
  absl::flat_hash_map<std::vector<uint32_t>, uint32_t> lists_;
};

}  // namespace

KindRatios PlainDraw(const Unit& unit) {
  KindRatios ratios;
  for (size_t k = 0; k < kKinds; ++k) {
    const auto kind = static_cast<TokenKind>(k);
    const bool counted =
        unit.code() == "token" ? kind < TokenKind::kRequest : TokenKindName(kind) == unit.code();
    if (counted) ratios[k] = Ratio{.numerator = 1, .denominator = 1};
  }
  return ratios;
}

KindRatios Overlay(const KindRatios& over, const KindRatios& under) {
  KindRatios result = under;
  for (size_t k = 0; k < kKinds; ++k) {
    if (over[k].stated()) result[k] = over[k];
  }
  return result;
}

std::optional<KindRatios> Scale(const KindRatios& ratios, const Ratio& factor) {
  KindRatios result;
  for (size_t k = 0; k < kKinds; ++k) {
    if (!ratios[k].stated()) continue;
    const auto product = Multiply(ratios[k], factor);
    if (!product) return std::nullopt;
    result[k] = *product;
  }
  return result;
}

CompiledTariff CompileCatalogue(const Catalogue& catalogue, uint32_t revision) {
  return Compiler(catalogue).Run(revision);
}

}  // namespace ocs::rating::internal
