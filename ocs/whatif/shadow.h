// What a candidate catalogue would have charged for use that was charged by another one, record by
// record: from what the records say alone, so that it can go on beside a running server. Pure.
//
// Each record stands by itself: what was paid from a package is compared with what the candidate
// draws from the same package, what was paid in money with its price. That a package would have
// lasted longer, that prices have tiers, minimums or free periods, or depend on the customer's
// segment or switches is not in a record and not in the comparison; a simulation has it.

#ifndef OCS_WHATIF_SHADOW_H_
#define OCS_WHATIF_SHADOW_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "cdr/record.h"
#include "ocs/base/exact.h"
#include "ocs/base/unit.h"
#include "rating/tariff.h"

namespace ocs::whatif {

/// In one unit: a currency (micros), or what packages count.
struct ShadowSum {
  std::string model;  ///< Empty in totals.
  Unit unit;
  int64_t records = 0;
  int64_t before = 0;  ///< Charged to own money, or drawn from packages.
  int64_t after = 0;
  int64_t cost_before = 0;  ///< What vendors are owed, of currencies.
  int64_t cost_after = 0;
  friend bool operator==(const ShadowSum&, const ShadowSum&) = default;
};

inline constexpr size_t kShadowModelsMax = 1'000;   ///< What is beyond is summed under "...".
inline constexpr size_t kShadowOffersMax = 10'000;  ///< Kinds of lines that are remembered.

struct ShadowResult {
  int64_t records = 0;  ///< Of use, with something used.
  Instant last;         ///< When the last of them was recorded.
  int64_t not_sold = 0;
  int64_t not_comparable = 0;
  std::vector<ShadowSum> total;     ///< By unit.
  std::vector<ShadowSum> by_model;  ///< By name, then unit.
};

/// Thread-compatible.
class Shadow final {
 public:
  /// The tariff of a revision; null where there is none. Called for each record.
  using TariffOf = std::function<std::shared_ptr<const rating::Tariff>(uint32_t revision)>;

  Shadow(TariffOf tariff_of, std::shared_ptr<const rating::Tariff> candidate);

  /// Adds a record. What is no use is passed over.
  void Take(const cdr::Record& record);

  ShadowResult result() const;

 private:
  struct Part;
  enum class Compared : uint8_t { kYes, kNotSold, kNot };
  /// The offer, and for draws the grant, that a rule of a revision belongs to.
  struct Seller {
    std::string offer = {};
    int grant = -1;  ///< -1: the offer's prices.
  };

  Compared Compare(const cdr::Record& record, std::vector<Part>* parts);
  Compared ComparePart(const cdr::Record& record, const rating::UseContext& context, Part* part);
  bool CompareCost(const cdr::Record& record, const rating::UseContext& context, Unit currency,
                   int64_t* cost);
  const Seller* FindSeller(const cdr::Record& record, const rating::UseContext& context,
                           const cdr::RecordLine& line);
  /// What the row charges for the use; carries go on from record to record. Negative: not to be
  /// said.
  int64_t Charge(const rating::RateRow& row, const Quantities& used);
  ShadowSum& SumOf(std::string_view model, const Unit& unit);

  TariffOf tariff_of_;
  std::shared_ptr<const rating::Tariff> candidate_;
  ShadowResult result_;
  std::map<std::pair<std::string, Unit>, ShadowSum> sums_;  // Model "" is the total.
  size_t models_ = 0;
  std::map<std::tuple<uint32_t, std::string, std::string>, Seller> sellers_;
  std::vector<Carry> carries_;
};

}  // namespace ocs::whatif

#endif  // OCS_WHATIF_SHADOW_H_
