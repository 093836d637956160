// Text between the standard library and Abseil: Debian builds Abseil with a string view type of its
// own, which std::string_view does not turn into by itself.

#ifndef OCS_BASE_TEXT_H_
#define OCS_BASE_TEXT_H_

#include <string>
#include <string_view>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace ocs {

/// The same bytes as Abseil's view; for arguments of Abseil's functions.
inline absl::string_view ToAbsl(std::string_view text) { return {text.data(), text.size()}; }

/// The same bytes as the standard view; for what Abseil's functions return.
inline std::string_view FromAbsl(absl::string_view text) { return {text.data(), text.size()}; }

namespace text_internal {
template <typename T>
decltype(auto) Piece(const T& part) {
  if constexpr (std::is_same_v<T, std::string_view>) {
    return ToAbsl(part);
  } else {
    return (part);
  }
}
}  // namespace text_internal

/// absl::StrCat that takes std::string_view too: Cat("account ", id, ": ", why).
template <typename... Parts>
[[nodiscard]] std::string Cat(const Parts&... parts) {
  return absl::StrCat(text_internal::Piece(parts)...);
}

}  // namespace ocs

#endif  // OCS_BASE_TEXT_H_
