// The words of the catalogue language for time, windows and counts: "mon-fri", "32K-128K",
// "sliding 5 hours". Each function reads one text or gives nothing.

#ifndef RATING_INTERNAL_WORDS_H_
#define RATING_INTERNAL_WORDS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "rating/catalogue.h"

namespace ocs::rating::internal {

/// "0-32K", "32K-128K", "128K+": more than the first, up to and with the second. From 0 on holds
/// for a call without a prompt too.
std::optional<PromptBand> ParsePromptBand(std::string_view text);
std::string FormatPromptBand(const PromptBand& band);

/// "sat", "mon-fri", "fri-mon": bit 0 is Monday.
std::optional<uint8_t> ParseWeekdays(std::string_view text);
/// "mon", "tue", ... REQUIRES: 0 <= day < 7.
std::string_view WeekdayName(int day);

/// "2026-10-01" or "2026-10-01..2026-10-08", counted from 1970-01-01, both included; at most ten
/// years.
std::optional<std::pair<int32_t, int32_t>> ParseDays(std::string_view text);
std::string FormatDay(int32_t day);

/// "month", "day", "week", "cycle", "hour", "call", "lifetime", "sliding 5 hours" (seconds,
/// minutes, hours or days; at most 366 days); what FormatWindow writes.
std::optional<Window> ParseWindow(std::string_view text);

/// "30 days", "1 month".
std::optional<Span> ParseSpan(std::string_view text);
std::string FormatSpan(const Span& span);

/// "5 per month": 1 to 1,000.
std::optional<int> ParsePerMonth(std::string_view text);

/// "-20" is 4/5, "105.5" is 2.055: what a price is multiplied by to change it by so many per cent;
/// at most 6 decimals, not below -100.
std::optional<Ratio> ParsePercentChange(std::string_view text);
/// "105.5" is 1.055; at most 6 decimals.
std::optional<Ratio> ParsePercentOf(std::string_view text);

/// Bytes that may be printed in a file or on a terminal; at most `length_max` and at least one.
bool IsPrintable(std::string_view text, size_t length_max);

}  // namespace ocs::rating::internal

#endif  // RATING_INTERNAL_WORDS_H_
