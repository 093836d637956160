// The words and numbers of the catalogue language. Each function reads one text or gives nothing;
// none goes through floating point.

#ifndef RATING_INTERNAL_SCALARS_H_
#define RATING_INTERNAL_SCALARS_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rating/catalogue.h"

namespace ocs::rating::internal {

/// Digits to a number; nothing when there are none, something else, or too many.
std::optional<int64_t> ParseDigits(std::string_view digits);

/// "250000", "1_000_000", "10M", "1.5K": a whole number; K, M and B are thousands, millions and
/// thousands of millions.
std::optional<int64_t> ParseCount(std::string_view text);

/// "0", "0.07", "12": at most 12 decimals, no sign, no exponent.
std::optional<Ratio> ParseDecimal(std::string_view text);

/// "1M tokens": a count above 0 and a word.
std::optional<std::pair<int64_t, std::string>> ParsePer(std::string_view text);

/// "00:30-16:30", "22:00-06:00", "18:00-24:00".
std::optional<DailyHours> ParseHours(std::string_view text);

/// "1 month", "3 months", "30 days", "6 hours", "cycle", "until 2026-12-31T00:00:00+08:00", "none".
std::optional<Validity> ParseValidity(std::string_view text);

/// Ids of models, classes, providers, books, offers and charge codes: 1 to 128 letters, digits and
/// . _ - : / @ +
bool IsId(std::string_view text);

/// The zone of an IANA name, or nothing. Never reads a file outside the time zone database.
std::optional<absl::TimeZone> ParseZone(std::string_view text);

/// What of `known` is nearest to a misspelt word, or "" when nothing is near.
std::string Nearest(std::string_view word, const std::vector<std::string>& known);

}  // namespace ocs::rating::internal

#endif  // RATING_INTERNAL_SCALARS_H_
