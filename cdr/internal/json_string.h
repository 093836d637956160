// Texts in JSON.

#ifndef CDR_INTERNAL_JSON_STRING_H_
#define CDR_INTERNAL_JSON_STRING_H_

#include <string>
#include <string_view>

namespace ocs::cdr::internal {

/// Appends the text as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD.
void AppendJsonString(std::string_view text, std::string* out);

}  // namespace ocs::cdr::internal

#endif  // CDR_INTERNAL_JSON_STRING_H_
