#include "rating/usage/internal/fields.h"

#include <utility>

#include "ocs/base/limits.h"
#include "ocs/base/text.h"
#include "rating/usage/internal/decimal.h"

namespace ocs::usage::internal {
namespace {

constexpr size_t kShownMax = 40;

std::string ExpectedCount() { return Cat("a whole number from 0 to ", kQuantityMax); }

std::string_view FirstOf(Names names) { return *names.begin(); }

}  // namespace

int Member(const Scope& scope, std::string_view name) {
  if (!scope.there() || scope.tree->node(scope.node).type != JsonType::kObject) return -1;
  const int found = scope.tree->Find(scope.node, name);
  return found >= 0 && scope.tree->node(found).type == JsonType::kNull ? -1 : found;
}

std::string Shown(const JsonNode& node) {
  switch (node.type) {
    case JsonType::kNull:
      return "null";
    case JsonType::kBoolean:
      return node.text;
    case JsonType::kNumber:
      return node.text.size() <= kShownMax ? node.text
                                           : Cat("a number of ", node.text.size(), " characters");
    case JsonType::kText:
      return Cat("a text of ", node.text_bytes, " bytes");
    case JsonType::kObject:
      return "an object";
    case JsonType::kArray:
      return "a list";
  }
  return "?";
}

void Fields::Fault(UsageErrorKind kind, const Scope& scope, std::string_view name,
                   std::string found, std::string expected) {
  if (error_.has_value()) return;
  const std::string above = scope.there() ? scope.tree->Path(scope.node) : "";
  std::string path = above.empty() ? std::string(name) : above;
  if (!above.empty() && !name.empty()) path = Cat(above, ".", name);
  error_ = UsageError{.kind = kind,
                      .path = std::move(path),
                      .found = std::move(found),
                      .expected = std::move(expected)};
}

std::optional<int64_t> Fields::OneCount(const Scope& scope, int index) {
  scope.tree->MarkRead(index);
  const JsonNode& node = scope.tree->node(index);
  const Scope here{.tree = scope.tree, .node = index};
  const auto fault = [&](UsageErrorKind kind) {
    Fault(kind, here, "", Shown(node), ExpectedCount());
    return std::nullopt;
  };
  if (node.type != JsonType::kNumber) return fault(UsageErrorKind::kWrongType);
  const std::optional<Decimal> value = ParseDecimal(node.text);
  if (!value.has_value()) return fault(UsageErrorKind::kOverLimit);
  if (value->negative) return fault(UsageErrorKind::kNegative);
  if (!value->whole()) return fault(UsageErrorKind::kNotWhole);
  const std::optional<int64_t> count = ToInt64(*value);
  if (!count.has_value() || *count > kQuantityMax) return fault(UsageErrorKind::kOverLimit);
  return count;
}

std::optional<int64_t> Fields::Count(const Scope& scope, Names names) {
  std::optional<int64_t> result;
  for (const std::string_view name : names) {
    const int index = Member(scope, name);
    if (index < 0) continue;
    const std::optional<int64_t> count = OneCount(scope, index);
    if (!count.has_value()) return std::nullopt;
    if (!result.has_value()) {
      result = count;
    } else if (*result != *count) {
      disagree_ = true;
    }
  }
  return result;
}

int64_t Fields::Needed(const Scope& scope, Names names) {
  const std::optional<int64_t> count = Count(scope, names);
  if (!count.has_value()) {
    Fault(UsageErrorKind::kMissing, scope, FirstOf(names), "nothing", ExpectedCount());
  }
  return count.value_or(0);
}

std::optional<int64_t> Fields::Seconds(const Scope& scope, Names names) {
  for (const std::string_view name : names) {
    const int index = Member(scope, name);
    if (index < 0) continue;
    const JsonNode& node = scope.tree->node(index);
    const std::optional<Decimal> value =
        node.type == JsonType::kNumber ? ParseDecimal(node.text) : std::nullopt;
    // What is whole, and what is wrong, is read like any count.
    if (!value.has_value() || value->negative || value->whole()) return OneCount(scope, index);
    scope.tree->MarkRead(index);
    const std::optional<int64_t> seconds = RoundedUp(*value);
    if (!seconds.has_value() || *seconds > kQuantityMax) {
      Fault(UsageErrorKind::kOverLimit, {.tree = scope.tree, .node = index}, "", Shown(node),
            ExpectedCount());
      return std::nullopt;
    }
    rounded_up_ = true;
    return seconds;
  }
  return std::nullopt;
}

std::optional<std::string> Fields::Amount(const Scope& scope, std::string_view name) {
  const int index = Member(scope, name);
  if (index < 0) return std::nullopt;
  scope.tree->MarkRead(index);
  const JsonNode& node = scope.tree->node(index);
  const Scope here{.tree = scope.tree, .node = index};
  const std::optional<Decimal> value =
      node.type == JsonType::kNumber ? ParseDecimal(node.text) : std::nullopt;
  if (!value.has_value() || value->negative) {
    Fault(value.has_value() ? UsageErrorKind::kNegative : UsageErrorKind::kWrongType, here, "",
          Shown(node), "an amount that is not negative");
    return std::nullopt;
  }
  return PlainText(*value);
}

std::string Fields::Text(const Scope& scope, std::string_view name, size_t bytes_max) {
  const int index = Member(scope, name);
  if (index < 0) return "";
  const JsonNode& node = scope.tree->node(index);
  if (node.type == JsonType::kNumber) {
    scope.tree->MarkRead(index);
    return node.text.substr(0, bytes_max);
  }
  if (node.type != JsonType::kText) return "";
  if (node.text_bytes > bytes_max || node.text.size() != node.text_bytes) {
    Fault(UsageErrorKind::kTooLarge, {.tree = scope.tree, .node = index}, "", Shown(node),
          Cat("a name of at most ", bytes_max, " bytes"));
    return "";
  }
  return node.text;
}

Scope Fields::Object(const Scope& scope, Names names) {
  for (const std::string_view name : names) {
    const int index = Member(scope, name);
    if (index < 0) continue;
    const Scope found{.tree = scope.tree, .node = index};
    if (scope.tree->node(index).type == JsonType::kObject) return found;
    Fault(UsageErrorKind::kWrongType, found, "", Shown(scope.tree->node(index)), "an object");
  }
  return {};
}

std::vector<Scope> Fields::Elements(const Scope& scope, Names names) {
  for (const std::string_view name : names) {
    const int index = Member(scope, name);
    if (index < 0) continue;
    const JsonTree& tree = *scope.tree;
    if (tree.node(index).type != JsonType::kArray) {
      Fault(UsageErrorKind::kWrongType, {.tree = &tree, .node = index}, "", Shown(tree.node(index)),
            "a list of objects");
      return {};
    }
    std::vector<Scope> elements;
    for (int child = tree.node(index).first; child >= 0; child = tree.node(child).next) {
      const Scope element{.tree = &tree, .node = child};
      if (tree.node(child).type != JsonType::kObject) {
        Fault(UsageErrorKind::kWrongType, element, "", Shown(tree.node(child)), "an object");
      } else {
        elements.push_back(element);
      }
    }
    return elements;
  }
  return {};
}

void Fields::Ignore(const Scope& scope, Names names) {
  for (const std::string_view name : names) {
    const int index = Member(scope, name);
    if (index < 0) continue;
    scope.tree->MarkRead(index);
    for (int child = scope.tree->node(index).first; child >= 0;
         child = scope.tree->node(child).next) {
      scope.tree->MarkRead(child);
    }
  }
}

}  // namespace ocs::usage::internal
