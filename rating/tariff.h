// A compiled catalogue revision: what each model costs, what each bucket's terms cover, what each
// offer gives. Pure: no clock, disk, thread, log, random number or floating point. Built from a
// Catalogue by Tariff::Compile.
//
// Immutable. Thread-safe. Lookups neither allocate nor lock; pointers that they return live as long
// as the Tariff.

#ifndef RATING_TARIFF_H_
#define RATING_TARIFF_H_

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ocs/base/quantity.h"
#include "ocs/base/time.h"
#include "ocs/base/unit.h"

namespace ocs::rating {

struct Catalogue;  // rating/catalogue.h

/// What one piece of a kind costs in the smallest unit of the source (micros, tokens, points):
/// amount = quantity * numerator / denominator. A denominator of 0 means: not sold, not covered.
struct Rate {
  int64_t numerator = 0;
  int64_t denominator = 0;
  /// Names the line across revisions: what rounding leaves is carried under it. A hash of book or
  /// grant, matcher, kind and denominator; 0 when the denominator is 0 or 1 (nothing can be left).
  uint64_t line = 0;

  bool sold() const { return denominator != 0; }
};

/// The rates of one rule for every kind, and the rule they come from.
struct RateRow {
  std::array<Rate, kTokenKindCount> rates = {};
  uint32_t rule = 0;  ///< Index for Tariff::rule().

  const Rate& of(TokenKind kind) const { return rates[static_cast<size_t>(kind)]; }
};

/// Where a rate comes from, for explanations, records and error texts.
struct Rule {
  std::string charge_code;  ///< What the bill groups by: the price rule's or grant's own code,
                            ///< unique in its catalogue.
  std::string origin;       ///< "price book deepseek-cny, line 42" or "offer ct-light, grant 1".
};

struct ModelIndex {
  uint32_t value = 0;
  friend bool operator==(const ModelIndex&, const ModelIndex&) = default;
};
struct OfferIndex {
  uint32_t value = 0;
  friend bool operator==(const OfferIndex&, const OfferIndex&) = default;
};

/// How long what was bought lasts: calendar months in the catalogue's zone, or days of 24 hours;
/// both 0 = no end.
struct Validity {
  int months = 0;
  int days = 0;
};

/// A bucket that a purchase makes.
struct GrantTerms {
  Unit unit;
  int64_t amount = 0;  ///< In the unit's smallest pieces.
  Validity validity;
  int priority = 0;  ///< 1 is drawn first.
  std::string name;  ///< For people: "10 M tokens".
};

/// Something that can be bought.
struct Offer {
  std::string id;
  std::string name;
  std::string charge_code;  ///< Of its fee on the bill.
  Unit currency;
  int64_t fee_micros = 0;  ///< Charged at purchase.
  std::vector<GrantTerms> grants;
  bool has_prices =
      false;  ///< True when use beyond (or without) grants is billed: pay per use, or "bill on".
  Validity validity;  ///< Of the right to its prices; both 0 = until cancelled.
};

class Tariff final {
 public:
  /// The compiled form. REQUIRES: the catalogue came from ParseCatalogue without errors.
  static std::unique_ptr<const Tariff> Compile(const Catalogue& catalogue, uint32_t revision);

  ~Tariff();
  Tariff(const Tariff&) = delete;
  Tariff& operator=(const Tariff&) = delete;

  uint32_t revision() const;
  const std::string& name() const;
  absl::TimeZone zone() const;

  /// The model of that name or alias (exact, case-sensitive), or nothing.
  std::optional<ModelIndex> FindModel(std::string_view name_or_alias) const;
  const std::string& model_id(ModelIndex model) const;
  const std::string& model_provider(ModelIndex model) const;
  uint32_t model_count() const;

  std::optional<OfferIndex> FindOffer(std::string_view id) const;
  const Offer& offer(OfferIndex index) const;
  uint32_t offer_count() const;

  /// The prices at which an offer bills this model at that instant, or null when it does not.
  const RateRow* FindPrice(OfferIndex offer, ModelIndex model, Instant at) const;

  /// How much of the grant's unit one piece of each kind draws at that instant, or null when the
  /// grant does not cover the model. REQUIRES: grant < offer(index).grants.size().
  const RateRow* FindDraw(OfferIndex offer, uint32_t grant, ModelIndex model, Instant at) const;

  const Rule& rule(uint32_t index) const;

 private:
  struct Compiled;
  explicit Tariff(std::unique_ptr<Compiled> compiled);
  std::unique_ptr<Compiled> compiled_;
};

/// The instant at which something bought at `from` ends: Never() when validity is empty.
Instant EndOf(Instant from, Validity validity, absl::TimeZone zone);

}  // namespace ocs::rating

#endif  // RATING_TARIFF_H_
