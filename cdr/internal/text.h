// Appending to a text that grows: ocs/base/text.h makes new ones.

#ifndef CDR_INTERNAL_TEXT_H_
#define CDR_INTERNAL_TEXT_H_

#include <string>

#include "absl/strings/str_cat.h"
#include "ocs/base/text.h"

namespace ocs::cdr::internal {

/// Appends the pieces (texts and integers), as Cat puts them together. None of them may point into
/// `out`.
template <typename... Pieces>
void AppendTo(std::string* out, const Pieces&... pieces) {
  absl::StrAppend(out, text_internal::Piece(pieces)...);
}

}  // namespace ocs::cdr::internal

#endif  // CDR_INTERNAL_TEXT_H_
