// A JSON text as a tree. Numbers stay the text that they were, so that a price is never a binary
// fraction. For price lists: small files that are read once.

#ifndef TOOLS_IMPORT_JSON_VALUE_H_
#define TOOLS_IMPORT_JSON_VALUE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace ocs::tools {

struct JsonValue {
  enum class Type : uint8_t { kNull, kBoolean, kNumber, kText, kObject, kArray };

  Type type = Type::kNull;
  std::string text = "";  ///< A number as written; a text; "true" or "false".
  std::vector<std::pair<std::string, JsonValue>> members = {};  ///< As written, in order.
  std::vector<JsonValue> items = {};

  bool is(Type wanted) const { return type == wanted; }
  /// The member of that name, or null; null for what is not an object.
  const JsonValue* Find(std::string_view key) const;
  /// The text of a text member, or "".
  std::string_view TextOf(std::string_view key) const;
};

/// Errors: InvalidArgument with the place, for what is not JSON or nested deeper than 64.
absl::StatusOr<JsonValue> ParseJson(std::string_view text);

}  // namespace ocs::tools

#endif  // TOOLS_IMPORT_JSON_VALUE_H_
