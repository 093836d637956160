// A tree of keys and values to be written as YAML, in the form that the catalogue language reads.

#ifndef RATING_INTERNAL_TEXT_TREE_H_
#define RATING_INTERNAL_TEXT_TREE_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ocs::rating::internal {

/// A scalar, a list or a map: one of the three. Thread-compatible.
class TextTree final {
 public:
  TextTree() = default;
  /// A scalar, quoted where it must be.
  explicit TextTree(std::string_view text) : text_(text) {}

  /// Adds to a map; an empty text or tree adds nothing.
  void Add(std::string_view key, std::string_view text);
  void Add(std::string_view key, TextTree value);
  /// Adds a list of scalars; a single one stands alone, none adds nothing.
  void Add(std::string_view key, const std::vector<std::string>& texts);
  /// Adds to a list.
  void Append(TextTree item) { items_.push_back(std::move(item)); }

  bool empty() const { return text_.empty() && items_.empty() && members_.empty(); }

  /// The map as a document.
  std::string Write() const;
  /// Anything on one line: "{a: 1, b: [2, 3]}".
  std::string WriteInline() const;

  /// Of a list.
  const std::vector<TextTree>& items() const { return items_; }
  /// The value of a key, or an empty tree.
  const TextTree& operator[](std::string_view key) const;
  /// Of a map, in the order in which they were added.
  const std::vector<std::pair<std::string, TextTree>>& members() const { return members_; }

 private:
  void WriteMembers(int indent, std::string_view first_prefix, std::string* out) const;

  std::string text_;
  std::vector<TextTree> items_;
  std::vector<std::pair<std::string, TextTree>> members_;
};

}  // namespace ocs::rating::internal

#endif  // RATING_INTERNAL_TEXT_TREE_H_
