#include "rating/internal/offer_writer.h"

#include <string>
#include <utility>
#include <vector>

#include "ocs/base/text.h"
#include "rating/internal/rule_writer.h"

namespace ocs::rating::internal {
namespace {

// A grant's limits are in its own unit, which is not written again.
enum class LimitOf : uint8_t { kOffer, kGrant };

std::string Flag(bool on) { return on ? "yes" : ""; }

std::string AmountText(int64_t amount, const Unit& unit) {
  return unit.is_money() ? WriteMoney(amount) : Cat(amount);
}

std::string ValidityText(const Validity& validity, absl::TimeZone zone) {
  const auto count = [](int number, std::string_view word) {
    return Cat(number, " ", word, number == 1 ? "" : "s");
  };
  if (validity.cycle) return "cycle";
  if (validity.months != 0) return count(validity.months, "month");
  if (validity.days != 0) return count(validity.days, "day");
  if (validity.hours != 0) return count(validity.hours, "hour");
  if (validity.until != Instant::Never()) {
    return Cat("until ", FormatInstant(validity.until, zone));
  }
  return "none";
}

std::string GrantName(const OfferTerms& terms, int grant) {
  return grant < 0 ? "" : terms.grants[static_cast<size_t>(grant)].terms.name;
}

void AddSwitches(const OfferTerms& terms, TextTree* map) {
  TextTree list;
  for (const SwitchTerms& one : terms.offer.switches) {
    TextTree item;
    item.Add("id", one.id);
    item.Add("name", one.name);
    item.Add("at_first", one.on_at_first ? "on" : "off");
    item.Add("locked_while", GrantName(terms, one.locked_by_grant));
    list.Append(std::move(item));
  }
  map->Add("switches", std::move(list));
}

void AddParts(const OfferTerms& terms, TextTree* map) {
  TextTree list;
  for (size_t i = 0; i < terms.offer.parts.size(); ++i) {
    const FeePart& part = terms.offer.parts[i];
    TextTree item;
    item.Add("name", part.name);
    item.Add("charge_code", part.charge_code);
    item.Add("share", WriteMoney(part.share_micros));
    item.Add("grant", GrantName(terms, part.grant));
    item.Add("tax", terms.part_taxes[i]);
    list.Append(std::move(item));
  }
  map->Add("parts", std::move(list));
}

TextTree LimitList(const std::vector<LimitTerms>& limits, LimitOf owner) {
  TextTree list;
  for (const LimitTerms& limit : limits) {
    TextTree item;
    item.Add("name", limit.name);
    item.Add("amount", AmountText(limit.amount, limit.unit));
    if (owner == LimitOf::kOffer) item.Add("unit", limit.unit.code());
    item.Add("per", FormatWindow(limit.window));
    item.Add("per_member", Flag(limit.per_member));
    item.Add("alert_only", Flag(limit.alert_only));
    std::vector<std::string> alerts;
    for (const int percent : limit.alerts) alerts.push_back(Cat(percent));
    item.Add("alerts", alerts);
    list.Append(std::move(item));
  }
  return list;
}

TextTree CoverTree(const CoverTerms& covers, absl::TimeZone zone) {
  if (covers.matchers.empty()) return TextTree("none");
  TextTree map;
  WriteMatchers(covers.matchers, &map);
  WriteConditions(covers.when, zone, &map);
  std::vector<std::string> kinds;
  for (int k = 0; k < kTokenKindCount; ++k) {
    if ((covers.kinds >> k & 1U) == 0) continue;
    kinds.emplace_back(TokenKindName(static_cast<TokenKind>(k)));
  }
  map.Add("kinds", kinds);
  return map;
}

void AddFinalUnits(const FinalUnits& final_units, TextTree* map) {
  if (final_units.action == FinalUnits::Action::kRedirect) {
    map->Add("then", "redirect");
    map->Add("to", final_units.redirect_to);
  } else {
    map->Add("then", "restrict");
    map->Add("filters", final_units.filters);
  }
}

TextTree EndTree(const OfferTerms& offer, const EndTerms& end) {
  const std::string word(end.at_end == AtEnd::kBuyNext ? "buy" : AtEndName(end.at_end));
  TextTree map;
  if (end.final_units.action != FinalUnits::Action::kTerminate) {
    AddFinalUnits(end.final_units, &map);
    return map;
  }
  map.Add("then", word);
  map.Add("model", end.fallback_model);
  map.Add("offer", end.buys);
  if (end.buys_per_month_max != 0) {
    map.Add("at_most", Cat(end.buys_per_month_max, " per month"));
  }
  if (end.switch_index >= 0) {
    map.Add("unless", offer.offer.switches[static_cast<size_t>(end.switch_index)].id);
  }
  return map;
}

}  // namespace

TextTree WriteGrant(const OfferTerms& offer, const Grant& grant, absl::TimeZone zone) {
  const GrantTerms& terms = grant.terms;
  TextTree map;
  map.Add("name", terms.name);
  map.Add("charge_code", grant.charge_code);
  map.Add("unit", terms.unit.code());
  map.Add("amount", terms.unlimited ? "unlimited" : AmountText(terms.amount, terms.unit));
  map.Add("validity", ValidityText(terms.validity, zone));
  if (terms.from_first_use) map.Add("starts", "first_use");
  map.Add("priority", Cat(terms.priority));
  if (!terms.shared) map.Add("shared", "no");
  if (offer.offer.parts.empty() && offer.offer.fee_micros != 0) {
    map.Add("share", WriteMoney(terms.share_micros));
  }
  if (terms.refill.kind != WindowKind::kNone) map.Add("refill", FormatWindow(terms.refill));
  if (terms.carry_over.cycles != 0) {
    TextTree carry;
    carry.Add("cycles", Cat(terms.carry_over.cycles));
    if (terms.carry_over.amount_max != 0) {
      carry.Add("at_most", AmountText(terms.carry_over.amount_max, terms.unit));
    }
    carry.Add("drawn", terms.carry_over.drawn_last ? "last" : "first");
    map.Add("carry_over", std::move(carry));
  }
  map.Add("covers", CoverTree(grant.covers, zone));
  map.Add("weights", WriteFactorRules(grant.weights, zone));
  map.Add("adjustments", WriteAdjustments(grant.adjustments, zone));
  map.Add("limits", LimitList(terms.limits, LimitOf::kGrant));
  map.Add("when_used_up", EndTree(offer, terms.end));
  return map;
}

TextTree WriteOffer(const OfferTerms& terms, absl::TimeZone zone) {
  const Offer& offer = terms.offer;
  TextTree map;
  map.Add("id", offer.id);
  map.Add("name", offer.name);
  map.Add("charge_code", offer.charge_code);
  map.Add("fee", offer.fee_unit.empty() ? WriteMoney(offer.fee_micros)
                                        : Cat(offer.fee_points, " ", offer.fee_unit.code()));
  map.Add("currency", offer.currency.code());
  map.Add("prices", terms.price_book);
  map.Add("tax", terms.tax);
  if (offer.validity != Validity{}) map.Add("validity", ValidityText(offer.validity, zone));
  if (offer.cycle.kind != WindowKind::kNone) map.Add("renews", FormatWindow(offer.cycle));
  if (offer.cycles_max != 0) map.Add("cycles", Cat(offer.cycles_max));
  if (offer.first_pro_rata) map.Add("first_cycle", "pro_rata");
  map.Add("once_per_customer", Flag(offer.once_per_customer));
  if (offer.per_month_max != 0) map.Add("at_most", Cat(offer.per_month_max, " per month"));
  TextTree sold;
  if (offer.sold_from != kAlways) sold.Add("from", FormatInstant(offer.sold_from, zone));
  if (offer.sold_until != Instant::Never()) {
    sold.Add("until", FormatInstant(offer.sold_until, zone));
  }
  sold.Add("segments", offer.segments);
  map.Add("sold", std::move(sold));
  AddSwitches(terms, &map);
  AddParts(terms, &map);
  map.Add("limits", LimitList(offer.limits, LimitOf::kOffer));
  if (offer.final_units.action != FinalUnits::Action::kTerminate) {
    TextTree end;
    AddFinalUnits(offer.final_units, &end);
    map.Add("when_used_up", std::move(end));
  }
  map.Add("adjustments", WriteAdjustments(terms.adjustments, zone));
  return map;
}

}  // namespace ocs::rating::internal
