// Tables and lists of fields for people: aligned, without trailing blanks, safe to print. Whatever
// comes from outside (a model's name, a session id) cannot move the cursor: control characters
// become '?'.

#ifndef TOOLS_TEXT_TABLE_H_
#define TOOLS_TEXT_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ocs::tools {

enum class Align : uint8_t {
  kLeft,   ///< Texts.
  kRight,  ///< Numbers and amounts.
};

/// How many columns a terminal needs for a UTF-8 text: 2 for Chinese, Japanese and Korean
/// characters, 0 for combining marks, 1 for all else.
size_t DisplayWidth(std::string_view text);

/// The text with control characters replaced by '?'; a line feed becomes a blank.
std::string Printable(std::string_view text);

/// Rows under named columns. Thread-compatible.
class Table final {
 public:
  struct Column {
    std::string name;
    Align align = Align::kLeft;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// Adds a row. Cells that are not given are empty. REQUIRES: no more cells than columns.
  void AddRow(std::vector<std::string> cells);

  bool empty() const { return rows_.empty(); }

  /// The names, a rule, then the rows; each line ends in a line feed.
  std::string Format() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// "name   value" lines with the values below each other. Fields with an empty value are left out.
std::string FormatFields(const std::vector<std::pair<std::string, std::string>>& fields);

}  // namespace ocs::tools

#endif  // TOOLS_TEXT_TABLE_H_
