#include "rating/internal/row_maker.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "absl/strings/str_join.h"
#include "ocs/base/check.h"
#include "ocs/base/exact.h"
#include "ocs/base/hash.h"
#include "ocs/base/text.h"
#include "rating/internal/conditions.h"
#include "rating/internal/prices.h"
#include "rating/internal/ratio.h"

namespace ocs::rating::internal {
namespace {

constexpr Ratio kOne = {.numerator = 1, .denominator = 1};

// Stored under with every carry: never renumbered, whatever levels come.
int NumberOf(MatchLevel level) {
  switch (level) {
    case MatchLevel::kAny:
      return 0;
    case MatchLevel::kProvider:
      return 1;
    case MatchLevel::kClass:
      return 2;
    case MatchLevel::kModel:
      return 3;
    case MatchLevel::kFamily:
      return 4;
  }
  return 0;
}

uint64_t LineOf(std::string_view owner, const Matcher& matcher, size_t kind, int64_t denominator) {
  if (denominator <= 1) return 0;
  // The separator cannot be in an id, so the parts cannot be confused.
  const uint64_t hash = StableHash64(Cat(owner, "\x1f", NumberOf(matcher.level), "\x1f",
                                         matcher.name, "\x1f", kind, "\x1f", denominator));
  return hash == 0 ? 1 : hash;  // 0 means that nothing can be left.
}

int32_t BasisPointsOf(const Catalogue& catalogue, const std::string& tax) {
  for (const Tax& known : catalogue.taxes) {
    if (known.id == tax) return known.basis_points;
  }
  return 0;
}

// The first that says something, from the book that prices to the one that the prices come from.
std::string TaxOf(const std::vector<Link>& links) {
  for (const Link& link : links) {
    if (!link.rule->tax.empty()) return link.rule->tax;
    if (!link.book->tax.empty()) return link.book->tax;
  }
  return "";
}

std::string OriginOf(const std::vector<Link>& links) {
  std::string origin;
  for (const Link& link : links) {
    origin += Cat("price book ", link.book->id, ", line ", link.rule->place.line);
    if (!link.rule->name.empty()) origin += Cat(" (", link.rule->name, ")");
    if (link.rule->of_book.empty()) continue;
    const auto percent = Multiply(link.rule->of_factor, Ratio{.numerator = 100, .denominator = 1});
    origin += Cat(", ", percent ? FormatRatio(*percent) : "", " % of ");
  }
  return origin;
}

// Adjustments in the order of their names; the first with a code of its own says what the bill
// groups by.
std::string NamesOf(const std::vector<const Adjustment*>& adjustments, std::string* code) {
  std::vector<const Adjustment*> sorted = adjustments;
  std::sort(sorted.begin(), sorted.end(),
            [](const Adjustment* a, const Adjustment* b) { return a->name < b->name; });
  std::vector<std::string> names;
  bool has_code = false;
  for (const Adjustment* adjustment : sorted) {
    names.push_back(adjustment->name);
    if (has_code || adjustment->charge_code.empty()) continue;
    *code = adjustment->charge_code;
    has_code = true;
  }
  return absl::StrJoin(names, "; ");
}

}  // namespace

void RowMaker::Fault(const Place& place) {
  // One message a rule is enough.
  if (!faults_->empty() && faults_->back().place.field == place.field) return;
  faults_->push_back({place,
                      "times its factors, adjustments and exchange rates this does not fit "
                      "64 bits"});
}

Ratio RowMaker::Product(const Place& place, const Ratio& a, const Ratio& b) {
  const auto product = Multiply(a, b);
  if (!product) Fault(place);
  return product.value_or(kOne);
}

KindRatios RowMaker::ScaleOrFault(const Place& place, const KindRatios& ratios,
                                  const Ratio& factor) {
  const auto scaled = Scale(ratios, factor);
  if (!scaled) Fault(place);
  return scaled.value_or(KindRatios{});
}

void RowMaker::SetRates(std::string_view owner, const Matcher& matcher, const KindRatios& ratios,
                        std::array<Rate, kTokenKindCount>* rates) const {
  for (size_t k = 0; k < ratios.size(); ++k) {
    if (!ratios[k].stated()) continue;
    (*rates)[k] = Rate{.numerator = ratios[k].numerator,
                       .denominator = ratios[k].denominator,
                       .line = LineOf(owner, matcher, k, ratios[k].denominator)};
  }
}

int64_t RowMaker::ScaleMoney(const PriceParts& parts, int64_t micros, const Ratio& factor) {
  const auto scaled = MultiplyDivide(micros, factor.numerator, factor.denominator, Rounding::kDown);
  if (!scaled) Fault(parts.links->back().rule->place);
  return scaled.value_or(0);
}

// `factor` is everything that multiplies a price; the bound from above follows only what the money
// is worth, not what discounts it.
uint32_t RowMaker::AddShape(const PriceParts& parts, std::string_view owner, const KindRatios& base,
                            const Ratio& factor) {
  const RateRule& rule = *parts.links->back().rule;
  if (!rule.tiers && rule.minimum_micros == 0 && rule.maximum_micros < 0) return 0;
  Ratio worth = parts.exchange;
  std::string id = Cat("counter\x1f", owner);
  for (const Link& link : *parts.links) {
    id += Cat("\x1f", link.book->id);
    for (const Matcher& matcher : link.rule->matchers) {
      id += Cat("\x1f", NumberOf(matcher.level), matcher.name);
    }
    id += Cat("\x1f", FormatStatic(link.rule->when));
    if (!link.rule->of_book.empty()) worth = Product(rule.place, worth, link.rule->of_factor);
  }
  Shape shape;
  shape.minimum = ScaleMoney(parts, rule.minimum_micros, factor);
  if (rule.maximum_micros >= 0) shape.maximum = ScaleMoney(parts, rule.maximum_micros, worth);
  shape.counter.window = rule.maximum_window;
  const Matcher& matcher = *parts.links->front().matcher;
  if (rule.tiers) {
    shape.form = rule.tiers->form;
    shape.counter.window = rule.tiers->window;
    shape.counter.counted = rule.tiers->counted;
    for (const TierStep& step : rule.tiers->steps) {
      Tier tier{.up_to = step.up_to, .stops = step.stops};
      if (!step.stops) {
        tier.flat = ScaleMoney(parts, step.flat_micros, factor);
        SetRates(owner, matcher, ScaleOrFault(rule.place, Overlay(step.ratios, base), factor),
                 &tier.rates);
      }
      shape.tiers.push_back(tier);
    }
  }
  shape.counter.id = StableHash64(Cat(id, "\x1f", FormatWindow(shape.counter.window), "\x1f",
                                      static_cast<int>(shape.counter.counted)));
  out_->shapes.push_back(std::move(shape));
  return static_cast<uint32_t>(out_->shapes.size() - 1);
}

uint32_t RowMaker::AddPriceRule(const PriceParts& parts) {
  const Link& top = parts.links->front();
  Rule rule;
  rule.charge_code = ChargeCodeOf(*top.book, *top.rule, *top.matcher);
  rule.origin = OriginOf(*parts.links);
  rule.tax_basis_points = BasisPointsOf(catalogue_, TaxOf(*parts.links));
  rule.applied = NamesOf(parts.adjustments, &rule.charge_code);
  for (const std::string& exchanged : parts.exchanged) {
    rule.applied += Cat(rule.applied.empty() ? "" : "; ", exchanged);
  }
  out_->rules.push_back(std::move(rule));
  out_->rule_currencies.push_back(parts.currency);
  return static_cast<uint32_t>(out_->rules.size() - 1);
}

uint32_t RowMaker::AddPrice(const PriceParts& parts) {
  const Link& top = parts.links->front();
  const RateRule& rule = *parts.links->back().rule;
  std::string owner = Cat(parts.purpose, "\x1f", top.book->id);
  if (parts.currency != top.book->currency) owner += Cat("\x1f", parts.currency.code());
  Ratio factor = parts.exchange;
  for (const Link& link : *parts.links) {
    if (!link.rule->of_book.empty()) factor = Product(rule.place, factor, link.rule->of_factor);
  }
  for (const Adjustment* adjustment : parts.adjustments) {
    factor = Product(rule.place, factor, adjustment->factor);
  }
  KindRatios base = rule.ratios;
  if (parts.burn != nullptr) base = ScaleOrFault(rule.place, parts.burn->ratios, rule.unit_price);
  RateRow row;
  row.rule = AddPriceRule(parts);
  row.shape = AddShape(parts, owner, base, factor);
  if (row.shape != 0) out_->shapes[row.shape].rule = row.rule;
  if (rule.tiers) {
    row.rates = out_->shapes[row.shape].tiers.front().rates;
  } else {
    SetRates(owner, *top.matcher, ScaleOrFault(rule.place, base, factor), &row.rates);
  }
  out_->rows.push_back(row);
  return static_cast<uint32_t>(out_->rows.size() - 1);
}

uint32_t RowMaker::AddDrawRule(const DrawParts& parts) {
  Rule rule;
  rule.charge_code = parts.offer->grants[parts.grant].charge_code;
  rule.origin = Cat("offer ", parts.offer->offer.id, ", grant ", parts.grant + 1);
  if (parts.weight != nullptr) rule.origin += Cat(", line ", parts.weight->place.line);
  rule.tax_basis_points = parts.offer->offer.tax_basis_points;
  rule.applied = NamesOf(parts.adjustments, &rule.charge_code);
  out_->rules.push_back(std::move(rule));
  out_->rule_currencies.push_back({});
  return static_cast<uint32_t>(out_->rules.size() - 1);
}

uint32_t RowMaker::AddDraw(const DrawParts& parts) {
  const Grant& grant = parts.offer->grants[parts.grant];
  const std::string owner = Cat("grant\x1f", parts.offer->offer.id, "\x1f", parts.grant);
  const Place& place = parts.weight != nullptr ? parts.weight->place : parts.offer->place;
  KindRatios ratios = parts.burn != nullptr ? parts.burn->ratios : PlainDraw(grant.terms.unit);
  if (parts.weight != nullptr) ratios = Overlay(parts.weight->ratios, ratios);
  Ratio factor = kOne;
  for (const Adjustment* adjustment : parts.adjustments) {
    factor = Product(place, factor, adjustment->factor);
  }
  RateRow row;
  row.rule = AddDrawRule(parts);
  SetRates(owner, parts.matcher != nullptr ? *parts.matcher : Matcher{},
           ScaleOrFault(place, ratios, factor), &row.rates);
  out_->rows.push_back(row);
  const auto index = static_cast<uint32_t>(out_->rows.size() - 1);
  return grant.covers.kinds == 0 ? index : Mask(index, grant.covers.kinds);
}

uint32_t RowMaker::Mask(uint32_t row, uint32_t kinds) {
  const auto [at, is_new] = masked_.try_emplace({row, kinds}, 0);
  if (!is_new) return at->second;
  const auto mask = [kinds](std::array<Rate, kTokenKindCount>* rates) {
    for (size_t k = 0; k < rates->size(); ++k) {
      if ((kinds >> k & 1U) == 0) (*rates)[k] = Rate{};
    }
  };
  RateRow masked = out_->rows[row];
  mask(&masked.rates);
  if (masked.shape != 0) {
    Shape shape = out_->shapes[masked.shape];
    for (Tier& tier : shape.tiers) mask(&tier.rates);
    out_->shapes.push_back(std::move(shape));
    masked.shape = static_cast<uint32_t>(out_->shapes.size() - 1);
  }
  out_->rows.push_back(masked);
  at->second = static_cast<uint32_t>(out_->rows.size() - 1);
  return at->second;
}

}  // namespace ocs::rating::internal
