#include "rating/internal/draft.h"

#include "ocs/base/text.h"
#include "rating/internal/scalars.h"
#include "rating/internal/words.h"

namespace ocs::rating::internal {
namespace {

constexpr size_t kNameLengthMax = 200;  // For people; fits a line of a bill.

}  // namespace

std::optional<std::string> Draft::ReadId(const Fields& fields, std::string_view key) const {
  const auto id = fields.NeedText(key, kIdExpected);
  if (!id || IsId(*id)) return id;
  fields.Fault(key, Cat("expected ", kIdExpected, ", found ", Quoted(*id)));
  return std::nullopt;
}

std::string Draft::ReadName(const Fields& fields, std::string_view key) const {
  const auto name = fields.NeedText(key, "a name for people");
  if (!name) return "";
  if (!IsPrintable(*name, kNameLengthMax)) {
    fields.Fault(key, Cat("expected at most ", kNameLengthMax, " printable bytes"));
  }
  return *name;
}

std::optional<Unit> Draft::ReadCurrency(const Fields& fields) const {
  const auto text = fields.Text("currency", "a currency such as CNY");
  if (!text) return fields.has("currency") ? std::nullopt : std::optional<Unit>(out.currency);
  const auto unit = Unit::Parse(*text);
  if (unit.ok() && unit->is_money()) return *unit;
  fields.Fault("currency",
               Cat("expected three capital letters such as CNY, found ", Quoted(*text)));
  return std::nullopt;
}

std::string Draft::ReadTax(const Fields& fields) const {
  const auto tax = fields.Text("tax", "the id of a tax");
  if (!tax) return "";
  if (names.taxes.count(*tax) == 0) {
    fields.Fault("tax", Cat("unknown tax ", Quoted(*tax),
                            Suggestion(*tax, {names.taxes.begin(), names.taxes.end()})));
  }
  return *tax;
}

bool Draft::ReadFlag(const Fields& fields, std::string_view key, bool otherwise) const {
  const auto text = fields.Text(key, "yes or no");
  if (!text) return otherwise;
  if (*text == "yes" || *text == "true") return true;
  if (*text == "no" || *text == "false") return false;
  fields.Fault(key, Cat("expected yes or no, found ", Quoted(*text)));
  return otherwise;
}

void Draft::ClaimCode(const std::string& code, const std::string& owner, const Place& place) {
  const auto [known, is_new] = codes_.try_emplace(code, Use{.owner = owner, .line = place.line});
  if (is_new || known->second.owner == owner) return;
  reporter->Add(place.line, place.field,
                Cat("charge code ", Quoted(code), " already names ", known->second.owner,
                    " at line ", known->second.line));
}

const PriceBook* Draft::BookOf(const std::string& id) const {
  for (const PriceBook& book : out.books) {
    if (book.id == id) return &book;
  }
  return nullptr;
}

const UnitTerms* Draft::UnitTermsOf(const Unit& unit) const {
  for (const UnitTerms& terms : out.units) {
    if (terms.unit == unit) return &terms;
  }
  return nullptr;
}

std::vector<std::string> Draft::BookIds() const {
  std::vector<std::string> ids;
  for (const PriceBook& book : out.books) ids.push_back(book.id);
  return ids;
}

int32_t Draft::BasisPointsOf(const std::string& tax) const {
  for (const Tax& known : out.taxes) {
    if (known.id == tax) return known.basis_points;
  }
  return 0;
}

bool Draft::IsBurned(const Unit& unit, const Model& model) const {
  const auto found = burned.find(std::string(unit.code()));
  return found != burned.end() && found->second.count(model.id) != 0;
}

}  // namespace ocs::rating::internal
