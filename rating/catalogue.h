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

/// How narrowly a rule names its models; the order is the order of strength.
enum class MatchLevel : uint8_t { kAny = 0, kProvider = 1, kClass = 2, kModel = 3 };

/// Which models a rule is about.
struct Matcher {
  MatchLevel level = MatchLevel::kAny;
  std::string name;  ///< Id of the model, the class or the provider; empty for kAny.
  friend bool operator==(const Matcher&, const Matcher&) = default;
};

/// A part of each day by the wall clock of a zone: [begin, end) in seconds; begin > end goes over
/// midnight.
struct DailyHours {
  int begin_second = 0;
  int end_second = 0;
  std::string zone;
  friend bool operator==(const DailyHours&, const DailyHours&) = default;
};

/// One rule of a price book (micros per piece), of a unit's burn factors or of a grant's draw
/// weights (unit's pieces per piece). A rule that names several models in the text becomes one
/// RateRule for each of them.
struct RateRule {
  Matcher matcher;
  Instant from = {std::numeric_limits<int64_t>::min()};  ///< Applies in [from, until).
  Instant until = Instant::Never();
  std::optional<DailyHours> hours;
  KindRatios ratios;  ///< What the text does not name, after the stated fallbacks, is not stated.
  Unit per_unit;      ///< Of a price in points: the unit, and `ratios` is empty; else empty.
  Ratio unit_price;   ///< Micros for one piece of per_unit.
  std::string charge_code;  ///< Of a price rule.
  int line = 0;
};

/// A model as customers name it.
struct Model {
  std::string id;
  std::string provider;
  std::vector<std::string> classes;
  std::vector<std::string> aliases;
};

/// A named unit other than tokens and money, and how much of it one piece of each kind burns.
struct UnitTerms {
  Unit unit;
  std::vector<RateRule> burn;
};

/// A list of prices in one currency.
struct PriceBook {
  std::string id;
  Unit currency;
  std::vector<RateRule> rules;
};

/// What happens to use of the models that a grant covers when it is used up.
enum class WhenUsedUp : uint8_t {
  kStop = 0,    ///< This offer's prices do not bill those models.
  kBillOn = 1,  ///< They do.
};

/// What a purchase gives, with what it covers.
struct Grant {
  GrantTerms terms;
  std::string charge_code;
  std::vector<Matcher> covers;
  std::vector<RateRule> weights;
  WhenUsedUp when_used_up = WhenUsedUp::kStop;
};

/// An offer with what its grants draw and the book that bills it.
struct OfferTerms {
  Offer offer;  ///< `offer.grants` holds the terms of `grants`, in the same order.
  std::vector<Grant> grants;
  std::string price_book;  ///< Empty: nothing is billed.
};

/// A checked catalogue: all references resolve, no two rules contradict each other. Made by
/// ParseCatalogue.
struct Catalogue {
  std::string name;
  Unit currency;
  absl::TimeZone zone;
  std::vector<Model> models;
  std::vector<UnitTerms> units;
  std::vector<PriceBook> books;
  std::vector<OfferTerms> offers;
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

}  // namespace ocs::rating

#endif  // RATING_CATALOGUE_H_
