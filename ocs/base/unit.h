// What a bucket counts: money of a currency, or pieces of a named unit.

#ifndef OCS_BASE_UNIT_H_
#define OCS_BASE_UNIT_H_

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace ocs {

/// A unit of account. Three capital letters (ISO 4217) mean money, counted in micros (millionths of
/// the currency's main unit: 9.9 CNY is 9,900,000). Every other unit ("token", "quota_point",
/// "credit", "request") is counted in whole pieces. Immutable. Trivially copyable, 16 bytes.
class Unit final {
 public:
  static constexpr int kLengthMax = 15;

  constexpr Unit() = default;

  /// The unit of that code. Errors: InvalidArgument when the code is neither three capital letters
  /// nor 2 to 15 lower-case letters, digits or '_' that begin with a letter.
  static absl::StatusOr<Unit> Parse(std::string_view code);

  /// The unit of a code known when the program was written.
  /// REQUIRES: Parse(code) succeeds.
  static Unit Of(std::string_view code);

  std::string_view code() const { return {text_.data()}; }
  bool is_money() const { return text_[0] >= 'A' && text_[0] <= 'Z'; }
  bool empty() const { return text_[0] == 0; }

  friend constexpr auto operator<=>(const Unit&, const Unit&) = default;

  template <typename H>
  friend H AbslHashValue(H h, const Unit& unit) {
    return H::combine(std::move(h), unit.text_);
  }

 private:
  std::array<char, 16> text_ = {};
};

inline constexpr int64_t kMicrosPerMoney = 1'000'000;  ///< Micros in one main unit of any currency.
inline constexpr int64_t kMicrosPerFen =
    10'000;  ///< Micros in a hundredth: the fen or cent of a bill.

/// "9.90 CNY" or "9.900012 CNY" (at least two decimals, no more than needed), "10,000,000 token".
std::string FormatAmount(int64_t amount, const Unit& unit);

/// "9.90" without its unit, as FormatAmount writes it; not grouped, for files that programs read.
std::string FormatMicros(int64_t amount_micros);

/// "10,000,000": grouped by thousands.
std::string FormatGrouped(int64_t number);

/// The micros of a decimal text such as "9.9", "0.000001" or "-3". Errors: InvalidArgument when it
/// is not a decimal number, has more than 6 decimals that are not zero, or does not fit.
absl::StatusOr<int64_t> ParseMicros(std::string_view text);

}  // namespace ocs

#endif  // OCS_BASE_UNIT_H_
