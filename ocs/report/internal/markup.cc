#include "ocs/report/internal/markup.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "absl/strings/str_format.h"
#include "ocs/base/text.h"

namespace ocs::report::internal {
namespace {

// A sign beside the colour.
std::string_view ToneSign(Tone tone) {
  switch (tone) {
    case Tone::kGood:
      return "&#10003;";
    case Tone::kBad:
      return "&#10007;";
    case Tone::kNeutral:
      return "&#8226;";
  }
  return "";
}

void AppendCell(std::string_view tag, const Column& column, std::string_view text,
                std::string* out) {
  *out +=
      Cat("<", tag, column.number ? " class=\"number\"" : "", ">", Escaped(text), "</", tag, ">");
}

void AppendRows(const Table& table, size_t begin, size_t end, std::string* out) {
  for (size_t i = begin; i < end; ++i) {
    *out += "<tr>";
    for (size_t c = 0; c < table.columns.size(); ++c) {
      AppendCell("td", table.columns[c], table.rows[i][c], out);
    }
    *out += "</tr>\n";
  }
}

}  // namespace

std::string Escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return out;
}

std::string ScriptText(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    // '<' and '&' cannot end or begin anything when they are written as numbers.
    if (byte < 0x20 || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&') {
      out += absl::StrFormat("\\u%04x", byte);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

bool IsDecimal(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  constexpr std::string_view kDigits = "0123456789";
  if (whole.empty() || whole.find_first_not_of(kDigits) != std::string_view::npos) return false;
  if (whole.size() > 1 && whole.starts_with('0')) return false;
  if (point == std::string_view::npos) return true;
  const std::string_view places = text.substr(point + 1);
  return !places.empty() && places.find_first_not_of(kDigits) == std::string_view::npos;
}

std::string_view ToneClass(Tone tone) {
  switch (tone) {
    case Tone::kGood:
      return "good";
    case Tone::kBad:
      return "bad";
    case Tone::kNeutral:
      return "neutral";
  }
  return "neutral";
}

void AppendVerdict(const Verdict& verdict, std::string* out) {
  *out +=
      Cat("<section class=\"verdict ", ToneClass(verdict.tone), "\">\n<h2><span class=\"sign\">",
          ToneSign(verdict.tone), "</span>", Escaped(verdict.headline), "</h2>\n");
  if (!verdict.sentences.empty()) {
    *out += "<ul class=\"sentences\">\n";
    for (const std::string& sentence : verdict.sentences) {
      *out += Cat("<li>", Escaped(sentence), "</li>\n");
    }
    *out += "</ul>\n";
  }
  if (!verdict.requirements.empty()) {
    *out += "<ul class=\"requirements\">\n";
    for (const Requirement& requirement : verdict.requirements) {
      *out += Cat("<li class=\"", ToneClass(requirement.tone), "\"><span class=\"sign\">",
                  ToneSign(requirement.tone), "</span><code>", Escaped(requirement.text),
                  "</code> found ", Escaped(requirement.found), "</li>\n");
    }
    *out += "</ul>\n";
  }
  *out += "</section>\n";
}

void AppendTiles(const std::vector<Tile>& tiles, std::string* out) {
  if (tiles.empty()) return;
  *out += "<section class=\"tiles\">\n";
  for (const Tile& tile : tiles) {
    *out += Cat("<div class=\"tile ", ToneClass(tile.tone), "\"><div class=\"label\">",
                Escaped(tile.label), "</div><div class=\"figure\">", Escaped(tile.figure),
                "</div><div class=\"note\">", Escaped(tile.note), "</div></div>\n");
  }
  *out += "</section>\n";
}

void AppendTable(const Table& table, std::string* out) {
  *out += "<div class=\"scroll\"><table>\n<thead><tr>";
  for (const Column& column : table.columns) AppendCell("th", column, column.name, out);
  *out += "</tr></thead>\n<tbody>\n";
  const size_t shown = std::min(table.rows_shown, table.rows.size());
  AppendRows(table, 0, shown, out);
  *out += "</tbody>\n";
  const size_t folded = table.rows.size() - shown;
  if (folded > 0) {
    *out += "<tbody class=\"folded\">\n";
    AppendRows(table, shown, table.rows.size(), out);
    *out += "</tbody>\n";
  }
  *out += "</table></div>\n";
  if (folded > 0) {
    *out += Cat("<button type=\"button\" class=\"unfold\">Show ", folded, " more</button>\n");
  }
}

}  // namespace ocs::report::internal
