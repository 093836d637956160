// What a candidate catalogue changes for each customer, against another one that charged the same
// use: who pays less, who pays more, and why. Pure.

#ifndef OCS_WHATIF_COMPARISON_H_
#define OCS_WHATIF_COMPARISON_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ocs/simulation/result.h"

namespace ocs::whatif {

/// What the change is for a customer. In this order each customer has the first that holds.
enum class Lot : uint8_t {
  kUnchanged = 0,    ///< The same to pay, and as many calls ran.
  kBetter = 1,       ///< Not more to pay, and not fewer calls ran.
  kWorse = 2,        ///< Not less to pay, and not more calls ran.
  kLessForLess = 3,  ///< Less to pay, and fewer calls ran.
  kMoreForMore = 4,  ///< More to pay, and more calls ran.
};
inline constexpr size_t kLotCount = 5;
std::string_view LotName(Lot lot);  ///< "unchanged", "better", "worse", "less for less", ...

/// One customer under both. Amounts are over the whole time of the simulation.
struct CustomerChange {
  uint32_t number = 0;  ///< In the population.
  uint8_t plan = 0;     ///< Index into Result::plans.
  Lot lot = Lot::kUnchanged;
  int64_t before_micros = 0;  ///< Billed.
  int64_t after_micros = 0;
  // Where the change comes from; they sum to after - before.
  int64_t fee_change_micros = 0;      ///< Fees.
  int64_t usage_change_micros = 0;    ///< Use paid by the call, on plans without packages.
  int64_t overage_change_micros = 0;  ///< Use paid by the call, beside a package.
  int64_t ran_change = 0;             ///< Calls that ran to their end.
  int64_t margin_change_micros = 0;   ///< Ours.

  int64_t change_micros() const { return after_micros - before_micros; }
  friend bool operator==(const CustomerChange&, const CustomerChange&) = default;
};

/// A tenth of the customers, by what they paid before.
struct DecileChange {
  int64_t customers = 0;
  std::array<int64_t, kLotCount> lots = {};
  int64_t before_micros = 0;
  int64_t after_micros = 0;
  friend bool operator==(const DecileChange&, const DecileChange&) = default;
};

/// Bounds of the classes of a bill's change, in per cent: up to and with each; the last class is
/// above all. What was free and is not any more is in the last one.
inline constexpr std::array<int64_t, 9> kChangeBounds = {-50, -20, -10, -1, 0, 1, 10, 20, 50};

struct Comparison {
  std::string before;  ///< Labels of the variants.
  std::string after;
  std::vector<CustomerChange> customers;  ///< By number.
  std::array<int64_t, kLotCount> lots = {};
  std::array<DecileChange, 10> deciles = {};  ///< [0] paid most before.
  std::array<int64_t, kChangeBounds.size() + 1> classes = {};

  /// The customers with the largest rise of their bill, largest first; then by number. At most
  /// `count`, and none whose bill did not rise.
  std::vector<const CustomerChange*> LargestRises(size_t count) const;
  /// The same of falls.
  std::vector<const CustomerChange*> LargestFalls(size_t count) const;
};

/// REQUIRES: both charged the same population: the customers are the same.
Comparison Compare(const simulation::VariantResult& before, const simulation::VariantResult& after);

/// The change of a bill in parts per million of what it was, at most 10^12. A bill below one of the
/// currency's main unit counts as one: from 0.01 to 0.03 is no rise by 200 per cent that anyone
/// feels.
int64_t BillChangePpm(const CustomerChange& customer);

/// Why the customer's bill changed, in a sentence: "usage beyond the package +3.20 CNY, fees -1.00
/// CNY; 12 calls fewer ran".
std::string ExplainChange(const CustomerChange& customer, const Unit& currency);

}  // namespace ocs::whatif

#endif  // OCS_WHATIF_COMPARISON_H_
