#include "rating/usage/internal/json_tree.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "ocs/base/text.h"
#include "rating/usage/internal/decimal.h"

namespace ocs::usage::internal {
namespace {

using Json = nlohmann::json;

/// Objects that lead to usage.
constexpr std::array<std::string_view, 9> kEnvelopes = {
    "interaction", "error", "message", "response", "meta", "metadata", "delta", "x_groq", "output"};

/// Objects and lists that are usage, or part of a bare usage object.
constexpr std::array<std::string_view, 27> kUsageMembers = {
    "usage",
    "usageMetadata",
    "usage_metadata",
    "amazon-bedrock-invocationMetrics",
    "billed_units",
    "tokens",
    "prompt_tokens_details",
    "prompt_token_details",
    "completion_tokens_details",
    "input_tokens_details",
    "output_tokens_details",
    "input_token_details",
    "output_token_details",
    "cached_tokens_details",
    "cache_creation",
    "server_tool_use",
    "server_tool_use_details",
    "cost_details",
    "cacheDetails",
    "iterations",
    "promptTokensDetails",
    "promptTokenDetails",
    "cacheTokensDetails",
    "candidatesTokensDetails",
    "responseTokensDetails",
    "toolUsePromptTokensDetails",
    "plugins",
};

UsageError TooMuch(std::string found, std::string expected) {
  return {.kind = UsageErrorKind::kTooLarge,
          .path = "",
          .found = std::move(found),
          .expected = std::move(expected)};
}

}  // namespace

/// Takes the parser's events and keeps what can carry usage. Every function answers whether to go
/// on, as the parser wants it.
class TreeBuilder final {
 public:
  TreeBuilder() = default;

  bool null() { return Leaf(JsonType::kNull, "", 0); }
  bool boolean(bool value) { return Leaf(JsonType::kBoolean, value ? "true" : "false", 0); }
  bool number_integer(Json::number_integer_t value) {
    return Leaf(JsonType::kNumber, std::to_string(value), 0);
  }
  bool number_unsigned(Json::number_unsigned_t value) {
    return Leaf(JsonType::kNumber, std::to_string(value), 0);
  }
  bool number_float(Json::number_float_t /*lossy*/, const std::string& text) {
    return Leaf(JsonType::kNumber, text, text.size());
  }
  bool string(std::string& text) {
    return Leaf(JsonType::kText, text.substr(0, kTextKeptMax), text.size());
  }
  bool binary(Json::binary_t& /*bytes*/) { return true; }
  bool key(std::string& name) {
    if (skipped_ == 0) key_ = name.substr(0, kTextKeptMax);
    return true;
  }
  bool start_object(size_t /*count*/) { return Open(JsonType::kObject); }
  bool end_object() { return Close(); }
  bool start_array(size_t /*count*/) { return Open(JsonType::kArray); }
  bool end_array() { return Close(); }
  bool parse_error(size_t position, const std::string& /*token*/, const Json::exception& /*why*/) {
    if (!error_.has_value()) {
      error_ = UsageError{.kind = UsageErrorKind::kNotJson,
                          .path = "",
                          .found = Cat("what is no JSON at byte ", position),
                          .expected = "one JSON object"};
    }
    return false;
  }

  std::variant<JsonTree, UsageError> Take() && {
    if (error_.has_value()) return *std::move(error_);
    if (tree_.nodes_.empty() || tree_.nodes_[0].type != JsonType::kObject) {
      return UsageError{.kind = UsageErrorKind::kNotJson,
                        .path = "",
                        .found = tree_.nodes_.empty() ? "nothing" : "a value of another type",
                        .expected = "one JSON object"};
    }
    tree_.read_.assign(tree_.nodes_.size(), false);
    return std::move(tree_);
  }

 private:
  bool Leaf(JsonType type, std::string text, size_t bytes) {
    if (skipped_ > 0) return true;
    const std::optional<int> index = Append(type);
    if (!index.has_value()) return false;
    tree_.nodes_[static_cast<size_t>(*index)].text = std::move(text);
    tree_.nodes_[static_cast<size_t>(*index)].text_bytes = bytes;
    return true;
  }

  bool Open(JsonType type) {
    if (skipped_ > 0 || !Kept(type)) {
      ++skipped_;
      return true;
    }
    if (open_.size() >= kDepthMax) {
      error_ = TooMuch("deeper nesting", Cat("at most ", kDepthMax, " levels"));
      return false;
    }
    const std::optional<int> index = Append(type);
    if (!index.has_value()) return false;
    open_.push_back(*index);
    return true;
  }

  bool Close() {
    if (skipped_ > 0) {
      --skipped_;
    } else {
      open_.pop_back();
    }
    return true;
  }

  bool Kept(JsonType type) const {
    if (open_.empty()) return type == JsonType::kObject || tree_.nodes_.empty();
    if (Top().inside_usage || IsOneOf(key_, kUsageMembers)) return true;
    // Titan counts in its results; other lists of that name are long and hold no counts.
    if (key_ == "results" && tree_.Find(JsonTree::kRoot, "inputTextTokenCount") > 0) return true;
    return type == JsonType::kObject && Top().type == JsonType::kObject &&
           IsOneOf(key_, kEnvelopes);
  }

  const JsonNode& Top() const { return tree_.nodes_[static_cast<size_t>(open_.back())]; }

  std::optional<int> Append(JsonType type) {
    std::vector<JsonNode>& nodes = tree_.nodes_;
    if (nodes.size() >= kNodesMax) {
      error_ = TooMuch("more values", Cat("at most ", kNodesMax, " values beside lists"));
      return std::nullopt;
    }
    const int index = static_cast<int>(nodes.size());
    JsonNode node{.type = type};
    if (!open_.empty()) {
      node.parent = open_.back();
      JsonNode& parent = nodes[static_cast<size_t>(node.parent)];
      if (parent.type == JsonType::kObject) {
        if (tree_.Find(node.parent, key_) >= 0) {
          Twice(node.parent);
          return std::nullopt;
        }
        node.key = key_;
      }
      node.inside_usage = parent.inside_usage || IsOneOf(node.key, kUsageMembers) ||
                          (type == JsonType::kArray && node.key == "results");
      if (parent.first < 0) parent.first = index;
      if (parent.last >= 0) nodes[static_cast<size_t>(parent.last)].next = index;
      parent.last = index;
    }
    nodes.push_back(std::move(node));
    return index;
  }

  void Twice(int object) {
    const std::string above = tree_.Path(object);
    error_ = UsageError{.kind = UsageErrorKind::kTwice,
                        .path = above.empty() ? key_ : Cat(above, ".", key_),
                        .found = "it twice",
                        .expected = "each member once"};
  }

  JsonTree tree_;
  std::vector<int> open_;  ///< The kept objects and lists that are not closed yet.
  size_t skipped_ = 0;     ///< Levels inside what is not kept.
  std::string key_;
  std::optional<UsageError> error_;
};

std::variant<JsonTree, UsageError> JsonTree::Parse(std::string_view text) {
  if (text.size() > kBodyBytesMax) {
    return TooMuch(Cat(text.size(), " bytes"), Cat("at most ", kBodyBytesMax, " bytes"));
  }
  TreeBuilder builder;
  Json::sax_parse(text.begin(), text.end(), &builder);
  return std::move(builder).Take();
}

int JsonTree::Find(int object, std::string_view key) const {
  for (int child = node(object).first; child >= 0; child = node(child).next) {
    if (node(child).key == key) return child;
  }
  return -1;
}

std::string JsonTree::Path(int index) const {
  std::string path;
  for (int at = index; at > kRoot; at = node(at).parent) {
    const JsonNode& above = node(node(at).parent);
    std::string step;
    if (above.type == JsonType::kArray) {
      int position = 0;
      for (int child = above.first; child != at; child = node(child).next) ++position;
      step = Cat("[", position, "]");
    } else {
      step = node(at).key;
    }
    const bool dotted = !path.empty() && path.front() != '[';
    path = dotted ? Cat(step, ".", path) : Cat(step, path);
  }
  return path;
}

std::vector<int> JsonTree::Unread(int above) const {
  std::vector<int> found;
  // Children stand behind their parents, so one pass knows who is below.
  std::vector<bool> below(nodes_.size(), false);
  below[static_cast<size_t>(above)] = true;
  for (size_t i = static_cast<size_t>(above) + 1; i < nodes_.size(); ++i) {
    below[i] = below[static_cast<size_t>(nodes_[i].parent)];
    if (!below[i] || nodes_[i].type != JsonType::kNumber || read_[i]) continue;
    const std::optional<Decimal> value = ParseDecimal(nodes_[i].text);
    if (!value.has_value() || !value->zero()) found.push_back(static_cast<int>(i));
  }
  return found;
}

}  // namespace ocs::usage::internal
