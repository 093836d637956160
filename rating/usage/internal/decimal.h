// A decimal number as it is written, without loss: "4.14e-05" is 414 x 10^-7.

#ifndef RATING_USAGE_INTERNAL_DECIMAL_H_
#define RATING_USAGE_INTERNAL_DECIMAL_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ocs::usage::internal {

/// An exact decimal. Zero has no digits, exponent 0 and no sign; else the first and the last digit
/// are not 0.
struct Decimal {
  bool negative = false;
  std::string digits;
  int exponent = 0;  ///< The value is digits x 10^exponent.

  bool zero() const { return digits.empty(); }
  bool whole() const { return exponent >= 0; }
  friend bool operator==(const Decimal&, const Decimal&) = default;
};

/// Reads a JSON number. Nothing for a text that is none, and for exponents beyond +-400 or more
/// than 400 digits, which no count or amount has.
std::optional<Decimal> ParseDecimal(std::string_view text);

/// Without an exponent: "0.0000414", "-12", "0".
std::string PlainText(const Decimal& value);

/// The value where it is whole and fits.
std::optional<int64_t> ToInt64(const Decimal& value);

/// The smallest whole number that is not less; nothing where it does not fit. REQUIRES: not
/// negative.
std::optional<int64_t> RoundedUp(const Decimal& value);

}  // namespace ocs::usage::internal

#endif  // RATING_USAGE_INTERNAL_DECIMAL_H_
