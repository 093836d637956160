// Putting texts together. Debian's Abseil is built with its own string_view, which std::string_view
// does not turn into by itself: all text of this room passes here, so that nothing else need know.

#ifndef CDR_INTERNAL_TEXT_H_
#define CDR_INTERNAL_TEXT_H_

#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace ocs::cdr::internal {

/// The same characters, as Abseil takes them.
inline absl::string_view ForAbsl(std::string_view text) { return {text.data(), text.size()}; }

template <typename T>
const T& Piece(const T& value) {
  return value;
}
inline absl::string_view Piece(const std::string_view& text) { return ForAbsl(text); }

/// The pieces (texts and integers) one after the other.
template <typename... T>
std::string Cat(const T&... pieces) {
  return absl::StrCat(Piece(pieces)...);
}

/// Appends the pieces. None of them may point into `out`.
template <typename... T>
void AppendTo(std::string* out, const T&... pieces) {
  absl::StrAppend(out, Piece(pieces)...);
}

}  // namespace ocs::cdr::internal

#endif  // CDR_INTERNAL_TEXT_H_
