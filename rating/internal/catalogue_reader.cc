#include "rating/internal/catalogue_reader.h"

#include <algorithm>
#include <utility>

#include "ocs/base/limits.h"
#include "ocs/base/text.h"
#include "rating/internal/compiler.h"
#include "rating/internal/rule_index.h"
#include "rating/internal/scalars.h"

namespace ocs::rating::internal {
namespace {

constexpr size_t kNameLengthMax = 200;  // For people; fits a line of a bill.
constexpr std::string_view kIdExpected = "1 to 128 letters, digits and ._-:/@+";

std::vector<std::string> BookIds(const std::vector<PriceBook>& books) {
  std::vector<std::string> ids;
  for (const PriceBook& book : books) ids.push_back(book.id);
  return ids;
}

// Names for people are printed in files and on terminals: no control characters.
std::string ReadName(const Fields& fields, std::string_view key) {
  const auto name = fields.NeedText(key, "a name for people");
  if (!name) return "";
  const bool printable = std::none_of(name->begin(), name->end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  if (!printable || name->size() > kNameLengthMax) {
    fields.Fault(key, Cat("expected at most ", kNameLengthMax, " printable bytes"));
  }
  return *name;
}

}  // namespace

Catalogue CatalogueReader::Read(const YamlNode& root) {
  const Field top{.node = &root, .path = "", .line = root.line};
  const Fields fields(
      top,
      {"catalogue", "currency", "time_zone", "models", "units", "price_books", "offers", "note"},
      reporter_);
  if (root.kind != YamlNode::Kind::kMap) return std::move(out_);
  ReadHead(fields);
  for (const Field& item : fields.Items("models")) ReadModel(item);
  if (out_.models.size() > kModelsMax) {
    fields.Fault("models", Cat("expected at most ", kModelsMax, " models"));
    return std::move(out_);
  }
  for (const Field& item : fields.Items("units")) ReadUnit(item);
  for (const Field& item : fields.Items("price_books")) ReadBook(item);
  const std::vector<Field> offers = fields.Items("offers");
  if (offers.size() > kOffersMax) {
    fields.Fault("offers", Cat("expected at most ", kOffersMax, " offers"));
    return std::move(out_);
  }
  for (const Field& item : offers) ReadOffer(item);
  CheckTableSize();
  return std::move(out_);
}

void CatalogueReader::ReadHead(const Fields& fields) {
  out_.name = ReadId(fields, "catalogue").value_or("");
  fields.NeedText("currency", "a currency such as CNY");
  out_.currency = ReadCurrency(fields).value_or(Unit());
  const auto zone = fields.NeedText("time_zone", "a time zone such as Asia/Shanghai");
  if (!zone) return;
  const auto loaded = ParseZone(*zone);
  if (!loaded) {
    fields.Fault("time_zone", Cat("unknown time zone ", Quoted(*zone),
                                  "; expected a name such as Asia/Shanghai or UTC"));
    return;
  }
  out_.zone = *loaded;
  names_.zone = *zone;
}

std::optional<std::string> CatalogueReader::ReadId(const Fields& fields, std::string_view key) {
  const auto id = fields.NeedText(key, kIdExpected);
  if (!id || IsId(*id)) return id;
  fields.Fault(key, Cat("expected ", kIdExpected, ", found ", Quoted(*id)));
  return std::nullopt;
}

std::optional<Unit> CatalogueReader::ReadCurrency(const Fields& fields) {
  const auto text = fields.Text("currency", "a currency such as CNY");
  if (!text) return fields.has("currency") ? std::nullopt : std::optional<Unit>(out_.currency);
  const auto unit = Unit::Parse(*text);
  if (unit.ok() && unit->is_money()) return *unit;
  fields.Fault("currency",
               Cat("expected three capital letters such as CNY, found ", Quoted(*text)));
  return std::nullopt;
}

Validity CatalogueReader::ReadValidity(const Fields& fields, std::string_view key) {
  constexpr std::string_view kExpected = "a time such as '1 month', '30 days' or none";
  const auto text = fields.Text(key, kExpected);
  if (!text) return {};
  const auto validity = ParseValidity(*text);
  if (!validity) fields.Fault(key, Cat("expected ", kExpected, ", found ", Quoted(*text)));
  return validity.value_or(Validity{});
}

void CatalogueReader::ClaimModelName(const std::string& name, int line, const std::string& path) {
  const auto [known, is_new] = model_names_.try_emplace(name, line);
  if (is_new) return;
  reporter_->Add(
      line, path,
      Cat("the name ", Quoted(name), " is already used for a model at line ", known->second));
}

void CatalogueReader::ClaimCode(const std::string& code, const std::string& owner, int line,
                                const std::string& path) {
  const auto [known, is_new] = codes_.try_emplace(code, Use{.owner = owner, .line = line});
  if (is_new || known->second.owner == owner) return;
  reporter_->Add(line, path,
                 Cat("charge code ", Quoted(code), " already names ", known->second.owner,
                     " at line ", known->second.line));
}

void CatalogueReader::ReadModel(const Field& item) {
  const Fields fields(item, {"id", "provider", "class", "alias", "note"}, reporter_);
  if (item.node->kind != YamlNode::Kind::kMap) return;
  Model model;
  model.provider = ReadId(fields, "provider").value_or("");
  const auto read_ids = [&](std::string_view key, std::string_view what, auto&& take) {
    for (const auto& [name, field] : fields.Texts(key, what)) {
      if (IsId(name)) {
        take(name, field);
      } else {
        reporter_->Add(field.line, field.path,
                       Cat("expected ", kIdExpected, ", found ", Quoted(name)));
      }
    }
  };
  read_ids("class", "a class or a list of them", [&](const std::string& name, const Field& field) {
    if (std::find(model.classes.begin(), model.classes.end(), name) != model.classes.end()) {
      reporter_->Add(field.line, field.path, Cat("names ", Quoted(name), " twice"));
    }
    model.classes.push_back(name);
    names_.classes.insert(name);
  });
  const auto id = ReadId(fields, "id");
  if (!id) return;
  model.id = *id;
  ClaimModelName(model.id, fields.LineOf("id"), fields.PathOf("id"));
  read_ids("alias", "another name or a list of them",
           [&](const std::string& name, const Field& field) {
             ClaimModelName(name, field.line, field.path);
             model.aliases.push_back(name);
             names_.aliases[name] = model.id;
           });
  names_.models.insert(model.id);
  names_.providers.insert(model.provider);
  out_.models.push_back(std::move(model));
}

void CatalogueReader::ReadUnit(const Field& item) {
  const Fields fields(item, {"unit", "burn", "note"}, reporter_);
  if (item.node->kind != YamlNode::Kind::kMap) return;
  const auto code = fields.NeedText("unit", "a unit such as quota_point");
  UnitTerms terms;
  if (code) {
    const auto unit = Unit::Parse(*code);
    if (!unit.ok() || unit->is_money()) {
      fields.Fault(
          "unit", Cat("expected 2 to 15 lower-case letters, digits or '_', found ", Quoted(*code)));
    } else if (*code == "token" || *code == "tokens") {
      fields.Fault("unit", "'token' is always there and is not declared");
    } else if (!names_.units.insert(*code).second) {
      fields.Fault("unit", Cat("the unit ", Quoted(*code), " is declared twice"));
    } else {
      terms.unit = *unit;
    }
  }
  RuleList burn;
  ReadFactorRules(fields.Items("burn"), FactorTimes::kNever, names_, reporter_, &burn);
  CheckOverlaps(burn, out_.models, reporter_);
  terms.burn = std::move(burn.rules);
  if (terms.unit.empty()) return;
  const RuleIndex index(terms.burn);
  std::set<std::string>& burned = burned_[std::string(terms.unit.code())];
  for (const Model& model : out_.models) {
    if (!index.RulesOf(model).empty()) burned.insert(model.id);
  }
  out_.units.push_back(std::move(terms));
}

void CatalogueReader::ReadBook(const Field& item) {
  const Fields fields(item, {"id", "currency", "rules", "note"}, reporter_);
  if (item.node->kind != YamlNode::Kind::kMap) return;
  PriceBook book;
  book.id = ReadId(fields, "id").value_or("");
  book.currency = ReadCurrency(fields).value_or(Unit());
  if (BookOf(book.id) != nullptr) {
    fields.Fault("id", Cat("the price book ", Quoted(book.id), " is there twice"));
  }
  const std::vector<Field> items = fields.Items("rules");
  if (items.empty()) fields.Fault("rules", "expected at least one rule");
  RuleList list;
  ReadPriceRules(items, book.id, names_, reporter_, &list);
  CheckOverlaps(list, out_.models, reporter_);
  for (size_t i = 0; i < list.rules.size(); ++i) {
    // Rules of one book may share a code: they are one line of the bill, at different times or for
    // several models.
    ClaimCode(list.rules[i].charge_code, Cat("prices of book '", book.id, "'"), list.rules[i].line,
              Cat(list.paths[i], ".charge_code"));
  }
  book.rules = std::move(list.rules);
  CheckPointPrices(book, list.paths);
  out_.books.push_back(std::move(book));
}

// A price in points must have a burn factor for at least one of its models, and their product must
// fit.
void CatalogueReader::CheckPointPrices(const PriceBook& book,
                                       const std::vector<std::string>& paths) {
  for (size_t i = 0; i < book.rules.size(); ++i) {
    const RateRule& rule = book.rules[i];
    if (rule.per_unit.empty()) continue;
    const UnitTerms* unit = UnitTermsOf(rule.per_unit);
    if (unit == nullptr) continue;
    const bool any = std::any_of(out_.models.begin(), out_.models.end(), [&](const Model& model) {
      return Matches(rule.matcher, model) && IsBurned(rule.per_unit, model);
    });
    if (!any) {
      reporter_->Add(rule.line, Cat(paths[i], ".per"),
                     Cat("the unit '", rule.per_unit.code(),
                         "' has no burn factor for any model of this rule"));
    }
    for (const RateRule& burn : unit->burn) {
      if (Scale(burn.ratios, rule.unit_price)) continue;
      reporter_->Add(
          rule.line, Cat(paths[i], ".price"),
          Cat("this price times the burn factor at line ", burn.line, " does not fit 64 bits"));
    }
  }
}

void CatalogueReader::ReadOffer(const Field& item) {
  const Fields fields(
      item,
      {"id", "name", "charge_code", "fee", "currency", "prices", "validity", "grants", "note"},
      reporter_);
  if (item.node->kind != YamlNode::Kind::kMap) return;
  OfferTerms terms;
  terms.offer.id = ReadId(fields, "id").value_or("");
  const bool known =
      std::any_of(out_.offers.begin(), out_.offers.end(),
                  [&](const OfferTerms& other) { return other.offer.id == terms.offer.id; });
  if (known) fields.Fault("id", Cat("the offer ", Quoted(terms.offer.id), " is there twice"));
  terms.offer.name = ReadName(fields, "name");
  terms.offer.charge_code = ReadId(fields, "charge_code").value_or("");
  ClaimCode(terms.offer.charge_code, Cat("the fee of offer '", terms.offer.id, "'"),
            fields.LineOf("charge_code"), fields.PathOf("charge_code"));
  ReadOfferMoney(fields, &terms);
  terms.offer.validity = ReadValidity(fields, "validity");
  const std::vector<Field> grants = fields.Items("grants");
  if (grants.size() > kGrantsPerOfferMax) {
    fields.Fault("grants", Cat("expected at most ", kGrantsPerOfferMax, " grants"));
    return;
  }
  for (const Field& grant : grants) ReadGrant(grant, &terms);
  for (const Grant& grant : terms.grants) terms.offer.grants.push_back(grant.terms);
  CheckOfferPrices(fields, terms);
  out_.offers.push_back(std::move(terms));
}

void CatalogueReader::ReadOfferMoney(const Fields& fields, OfferTerms* terms) {
  constexpr std::string_view kFeeExpected = "a fee such as 9.9, or 0";
  terms->offer.currency = ReadCurrency(fields).value_or(Unit());
  if (const auto text = fields.NeedText("fee", kFeeExpected)) {
    const auto fee = ParseMicros(*text);
    if (!fee.ok() || *fee < 0 || *fee > kAmountMicrosMax) {
      fields.Fault("fee", Cat("expected ", kFeeExpected, ", found ", Quoted(*text)));
    } else {
      terms->offer.fee_micros = *fee;
    }
  }
  const auto book_id = fields.Text("prices", "the id of a price book");
  if (!book_id) return;
  terms->price_book = *book_id;
  terms->offer.has_prices = true;
  const PriceBook* book = BookOf(*book_id);
  if (book == nullptr) {
    fields.Fault("prices", Cat("unknown price book ", Quoted(*book_id),
                               Suggestion(*book_id, BookIds(out_.books))));
  } else if (book->currency != terms->offer.currency) {
    fields.Fault("prices", Cat("the offer is in ", terms->offer.currency.code(),
                               ", the price book '", *book_id, "' in ", book->currency.code()));
  }
}

void CatalogueReader::ReadAmount(const Fields& fields, GrantTerms* terms) {
  const auto unit_text = fields.NeedText("unit", "token, a declared unit or the offer's currency");
  const auto amount_text = fields.NeedText("amount", "an amount such as 10M");
  if (unit_text) {
    const auto unit = Unit::Parse(*unit_text);
    const bool known = unit.ok() && (unit->is_money() || *unit_text == "token" ||
                                     names_.units.count(*unit_text) != 0);
    if (!known) {
      std::vector<std::string> units(names_.units.begin(), names_.units.end());
      units.emplace_back("token");
      fields.Fault("unit", Cat("unknown unit ", Quoted(*unit_text), Suggestion(*unit_text, units)));
      return;
    }
    terms->unit = *unit;
  }
  if (!amount_text || terms->unit.empty()) return;
  int64_t amount = -1;
  if (terms->unit.is_money()) {
    const auto micros = ParseMicros(*amount_text);
    if (micros.ok() && *micros <= kAmountMicrosMax) amount = *micros;
  } else {
    const auto count = ParseCount(*amount_text);
    if (count && *count <= kAmountMicrosMax) amount = *count;
  }
  if (amount > 0) {
    terms->amount = amount;
    return;
  }
  fields.Fault("amount", Cat("expected an amount above 0 such as ",
                             terms->unit.is_money() ? "9.9" : "10M, 250_000 or 1.5K", ", found ",
                             Quoted(*amount_text)));
}

void CatalogueReader::ReadGrant(const Field& item, OfferTerms* terms) {
  constexpr int kPriorityMax = 1'000;
  const Fields fields(item,
                      {"name", "charge_code", "unit", "amount", "validity", "priority", "covers",
                       "weights", "when_used_up", "note"},
                      reporter_);
  if (item.node->kind != YamlNode::Kind::kMap) return;
  Grant grant;
  grant.terms.name = ReadName(fields, "name");
  ReadAmount(fields, &grant.terms);
  fields.NeedText("validity", "a time such as '1 month', '30 days' or none");
  if (fields.has("validity")) grant.terms.validity = ReadValidity(fields, "validity");
  grant.terms.priority = 1;
  if (const auto text = fields.Text("priority", "a number from 1 to 1000")) {
    const auto priority = ParseCount(*text);
    if (!priority || *priority < 1 || *priority > kPriorityMax) {
      fields.Fault("priority", Cat("expected a number from 1 (first) to ", kPriorityMax, ", found ",
                                   Quoted(*text)));
    } else {
      grant.terms.priority = static_cast<int>(*priority);
    }
  }
  const auto code = fields.has("charge_code") ? ReadId(fields, "charge_code") : std::nullopt;
  grant.charge_code =
      code.value_or(Cat(terms->offer.charge_code, "/grant-", terms->grants.size() + 1));
  ClaimCode(grant.charge_code,
            Cat("grant ", terms->grants.size() + 1, " of offer '", terms->offer.id, "'"),
            fields.LineOf("charge_code"), fields.PathOf("charge_code"));
  if (const auto covers = fields.Map("covers")) {
    const Fields matchers(*covers, {"model", "class", "provider", "any"}, reporter_);
    if (covers->node->kind == YamlNode::Kind::kMap) grant.covers = ReadMatchers(matchers, names_);
  } else {
    fields.Fault("covers",
                 "is missing; expected which models the grant pays for, such as 'any: true'");
  }
  RuleList weights;
  ReadFactorRules(fields.Items("weights"), FactorTimes::kAllowed, names_, reporter_, &weights);
  CheckOverlaps(weights, out_.models, reporter_);
  grant.weights = std::move(weights.rules);
  ReadWhenUsedUp(fields, *terms, &grant);
  CheckGrantUnit(fields, *terms, grant);
  terms->grants.push_back(std::move(grant));
}

void CatalogueReader::ReadWhenUsedUp(const Fields& fields, const OfferTerms& offer, Grant* grant) {
  const auto text = fields.NeedText("when_used_up", "stop or bill_on");
  if (!text) return;
  if (*text == "bill_on") {
    grant->when_used_up = WhenUsedUp::kBillOn;
    if (offer.price_book.empty()) {
      fields.Fault("when_used_up", "bill_on needs the offer to name a price book under 'prices'");
    }
  } else if (*text != "stop") {
    fields.Fault("when_used_up", Cat("expected stop or bill_on, found ", Quoted(*text),
                                     Suggestion(*text, {"stop", "bill_on"})));
  }
}

bool CatalogueReader::HasRates(const Grant& grant, const Model& model) const {
  if (IsBurned(grant.terms.unit, model)) return true;
  return std::any_of(grant.weights.begin(), grant.weights.end(), [&](const RateRule& weight) {
    return Matches(weight.matcher, model) && !weight.hours && !IsBounded(weight);
  });
}

bool CatalogueReader::IsBurned(const Unit& unit, const Model& model) const {
  const auto burned = burned_.find(std::string(unit.code()));
  return burned != burned_.end() && burned->second.count(model.id) != 0;
}

void CatalogueReader::CheckGrantUnit(const Fields& fields, const OfferTerms& offer,
                                     const Grant& grant) {
  if (grant.terms.unit.empty()) return;
  if (grant.terms.unit.is_money()) {
    if (grant.terms.unit != offer.offer.currency) {
      fields.Fault("unit", Cat("the offer is in ", offer.offer.currency.code(), ", this grant in ",
                               grant.terms.unit.code()));
    }
    if (offer.price_book.empty()) {
      fields.Fault("unit",
                   "money is drawn at the offer's prices, and this offer names no price book");
    }
    if (!grant.weights.empty()) {
      fields.Fault("weights", "money is drawn at the offer's prices; it has no weights");
    }
    return;
  }
  const KindRatios plain = PlainDraw(grant.terms.unit);
  if (std::any_of(plain.begin(), plain.end(), [](const Ratio& r) { return r.stated(); })) return;
  for (const Model& model : out_.models) {
    if (!Covers(grant.covers, model) || HasRates(grant, model)) continue;
    fields.Fault("covers",
                 Cat("nothing says how many '", grant.terms.unit.code(), "' model '", model.id,
                     "' draws; expected a burn factor of the unit or a weight"));
    return;
  }
}

// Prices that can never bill, and models about which two grants disagree, are mistakes.
void CatalogueReader::CheckOfferPrices(const Fields& fields, const OfferTerms& offer) {
  if (offer.price_book.empty()) return;
  bool billed = false;
  for (const Model& model : out_.models) {
    bool stops = false;
    bool bills_on = false;
    for (const Grant& grant : offer.grants) {
      if (!Covers(grant.covers, model)) continue;
      (grant.when_used_up == WhenUsedUp::kStop ? stops : bills_on) = true;
    }
    if (stops && bills_on) {
      fields.Fault("grants",
                   Cat("for model '", model.id, "' one grant says stop and another bill_on"));
      return;
    }
    billed = billed || !stops;
  }
  const bool has_money =
      std::any_of(offer.grants.begin(), offer.grants.end(),
                  [](const Grant& grant) { return grant.terms.unit.is_money(); });
  if (!billed && !has_money) {
    fields.Fault("prices", "are never used: every model is covered by a grant that says stop");
  }
}

void CatalogueReader::CheckTableSize() {
  size_t tables = out_.books.size();
  for (const OfferTerms& offer : out_.offers) tables += offer.grants.size() + 1;
  if (tables * out_.models.size() <= kTableCellsMax) return;
  reporter_->Add(0, "",
                 Cat("expected models times price books, offers and grants to be at most ",
                     kTableCellsMax, ", found ", tables * out_.models.size()));
}

const PriceBook* CatalogueReader::BookOf(const std::string& id) const {
  for (const PriceBook& book : out_.books) {
    if (book.id == id) return &book;
  }
  return nullptr;
}

const UnitTerms* CatalogueReader::UnitTermsOf(const Unit& unit) const {
  for (const UnitTerms& terms : out_.units) {
    if (terms.unit == unit) return &terms;
  }
  return nullptr;
}

}  // namespace ocs::rating::internal
