#include "rating/internal/catalogue_reader.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "ocs/base/limits.h"
#include "ocs/base/text.h"
#include "rating/internal/compiler.h"
#include "rating/internal/conditions.h"
#include "rating/internal/offer_reader.h"
#include "rating/internal/rule_index.h"
#include "rating/internal/rule_reader.h"
#include "rating/internal/scalars.h"
#include "rating/internal/words.h"

namespace ocs::rating::internal {
namespace {

// The items of a section that may not have more than so many; none when it has.
std::vector<Field> ItemsOf(const Fields& fields, std::string_view key, size_t max,
                           std::string_view what) {
  std::vector<Field> items = fields.Items(key);
  if (items.size() <= max) return items;
  fields.Fault(key, Cat("expected at most ", max, " ", what));
  return {};
}

}  // namespace

Catalogue CatalogueReader::Read(const YamlNode& root) {
  const Field top{.node = &root, .path = "", .line = root.line};
  const Fields fields(
      top,
      {"catalogue", "currency", "time_zone", "calendars", "taxes", "models", "units", "exchange",
       "price_books", "wholesale", "offers", "calls", "open_sessions", "note"},
      reporter_);
  if (root.kind != YamlNode::Kind::kMap) return std::move(draft_.out);
  ReadHead(fields);
  for (const Field& item : ItemsOf(fields, "calendars", kCalendarsMax, "calendars")) {
    ReadCalendar(item);
  }
  for (const Field& item : ItemsOf(fields, "taxes", kTaxesMax, "taxes")) ReadTax(item);
  if (fields.Items("models").size() > kModelsMax) {
    fields.Fault("models", Cat("expected at most ", kModelsMax, " models"));
    return std::move(draft_.out);
  }
  for (const Field& item : fields.Items("models")) ReadModel(item);
  for (const Field& item : fields.Items("units")) ReadUnit(item);
  for (const Field& item : ItemsOf(fields, "exchange", kExchangeMax, "rates")) ReadExchange(item);
  CheckExchange();
  for (const Field& item : ItemsOf(fields, "price_books", kBooksMax, "price books")) ReadBook(item);
  CheckDerived();
  for (const Field& item : fields.Items("wholesale")) ReadWholesale(item);
  CheckWholesale();
  const std::vector<Field> offers = fields.Items("offers");
  if (offers.size() > kOffersMax) {
    fields.Fault("offers", Cat("expected at most ", kOffersMax, " offers"));
    return std::move(draft_.out);
  }
  ReadCalls(fields);
  OfferReader reader(&draft_);
  for (const Field& item : offers) reader.ReadOffer(item);
  reader.CheckReferences();
  CheckTableSize();
  return std::move(draft_.out);
}

void CatalogueReader::ReadHead(const Fields& fields) {
  Catalogue& out = draft_.out;
  out.name = draft_.ReadId(fields, "catalogue").value_or("");
  fields.NeedText("currency", "a currency such as CNY");
  out.currency = draft_.ReadCurrency(fields).value_or(Unit());
  const auto zone = fields.NeedText("time_zone", "a time zone such as Asia/Shanghai");
  if (!zone) return;
  const auto loaded = ParseZone(*zone);
  if (!loaded) {
    fields.Fault("time_zone", Cat("unknown time zone ", Quoted(*zone),
                                  "; expected a name such as Asia/Shanghai or UTC"));
    return;
  }
  out.zone = *loaded;
  draft_.names.zone = *zone;
}

void CatalogueReader::ReadCalls(const Fields& fields) {
  if (const auto text = fields.Text("open_sessions", "keep or switch")) {
    draft_.out.switches_sessions = *text == "switch";
    if (*text != "switch" && *text != "keep") {
      fields.Fault("open_sessions", Cat("expected keep or switch, found ", Quoted(*text),
                                        Suggestion(*text, {"keep", "switch"})));
    }
  }
  const auto map = fields.Map("calls");
  if (!map) return;
  const Fields calls(*map, {"failed", "cancelled", "moderated", "quota_holding_seconds", "note"},
                     reporter_);
  if (!IsMap(*map)) return;
  const auto read = [&](const char* key, CallCharge* charge) {
    const auto text = calls.Text(key, "charged, prompt or free");
    if (!text) return;
    for (const CallCharge known : {CallCharge::kCharged, CallCharge::kPrompt, CallCharge::kFree}) {
      if (*text != CallChargeName(known)) continue;
      *charge = known;
      return;
    }
    calls.Fault(key, Cat("expected charged, prompt or free, found ", Quoted(*text),
                         Suggestion(*text, {"charged", "prompt", "free"})));
  };
  read("failed", &draft_.out.calls.failed);
  read("cancelled", &draft_.out.calls.cancelled);
  read("moderated", &draft_.out.calls.moderated);
  constexpr std::string_view kSeconds = "a whole number of seconds from 0 to 86,400";
  const auto text = calls.Text("quota_holding_seconds", kSeconds);
  if (!text) return;
  const auto seconds = ParseCount(*text);
  if (seconds && *seconds <= 86'400) {
    draft_.out.calls.quota_holding_seconds = static_cast<int32_t>(*seconds);
  } else {
    calls.Fault("quota_holding_seconds", Cat("expected ", kSeconds, ", found ", Quoted(*text)));
  }
}

void CatalogueReader::ReadCalendar(const Field& item) {
  constexpr std::string_view kExpected = "days such as 2026-10-01 or 2026-10-02..2026-10-08";
  const Fields fields(item, {"calendar", "days", "note"}, reporter_);
  if (!IsMap(item)) return;
  Calendar calendar;
  calendar.id = draft_.ReadId(fields, "calendar").value_or("");
  if (!calendar.id.empty() && !draft_.names.calendars.insert(calendar.id).second) {
    fields.Fault("calendar", Cat("the calendar ", Quoted(calendar.id), " is there twice"));
  }
  if (!fields.has("days")) fields.Fault("days", Cat("is missing; expected ", kExpected));
  for (const auto& [text, field] : fields.Texts("days", kExpected)) {
    const auto days = ParseDays(text);
    if (!days) {
      reporter_->Add(field.line, field.path, Cat("expected ", kExpected, ", found ", Quoted(text)));
      continue;
    }
    for (int32_t day = days->first; day <= days->second; ++day) calendar.days.push_back(day);
  }
  std::sort(calendar.days.begin(), calendar.days.end());
  calendar.days.erase(std::unique(calendar.days.begin(), calendar.days.end()), calendar.days.end());
  draft_.out.calendars.push_back(std::move(calendar));
}

void CatalogueReader::ReadTax(const Field& item) {
  constexpr std::string_view kExpected = "per cent such as 6 or 8.25, at most 100";
  const Fields fields(item, {"tax", "name", "rate", "note"}, reporter_);
  if (!IsMap(item)) return;
  Tax tax;
  tax.id = draft_.ReadId(fields, "tax").value_or("");
  if (!tax.id.empty() && !draft_.names.taxes.insert(tax.id).second) {
    fields.Fault("tax", Cat("the tax ", Quoted(tax.id), " is there twice"));
  }
  tax.name = draft_.ReadName(fields, "name");
  if (const auto text = fields.NeedText("rate", kExpected)) {
    // A hundredth of a per cent is the smallest that is stated anywhere.
    const auto rate = ParseDecimal(*text);
    if (!rate || 100 % rate->denominator != 0 || rate->numerator > 100 * rate->denominator) {
      fields.Fault("rate",
                   Cat("expected ", kExpected, ", with at most 2 decimals, found ", Quoted(*text)));
    } else {
      tax.basis_points = static_cast<int32_t>(rate->numerator * (100 / rate->denominator));
    }
  }
  draft_.out.taxes.push_back(std::move(tax));
}

void CatalogueReader::ClaimModelName(const std::string& name, int line, const std::string& path) {
  const auto [known, is_new] = model_names_.try_emplace(name, line);
  if (is_new) return;
  reporter_->Add(
      line, path,
      Cat("the name ", Quoted(name), " is already used for a model at line ", known->second));
}

void CatalogueReader::ReadClasses(const Fields& fields, Model* model) {
  for (const auto& [name, field] : fields.Texts("class", "a class or a list of them")) {
    if (!IsId(name)) {
      reporter_->Add(field.line, field.path,
                     Cat("expected ", kIdExpected, ", found ", Quoted(name)));
      continue;
    }
    if (std::find(model->classes.begin(), model->classes.end(), name) != model->classes.end()) {
      reporter_->Add(field.line, field.path, Cat("names ", Quoted(name), " twice"));
    }
    model->classes.push_back(name);
    draft_.names.classes.insert(name);
  }
}

void CatalogueReader::ReadAliases(const Fields& fields, Model* model) {
  for (const auto& [name, field] : fields.Texts("alias", "another name or a list of them")) {
    // The star is no character of an id, so names and beginnings never clash.
    const bool all = !name.empty() && name.back() == kAliasStar;
    if (!IsId(all ? std::string_view(name).substr(0, name.size() - 1) : name)) {
      reporter_->Add(
          field.line, field.path,
          Cat("expected ", kIdExpected,
              ", with a * behind them for all names that begin so, found ", Quoted(name)));
      continue;
    }
    ClaimModelName(name, field.line, field.path);
    model->aliases.push_back(name);
    draft_.names.aliases[name] = model->id;
  }
}

void CatalogueReader::ReadModel(const Field& item) {
  const Fields fields(item, {"id", "provider", "family", "class", "alias", "note"}, reporter_);
  if (!IsMap(item)) return;
  Model model;
  model.provider = draft_.ReadId(fields, "provider").value_or("");
  if (fields.has("family")) {
    model.family = draft_.ReadId(fields, "family").value_or("");
    draft_.names.families.insert(model.family);
  }
  ReadClasses(fields, &model);
  const auto id = draft_.ReadId(fields, "id");
  if (!id) return;
  model.id = *id;
  ClaimModelName(model.id, fields.LineOf("id"), fields.PathOf("id"));
  ReadAliases(fields, &model);
  draft_.names.models.insert(model.id);
  draft_.names.providers.insert(model.provider);
  draft_.out.models.push_back(std::move(model));
}

void CatalogueReader::ReadUnitCode(const Fields& fields, UnitTerms* terms) {
  const auto code = fields.NeedText("unit", "a unit such as quota_point");
  if (!code) return;
  const auto unit = Unit::Parse(*code);
  if (!unit.ok() || unit->is_money()) {
    fields.Fault("unit",
                 Cat("expected 2 to 15 lower-case letters, digits or '_', found ", Quoted(*code)));
  } else if (*code == "token" || *code == "tokens") {
    fields.Fault("unit", "'token' is always there and is not declared");
  } else if (!draft_.names.units.insert(*code).second) {
    fields.Fault("unit", Cat("the unit ", Quoted(*code), " is declared twice"));
  } else {
    terms->unit = *unit;
  }
}

void CatalogueReader::ReadUnit(const Field& item) {
  const Fields fields(item, {"unit", "name", "shown_per", "burn", "note"}, reporter_);
  if (!IsMap(item)) return;
  UnitTerms terms;
  ReadUnitCode(fields, &terms);
  if (fields.has("name")) terms.name = draft_.ReadName(fields, "name");
  if (const auto text = fields.Text("shown_per", "a count such as 1000")) {
    const auto count = ParseCount(*text);
    if (!count || *count < 1 || *count > kAmountMicrosMax) {
      fields.Fault("shown_per", Cat("expected a count such as 1000, found ", Quoted(*text)));
    }
    terms.shown_per = count.value_or(1);
  }
  terms.burn = ReadFactorRules(fields.Items("burn"), draft_.names, reporter_);
  CheckOverlaps(terms.burn, draft_.out.models, draft_.out.calendars, reporter_);
  if (terms.unit.empty()) return;
  std::set<std::string>& burned = draft_.burned[std::string(terms.unit.code())];
  const RuleIndex index(terms.burn);
  for (const Model& model : draft_.out.models) {
    const std::vector<FoundRule> rules = index.RulesOf(model);
    const bool always = std::any_of(rules.begin(), rules.end(), [&](const FoundRule& found) {
      return terms.burn[found.rule].when.always();
    });
    if (always) burned.insert(model.id);
  }
  draft_.out.units.push_back(std::move(terms));
}

void CatalogueReader::ReadExchange(const Field& item) {
  constexpr std::string_view kExpected =
      "what one of the first is worth in the second, such as 7.1";
  const Fields fields(item, {"from", "to", "rate", "from_time", "note"}, reporter_);
  if (!IsMap(item)) return;
  ExchangeRate rate;
  rate.place = {.line = item.line, .field = item.path};
  const auto currency = [&](std::string_view key) {
    const auto text = fields.NeedText(key, "a currency such as USD");
    if (!text) return Unit();
    const auto unit = Unit::Parse(*text);
    if (unit.ok() && unit->is_money()) return *unit;
    fields.Fault(key, Cat("expected three capital letters such as USD, found ", Quoted(*text)));
    return Unit();
  };
  rate.from = currency("from");
  rate.to = currency("to");
  if (!rate.from.empty() && rate.from == rate.to) {
    fields.Fault("to", "is the currency that it is exchanged from");
  }
  if (const auto text = fields.NeedText("rate", kExpected)) {
    const auto number = ParseDecimal(*text);
    if (!number || number->numerator == 0) {
      fields.Fault("rate", Cat("expected ", kExpected, ", found ", Quoted(*text)));
    }
    rate.rate = number.value_or(Ratio{.numerator = 1, .denominator = 1});
  }
  if (!fields.has("from_time")) {
    fields.Fault("from_time", "is missing; expected an instant such as 2026-01-01T00:00:00+08:00");
  }
  rate.from_time = ReadInstant(fields, "from_time", kAlways);
  draft_.out.exchange.push_back(rate);
}

void CatalogueReader::CheckExchange() {
  std::vector<ExchangeRate>& rates = draft_.out.exchange;
  const auto key = [](const ExchangeRate& rate) {
    return std::tie(rate.from, rate.to, rate.from_time);
  };
  std::stable_sort(rates.begin(), rates.end(),
                   [&](const auto& a, const auto& b) { return key(a) < key(b); });
  for (size_t i = 1; i < rates.size(); ++i) {
    if (key(rates[i]) != key(rates[i - 1])) continue;
    reporter_->Add(rates[i].place.line, rates[i].place.field,
                   Cat("lines ", rates[i - 1].place.line, " and ", rates[i].place.line,
                       " both begin at the same time"));
  }
}

void CatalogueReader::ReadBook(const Field& item) {
  const Fields fields(item, {"id", "currency", "kind", "tax", "rules", "adjustments", "note"},
                      reporter_);
  if (!IsMap(item)) return;
  PriceBook book;
  book.place = {.line = item.line, .field = item.path};
  book.id = draft_.ReadId(fields, "id").value_or("");
  book.currency = draft_.ReadCurrency(fields).value_or(Unit());
  book.tax = draft_.ReadTax(fields);
  if (draft_.BookOf(book.id) != nullptr) {
    fields.Fault("id", Cat("the price book ", Quoted(book.id), " is there twice"));
  }
  if (const auto kind = fields.Text("kind", "retail or wholesale")) {
    book.wholesale = *kind == "wholesale";
    if (!book.wholesale && *kind != "retail") {
      fields.Fault("kind", Cat("expected retail or wholesale, found ", Quoted(*kind),
                               Suggestion(*kind, {"retail", "wholesale"})));
    }
  }
  const std::vector<Field> items = fields.Items("rules");
  if (items.empty()) fields.Fault("rules", "expected at least one rule");
  book.rules = ReadPriceRules(items, draft_.names, reporter_);
  book.adjustments = ReadAdjustments(fields.Items("adjustments"), draft_.names, reporter_);
  CheckOverlaps(book.rules, draft_.out.models, draft_.out.calendars, reporter_);
  ClaimBookCodes(book);
  CheckPointPrices(book);
  draft_.out.books.push_back(std::move(book));
}

// Rules of one book may share a code: they are one line of the bill, at different times or for
// several models.
void CatalogueReader::ClaimBookCodes(const PriceBook& book) {
  const std::string owner = Cat("prices of book '", book.id, "'");
  for (const RateRule& rule : book.rules) {
    const Place place{.line = rule.place.line, .field = Cat(rule.place.field, ".charge_code")};
    for (const Matcher& matcher : rule.matchers) {
      draft_.ClaimCode(ChargeCodeOf(book, rule, matcher), owner, place);
    }
  }
  for (const Adjustment& adjustment : book.adjustments) {
    if (!adjustment.charge_code.empty()) {
      draft_.ClaimCode(adjustment.charge_code, owner, adjustment.place);
    }
  }
}

// A price in points must have a burn factor for at least one of its models, and their product must
// fit.
void CatalogueReader::CheckPointPrices(const PriceBook& book) {
  for (const RateRule& rule : book.rules) {
    const UnitTerms* unit = rule.per_unit.empty() ? nullptr : draft_.UnitTermsOf(rule.per_unit);
    if (unit == nullptr) continue;
    const bool any =
        std::any_of(draft_.out.models.begin(), draft_.out.models.end(), [&](const Model& model) {
          return Covers(rule.matchers, model) &&
                 std::any_of(unit->burn.begin(), unit->burn.end(),
                             [&](const RateRule& burn) { return Covers(burn.matchers, model); });
        });
    if (!any) {
      reporter_->Add(rule.place.line, Cat(rule.place.field, ".per"),
                     Cat("the unit '", rule.per_unit.code(),
                         "' has no burn factor for any model of this rule"));
    }
    for (const RateRule& burn : unit->burn) {
      if (Scale(burn.ratios, rule.unit_price)) continue;
      reporter_->Add(rule.place.line, Cat(rule.place.field, ".price"),
                     Cat("this price times the burn factor at line ", burn.place.line,
                         " does not fit 64 bits"));
    }
  }
}

// Books that others take prices from must be there, must not take from each other in a circle, and
// must be in a currency that can be exchanged.
void CatalogueReader::CheckDerived() {
  std::map<std::string, int> depths;  // 0 while a book's own rules are being looked at.
  const std::function<int(const PriceBook&)> depth_of = [&](const PriceBook& book) {
    int depth = 1;
    depths[book.id] = 0;
    for (const RateRule& rule : book.rules) {
      const PriceBook* other = CheckOtherBook(book, rule);
      if (other == nullptr) continue;
      const auto known = depths.find(other->id);
      const int below = known == depths.end() ? depth_of(*other) : known->second;
      std::string message;
      if (below == 0) {
        message = Cat("the price book '", rule.of_book,
                      "' takes its prices from this one: prices go round in a circle");
      } else if (below >= kDerivedDepthMax) {
        message = Cat("expected at most ", kDerivedDepthMax, " books in a row");
      }
      if (!message.empty()) {
        reporter_->Add(rule.place.line, Cat(rule.place.field, ".of"), message);
      }
      depth = std::max(depth, std::min(below, kDerivedDepthMax - 1) + 1);
    }
    return depths[book.id] = depth;
  };
  for (const PriceBook& book : draft_.out.books) {
    if (depths.count(book.id) == 0) depth_of(book);
  }
}

// The book that a rule takes its prices from; null when it has none or a faulty one.
const PriceBook* CatalogueReader::CheckOtherBook(const PriceBook& book, const RateRule& rule) {
  if (rule.of_book.empty()) return nullptr;
  const PriceBook* other = draft_.BookOf(rule.of_book);
  const std::string field = Cat(rule.place.field, ".of");
  if (other == nullptr) {
    reporter_->Add(rule.place.line, field,
                   Cat("unknown price book ", Quoted(rule.of_book),
                       Suggestion(rule.of_book, draft_.BookIds())));
    return nullptr;
  }
  if (!HasExchange(draft_.out, other->currency, book.currency)) {
    reporter_->Add(rule.place.line, field,
                   Cat("this book is in ", book.currency.code(), ", the price book '", rule.of_book,
                       "' in ", other->currency.code(), ", and 'exchange' has no rate from ",
                       other->currency.code(), " to ", book.currency.code()));
  }
  return other;
}

void CatalogueReader::ReadWholesale(const Field& item) {
  const Fields fields(item, {"book", "note"}, reporter_);
  if (!IsMap(item)) return;
  const auto id = fields.NeedText("book", "the id of a price book");
  if (!id) return;
  if (draft_.BookOf(*id) == nullptr) {
    fields.Fault("book",
                 Cat("unknown price book ", Quoted(*id), Suggestion(*id, draft_.BookIds())));
    return;
  }
  std::vector<std::string>& wholesale = draft_.out.wholesale;
  if (std::find(wholesale.begin(), wholesale.end(), *id) != wholesale.end()) {
    fields.Fault("book", Cat("names ", Quoted(*id), " twice"));
    return;
  }
  wholesale.push_back(*id);
}

// A book of that kind is in force without being listed. Together they are read as one list of
// rules.
void CatalogueReader::CheckWholesale() {
  std::vector<std::string>& wholesale = draft_.out.wholesale;
  for (const PriceBook& book : draft_.out.books) {
    if (book.wholesale) wholesale.push_back(book.id);
  }
  std::sort(wholesale.begin(), wholesale.end());
  wholesale.erase(std::unique(wholesale.begin(), wholesale.end()), wholesale.end());
  if (wholesale.size() < 2 || !reporter_->empty()) return;
  CheckOverlaps(WholesaleRules(draft_.out), draft_.out.models, draft_.out.calendars, reporter_);
}

void CatalogueReader::CheckTableSize() {
  const Catalogue& out = draft_.out;
  size_t tables = out.books.size();
  for (const OfferTerms& offer : out.offers) tables += offer.grants.size() + 1;
  if (tables * out.models.size() <= kTableCellsMax) return;
  reporter_->Add(0, "",
                 Cat("expected models times price books, offers and grants to be at most ",
                     kTableCellsMax, ", found ", tables * out.models.size()));
}

}  // namespace ocs::rating::internal
