// What a candidate must keep to be published: "margin>=15%", "max-bill-increase<=20%". Each is
// looked up in a comparison and passes or fails, exactly. Pure.

#ifndef OCS_WHATIF_REQUIREMENT_H_
#define OCS_WHATIF_REQUIREMENT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "ocs/simulation/result.h"
#include "ocs/whatif/comparison.h"

namespace ocs::whatif {

/// What can be required of the candidate ("after").
enum class Measure : uint8_t {
  kMargin = 0,         ///< "margin": share of the revenue that is left after vendors are paid.
  kMarginAmount = 1,   ///< "margin-amount"
  kMarginChange = 2,   ///< "margin-change": in per cent of what it was.
  kRevenueChange = 3,  ///< "revenue-change": in per cent of what it was.
  kMaxBillIncrease =
      4,            ///< "max-bill-increase": of the customer whose bill rises most, in per cent.
  kBetter = 5,      ///< "better": share of the customers.
  kWorse = 6,       ///< "worse": share of the customers, less for less included.
  kBlocked = 7,     ///< "blocked": share of the calls that did not run.
  kBillShocks = 8,  ///< "bill-shocks": how many.
};
inline constexpr size_t kMeasureCount = 9;
std::string_view MeasureName(Measure measure);

struct Required {
  Measure measure = Measure::kMargin;
  bool at_least = true;  ///< Else at most.
  /// Parts per million of a share or a change, micros of an amount, or a number.
  int64_t bound = 0;
  std::string text;  ///< As it was written.
  friend bool operator==(const Required&, const Required&) = default;
};

inline constexpr size_t kRequirementsMax = 64;

/// Reads "NAME>=NUMBER" or "NAME<=NUMBER"; shares and changes end in '%' and have at most 4
/// decimals, amounts at most 6, numbers none. Errors: InvalidArgument, with the names there are.
absl::StatusOr<Required> ParseRequired(std::string_view text);

struct Checked {
  Required required;
  int64_t found = 0;       ///< As `bound`.
  std::string found_text;  ///< "12.4 %", "1,234.50 CNY", "12".
  bool passed = false;
  friend bool operator==(const Checked&, const Checked&) = default;
};

/// All, in their order.
std::vector<Checked> CheckRequired(const std::vector<Required>& required,
                                   const simulation::VariantResult& before,
                                   const simulation::VariantResult& after,
                                   const Comparison& comparison);

}  // namespace ocs::whatif

#endif  // OCS_WHATIF_REQUIREMENT_H_
