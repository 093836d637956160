#include "ocs/base/unit.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "ocs/base/check.h"
#include "ocs/base/exact.h"
#include "ocs/base/text.h"

namespace ocs {
namespace {

bool IsCurrencyCode(std::string_view code) {
  return code.size() == 3 && std::all_of(code.begin(), code.end(), absl::ascii_isupper);
}

bool IsPieceCode(std::string_view code) {
  if (code.size() < 2 || code.size() > Unit::kLengthMax ||
      !absl::ascii_islower(static_cast<unsigned char>(code[0])))
    return false;
  return std::all_of(code.begin(), code.end(), [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return absl::ascii_islower(u) || absl::ascii_isdigit(u) || c == '_';
  });
}

}  // namespace

absl::StatusOr<Unit> Unit::Parse(std::string_view code) {
  if (!IsCurrencyCode(code) && !IsPieceCode(code)) {
    return absl::InvalidArgumentError(
        Cat("unit '", code.substr(0, 40), "': expected an ISO 4217 currency such as CNY, or 2 to ",
            kLengthMax, " lower-case letters, digits or '_' such as token"));
  }
  Unit unit;
  std::copy(code.begin(), code.end(), unit.text_.begin());
  return unit;
}

Unit Unit::Of(std::string_view code) {
  auto unit = Parse(code);
  OCS_CHECK(unit.ok());
  return *unit;
}

std::string FormatGrouped(int64_t number) {
  std::string digits = Cat(number);
  const size_t first = number < 0 ? 1 : 0;
  for (size_t at = digits.size(); at > first + 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

std::string FormatMicros(int64_t amount_micros) {
  const bool negative = amount_micros < 0;
  // Through unsigned, so that the smallest value has a magnitude too.
  const uint64_t magnitude =
      negative ? 0 - static_cast<uint64_t>(amount_micros) : static_cast<uint64_t>(amount_micros);
  std::string decimals = Cat(magnitude % kMicrosPerMoney);
  decimals.insert(0, 6 - decimals.size(), '0');
  while (decimals.size() > 2 && decimals.back() == '0') decimals.pop_back();
  return Cat(negative ? "-" : "", magnitude / kMicrosPerMoney, ".", decimals);
}

std::string FormatAmount(int64_t amount, const Unit& unit) {
  return Cat(unit.is_money() ? FormatMicros(amount) : FormatGrouped(amount), " ", unit.code());
}

absl::StatusOr<int64_t> ParseMicros(std::string_view text) {
  const auto fail = [&](std::string_view why) {
    return absl::InvalidArgumentError(Cat("amount '", text.substr(0, 40), "': ", why));
  };
  std::string_view rest = text;
  const bool negative = !rest.empty() && rest.front() == '-';
  if (negative) rest.remove_prefix(1);
  const size_t dot = rest.find('.');
  const std::string_view whole = rest.substr(0, dot);
  std::string decimals(dot == std::string_view::npos ? "" : rest.substr(dot + 1));
  const auto all_digits = [](std::string_view s) {
    return std::all_of(s.begin(), s.end(), absl::ascii_isdigit);
  };
  if (whole.empty() || !all_digits(whole) || !all_digits(decimals) ||
      (dot != std::string_view::npos && decimals.empty())) {
    return fail("expected a decimal number such as 9.9");
  }
  while (decimals.size() > 6 && decimals.back() == '0') decimals.pop_back();
  if (decimals.size() > 6) return fail("has more than 6 decimals");
  decimals.append(6 - decimals.size(), '0');
  int64_t units = 0;
  int64_t micros = 0;
  if (!absl::SimpleAtoi(ToAbsl(whole), &units) || !absl::SimpleAtoi(decimals, &micros))
    return fail("is too large");
  // Built with its sign, because the smallest number has no positive twin.
  const auto scaled = MultiplyExact(units, negative ? -kMicrosPerMoney : kMicrosPerMoney);
  const auto sum = scaled ? AddExact(*scaled, negative ? -micros : micros) : std::nullopt;
  if (!sum) return fail("is too large");
  return *sum;
}

}  // namespace ocs
