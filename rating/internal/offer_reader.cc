#include "rating/internal/offer_reader.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "ocs/base/limits.h"
#include "ocs/base/text.h"
#include "rating/internal/compiler.h"
#include "rating/internal/conditions.h"
#include "rating/internal/final_units_reader.h"
#include "rating/internal/grant_reader.h"
#include "rating/internal/prices.h"
#include "rating/internal/rule_index.h"
#include "rating/internal/rule_reader.h"
#include "rating/internal/scalars.h"
#include "rating/internal/words.h"

namespace ocs::rating::internal {
namespace {

const std::vector<std::string>& OfferKeys() {
  static const std::vector<std::string> kKeys = {
      "id",       "name",         "charge_code", "fee",         "currency", "prices",
      "validity", "renews",       "cycles",      "first_cycle", "at_most",  "once_per_customer",
      "sold",     "tax",          "parts",       "switches",    "limits",   "adjustments",
      "grants",   "when_used_up", "note"};
  return kKeys;
}

// The index of the grant of that name; -1 when there is none.
int GrantNamed(const OfferTerms& terms, const std::string& name) {
  for (size_t g = 0; g < terms.grants.size(); ++g) {
    if (terms.grants[g].terms.name == name) return static_cast<int>(g);
  }
  return -1;
}

bool Bills(const Grant& grant) { return grant.terms.end.at_end == AtEnd::kBillOn; }

// Whether some use of the model is covered by both.
bool CoverTogether(const CoverTerms& a, const CoverTerms& b, const Model& model) {
  return Covers(a.matchers, model) && Covers(b.matchers, model) && CanMeet(a.when, b.when, {}) &&
         (a.kinds == 0 || b.kinds == 0 || (a.kinds & b.kinds) != 0);
}

}  // namespace

void OfferReader::ReadOffer(const Field& item) {
  const Fields fields(item, OfferKeys(), draft_->reporter);
  if (!IsMap(item)) return;
  OfferTerms terms;
  terms.place = {.line = item.line, .field = item.path};
  ReadIdentity(fields, &terms);
  terms.tax = draft_->ReadTax(fields);
  terms.offer.tax_basis_points = draft_->BasisPointsOf(terms.tax);
  ReadFee(fields, &terms);
  ReadPriceBook(fields, &terms);
  terms.offer.validity = ReadValidity(fields, "validity");
  ReadCycle(fields, &terms.offer);
  if (terms.offer.validity.cycle && terms.offer.cycle.kind == WindowKind::kNone) {
    fields.Fault("validity", "the offer has no cycle; expected 'renews'");
  }
  ReadSold(fields, &terms.offer);
  ReadSwitches(fields, &terms.offer);
  terms.offer.limits =
      ReadLimits(fields.Items("limits"), Unit(), Cat("offer\x1f", terms.offer.id), *draft_);
  const std::vector<Field> grants = fields.Items("grants");
  if (grants.size() > kGrantsPerOfferMax) {
    fields.Fault("grants", Cat("expected at most ", kGrantsPerOfferMax, " grants"));
    return;
  }
  for (const Field& grant : grants) {
    ReadGrant(grant, draft_, &terms);
    if (terms.grants.empty()) continue;
    const std::string& name = terms.grants.back().terms.name;
    if (!name.empty() && GrantNamed(terms, name) + 1 < static_cast<int>(terms.grants.size())) {
      draft_->reporter->Add(grant.line, Cat(grant.path, ".name"),
                            Cat("the grant ", Quoted(name), " is there twice"));
    }
  }
  ReadLocks(fields, &terms);
  ReadParts(fields, &terms);
  ShareFee(fields, &terms);
  ReadAdjustmentsOf(fields, &terms);
  terms.offer.final_units = ReadFinalUnitsOfOffer(fields, draft_);
  if (fields.has("when_used_up") && terms.price_book.empty())
    fields.Fault("when_used_up", "is about the money that prices are paid from: expected 'prices'");
  for (const Grant& grant : terms.grants) terms.offer.grants.push_back(grant.terms);
  CheckPrices(fields, terms);
  draft_->out.offers.push_back(std::move(terms));
}

void OfferReader::ReadIdentity(const Fields& fields, OfferTerms* terms) {
  Offer& offer = terms->offer;
  offer.id = draft_->ReadId(fields, "id").value_or("");
  if (!ids_.insert(offer.id).second) {
    fields.Fault("id", Cat("the offer ", Quoted(offer.id), " is there twice"));
  }
  offer.name = draft_->ReadName(fields, "name");
  offer.charge_code = draft_->ReadId(fields, "charge_code").value_or("");
  draft_->ClaimCode(offer.charge_code, Cat("the fee of offer '", offer.id, "'"),
                    {.line = fields.LineOf("charge_code"), .field = fields.PathOf("charge_code")});
}

void OfferReader::ReadFee(const Fields& fields, OfferTerms* terms) {
  constexpr std::string_view kExpected = "a fee such as 9.9, or 0";
  Offer& offer = terms->offer;
  offer.currency = draft_->ReadCurrency(fields).value_or(Unit());
  const auto text = fields.NeedText("fee", kExpected);
  if (!text) return;
  const size_t space = text->find(' ');
  if (space == std::string::npos) {
    offer.fee_micros = ReadMoney(fields, "fee", kExpected).value_or(0);
    return;
  }
  // "500 loyalty_point"
  const std::string word = text->substr(space + 1);
  const auto count = ParseCount(text->substr(0, space));
  if (draft_->names.units.count(word) == 0 || !count || *count < 1 || *count > kAmountMicrosMax) {
    const std::set<std::string>& units = draft_->names.units;
    fields.Fault("fee", Cat("expected ", kExpected, ", or so many of a declared unit, found ",
                            Quoted(*text), Suggestion(word, {units.begin(), units.end()})));
    return;
  }
  offer.fee_unit = Unit::Of(word);
  offer.fee_points = *count;
}

void OfferReader::ReadPriceBook(const Fields& fields, OfferTerms* terms) {
  const auto book_id = fields.Text("prices", "the id of a price book");
  if (!book_id) return;
  terms->price_book = *book_id;
  terms->offer.has_prices = true;
  const PriceBook* book = draft_->BookOf(*book_id);
  if (book == nullptr) {
    fields.Fault("prices", Cat("unknown price book ", Quoted(*book_id),
                               Suggestion(*book_id, draft_->BookIds())));
    return;
  }
  if (book->wholesale) {
    fields.Fault("prices", Cat("the price book '", *book_id,
                               "' says what models cost us; expected a retail book, which may take "
                               "its prices from it with 'percent' and 'of'"));
  }
  if (!HasExchange(draft_->out, book->currency, terms->offer.currency)) {
    fields.Fault("prices", Cat("the offer is in ", terms->offer.currency.code(),
                               ", the price book '", *book_id, "' in ", book->currency.code()));
  }
}

void OfferReader::ReadCycle(const Fields& fields, Offer* offer) {
  constexpr int64_t kCyclesMax = 1'200;
  offer->cycle =
      ReadWindow(fields, "renews", {WindowKind::kMonth, WindowKind::kCycle}).value_or(Window{});
  if (const auto text = fields.Text("cycles", "how many cycles, such as 12")) {
    const auto count = ParseCount(*text);
    if (!count || *count < 1 || *count > kCyclesMax) {
      fields.Fault("cycles",
                   Cat("expected a number from 1 to ", kCyclesMax, ", found ", Quoted(*text)));
    } else {
      offer->cycles_max = static_cast<int>(*count);
    }
  }
  if (const auto text = fields.Text("first_cycle", "pro_rata or full")) {
    offer->first_pro_rata = *text == "pro_rata";
    if (!offer->first_pro_rata && *text != "full") {
      fields.Fault("first_cycle", Cat("expected pro_rata or full, found ", Quoted(*text),
                                      Suggestion(*text, {"pro_rata", "full"})));
    }
  }
  for (const char* key : {"cycles", "first_cycle"}) {
    if (fields.has(key) && !fields.has("renews")) {
      fields.Fault(key, "has no meaning without 'renews'");
    }
  }
}

void OfferReader::ReadSold(const Fields& fields, Offer* offer) {
  offer->once_per_customer = draft_->ReadFlag(fields, "once_per_customer", false);
  if (const auto text = fields.Text("at_most", "so often as '5 per month'")) {
    const auto count = ParsePerMonth(*text);
    if (!count) fields.Fault("at_most", Cat("expected '5 per month', found ", Quoted(*text)));
    offer->per_month_max = count.value_or(0);
  }
  const auto map = fields.Map("sold");
  if (!map) return;
  const Fields sold(*map, {"from", "until", "segments", "note"}, draft_->reporter);
  if (!IsMap(*map)) return;
  offer->sold_from = ReadInstant(sold, "from", kAlways);
  offer->sold_until = ReadInstant(sold, "until", Instant::Never());
  if (offer->sold_until <= offer->sold_from) {
    sold.Fault("until", "expected an instant after 'from'");
  }
  for (const auto& [text, field] : sold.Texts("segments", "a segment or a list of them")) {
    if (!IsPrintable(text, 128)) {
      draft_->reporter->Add(field.line, field.path, "expected at most 128 printable bytes");
    }
    offer->segments.push_back(text);
  }
  std::sort(offer->segments.begin(), offer->segments.end());
  offer->segments.erase(std::unique(offer->segments.begin(), offer->segments.end()),
                        offer->segments.end());
}

void OfferReader::ReadSwitches(const Fields& fields, Offer* offer) {
  const std::vector<Field> items = fields.Items("switches");
  if (items.size() > kSwitchesPerOfferMax) {
    fields.Fault("switches", Cat("expected at most ", kSwitchesPerOfferMax, " switches"));
    return;
  }
  for (const Field& item : items) {
    const Fields one(item, {"id", "name", "at_first", "locked_while", "note"}, draft_->reporter);
    if (!IsMap(item)) continue;
    SwitchTerms terms;
    terms.id = draft_->ReadId(one, "id").value_or("");
    terms.name = draft_->ReadName(one, "name");
    const bool known = std::any_of(offer->switches.begin(), offer->switches.end(),
                                   [&](const SwitchTerms& other) { return other.id == terms.id; });
    if (known) one.Fault("id", Cat("the switch ", Quoted(terms.id), " is there twice"));
    if (const auto text = one.Text("at_first", "on or off")) {
      terms.on_at_first = *text == "on";
      if (!terms.on_at_first && *text != "off") {
        one.Fault("at_first", Cat("expected on or off, found ", Quoted(*text)));
      }
    }
    offer->switches.push_back(std::move(terms));
  }
}

// Which grant locks a switch: read once the grants are there.
void OfferReader::ReadLocks(const Fields& fields, OfferTerms* terms) {
  const std::vector<Field> items = fields.Items("switches");
  size_t index = 0;
  for (const Field& item : items) {
    if (!IsMap(item) || index >= terms->offer.switches.size()) continue;
    SwitchTerms& of_item = terms->offer.switches[index++];
    Reporter told("");  // Its other keys have been told of.
    const Fields one(item, {"locked_while"}, &told);
    const auto name = one.Text("locked_while", "the name of a grant");
    if (!name && !one.has("locked_while")) continue;
    of_item.locked_by_grant = name ? GrantNamed(*terms, *name) : -1;
    if (of_item.locked_by_grant >= 0) continue;
    draft_->reporter->Add(one.LineOf("locked_while"), one.PathOf("locked_while"),
                          Cat("the offer has no grant ", Quoted(name.value_or(""))));
  }
}

void OfferReader::ReadPart(const Field& item, OfferTerms* terms) {
  const Fields fields(item, {"name", "charge_code", "share", "grant", "tax", "note"},
                      draft_->reporter);
  if (!IsMap(item)) return;
  FeePart part;
  part.name = draft_->ReadName(fields, "name");
  part.charge_code = draft_->ReadId(fields, "charge_code").value_or("");
  draft_->ClaimCode(
      part.charge_code,
      Cat("part ", terms->offer.parts.size() + 1, " of offer '", terms->offer.id, "'"),
      {.line = fields.LineOf("charge_code"), .field = fields.PathOf("charge_code")});
  if (!fields.has("share")) fields.Fault("share", "is missing; expected an amount of the fee");
  part.share_micros = ReadMoney(fields, "share", "an amount of the fee such as 60").value_or(0);
  if (const auto name = fields.Text("grant", "the name of a grant")) {
    part.grant = GrantNamed(*terms, *name);
    if (part.grant < 0) fields.Fault("grant", Cat("the offer has no grant ", Quoted(*name)));
    const bool known = std::any_of(
        terms->offer.parts.begin(), terms->offer.parts.end(),
        [&](const FeePart& other) { return part.grant >= 0 && other.grant == part.grant; });
    if (known) fields.Fault("grant", "another part pays for this grant");
  }
  std::string tax = draft_->ReadTax(fields);
  if (tax.empty()) tax = terms->tax;
  part.tax_basis_points = draft_->BasisPointsOf(tax);
  terms->offer.parts.push_back(std::move(part));
  terms->part_taxes.push_back(std::move(tax));
}

void OfferReader::ReadParts(const Fields& fields, OfferTerms* terms) {
  const std::vector<Field> items = fields.Items("parts");
  if (items.size() > kPartsPerOfferMax) {
    fields.Fault("parts", Cat("expected at most ", kPartsPerOfferMax, " parts"));
    return;
  }
  for (const Field& item : items) ReadPart(item, terms);
  int64_t sum = 0;
  for (const FeePart& part : terms->offer.parts) sum += part.share_micros;
  if (!items.empty() && terms->offer.parts.size() == items.size() &&
      sum != terms->offer.fee_micros) {
    fields.Fault("parts", Cat("the shares are ", FormatMicros(sum), " together, the fee is ",
                              FormatMicros(terms->offer.fee_micros)));
  }
}

// What of the fee pays for each grant. Parts say so; else the grants' own shares; what these leave
// is shared equally among the grants that state none, the first taking what does not come out even.
void OfferReader::ShareFee(const Fields& fields, OfferTerms* terms) {
  int64_t stated = 0;
  int64_t unstated = 0;
  for (const Grant& grant : terms->grants) {
    if (grant.terms.share_micros < 0) ++unstated;
    stated += std::max<int64_t>(grant.terms.share_micros, 0);
  }
  const bool any_stated = unstated < static_cast<int64_t>(terms->grants.size());
  const int64_t fee = terms->offer.fee_micros;
  if (!terms->offer.parts.empty()) {
    if (any_stated)
      fields.Fault("grants", "'parts' say what the fee pays for; no grant has a share");
    for (Grant& grant : terms->grants) grant.terms.share_micros = 0;
    for (const FeePart& part : terms->offer.parts) {
      if (part.grant < 0) continue;
      terms->grants[static_cast<size_t>(part.grant)].terms.share_micros = part.share_micros;
    }
    return;
  }
  if (stated > fee || (any_stated && unstated == 0 && stated != fee)) {
    fields.Fault("grants", Cat("the grants' shares are ", FormatMicros(stated),
                               " together, the fee is ", FormatMicros(fee)));
    return;
  }
  int64_t left = unstated == 0 ? 0 : (fee - stated) % unstated;
  for (Grant& grant : terms->grants) {
    if (grant.terms.share_micros >= 0) continue;
    grant.terms.share_micros = (fee - stated) / unstated + left;
    left = 0;
  }
}

void OfferReader::ReadAdjustmentsOf(const Fields& fields, OfferTerms* terms) {
  terms->adjustments =
      ReadAdjustments(fields.Items("adjustments"), draft_->names, draft_->reporter);
  if (!terms->adjustments.empty() && terms->price_book.empty()) {
    fields.Fault("adjustments", "adjust the offer's prices, and it names no price book");
  }
  for (const Adjustment& adjustment : terms->adjustments) {
    if (adjustment.charge_code.empty()) continue;
    draft_->ClaimCode(adjustment.charge_code, Cat("adjustments of offer '", terms->offer.id, "'"),
                      adjustment.place);
  }
}

// Prices that can never bill, and models about which two grants disagree, are mistakes.
void OfferReader::CheckPrices(const Fields& fields, const OfferTerms& terms) {
  if (terms.price_book.empty()) return;
  bool billed = false;
  for (const Model& model : draft_->out.models) {
    bool stops = false;
    for (const Grant& grant : terms.grants) {
      if (Bills(grant) || !Covers(grant.covers.matchers, model)) continue;
      stops = stops || (grant.covers.when.always() && grant.covers.kinds == 0);
      const bool disagree =
          std::any_of(terms.grants.begin(), terms.grants.end(), [&](const Grant& other) {
            return Bills(other) && CoverTogether(grant.covers, other.covers, model);
          });
      if (!disagree) continue;
      fields.Fault("grants", Cat("for model '", model.id, "' one grant says ",
                                 AtEndName(grant.terms.end.at_end), " and another bill_on"));
      return;
    }
    billed = billed || !stops;
  }
  const bool has_money =
      std::any_of(terms.grants.begin(), terms.grants.end(),
                  [](const Grant& grant) { return grant.terms.unit.is_money(); });
  if (!billed && !has_money) {
    fields.Fault("prices", "are never used: every model is covered by a grant that says stop");
  }
}

void OfferReader::CheckReferences() {
  for (const OfferTerms& terms : draft_->out.offers) {
    for (size_t g = 0; g < terms.grants.size(); ++g) {
      const EndTerms& end = terms.grants[g].terms.end;
      if (end.at_end != AtEnd::kBuyNext) continue;
      const std::string& id = end.buys.empty() ? terms.offer.id : end.buys;
      const std::string field = Cat(terms.place.field, ".grants[", g, "].when_used_up.offer");
      const auto next = std::find_if(draft_->out.offers.begin(), draft_->out.offers.end(),
                                     [&](const OfferTerms& other) { return other.offer.id == id; });
      if (next == draft_->out.offers.end()) {
        draft_->reporter->Add(
            terms.place.line, field,
            Cat("unknown offer ", Quoted(id), Suggestion(id, {ids_.begin(), ids_.end()})));
      } else if (next->offer.once_per_customer) {
        draft_->reporter->Add(
            terms.place.line, field,
            Cat("the offer ", Quoted(id), " is sold once per customer: it cannot be bought next"));
      }
    }
  }
}

}  // namespace ocs::rating::internal
