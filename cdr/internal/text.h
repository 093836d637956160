// Texts that several files of the room write, and appending to one that grows: ocs/base/text.h
// makes new ones.

#ifndef CDR_INTERNAL_TEXT_H_
#define CDR_INTERNAL_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "ocs/base/text.h"
#include "ocs/base/unit.h"

namespace ocs::cdr::internal {

/// Appends the pieces (texts and integers), as Cat puts them together. None of them may point into
/// `out`.
template <typename... Pieces>
void AppendTo(std::string* out, const Pieces&... pieces) {
  absl::StrAppend(out, text_internal::Piece(pieces)...);
}

/// "12.50 CNY", "1,200 token"; a number alone where there is no unit.
inline std::string AmountText(int64_t amount, const Unit& unit) {
  return unit.empty() ? FormatGrouped(amount) : FormatAmount(amount, unit);
}

/// "6 %", "0.05 %".
inline std::string RateText(int32_t basis_points) {
  const int32_t rest = basis_points % 100;
  std::string text = Cat(basis_points / 100);
  if (rest != 0) AppendTo(&text, rest < 10 ? ".0" : ".", rest);
  return text + " %";
}

/// What was read is damaged at this octet.
inline absl::Status BadOctet(size_t octet, std::string_view what) {
  return absl::DataLossError(Cat("octet ", octet, ": ", what));
}

}  // namespace ocs::cdr::internal

#endif  // CDR_INTERNAL_TEXT_H_
