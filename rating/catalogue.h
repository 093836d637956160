// A catalogue as text and as a checked value: models, units, price books, offers. The value is what
// Tariff::Compile takes. Pure: reads text that it is given, no file. The language is described in
// docs/CATALOGUE.md.
//
// All numbers are exact ratios of integers, read digit by digit from the text.

#ifndef RATING_CATALOGUE_H_
#define RATING_CATALOGUE_H_

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "ocs/base/quantity.h"
#include "ocs/base/time.h"
#include "ocs/base/unit.h"
#include "rating/tariff.h"

namespace ocs::rating {

/// One fault of a catalogue text, as its author needs it.
struct Diagnostic {
  std::string file;
  int line = 0;         ///< From 1; 0 when the text as a whole is meant.
  std::string field;    ///< "offers[2].grants[0].amount"; indexes from 0. Empty when the text as a
                        ///< whole is meant.
  std::string message;  ///< What was found and what was expected.

  std::string ToString() const;  ///< "operators.yaml:42: offers[2].grants[0].amount: ..."
  friend bool operator==(const Diagnostic&, const Diagnostic&) = default;
};

/// An exact non-negative number, reduced. A denominator of 0 means: not stated.
struct Ratio {
  int64_t numerator = 0;
  int64_t denominator = 0;

  bool stated() const { return denominator != 0; }
  friend bool operator==(const Ratio&, const Ratio&) = default;
};

/// One ratio per TokenKind, in its order.
using KindRatios = std::array<Ratio, kTokenKindCount>;

/// Where something stands in the text. Any two are equal: a catalogue is what it says, not how its
/// text is laid out.
struct Place {
  int line = 0;
  std::string field = {};  ///< "price_books[0].rules[3]".
  friend bool operator==(const Place&, const Place&) { return true; }
};

/// How narrowly a rule names its models; the order is the order of strength.
enum class MatchLevel : uint8_t { kAny = 0, kProvider = 1, kClass = 2, kFamily = 3, kModel = 4 };

/// Which models a rule is about.
struct Matcher {
  MatchLevel level = MatchLevel::kAny;
  std::string name;  ///< Id of the model, family, class or provider; empty for kAny.
  friend auto operator<=>(const Matcher&, const Matcher&) = default;
};

/// A part of each day by a wall clock: [begin, end) in seconds; begin > end goes over midnight.
struct DailyHours {
  int begin_second = 0;
  int end_second = 0;
  friend bool operator==(const DailyHours&, const DailyHours&) = default;
};

/// Calendar months, then days of 24 hours; both 0: not stated.
struct Span {
  int months = 0;
  int days = 0;
  bool stated() const { return months != 0 || days != 0; }
  friend bool operator==(const Span&, const Span&) = default;
};

inline constexpr Instant kAlways = {std::numeric_limits<int64_t>::min()};

/// For which use, beside its model, and when something holds. All that is stated must be so.
struct Conditions {
  /// By Dimension: the values of which one must be the use's, sorted; empty: any, also none.
  std::array<std::vector<std::string>, kDimensionCount> values = {};
  std::optional<PromptBand> prompt = {};
  Instant from = kAlways;  ///< Holds in [from, until).
  Instant until = Instant::Never();
  std::optional<DailyHours> hours = {};
  uint8_t weekdays = 0;       ///< Bit 0 is Monday; 0: not stated.
  std::string holidays = {};  ///< A calendar: only on its days.
  std::string workdays = {};  ///< A calendar: only on other days.
  std::string zone = {};      ///< Whose clock hours and days go by; "" where none is stated.
  Span first = {};            ///< Only so long from the beginning of the customer's offer.

  bool bounded() const { return from != kAlways || until != Instant::Never(); }
  /// True when nothing is stated.
  bool always() const { return *this == Conditions{}; }
  friend bool operator==(const Conditions&, const Conditions&) = default;
};

/// A stretch of a counter with its own prices.
struct TierStep {
  int64_t up_to = std::numeric_limits<int64_t>::max();  ///< Of the counter from its beginning.
  KindRatios ratios = {};  ///< What the step does not price has the rule's price.
  int64_t flat_micros = 0;
  bool stops = false;
  friend bool operator==(const TierStep&, const TierStep&) = default;
};

/// Prices that follow a counter.
struct TierTerms {
  Shape::Form form = Shape::Form::kGraduated;
  Window window = {};
  Counted counted = Counted::kTokens;
  std::vector<TierStep> steps = {};  ///< Ascending; the last goes on for ever or stops.
  friend bool operator==(const TierTerms&, const TierTerms&) = default;
};

/// One rule of a price book (micros per piece), of a unit's burn factors or of a grant's draw
/// weights (unit's pieces per piece).
struct RateRule {
  std::vector<Matcher> matchers = {};  ///< Sorted, each once.
  Conditions when = {};
  KindRatios ratios = {};  ///< What the text does not name, after the stated fallbacks, is not
                           ///< stated.
  Unit per_unit = {};      ///< Of a price in points: the unit, and `ratios` is empty; else empty.
  Ratio unit_price = {};   ///< Micros for one piece of per_unit.
  std::optional<TierTerms> tiers = {};
  int64_t minimum_micros = 0;   ///< Of a call.
  int64_t maximum_micros = -1;  ///< In maximum_window; -1: none.
  Window maximum_window = {.kind = WindowKind::kCall};
  std::string of_book = {};      ///< Of a rule that takes its prices from another book; else "".
  Ratio of_factor = {};          ///< Those prices times this.
  std::string charge_code = {};  ///< Of a price rule; "": its book's id and its matcher's name.
  std::string name = {};         ///< For people.
  std::string tax = {};          ///< Of a price rule; "": its book's.
  Place place = {};
  friend bool operator==(const RateRule&, const RateRule&) = default;
};

/// Multiplies the prices or draws of what it matches, beside every other adjustment that holds.
struct Adjustment {
  std::string name = {};
  std::vector<Matcher> matchers = {};
  Conditions when = {};
  Ratio factor = {};
  std::string charge_code = {};  ///< Of what it adjusts; "": as without it.
  Place place = {};
  friend bool operator==(const Adjustment&, const Adjustment&) = default;
};

inline constexpr char kAliasStar = '*';  ///< In no id.

/// A model as customers name it.
struct Model {
  std::string id;
  std::string provider;
  std::string family = {};
  std::vector<std::string> classes;
  std::vector<std::string> aliases;  ///< One that ends in kAliasStar is all names that begin so.
  friend bool operator==(const Model&, const Model&) = default;
};

/// Days by name: public holidays, a sale.
struct Calendar {
  std::string id;
  std::vector<int32_t> days;  ///< Counted from 1970-01-01; sorted, each once.
  friend bool operator==(const Calendar&, const Calendar&) = default;
};

/// A tax that prices contain.
struct Tax {
  std::string id;
  std::string name;
  int32_t basis_points = 0;
  friend bool operator==(const Tax&, const Tax&) = default;
};

/// What one `from` is worth in `to`, until the next rate of the two begins.
struct ExchangeRate {
  Unit from;
  Unit to;
  Ratio rate;
  Instant from_time;
  Place place = {};
  friend bool operator==(const ExchangeRate&, const ExchangeRate&) = default;
};

/// A named unit other than tokens and money, and how much of it one piece of each kind burns.
struct UnitTerms {
  Unit unit;
  std::string name = {};  ///< For people; "": its code.
  int64_t shown_per = 1;  ///< Shown divided by this.
  std::vector<RateRule> burn;
  friend bool operator==(const UnitTerms&, const UnitTerms&) = default;
};

/// A list of prices in one currency.
struct PriceBook {
  std::string id;
  Unit currency;
  bool wholesale = false;  ///< What models cost us.
  std::string tax = {};    ///< Of its rules that name none.
  std::vector<RateRule> rules;
  std::vector<Adjustment> adjustments = {};
  Place place = {};
  friend bool operator==(const PriceBook&, const PriceBook&) = default;
};

/// What a grant pays for.
struct CoverTerms {
  std::vector<Matcher> matchers = {};
  Conditions when = {};  ///< Dimensions only.
  uint32_t kinds = 0;    ///< Bit i is TokenKind i: only those; 0: every kind that it draws.
  friend bool operator==(const CoverTerms&, const CoverTerms&) = default;
};

/// What a purchase gives, with what it covers.
struct Grant {
  GrantTerms terms;
  std::string charge_code;
  CoverTerms covers;
  std::vector<RateRule> weights;
  std::vector<Adjustment> adjustments = {};
  friend bool operator==(const Grant&, const Grant&) = default;
};

/// An offer with what its grants draw and the book that bills it.
struct OfferTerms {
  Offer offer;  ///< `offer.grants` holds the terms of `grants`, in the same order.
  std::vector<Grant> grants;
  std::string price_book;  ///< Empty: nothing is billed.
  std::vector<Adjustment> adjustments = {};
  std::string tax = {};
  std::vector<std::string> part_taxes = {};  ///< Beside offer.parts.
  Place place = {};
  friend bool operator==(const OfferTerms&, const OfferTerms&) = default;
};

/// A checked catalogue: all references resolve, no two rules contradict each other, all prices fit.
/// Made by ParseCatalogue. Two are equal when they say the same, wherever it stands.
struct Catalogue {
  std::string name;
  Unit currency;
  absl::TimeZone zone;
  std::vector<Calendar> calendars = {};
  std::vector<Tax> taxes = {};
  std::vector<Model> models;
  std::vector<UnitTerms> units;
  std::vector<ExchangeRate> exchange = {};  ///< In order of from, to, time.
  std::vector<PriceBook> books;
  std::vector<std::string> wholesale = {};  ///< Books that say what models cost us; sorted.
  std::vector<OfferTerms> offers;
  CallTerms calls = {};
  bool switches_sessions = false;  ///< Sessions opened before it is in force go over to it.
  friend bool operator==(const Catalogue&, const Catalogue&) = default;
};

/// What reading a catalogue gave: a catalogue when there are no diagnostics, and none when there
/// are.
struct CatalogueCheck {
  std::optional<Catalogue> catalogue;
  std::vector<Diagnostic> diagnostics;  ///< In order of line; at most kDiagnosticsMax.
};

inline constexpr int kDiagnosticsMax =
    200;  ///< More are not read by anyone; the last one then says that more follow.

/// Reads and checks a catalogue text. `file_name` is for the diagnostics only. All faults are found
/// in one go; no text, however malformed, makes it fail in another way. Thread-safe.
CatalogueCheck ParseCatalogue(std::string_view text, std::string_view file_name);

/// The catalogue in the language's plainest form: ParseCatalogue of it gives an equal catalogue.
/// Notes and comments of an original text are not in a catalogue, and so not here; repeated tiers
/// are written out. REQUIRES: the catalogue came from ParseCatalogue without errors. Thread-safe.
std::string FormatCatalogue(const Catalogue& catalogue);
}  // namespace ocs::rating

#endif  // RATING_CATALOGUE_H_
