// A catalogue as text.

#include <string>
#include <utility>

#include "ocs/base/check.h"
#include "ocs/base/text.h"
#include "rating/catalogue.h"
#include "rating/internal/conditions.h"
#include "rating/internal/ratio.h"
#include "rating/internal/rule_writer.h"
#include "rating/internal/text_tree.h"
#include "rating/internal/words.h"

namespace ocs::rating {
namespace {

using internal::TextTree;
using internal::WriteMoney;

std::string Flag(bool on) { return on ? "yes" : ""; }

std::string AmountText(int64_t amount, const Unit& unit) {
  return unit.is_money() ? WriteMoney(amount) : Cat(amount);
}

// One whole catalogue; instants are written in its zone.
class Writer final {
 public:
  explicit Writer(const Catalogue& catalogue) : in_(catalogue) {}

  std::string Write() {
    top_.Add("catalogue", in_.name);
    top_.Add("currency", in_.currency.code());
    top_.Add("time_zone", in_.zone.name());
    AddCalendars();
    AddTaxes();
    AddModels();
    AddUnits();
    AddExchange();
    AddBooks();
    TextTree wholesale;
    for (const std::string& id : in_.wholesale) {
      TextTree map;
      map.Add("book", id);
      wholesale.Append(std::move(map));
    }
    top_.Add("wholesale", std::move(wholesale));
    TextTree offers;
    for (const OfferTerms& terms : in_.offers) offers.Append(OfferTree(terms));
    top_.Add("offers", std::move(offers));
    return top_.Write();
  }

 private:
  void AddCalendars() {
    TextTree list;
    for (const Calendar& calendar : in_.calendars) {
      TextTree map;
      map.Add("calendar", calendar.id);
      std::vector<std::string> days;
      for (size_t i = 0; i < calendar.days.size();) {
        size_t end = i + 1;
        const auto follows = [&](size_t at) {
          return at < calendar.days.size() && calendar.days[at] == calendar.days[at - 1] + 1;
        };
        while (follows(end) && end - i < kRangeDaysMax) ++end;
        const std::string first = internal::FormatDay(calendar.days[i]);
        days.push_back(
            end - i == 1 ? first : Cat(first, "..", internal::FormatDay(calendar.days[end - 1])));
        i = end;
      }
      map.Add("days", days);
      list.Append(std::move(map));
    }
    top_.Add("calendars", std::move(list));
  }

  void AddTaxes() {
    TextTree list;
    for (const Tax& tax : in_.taxes) {
      TextTree map;
      map.Add("tax", tax.id);
      map.Add("name", tax.name);
      map.Add("rate", internal::FormatRatio(internal::MakeRatio(tax.basis_points, 100)));
      list.Append(std::move(map));
    }
    top_.Add("taxes", std::move(list));
  }

  void AddModels() {
    TextTree list;
    for (const Model& model : in_.models) {
      TextTree map;
      map.Add("id", model.id);
      map.Add("provider", model.provider);
      map.Add("family", model.family);
      map.Add("class", model.classes);
      map.Add("alias", model.aliases);
      list.Append(std::move(map));
    }
    top_.Add("models", std::move(list));
  }

  void AddUnits() {
    TextTree list;
    for (const UnitTerms& unit : in_.units) {
      TextTree map;
      map.Add("unit", unit.unit.code());
      map.Add("name", unit.name);
      if (unit.shown_per != 1) map.Add("shown_per", Cat(unit.shown_per));
      map.Add("burn", internal::WriteFactorRules(unit.burn, in_.zone));
      list.Append(std::move(map));
    }
    top_.Add("units", std::move(list));
  }

  void AddExchange() {
    TextTree list;
    for (const ExchangeRate& rate : in_.exchange) {
      TextTree map;
      map.Add("from", rate.from.code());
      map.Add("to", rate.to.code());
      map.Add("rate", internal::FormatRatio(rate.rate));
      map.Add("from_time", FormatInstant(rate.from_time, in_.zone));
      list.Append(std::move(map));
    }
    top_.Add("exchange", std::move(list));
  }

  void AddBooks() {
    TextTree list;
    for (const PriceBook& book : in_.books) {
      TextTree map;
      map.Add("id", book.id);
      map.Add("currency", book.currency.code());
      if (book.wholesale) map.Add("kind", "wholesale");
      map.Add("tax", book.tax);
      map.Add("rules", internal::WritePriceRules(book.rules, in_.zone));
      map.Add("adjustments", internal::WriteAdjustments(book.adjustments, in_.zone));
      list.Append(std::move(map));
    }
    top_.Add("price_books", std::move(list));
  }

  std::string ValidityText(const Validity& validity) const {
    const auto count = [](int number, std::string_view word) {
      return Cat(number, " ", word, number == 1 ? "" : "s");
    };
    if (validity.cycle) return "cycle";
    if (validity.months != 0) return count(validity.months, "month");
    if (validity.days != 0) return count(validity.days, "day");
    if (validity.hours != 0) return count(validity.hours, "hour");
    if (validity.until != Instant::Never()) {
      return Cat("until ", FormatInstant(validity.until, in_.zone));
    }
    return "none";
  }

  TextTree OfferTree(const OfferTerms& terms) const {
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
    if (offer.validity != Validity{}) map.Add("validity", ValidityText(offer.validity));
    if (offer.cycle.kind != WindowKind::kNone) map.Add("renews", FormatWindow(offer.cycle));
    if (offer.cycles_max != 0) map.Add("cycles", Cat(offer.cycles_max));
    if (offer.first_pro_rata) map.Add("first_cycle", "pro_rata");
    map.Add("once_per_customer", Flag(offer.once_per_customer));
    if (offer.per_month_max != 0) map.Add("at_most", Cat(offer.per_month_max, " per month"));
    TextTree sold;
    if (offer.sold_from != kAlways) sold.Add("from", FormatInstant(offer.sold_from, in_.zone));
    if (offer.sold_until != Instant::Never()) {
      sold.Add("until", FormatInstant(offer.sold_until, in_.zone));
    }
    sold.Add("segments", offer.segments);
    map.Add("sold", std::move(sold));
    AddSwitches(terms, &map);
    AddParts(terms, &map);
    map.Add("limits", LimitList(offer.limits, /*of_grant=*/false));
    map.Add("adjustments", internal::WriteAdjustments(terms.adjustments, in_.zone));
    TextTree grants;
    for (const Grant& grant : terms.grants) grants.Append(GrantTree(terms, grant));
    map.Add("grants", std::move(grants));
    return map;
  }

  static std::string GrantName(const OfferTerms& terms, int grant) {
    return grant < 0 ? "" : terms.grants[static_cast<size_t>(grant)].terms.name;
  }

  static void AddSwitches(const OfferTerms& terms, TextTree* map) {
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

  static void AddParts(const OfferTerms& terms, TextTree* map) {
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

  static TextTree LimitList(const std::vector<LimitTerms>& limits, bool of_grant) {
    TextTree list;
    for (const LimitTerms& limit : limits) {
      TextTree item;
      item.Add("name", limit.name);
      item.Add("amount", AmountText(limit.amount, limit.unit));
      if (!of_grant) item.Add("unit", limit.unit.code());
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

  TextTree GrantTree(const OfferTerms& offer, const Grant& grant) const {
    const GrantTerms& terms = grant.terms;
    TextTree map;
    map.Add("name", terms.name);
    map.Add("charge_code", grant.charge_code);
    map.Add("unit", terms.unit.code());
    map.Add("amount", terms.unlimited ? "unlimited" : AmountText(terms.amount, terms.unit));
    map.Add("validity", ValidityText(terms.validity));
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
    map.Add("covers", CoverTree(grant.covers));
    map.Add("weights", internal::WriteFactorRules(grant.weights, in_.zone));
    map.Add("adjustments", internal::WriteAdjustments(grant.adjustments, in_.zone));
    map.Add("limits", LimitList(terms.limits, /*of_grant=*/true));
    map.Add("when_used_up", EndTree(offer, terms.end));
    return map;
  }

  TextTree CoverTree(const CoverTerms& covers) const {
    if (covers.matchers.empty()) return TextTree("none");
    TextTree map;
    internal::WriteMatchers(covers.matchers, &map);
    internal::WriteConditions(covers.when, in_.zone, &map);
    std::vector<std::string> kinds;
    for (int k = 0; k < kTokenKindCount; ++k) {
      if ((covers.kinds >> k & 1U) == 0) continue;
      kinds.emplace_back(TokenKindName(static_cast<TokenKind>(k)));
    }
    map.Add("kinds", kinds);
    return map;
  }

  static TextTree EndTree(const OfferTerms& offer, const EndTerms& end) {
    const std::string word(end.at_end == AtEnd::kBuyNext ? "buy" : AtEndName(end.at_end));
    TextTree map;
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

  static constexpr size_t kRangeDaysMax = 3'000;  // As the reader takes them.

  const Catalogue& in_;
  TextTree top_;
};

}  // namespace

std::string FormatCatalogue(const Catalogue& catalogue) { return Writer(catalogue).Write(); }

}  // namespace ocs::rating
