#include "rating/internal/price_tables.h"

#include <algorithm>
#include <utility>

#include "ocs/base/check.h"
#include "ocs/base/text.h"
#include "rating/internal/ratio.h"

namespace ocs::rating::internal {

const PriceTables::RuleSet& PriceTables::SetOf(const PriceBook& book) {
  const auto [at, is_new] = sets_.try_emplace(&book);
  if (is_new) {
    at->second.rules = &book.rules;
    at->second.books = {&book};
    at->second.index = std::make_unique<RuleIndex>(book.rules);
  }
  return at->second;
}

Table PriceTables::Build(const PriceSource& source) {
  return BuildFrom(SetOf(*source.book), source, "book");
}

Table PriceTables::BuildCosts() {
  RuleSet& set = costs_;
  set.copies = WholesaleRules(catalogue_);
  set.rules = &set.copies;
  for (const std::string& id : catalogue_.wholesale) {
    for (const PriceBook& book : catalogue_.books) {
      if (book.id == id) set.books.insert(set.books.end(), book.rules.size(), &book);
    }
  }
  set.index = std::make_unique<RuleIndex>(set.copies);
  return BuildFrom(set, {}, "cost");
}

Table PriceTables::BuildFrom(const RuleSet& set, const PriceSource& source,
                             std::string_view purpose) {
  Table table = BaseOf(set, source, purpose);
  const CoverTerms* covers = source.covers;
  const bool narrowed = covers != nullptr && (!covers->when.always() || covers->kinds != 0);
  if (source.stops.empty() && covers == nullptr) return table;
  absl::flat_hash_map<std::pair<uint32_t, uint32_t>, uint32_t> known;  // By list and stops.
  for (uint32_t m = 0; m < table.size(); ++m) {
    if (table[m] == 0) continue;
    const Model& model = catalogue_.models[m];
    if (covers != nullptr && !Covers(covers->matchers, model)) {
      table[m] = 0;
      continue;
    }
    uint32_t stopping = 0;
    for (size_t s = 0; s < source.stops.size(); ++s) {
      if (Covers(source.stops[s].covers->matchers, model)) stopping |= 1U << s;
    }
    if (stopping == 0 && !narrowed) continue;
    const auto [at, is_new] = known.try_emplace({table[m], stopping}, 0);
    if (is_new) at->second = Narrowed(source, table[m], stopping);
    table[m] = at->second;
  }
  return table;
}

// The list without what `stopping` (bit i is source.stops[i]) keeps from being billed, and only for
// what the source covers.
uint32_t PriceTables::Narrowed(const PriceSource& source, uint32_t list, uint32_t stopping) {
  std::vector<Block> blocks;
  for (size_t s = 0; s < source.stops.size(); ++s) {
    if ((stopping >> s & 1U) == 0) continue;
    const Stop& stop = source.stops[s];
    if (stop.when.always() && stop.covers->kinds == 0) return 0;
    blocks.push_back({stop.when, stop.covers->kinds});
  }
  std::vector<Variant> covered;
  const When covers = source.covers == nullptr ? When{} : workshop_.when.Of(source.covers->when);
  const uint32_t kinds = source.covers == nullptr ? 0 : source.covers->kinds;
  for (const uint32_t group : groups_of_.at(list)) {
    for (const Variant& variant : groups_[group]) {
      auto both = Meet(variant.when, covers);
      if (!both) continue;
      covered.push_back(
          {std::move(*both), kinds == 0 ? variant.row : workshop_.rows.Mask(variant.row, kinds)});
    }
  }
  return workshop_.AddList({&covered}, blocks);
}

// Everything that prices each model, before anything of it is kept back.
const Table& PriceTables::BaseOf(const RuleSet& set, const PriceSource& source,
                                 std::string_view purpose) {
  const auto number = [&](const std::vector<Adjustment>* list) {
    return list == nullptr || list->empty() ? kNone : workshop_.NumberOf(list);
  };
  const auto [at, is_new] =
      bases_.try_emplace({set.index.get(), source.currency, number(source.offer_adjustments),
                          number(source.grant_adjustments)});
  if (!is_new) return at->second;
  Table table(catalogue_.models.size(), 0);
  std::vector<Chain> chains;
  std::vector<uint32_t> groups;
  for (uint32_t m = 0; m < catalogue_.models.size() && !full_; ++m) {
    chains.clear();
    groups.clear();
    AppendChains(set, m, {}, &chains);
    full_ = full_ || !workshop_.TakePairs(chains.size());
    for (const Chain& chain : chains) {
      const Unit currency =
          source.currency.empty() ? chain.links.front().book->currency : source.currency;
      groups.push_back(
          GroupOf(chain, AdjustmentsOf(chain, source, catalogue_.models[m]), currency, purpose));
    }
    if (!groups.empty()) table[m] = ListOf(groups);
  }
  at->second = std::move(table);
  return at->second;
}

uint32_t PriceTables::ListOf(const std::vector<uint32_t>& groups) {
  const auto [at, is_new] = lists_.try_emplace(groups, 0);
  if (!is_new) return at->second;
  std::vector<const std::vector<Variant>*> variants;
  for (const uint32_t group : groups) variants.push_back(&groups_[group]);
  at->second = workshop_.AddList(variants, {});
  groups_of_[at->second] = groups;
  return at->second;
}

void PriceTables::AppendChains(const RuleSet& set, uint32_t model, const std::vector<Link>& above,
                               std::vector<Chain>* chains) {
  for (const FoundRule& found : set.index->RulesOf(catalogue_.models[model])) {
    const RateRule& rule = (*set.rules)[found.rule];
    if (full_) return;
    if (chains->size() >= kRulesPerModelMax) {
      full_ = true;
      workshop_.Fault(rule.place, Cat("expected at most ", kRulesPerModelMax,
                                      " rules that may price one model"));
      return;
    }
    std::vector<Link> links = above;
    links.push_back({set.BookOf(found.rule), &rule, found.matcher});
    if (!rule.of_book.empty()) {
      const auto other =
          std::find_if(catalogue_.books.begin(), catalogue_.books.end(),
                       [&](const PriceBook& book) { return book.id == rule.of_book; });
      OCS_CHECK(other != catalogue_.books.end());
      AppendChains(SetOf(*other), model, links, chains);
      continue;
    }
    if (rule.per_unit.empty()) {
      chains->push_back({std::move(links)});
      continue;
    }
    // A model without a burn factor is not sold in points.
    for (const FoundRule& burn : workshop_.BurnsOf(rule.per_unit, model)) {
      chains->push_back({links, workshop_.BurnRule(rule.per_unit, burn.rule)});
    }
  }
}

std::vector<const Adjustment*> PriceTables::AdjustmentsOf(const Chain& chain,
                                                          const PriceSource& source,
                                                          const Model& model) const {
  std::vector<const std::vector<Adjustment>*> lists = {source.offer_adjustments,
                                                       source.grant_adjustments};
  for (const Link& link : chain.links) lists.push_back(&link.book->adjustments);
  return workshop_.Matching(lists, model);
}

uint32_t PriceTables::GroupOf(const Chain& chain, const std::vector<const Adjustment*>& adjustments,
                              const Unit& currency, std::string_view purpose) {
  std::vector<uint32_t> key = {purpose == "cost" ? 1U : 0U,
                               static_cast<uint32_t>(chain.links.size())};
  for (const Link& link : chain.links) key.push_back(workshop_.NumberOf(link.rule));
  key.push_back(workshop_.NumberOf(chain.links.front().matcher));
  key.push_back(chain.burn == nullptr ? kNone : workshop_.NumberOf(chain.burn));
  // Three letters.
  for (const char letter : currency.code()) key.push_back(static_cast<uint32_t>(letter));
  for (const Adjustment* adjustment : adjustments) key.push_back(workshop_.NumberOf(adjustment));
  const auto [at, is_new] =
      group_of_.try_emplace(std::move(key), static_cast<uint32_t>(groups_.size()));
  const uint32_t group = at->second;
  if (is_new) groups_.push_back(MakeGroup(chain, adjustments, currency, purpose));
  return group;
}

std::vector<PriceTables::Period> PriceTables::Exchanged(const std::vector<Period>& periods,
                                                        const Unit& from, const Unit& to,
                                                        const Place& place) {
  if (from == to) return periods;
  std::vector<Period> result;
  const std::vector<ExchangeRate>& rates = catalogue_.exchange;
  for (size_t i = 0; i < rates.size(); ++i) {
    if (rates[i].from != from || rates[i].to != to) continue;
    When holds;
    holds.from_ms = rates[i].from_time.unix_ms;
    const bool has_next =
        i + 1 < rates.size() && rates[i + 1].from == from && rates[i + 1].to == to;
    if (has_next) holds.until_ms = rates[i + 1].from_time.unix_ms;
    for (const Period& period : periods) {
      auto both = Meet(period.when, holds);
      if (!both) continue;
      Period exchanged{.when = std::move(*both), .names = period.names};
      const auto product = Multiply(period.rate, rates[i].rate);
      if (!product) workshop_.Fault(place, "the exchange rates together do not fit 64 bits");
      exchanged.rate = product.value_or(period.rate);
      exchanged.names.push_back(
          Cat(from.code(), " to ", to.code(), " at ", FormatRatio(rates[i].rate)));
      result.push_back(std::move(exchanged));
    }
  }
  return result;
}

// When the chain holds, split by the exchange rates on its way.
std::vector<PriceTables::Period> PriceTables::PeriodsOf(const Chain& chain, const Unit& currency) {
  std::optional<When> when;
  when.emplace();
  for (const Link& link : chain.links) {
    if (when) when = Meet(*when, workshop_.when.Of(link.rule->when));
  }
  if (when && chain.burn != nullptr) when = Meet(*when, workshop_.when.Of(chain.burn->when));
  if (!when) return {};
  std::vector<Period> periods(1);
  periods.front().when = std::move(*when);
  const Place& place = chain.links.front().rule->place;
  for (size_t i = chain.links.size(); i > 0; --i) {
    const Unit& to = i == 1 ? currency : chain.links[i - 2].book->currency;
    periods = Exchanged(periods, chain.links[i - 1].book->currency, to, place);
  }
  return periods;
}

std::vector<Variant> PriceTables::MakeGroup(const Chain& chain,
                                            const std::vector<const Adjustment*>& adjustments,
                                            const Unit& currency, std::string_view purpose) {
  std::vector<Variant> variants;
  PriceParts parts;
  parts.links = &chain.links;
  parts.burn = chain.burn;
  parts.currency = currency;
  parts.purpose = purpose;
  for (const Period& period : PeriodsOf(chain, currency)) {
    parts.exchange = period.rate;
    parts.exchanged = period.names;
    for (const Combination& combination :
         workshop_.CombinationsOf(period.when, adjustments, chain.links.front().rule->place)) {
      parts.adjustments = combination.adjustments;
      variants.push_back({combination.when, workshop_.rows.AddPrice(parts)});
    }
  }
  return variants;
}

}  // namespace ocs::rating::internal
