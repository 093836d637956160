// The code of a voucher, as it stands on a card or in a message: 20 characters, 19 of them random
// and the last a check of the others, so that a slip of the finger is found before anybody is
// asked. The alphabet is Crockford's base 32: no I, L, O, U.

#ifndef OCS_BASE_VOUCHER_CODE_H_
#define OCS_BASE_VOUCHER_CODE_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ocs {

inline constexpr int kVoucherCodeLength = 20;
inline constexpr int kVoucherCodeRandomBits = 95;  ///< 19 characters of 5 bits.

/// The code of these random bytes; the highest bit of the first is not used. They must come from a
/// cryptographic source: whoever can guess them has the money.
std::string VoucherCodeOf(std::span<const uint8_t, 12> random);

/// The code as people may write it (lower case, spaces, hyphens, O for 0, I and L for 1), in the
/// form that is hashed: 20 characters of the alphabet. Nothing when it is no code, or its check
/// fails: any one wrong character, and any two neighbours that were exchanged.
std::optional<std::string> NormalVoucherCode(std::string_view text);

/// In four groups of five: "7K2M9-...". REQUIRES: a code in normal form.
std::string FormatVoucherCode(std::string_view code);

}  // namespace ocs

#endif  // OCS_BASE_VOUCHER_CODE_H_
