// Reads what a rule costs: prices by kind, a price in points, tiers, bounds; and factors.

#ifndef RATING_INTERNAL_PRICES_H_
#define RATING_INTERNAL_PRICES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rating/catalogue.h"
#include "rating/internal/fields.h"
#include "rating/internal/names.h"

namespace ocs::rating::internal {

inline constexpr size_t kTiersMax = 1'000;  ///< Of a rule, repeated groups written out.

/// "tokens" and each kind.
const std::vector<std::string>& KindKeys();

/// Reads 'per', 'price' and the kinds, or 'percent' and 'of', then 'tiers', 'minimum' and
/// 'maximum', into the rule. Faults are reported.
void ReadPrices(const Fields& fields, const Names& names, RateRule* rule);

/// Factors by kind, with the fallbacks of prices. A map without any is a fault.
KindRatios ReadFactors(const Fields& fields);

/// An amount of money of at least 0 with at most 6 decimals, as micros; nothing when absent or
/// faulty.
std::optional<int64_t> ReadMoney(const Fields& fields, std::string_view key,
                                 std::string_view expected);

/// A window of the key; nothing when absent, faulty or not among `allowed`.
std::optional<Window> ReadWindow(const Fields& fields, std::string_view key,
                                 const std::vector<WindowKind>& allowed);

/// What a step prices, and what the rule does where the step does not.
KindRatios Overlay(const KindRatios& over, const KindRatios& under);

}  // namespace ocs::rating::internal

#endif  // RATING_INTERNAL_PRICES_H_
