#include "tools/text/table.h"

#include <algorithm>

#include "ocs/base/check.h"

namespace ocs::tools {
namespace {

constexpr std::string_view kGap = "  ";

// The code point at `at`, which is moved behind it; bytes that are not UTF-8 count one by one.
char32_t NextCodePoint(std::string_view text, size_t* at) {
  const auto first = static_cast<unsigned char>(text[(*at)++]);
  int more = 0;
  char32_t point = first;
  if (first >= 0xf0) {
    more = 3;
    point = first & 0x07;
  } else if (first >= 0xe0) {
    more = 2;
    point = first & 0x0f;
  } else if (first >= 0xc0) {
    more = 1;
    point = first & 0x1f;
  }
  for (; more > 0 && *at < text.size(); --more) {
    const auto next = static_cast<unsigned char>(text[*at]);
    if ((next & 0xc0) != 0x80) return first;
    point = (point << 6) | (next & 0x3f);
    ++*at;
  }
  return point;
}

size_t WidthOf(char32_t point) {
  if (point >= 0x300 && point <= 0x36f) return 0;
  if (point == 0x200b || point == 0xfeff) return 0;
  const bool wide = (point >= 0x1100 && point <= 0x115f) || (point >= 0x2e80 && point <= 0xa4cf) ||
                    (point >= 0xac00 && point <= 0xd7a3) || (point >= 0xf900 && point <= 0xfaff) ||
                    (point >= 0xfe30 && point <= 0xfe6f) || (point >= 0xff00 && point <= 0xff60) ||
                    (point >= 0xffe0 && point <= 0xffe6) || (point >= 0x1f300 && point <= 0x1faff);
  return wide ? 2 : 1;
}

void TrimRight(std::string* line) {
  while (!line->empty() && line->back() == ' ') line->pop_back();
}

}  // namespace

size_t DisplayWidth(std::string_view text) {
  size_t width = 0;
  for (size_t at = 0; at < text.size();) width += WidthOf(NextCodePoint(text, &at));
  return width;
}

std::string Printable(std::string_view text) {
  std::string printable(text);
  for (size_t at = 0; at < printable.size(); ++at) {
    char& c = printable[at];
    if (c == '\n') {
      c = ' ';
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      c = '?';
    } else if (c == '\xc2' && at + 1 < printable.size()) {
      // U+0080 to U+009F: control characters of eight bits.
      const auto next = static_cast<unsigned char>(printable[at + 1]);
      if (next >= 0x80 && next <= 0x9f) c = printable[at + 1] = '?';
    }
  }
  return printable;
}

void Table::AddRow(std::vector<std::string> cells) {
  OCS_CHECK(cells.size() <= columns_.size());
  cells.resize(columns_.size());
  for (std::string& cell : cells) cell = Printable(cell);
  rows_.push_back(std::move(cells));
}

std::string Table::Format() const {
  std::vector<size_t> widths;
  for (size_t i = 0; i < columns_.size(); ++i) {
    size_t width = DisplayWidth(columns_[i].name);
    for (const auto& row : rows_) width = std::max(width, DisplayWidth(row[i]));
    widths.push_back(width);
  }
  std::string out;
  const auto add_line = [&](const auto& cell_of) {
    std::string line;
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) line += kGap;
      const std::string cell = cell_of(i);
      const std::string pad(widths[i] - DisplayWidth(cell), ' ');
      line += columns_[i].align == Align::kRight ? pad + cell : cell + pad;
    }
    TrimRight(&line);
    out += line + "\n";
  };
  add_line([&](size_t i) { return columns_[i].name; });
  add_line([&](size_t i) { return std::string(widths[i], '-'); });
  for (const auto& row : rows_) add_line([&](size_t i) { return row[i]; });
  return out;
}

std::string FormatFields(const std::vector<std::pair<std::string, std::string>>& fields) {
  size_t width = 0;
  for (const auto& [name, value] : fields) {
    if (!value.empty()) width = std::max(width, DisplayWidth(name));
  }
  std::string out;
  for (const auto& [name, value] : fields) {
    if (value.empty()) continue;
    out += name + std::string(width - DisplayWidth(name), ' ') + std::string(kGap) +
           Printable(value) + "\n";
  }
  return out;
}

}  // namespace ocs::tools
