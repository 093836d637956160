#include "rating/internal/fields.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_join.h"
#include "ocs/base/text.h"
#include "rating/internal/scalars.h"

namespace ocs::rating::internal {
namespace {

std::string NameOf(YamlNode::Kind kind) {
  switch (kind) {
    case YamlNode::Kind::kNull:
      return "nothing";
    case YamlNode::Kind::kScalar:
      return "a single value";
    case YamlNode::Kind::kSequence:
      return "a list";
    case YamlNode::Kind::kMap:
      return "a map";
  }
  return "";
}

}  // namespace

void Reporter::Add(int line, std::string field, std::string message) {
  if (full()) return;
  diagnostics_.push_back(
      {.file = file_, .line = line, .field = std::move(field), .message = std::move(message)});
}

std::vector<Diagnostic> Reporter::Take() {
  std::stable_sort(diagnostics_.begin(), diagnostics_.end(),
                   [](const Diagnostic& a, const Diagnostic& b) { return a.line < b.line; });
  if (full()) {
    diagnostics_.back() = {
        .file = file_,
        .line = 0,
        .field = "",
        .message = Cat("more than ", kDiagnosticsMax - 1, " faults; the others are not shown")};
  }
  return std::move(diagnostics_);
}

std::string Quoted(std::string_view found) {
  constexpr size_t kShownMax = 60;
  if (found.empty()) return "nothing";
  return Cat("'", found.substr(0, kShownMax), found.size() > kShownMax ? "...'" : "'");
}

std::string Suggestion(std::string_view word, const std::vector<std::string>& known) {
  const std::string nearest = Nearest(word, known);
  return nearest.empty() ? "" : Cat("; did you mean '", nearest, "'?");
}

Fields::Fields(const Field& field, const std::vector<std::string>& known, Reporter* reporter)
    : field_(field), reporter_(reporter) {
  if (field.node->kind != YamlNode::Kind::kMap) {
    reporter->Add(field.line, field.path,
                  Cat("expected a map of keys and values, found ", NameOf(field.node->kind)));
    return;
  }
  std::set<std::string> seen;
  for (const YamlNode::Member& member : field.node->members) {
    if (std::find(known.begin(), known.end(), member.key) == known.end()) {
      std::string hint = Suggestion(member.key, known);
      if (hint.empty()) hint = Cat("; expected one of: ", absl::StrJoin(known, ", "));
      reporter->Add(member.key_line, PathOf(member.key),
                    Cat("unknown key ", Quoted(member.key), hint));
    } else if (!seen.insert(member.key).second) {
      reporter->Add(member.key_line, PathOf(member.key), "this key is written twice");
    }
  }
}

const YamlNode::Member* Fields::Find(std::string_view key) const {
  for (const YamlNode::Member& member : field_.node->members) {
    if (member.key == key) return &member;
  }
  return nullptr;
}

std::string Fields::PathOf(std::string_view key) const {
  return field_.path.empty() ? std::string(key.substr(0, 60))
                             : Cat(field_.path, ".", key.substr(0, 60));
}

int Fields::LineOf(std::string_view key) const {
  const YamlNode::Member* member = Find(key);
  return member == nullptr ? field_.line : member->key_line;
}

void Fields::Fault(std::string_view key, std::string message) const {
  reporter_->Add(LineOf(key), PathOf(key), std::move(message));
}

std::optional<std::string> Fields::Text(std::string_view key, std::string_view expected) const {
  const YamlNode::Member* member = Find(key);
  if (member == nullptr) return std::nullopt;
  if (member->value.kind == YamlNode::Kind::kScalar && !member->value.text.empty()) {
    return member->value.text;
  }
  const bool empty = member->value.kind == YamlNode::Kind::kScalar;
  Fault(key,
        Cat("expected ", expected, ", found ", empty ? "nothing" : NameOf(member->value.kind)));
  return std::nullopt;
}

std::optional<std::string> Fields::NeedText(std::string_view key, std::string_view expected) const {
  if (!has(key) && field_.node->kind == YamlNode::Kind::kMap) {
    Fault(key, Cat("is missing; expected ", expected));
  }
  return Text(key, expected);
}

std::optional<Field> Fields::Map(std::string_view key) const {
  const YamlNode::Member* member = Find(key);
  if (member == nullptr) return std::nullopt;
  return Field{.node = &member->value, .path = PathOf(key), .line = member->key_line};
}

std::vector<Field> Fields::Items(std::string_view key) const {
  std::vector<Field> items;
  const YamlNode::Member* member = Find(key);
  if (member == nullptr) return items;
  if (member->value.kind != YamlNode::Kind::kSequence) {
    Fault(key, Cat("expected a list, found ", NameOf(member->value.kind)));
    return items;
  }
  for (const YamlNode& item : member->value.items) {
    items.push_back(
        {.node = &item, .path = Cat(PathOf(key), "[", items.size(), "]"), .line = item.line});
  }
  return items;
}

std::vector<std::pair<std::string, Field>> Fields::Texts(std::string_view key,
                                                         std::string_view expected) const {
  std::vector<std::pair<std::string, Field>> texts;
  const YamlNode::Member* member = Find(key);
  if (member == nullptr) return texts;
  std::vector<Field> fields;
  if (member->value.kind == YamlNode::Kind::kSequence) {
    fields = Items(key);
    if (fields.empty()) Fault(key, Cat("expected ", expected, ", found an empty list"));
  } else {
    fields.push_back(*Map(key));
  }
  for (const Field& field : fields) {
    if (field.node->kind == YamlNode::Kind::kScalar && !field.node->text.empty()) {
      texts.emplace_back(field.node->text, field);
      continue;
    }
    reporter_->Add(
        field.line, field.path,
        Cat("expected ", expected, ", found ",
            field.node->kind == YamlNode::Kind::kScalar ? "nothing" : NameOf(field.node->kind)));
  }
  return texts;
}

}  // namespace ocs::rating::internal
