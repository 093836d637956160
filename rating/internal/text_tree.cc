#include "rating/internal/text_tree.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "ocs/base/text.h"

namespace ocs::rating::internal {
namespace {

// Plain where no reader of YAML could take it for anything but this text.
bool IsPlain(std::string_view text) {
  static constexpr std::string_view kMeaningful[] = {"null", "Null", "NULL"};
  if (text.empty() || !absl::ascii_isalnum(static_cast<unsigned char>(text.front()))) return false;
  if (std::find(std::begin(kMeaningful), std::end(kMeaningful), text) != std::end(kMeaningful)) {
    return false;
  }
  if (text.back() == ' ') return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           std::string_view("._-/+ ").find(c) != std::string_view::npos;
  });
}

std::string Quote(std::string_view text) {
  if (IsPlain(text)) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  return quoted + "\"";
}

}  // namespace

void TextTree::Add(std::string_view key, std::string_view text) {
  if (!text.empty()) members_.emplace_back(key, TextTree(text));
}

void TextTree::Add(std::string_view key, TextTree value) {
  if (!value.empty()) members_.emplace_back(key, std::move(value));
}

void TextTree::Add(std::string_view key, const std::vector<std::string>& texts) {
  if (texts.size() == 1) return Add(key, std::string_view(texts.front()));
  TextTree list;
  for (const std::string& text : texts) list.Append(TextTree(text));
  Add(key, std::move(list));
}

void TextTree::WriteMembers(int indent, std::string_view first_prefix, std::string* out) const {
  std::string prefix(first_prefix);
  for (const auto& [key, value] : members_) {
    *out += Cat(prefix, key, ":");
    prefix = std::string(static_cast<size_t>(indent), ' ');
    if (!value.text_.empty()) {
      *out += Cat(" ", Quote(value.text_), "\n");
    } else if (!value.members_.empty()) {
      *out += "\n";
      value.WriteMembers(indent + 2, Cat(prefix, "  "), out);
    } else if (value.items_.front().members_.empty()) {
      *out += " [";
      for (size_t i = 0; i < value.items_.size(); ++i) {
        *out += Cat(i == 0 ? "" : ", ", Quote(value.items_[i].text_));
      }
      *out += "]\n";
    } else {
      *out += "\n";
      for (const TextTree& item : value.items_) {
        item.WriteMembers(indent + 4, Cat(prefix, "  - "), out);
      }
    }
  }
}

const TextTree& TextTree::operator[](std::string_view key) const {
  static const TextTree kEmpty;
  for (const auto& [name, value] : members_) {
    if (name == key) return value;
  }
  return kEmpty;
}

std::string TextTree::WriteInline() const {
  if (empty()) return "";
  if (!text_.empty()) return Quote(text_);
  std::string out;
  for (const TextTree& item : items_) out += Cat(out.empty() ? "" : ", ", item.WriteInline());
  if (!items_.empty()) return Cat("[", out, "]");
  for (const auto& [key, value] : members_) {
    out += Cat(out.empty() ? "" : ", ", key, ": ", value.WriteInline());
  }
  return Cat("{", out, "}");
}

std::string TextTree::Write() const {
  std::string out;
  WriteMembers(0, "", &out);
  return out;
}

}  // namespace ocs::rating::internal
