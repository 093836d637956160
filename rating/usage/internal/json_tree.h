// The part of a JSON text that can carry usage, as a flat tree. Numbers stay the text that they
// were. The only file that knows the JSON parser is json_tree.cc.
//
// Answers are large and usage is small: lists (choices, embeddings) and objects that cannot carry
// usage are passed over while they are read, so memory does not grow with the answer.

#ifndef RATING_USAGE_INTERNAL_JSON_TREE_H_
#define RATING_USAGE_INTERNAL_JSON_TREE_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rating/usage/provider_usage.h"

namespace ocs::usage::internal {

inline constexpr size_t kNodesMax = 4096;  ///< The richest usage known has under 100.
inline constexpr size_t kDepthMax = 32;
/// Of a text's bytes so many are kept: names are shorter, the rest is nobody's business.
inline constexpr size_t kTextKeptMax = 256;

/// Names are few: a search through all of them.
template <size_t N>
bool IsOneOf(std::string_view name, const std::array<std::string_view, N>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

enum class JsonType : uint8_t { kNull, kBoolean, kNumber, kText, kObject, kArray };

struct JsonNode {
  JsonType type = JsonType::kNull;
  bool inside_usage = false;
  std::string key = "";   ///< Within its object.
  std::string text = "";  ///< A number as written, or the first kTextKeptMax bytes of a text.
  size_t text_bytes = 0;  ///< Of the whole text.
  int parent = -1;
  int first = -1;  ///< First child.
  int last = -1;   ///< Last child.
  int next = -1;   ///< Next sibling.
};

/// Thread-compatible: which nodes were read is remembered.
class JsonTree final {
 public:
  /// The tree, whose root is an object, or why there is none.
  static std::variant<JsonTree, UsageError> Parse(std::string_view text);

  static constexpr int kRoot = 0;

  const JsonNode& node(int index) const { return nodes_[static_cast<size_t>(index)]; }

  /// The member of that name, -1 where there is none. REQUIRES: `object` is an object.
  int Find(int object, std::string_view key) const;

  /// "usage.prompt_tokens", "usageMetadata.promptTokensDetails[0].tokenCount".
  std::string Path(int index) const;

  void MarkRead(int index) const { read_[static_cast<size_t>(index)] = true; }

  /// Numbers other than 0 below this node that were not read.
  std::vector<int> Unread(int above) const;

 private:
  friend class TreeBuilder;
  std::vector<JsonNode> nodes_;
  mutable std::vector<bool> read_;
};

}  // namespace ocs::usage::internal

#endif  // RATING_USAGE_INTERNAL_JSON_TREE_H_
