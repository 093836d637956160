#include "rating/internal/scalars.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "ocs/base/exact.h"
#include "ocs/base/limits.h"
#include "rating/internal/ratio.h"

namespace ocs::rating::internal {
namespace {

constexpr size_t kDecimalsMax = 12;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

int64_t MultiplierOf(char suffix) {
  switch (suffix) {
    case 'K':
      return 1'000;
    case 'M':
      return 1'000'000;
    case 'B':
      return 1'000'000'000;
    default:
      return 0;
  }
}

// Underscores between digits are for the reader's eye; anywhere else they are a mistake.
std::optional<std::string> WithoutUnderscores(std::string_view text) {
  std::string clean;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      clean.push_back(text[i]);
      continue;
    }
    const bool between =
        i > 0 && i + 1 < text.size() && IsDigit(text[i - 1]) && IsDigit(text[i + 1]);
    if (!between) return std::nullopt;
  }
  return clean;
}

// "HH:MM" to seconds; 24:00 is the end of the day.
std::optional<int> ParseClock(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const auto hour = ParseDigits(text.substr(0, 2));
  const auto minute = ParseDigits(text.substr(3, 2));
  if (!hour || !minute || *minute > 59 || *hour > 24 || (*hour == 24 && *minute != 0)) {
    return std::nullopt;
  }
  return static_cast<int>(*hour * 3600 + *minute * 60);
}

// Edits that turn one word into the other (a swap of neighbours is one edit).
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> d(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) {
    for (size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        d[i][j] = i + j;
        continue;
      }
      d[i][j] = std::min(
          {d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

std::optional<int64_t> ParseDigits(std::string_view digits) {
  if (digits.empty()) return std::nullopt;
  int64_t value = 0;
  for (const char c : digits) {
    if (!IsDigit(c)) return std::nullopt;
    const auto shifted = MultiplyExact(value, 10);
    const auto sum = shifted ? AddExact(*shifted, c - '0') : std::nullopt;
    if (!sum) return std::nullopt;
    value = *sum;
  }
  return value;
}

std::optional<Ratio> ParseDecimal(std::string_view text) {
  const size_t dot = text.find('.');
  const std::string_view whole = text.substr(0, dot);
  std::string_view decimals = dot == std::string_view::npos ? "" : text.substr(dot + 1);
  if (dot != std::string_view::npos && decimals.empty()) return std::nullopt;
  if (decimals.size() > kDecimalsMax) return std::nullopt;
  const auto digits = ParseDigits(whole);
  if (!digits) return std::nullopt;
  if (decimals.empty()) return Ratio{.numerator = *digits, .denominator = 1};
  int64_t scale = 1;
  for (size_t i = 0; i < decimals.size(); ++i) scale *= 10;
  const auto fraction = ParseDigits(decimals);
  const auto scaled = MultiplyExact(*digits, scale);
  const auto sum = scaled && fraction ? AddExact(*scaled, *fraction) : std::nullopt;
  if (!sum) return std::nullopt;
  return MakeRatio(*sum, scale);
}

std::optional<int64_t> ParseCount(std::string_view text) {
  auto clean = WithoutUnderscores(text);
  if (!clean || clean->empty()) return std::nullopt;
  const int64_t multiplier = MultiplierOf(clean->back());
  if (multiplier != 0) clean->pop_back();
  const auto decimal = ParseDecimal(*clean);
  if (!decimal) return std::nullopt;
  const auto product =
      Multiply(*decimal, Ratio{.numerator = std::max<int64_t>(multiplier, 1), .denominator = 1});
  if (!product || product->denominator != 1) return std::nullopt;
  return product->numerator;
}

std::optional<std::pair<int64_t, std::string>> ParsePer(std::string_view text) {
  const size_t space = text.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const auto count = ParseCount(text.substr(0, space));
  const std::string_view word = text.substr(space + 1);
  const bool is_word = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return c == '_' || absl::ascii_isalnum(static_cast<unsigned char>(c));
  });
  if (!count || *count == 0 || !is_word) return std::nullopt;
  return std::make_pair(*count, std::string(word));
}

std::optional<DailyHours> ParseHours(std::string_view text) {
  const size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto begin = ParseClock(text.substr(0, dash));
  const auto end = ParseClock(text.substr(dash + 1));
  if (!begin || !end || *begin == *end || *begin == 86'400 || *end == 0) return std::nullopt;
  return DailyHours{.begin_second = *begin, .end_second = *end};
}

std::optional<Validity> ParseValidity(std::string_view text) {
  constexpr int64_t kMonthsMax = 120;  // Longer than any offer known; keeps the calendar in range.
  constexpr int64_t kDaysMax = 3'660;
  constexpr int64_t kHoursMax = 8'784;  // A year's.
  constexpr std::string_view kUntil = "until ";
  if (text == "none") return Validity{};
  if (text == "cycle") return Validity{.cycle = true};
  if (text.substr(0, kUntil.size()) == kUntil) {
    const auto until = ParseInstant(text.substr(kUntil.size()));
    if (!until.ok()) return std::nullopt;
    return Validity{.until = *until};
  }
  const size_t space = text.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const auto count = ParseDigits(text.substr(0, space));
  const std::string_view word = text.substr(space + 1);
  if (!count || *count == 0) return std::nullopt;
  const bool one = *count == 1;
  if (word == (one ? "month" : "months") && *count <= kMonthsMax) {
    return Validity{.months = static_cast<int>(*count)};
  }
  if (word == (one ? "day" : "days") && *count <= kDaysMax) {
    return Validity{.days = static_cast<int>(*count)};
  }
  if (word == (one ? "hour" : "hours") && *count <= kHoursMax) {
    return Validity{.hours = static_cast<int>(*count)};
  }
  return std::nullopt;
}

bool IsId(std::string_view text) {
  static_assert(kModelNameLengthMax == 128);
  if (text.empty() || text.size() > kModelNameLengthMax) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           std::string_view("._-:/@+").find(c) != std::string_view::npos;
  });
}

std::optional<absl::TimeZone> ParseZone(std::string_view text) {
  // A name with a dot or a leading slash would be a path to any file.
  const bool is_name = !text.empty() && text.size() <= 64 &&
                       absl::ascii_isalpha(static_cast<unsigned char>(text.front())) &&
                       std::all_of(text.begin(), text.end(), [](char c) {
                         return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                                std::string_view("_/+-").find(c) != std::string_view::npos;
                       });
  absl::TimeZone zone;
  if (!is_name || !absl::LoadTimeZone(std::string(text), &zone)) return std::nullopt;
  return zone;
}

std::string Nearest(std::string_view word, const std::vector<std::string>& known) {
  if (word.size() > kModelNameLengthMax) return "";
  size_t best = std::max<size_t>(word.size() / 3, 1);  // Farther than this is another word.
  std::string nearest;
  for (const std::string& candidate : known) {
    const size_t distance = EditDistance(word, candidate);
    if (distance < best || (distance == best && nearest.empty())) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

}  // namespace ocs::rating::internal
