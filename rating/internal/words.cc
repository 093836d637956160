#include "rating/internal/words.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"
#include "ocs/base/exact.h"
#include "ocs/base/text.h"
#include "rating/internal/ratio.h"
#include "rating/internal/scalars.h"

namespace ocs::rating::internal {
namespace {

constexpr std::array<std::string_view, 7> kWeekdays = {"mon", "tue", "wed", "thu",
                                                       "fri", "sat", "sun"};
constexpr absl::CivilDay kEpoch(1970, 1, 1);

std::optional<int> WeekdayOf(std::string_view name) {
  const auto* found = std::find(kWeekdays.begin(), kWeekdays.end(), name);
  if (found == kWeekdays.end()) return std::nullopt;
  return static_cast<int>(found - kWeekdays.begin());
}

std::optional<int32_t> ParseDay(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = ParseDigits(text.substr(0, 4));
  const auto month = ParseDigits(text.substr(5, 2));
  const auto day = ParseDigits(text.substr(8, 2));
  if (!year || !month || !day) return std::nullopt;
  const absl::CivilDay civil(*year, *month, *day);
  // What is no day (30 February) is normalised into another one.
  if (civil.month() != *month || civil.day() != *day) return std::nullopt;
  return static_cast<int32_t>(civil - kEpoch);
}

// "5 hours" to milliseconds.
std::optional<int64_t> ParseLength(std::string_view text) {
  constexpr int64_t kLengthMax = 366LL * 86'400'000;
  const size_t space = text.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const auto count = ParseDigits(text.substr(0, space));
  std::string_view word = text.substr(space + 1);
  if (!count || *count == 0) return std::nullopt;
  if (*count != 1) {
    if (word.empty() || word.back() != 's') return std::nullopt;
    word.remove_suffix(1);
  }
  const int64_t millis = word == "second"   ? 1'000
                         : word == "minute" ? 60'000
                         : word == "hour"   ? 3'600'000
                         : word == "day"    ? 86'400'000
                                            : 0;
  const auto length = MultiplyExact(*count, millis);
  if (!length || *length == 0 || *length > kLengthMax) return std::nullopt;
  return *length;
}

// A decimal with at most 6 decimals, as a part of a hundred.
std::optional<Ratio> ParseHundredths(std::string_view text) {
  const size_t dot = text.find('.');
  if (dot != std::string_view::npos && text.size() - dot - 1 > 6) return std::nullopt;
  const auto number = ParseDecimal(text);
  if (!number) return std::nullopt;
  return Divide(*number, Ratio{.numerator = 100, .denominator = 1});
}

}  // namespace

std::optional<PromptBand> ParsePromptBand(std::string_view text) {
  PromptBand band;
  if (!text.empty() && text.back() == '+') {
    const auto over = ParseCount(text.substr(0, text.size() - 1));
    if (!over || *over == 0) return std::nullopt;
    band.over = *over;
    return band;
  }
  const size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto over = ParseCount(text.substr(0, dash));
  const auto up_to = ParseCount(text.substr(dash + 1));
  if (!over || !up_to || *over >= *up_to) return std::nullopt;
  band.over = *over == 0 ? -1 : *over;
  band.up_to = *up_to;
  return band;
}

std::string FormatPromptBand(const PromptBand& band) {
  if (band.up_to == PromptBand{}.up_to) return Cat(band.over, "+");
  return Cat(std::max<int64_t>(band.over, 0), "-", band.up_to);
}

std::optional<uint8_t> ParseWeekdays(std::string_view text) {
  const size_t dash = text.find('-');
  const auto first = WeekdayOf(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : WeekdayOf(text.substr(dash + 1));
  if (!first || !last) return std::nullopt;
  uint8_t days = 0;
  for (int day = *first;; day = (day + 1) % 7) {
    days = static_cast<uint8_t>(days | (1U << static_cast<unsigned>(day)));
    if (day == *last) return days;
  }
}

std::string_view WeekdayName(int day) { return kWeekdays[static_cast<size_t>(day)]; }

std::optional<std::pair<int32_t, int32_t>> ParseDays(std::string_view text) {
  constexpr int32_t kDaysMax = 3'660;
  const size_t dots = text.find("..");
  const auto first = ParseDay(text.substr(0, dots));
  const auto last = dots == std::string_view::npos ? first : ParseDay(text.substr(dots + 2));
  if (!first || !last || *last < *first || *last - *first > kDaysMax) return std::nullopt;
  return std::make_pair(*first, *last);
}

std::string FormatDay(int32_t day) {
  const absl::CivilDay civil = kEpoch + day;
  return absl::StrFormat("%04d-%02d-%02d", civil.year(), civil.month(), civil.day());
}

std::optional<Window> ParseWindow(std::string_view text) {
  constexpr std::string_view kSliding = "sliding ";
  if (text.substr(0, kSliding.size()) == kSliding) {
    const auto length = ParseLength(text.substr(kSliding.size()));
    if (!length) return std::nullopt;
    return Window{.kind = WindowKind::kSliding, .length_ms = *length};
  }
  for (const WindowKind kind :
       {WindowKind::kCall, WindowKind::kHour, WindowKind::kDay, WindowKind::kWeek,
        WindowKind::kMonth, WindowKind::kCycle, WindowKind::kLifetime}) {
    const Window window{.kind = kind};
    if (FormatWindow(window) == text) return window;
  }
  return std::nullopt;
}

std::optional<Span> ParseSpan(std::string_view text) {
  const auto validity = ParseValidity(text);
  if (!validity || (validity->months == 0 && validity->days == 0)) return std::nullopt;
  return Span{.months = validity->months, .days = validity->days};
}

std::string FormatSpan(const Span& span) {
  const int count = span.months != 0 ? span.months : span.days;
  return Cat(count, span.months != 0 ? " month" : " day", count == 1 ? "" : "s");
}

std::optional<int> ParsePerMonth(std::string_view text) {
  constexpr std::string_view kEnd = " per month";
  if (text.size() <= kEnd.size() || text.substr(text.size() - kEnd.size()) != kEnd) {
    return std::nullopt;
  }
  const auto count = ParseDigits(text.substr(0, text.size() - kEnd.size()));
  if (!count || *count < 1 || *count > 1'000) return std::nullopt;
  return static_cast<int>(*count);
}

std::optional<Ratio> ParsePercentChange(std::string_view text) {
  const bool down = !text.empty() && text.front() == '-';
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  const auto part = ParseHundredths(text);
  if (!part || (down && part->numerator > part->denominator)) return std::nullopt;
  const auto changed = down ? SubtractExact(part->denominator, part->numerator)
                            : AddExact(part->denominator, part->numerator);
  if (!changed) return std::nullopt;
  return MakeRatio(*changed, part->denominator);
}

std::optional<Ratio> ParsePercentOf(std::string_view text) { return ParseHundredths(text); }

bool IsPrintable(std::string_view text, size_t length_max) {
  return !text.empty() && text.size() <= length_max &&
         std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace ocs::rating::internal
