// Tables of prices: which candidates price each model, from one book or from the wholesale books
// together, in one currency, adjusted, and without what grants keep from being billed.

#ifndef RATING_INTERNAL_PRICE_TABLES_H_
#define RATING_INTERNAL_PRICE_TABLES_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "rating/catalogue.h"
#include "rating/internal/compiled.h"
#include "rating/internal/row_maker.h"
#include "rating/internal/rule_index.h"
#include "rating/internal/workshop.h"

namespace ocs::rating::internal {

/// A grant that keeps what it covers from being billed.
struct Stop {
  const CoverTerms* covers = nullptr;
  When when;  ///< The covers' conditions, and the switch that must be on.
};

/// What a table is made of.
struct PriceSource {
  const PriceBook* book = nullptr;
  Unit currency = {};
  const std::vector<Adjustment>* offer_adjustments = nullptr;
  const std::vector<Adjustment>* grant_adjustments = nullptr;
  const CoverTerms* covers = nullptr;  ///< Null: everything.
  std::vector<Stop> stops = {};
};

/// Makes the price tables of one compilation. Thread-compatible.
class PriceTables final {
 public:
  /// REQUIRES: all outlive it.
  PriceTables(const Catalogue& catalogue, Workshop* workshop)
      : catalogue_(catalogue), workshop_(*workshop) {}

  Table Build(const PriceSource& source);
  /// All wholesale books, each in its own currency.
  Table BuildCosts();

 private:
  /// The rules that price, each with its book.
  struct RuleSet {
    std::vector<RateRule> copies;  ///< Of several books; empty for one.
    const std::vector<RateRule>* rules = nullptr;
    std::vector<const PriceBook*> books;  ///< Beside the rules, of several books; else the one.
    std::unique_ptr<RuleIndex> index;

    const PriceBook* BookOf(uint32_t rule) const {
      return books.size() == 1 ? books.front() : books[rule];
    }
  };
  /// The rules from the one that prices to the one that has the prices, and the burn rule.
  struct Chain {
    std::vector<Link> links;
    const RateRule* burn = nullptr;
  };
  struct Period {
    When when;
    Ratio rate = {.numerator = 1, .denominator = 1};
    std::vector<std::string> names;
  };

  Table BuildFrom(const RuleSet& set, const PriceSource& source, std::string_view purpose);
  const RuleSet& SetOf(const PriceBook& book);
  void AppendChains(const RuleSet& set, uint32_t model, const std::vector<Link>& above,
                    std::vector<Chain>* chains);
  uint32_t GroupOf(const Chain& chain, const std::vector<const Adjustment*>& adjustments,
                   const Unit& currency, std::string_view purpose);
  std::vector<Variant> MakeGroup(const Chain& chain,
                                 const std::vector<const Adjustment*>& adjustments,
                                 const Unit& currency, std::string_view purpose);
  std::vector<Period> PeriodsOf(const Chain& chain, const Unit& currency);
  std::vector<Period> Exchanged(const std::vector<Period>& periods, const Unit& from,
                                const Unit& to, const Place& place);
  std::vector<const Adjustment*> AdjustmentsOf(const Chain& chain, const PriceSource& source,
                                               const Model& model) const;
  const Table& BaseOf(const RuleSet& set, const PriceSource& source, std::string_view purpose);
  uint32_t ListOf(const std::vector<uint32_t>& groups);
  uint32_t Narrowed(const PriceSource& source, uint32_t list, uint32_t stopping);

  const Catalogue& catalogue_;
  Workshop& workshop_;
  std::map<const PriceBook*, RuleSet> sets_;
  RuleSet costs_;
  std::vector<std::vector<Variant>> groups_;
  absl::flat_hash_map<std::vector<uint32_t>, uint32_t> group_of_;
  absl::flat_hash_map<std::vector<uint32_t>, uint32_t> lists_;
  absl::flat_hash_map<uint32_t, std::vector<uint32_t>> groups_of_;  ///< By list.
  /// By rules, currency, and the adjustments of an offer and of a grant.
  std::map<std::tuple<const RuleIndex*, Unit, uint32_t, uint32_t>, Table> bases_;
  bool full_ = false;  ///< A bound was reached and told of.
};

}  // namespace ocs::rating::internal

#endif  // RATING_INTERNAL_PRICE_TABLES_H_
