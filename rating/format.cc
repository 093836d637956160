// A catalogue as text.

#include <string>
#include <utility>

#include "ocs/base/text.h"
#include "rating/catalogue.h"
#include "rating/internal/catalogue_writer.h"
#include "rating/internal/offer_writer.h"
#include "rating/internal/ratio.h"
#include "rating/internal/rule_writer.h"
#include "rating/internal/text_tree.h"
#include "rating/internal/words.h"

namespace ocs::rating {
namespace {

using internal::TextTree;

// One whole catalogue; instants are written in its zone.
class Writer final {
 public:
  explicit Writer(const Catalogue& catalogue) : in_(catalogue) {}

  TextTree Write() {
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
    for (const OfferTerms& terms : in_.offers) {
      TextTree offer = internal::WriteOffer(terms, in_.zone);
      TextTree grants;
      for (const Grant& grant : terms.grants) {
        grants.Append(internal::WriteGrant(terms, grant, in_.zone));
      }
      offer.Add("grants", std::move(grants));
      offers.Append(std::move(offer));
    }
    top_.Add("offers", std::move(offers));
    TextTree calls;
    const auto add = [&](std::string_view key, CallCharge charge) {
      if (charge != CallCharge::kCharged) calls.Add(key, std::string(CallChargeName(charge)));
    };
    add("failed", in_.calls.failed);
    add("cancelled", in_.calls.cancelled);
    add("moderated", in_.calls.moderated);
    if (in_.calls.quota_holding_seconds >= 0)
      calls.Add("quota_holding_seconds", Cat(in_.calls.quota_holding_seconds));
    top_.Add("calls", std::move(calls));
    if (in_.switches_sessions) top_.Add("open_sessions", "switch");
    return std::move(top_);
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

  static constexpr size_t kRangeDaysMax = 3'000;  // As the reader takes them.

  const Catalogue& in_;
  TextTree top_;
};

}  // namespace

namespace internal {

TextTree WriteTree(const Catalogue& catalogue) { return Writer(catalogue).Write(); }

}  // namespace internal

std::string FormatCatalogue(const Catalogue& catalogue) {
  return internal::WriteTree(catalogue).Write();
}

}  // namespace ocs::rating
