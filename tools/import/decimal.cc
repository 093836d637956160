#include <charconv>

#include "tools/import/price_list.h"

namespace ocs::tools {

std::optional<std::string> ShiftDecimal(std::string_view number, int places) {
  std::string digits;
  int point = 0;  // Digits before the point.
  bool after_point = false;
  size_t i = 0;
  for (; i < number.size(); ++i) {
    const char c = number[i];
    if (c >= '0' && c <= '9') {
      digits.push_back(c);
      if (!after_point) ++point;
    } else if (c == '.' && !after_point && !digits.empty()) {
      after_point = true;
    } else {
      break;
    }
  }
  if (digits.empty() || digits.size() > 40) return std::nullopt;
  int exponent = 0;
  if (i < number.size()) {
    if (number[i] != 'e' && number[i] != 'E') return std::nullopt;
    const char* first = number.data() + i + 1;
    const char* last = number.data() + number.size();
    if (first != last && *first == '+') ++first;
    const auto parsed = std::from_chars(first, last, exponent);
    if (parsed.ec != std::errc() || parsed.ptr != last) return std::nullopt;
    if (exponent > 40 || exponent < -40) return std::nullopt;
  }
  point += exponent + places;
  if (point <= 0) digits.insert(0, static_cast<size_t>(1 - point), '0'), point = 1;
  if (point > static_cast<int>(digits.size())) digits.resize(static_cast<size_t>(point), '0');
  std::string whole = digits.substr(0, static_cast<size_t>(point));
  std::string fraction = digits.substr(static_cast<size_t>(point));
  while (whole.size() > 1 && whole.front() == '0') whole.erase(0, 1);
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  return fraction.empty() ? whole : whole + "." + fraction;
}

}  // namespace ocs::tools
