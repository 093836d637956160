// What the recorded usages cost by the calculator's own price list, rated by us, beside what the
// calculator says that they cost. The list goes the way of any other tariff: imported, written as a
// catalogue, parsed, compiled, charged by rating::Charge.
//
// All sums are exact: what a charge rounds off is added back from its carry. docs/ORACLE.md.

#ifndef TOOLS_ORACLE_PRICES_H_
#define TOOLS_ORACLE_PRICES_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/status/statusor.h"
#include "ocs/base/quantity.h"
#include "ocs/base/time.h"
#include "rating/tariff.h"
#include "tools/import/genai_models.h"
#include "tools/import/price_list.h"
#include "tools/oracle/expected.h"

namespace ocs::tools {

/// When the calculator's own data set says that its calls were made: docs/ORACLE.md.
inline constexpr std::string_view kCalculatorInstant = "2025-11-06T12:00:00Z";

inline constexpr int kExactUsdPlaces = 24;

/// US dollars as a whole number of 10^-24.
struct ExactUsd {
  absl::int128 units = 0;

  /// "0.008229": without needless zeros. A negative one begins with "-".
  std::string ToString() const;
  friend bool operator==(const ExactUsd&, const ExactUsd&) = default;
};

/// The decimal in USD, also with an exponent; nothing for what is none, is negative, is above 10^12
/// or has more than 24 decimals.
std::optional<ExactUsd> ParseExactUsd(std::string_view decimal);

/// A price in its parts: the tokens of the prompt, those that were generated, and all else
/// (searches, the call itself).
struct PriceParts {
  ExactUsd input;
  ExactUsd output;
  ExactUsd rest;
  friend bool operator==(const PriceParts&, const PriceParts&) = default;
};

enum class PriceVerdict : uint8_t {
  kEqual,        ///< To the last decimal.
  kExplained,    ///< It differs for a cause that docs/ORACLE.md names, by exactly what that makes.
  kUnexplained,  ///< It differs.
  kNeither,      ///< Neither side has a price.
};

std::string_view PriceVerdictName(PriceVerdict verdict);

/// What became of the price of one reading of a usage.
struct PriceComparison {
  const ExpectedEntry* entry = nullptr;
  const Flavour* flavour = nullptr;
  std::string origin;  ///< Provider and interface.
  std::string model;   ///< "provider/model" of the list; empty where none is meant.
  std::optional<PriceParts> ours;
  std::optional<PriceParts> theirs;
  PriceVerdict verdict = PriceVerdict::kNeither;
  std::string cause;  ///< Why they differ; of an unexplained one, what is known.
};

/// A price list of genai-prices as a compiled tariff. Thread-compatible.
class ListedTariff final {
 public:
  /// The prices that hold at an instant. Errors: InvalidArgument for what is no such list, with the
  /// diagnostics where the catalogue made of it has faults.
  static absl::StatusOr<std::unique_ptr<ListedTariff>> Read(std::string_view text, Instant at);

  /// Our counts of one usage at our prices, beside the calculator's price of its reading for the
  /// provider that it is from. REQUIRES: it was read and has a reading.
  PriceComparison Compare(const Comparison& counts) const;

  /// The calculator's own counts at our prices, beside its price: prices alone, of any provider
  /// that the usage could be from.
  PriceComparison CompareReading(const ExpectedEntry& entry, const Flavour& flavour) const;

 private:
  ListedTariff() = default;
  struct Use;
  const rating::RateRow* RowOf(const Use& use) const;
  std::optional<PriceParts> Price(const Use& use, std::string* why_not) const;
  void Judge(const Use& use, const Comparison* counts, PriceComparison* result) const;
  bool LeftOutExplains(const Use& use, PriceComparison* result) const;
  bool CountsExplain(const Use& use, const Comparison* counts, PriceComparison* result) const;
  std::string MoveUncarried(const Use& theirs, const Flavour& flavour, PriceParts* price) const;

  GenaiModels models_;
  std::map<std::string, std::vector<NotCarried>, std::less<>> not_carried_;  ///< By model.
  std::unique_ptr<const rating::Tariff> tariff_;
  rating::OfferIndex offer_ = {};
  Instant at_ = {};
};

/// Our prices of all usages that were read and have a reading. What `counts` points to must outlive
/// the result.
std::vector<PriceComparison> ComparePrices(const std::vector<Comparison>& counts,
                                           const ListedTariff& tariff);

/// The prices of every reading of every entry. `entries` must outlive the result.
std::vector<PriceComparison> CompareReadings(const std::vector<ExpectedEntry>& entries,
                                             const ListedTariff& tariff);

}  // namespace ocs::tools

#endif  // TOOLS_ORACLE_PRICES_H_
