#include "rating/usage/internal/decimal.h"

#include <cstddef>

#include "ocs/base/check.h"
#include "ocs/base/exact.h"

namespace ocs::usage::internal {
namespace {

constexpr int kExponentMax = 400;
constexpr size_t kDigitsMax = 400;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// Takes digits off the front of `text` and puts them behind `digits`. False without any.
bool TakeDigits(std::string_view& text, std::string& digits) {
  size_t count = 0;
  while (count < text.size() && IsDigit(text[count])) ++count;
  digits.append(text.substr(0, count));
  text.remove_prefix(count);
  return count > 0;
}

/// The number behind an 'e', or nothing.
std::optional<int> ParseExponent(std::string_view text) {
  const bool negative = !text.empty() && text.front() == '-';
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  std::string digits;
  if (!TakeDigits(text, digits) || !text.empty()) return std::nullopt;
  int value = 0;
  for (const char digit : digits) {
    value = value * 10 + (digit - '0');
    if (value > kExponentMax) return std::nullopt;
  }
  return negative ? -value : value;
}

void Normalise(Decimal& value) {
  const size_t first = value.digits.find_first_not_of('0');
  if (first == std::string::npos) {
    value = Decimal{};
    return;
  }
  const size_t last = value.digits.find_last_not_of('0');
  value.exponent += static_cast<int>(value.digits.size() - 1 - last);
  value.digits = value.digits.substr(first, last - first + 1);
}

}  // namespace

std::optional<Decimal> ParseDecimal(std::string_view text) {
  if (text.size() > 2 * kDigitsMax) return std::nullopt;
  Decimal value;
  if (!text.empty() && text.front() == '-') {
    value.negative = true;
    text.remove_prefix(1);
  }
  if (!TakeDigits(text, value.digits)) return std::nullopt;
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    const size_t before = value.digits.size();
    if (!TakeDigits(text, value.digits)) return std::nullopt;
    value.exponent = -static_cast<int>(value.digits.size() - before);
  }
  if (!text.empty() && (text.front() == 'e' || text.front() == 'E')) {
    const std::optional<int> exponent = ParseExponent(text.substr(1));
    if (!exponent.has_value()) return std::nullopt;
    value.exponent += *exponent;
    text = {};
  }
  if (!text.empty() || value.digits.size() > kDigitsMax) return std::nullopt;
  Normalise(value);
  return value;
}

std::string PlainText(const Decimal& value) {
  if (value.zero()) return "0";
  std::string text = value.digits;
  if (value.exponent >= 0) {
    text.append(static_cast<size_t>(value.exponent), '0');
  } else {
    const size_t places = static_cast<size_t>(-value.exponent);
    if (text.size() <= places) text.insert(0, places - text.size() + 1, '0');
    text.insert(text.size() - places, 1, '.');
  }
  return value.negative ? "-" + text : text;
}

std::optional<int64_t> ToInt64(const Decimal& value) {
  if (!value.whole()) return std::nullopt;
  if (value.digits.size() + static_cast<size_t>(value.exponent) > 19) return std::nullopt;
  std::string digits = value.digits;
  digits.append(static_cast<size_t>(value.exponent), '0');
  int64_t result = 0;
  for (const char digit : digits) {
    const std::optional<int64_t> shifted = MultiplyExact(result, 10);
    if (!shifted.has_value()) return std::nullopt;
    const std::optional<int64_t> sum = AddExact(*shifted, digit - '0');
    if (!sum.has_value()) return std::nullopt;
    result = *sum;
  }
  return value.negative ? -result : result;
}

std::optional<int64_t> RoundedUp(const Decimal& value) {
  OCS_CHECK(!value.negative);
  if (value.whole()) return ToInt64(value);
  const int kept = static_cast<int>(value.digits.size()) + value.exponent;
  if (kept <= 0) return 1;
  const Decimal below{.digits = value.digits.substr(0, static_cast<size_t>(kept))};
  const std::optional<int64_t> whole = ToInt64(below);
  return whole.has_value() ? AddExact(*whole, 1) : std::nullopt;
}

}  // namespace ocs::usage::internal
