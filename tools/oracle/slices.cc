#include "tools/oracle/slices.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "ocs/base/text.h"

namespace ocs::tools {
namespace {

constexpr int kCanonicalDepthMax = 64;

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

void SkipBlanks(std::string_view text, size_t& at) {
  while (at < text.size() && IsBlank(text[at])) ++at;
}

/// Moves behind the string that begins at `at`. False where it does not end.
bool SkipString(std::string_view text, size_t& at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      ++at;
      return true;
    }
  }
  return false;
}

/// Moves behind the value that begins at `at`.
bool SkipValue(std::string_view text, size_t& at) {
  if (at >= text.size()) return false;
  if (text[at] == '"') return SkipString(text, at);
  if (text[at] != '{' && text[at] != '[') {
    const size_t begin = at;
    while (at < text.size() && text[at] != ',' && text[at] != '}' && text[at] != ']' &&
           !IsBlank(text[at])) {
      ++at;
    }
    return at > begin;
  }
  int64_t depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      if (!SkipString(text, at)) return false;
      continue;
    }
    ++at;
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    if (depth == 0) return true;
  }
  return false;
}

/// UTF-8 of a code point below U+10000.
void AppendUtf8(std::string& out, unsigned point) {
  if (point < 0x80) {
    out.push_back(static_cast<char>(point));
  } else if (point < 0x800) {
    out.push_back(static_cast<char>(0xc0 | (point >> 6)));
    out.push_back(static_cast<char>(0x80 | (point & 0x3f)));
  } else {
    out.push_back(static_cast<char>(0xe0 | (point >> 12)));
    out.push_back(static_cast<char>(0x80 | ((point >> 6) & 0x3f)));
    out.push_back(static_cast<char>(0x80 | (point & 0x3f)));
  }
}

std::optional<unsigned> HexDigits(std::string_view digits) {
  if (digits.size() != 4) return std::nullopt;
  unsigned value = 0;
  for (const char c : digits) {
    const size_t digit = std::string_view("0123456789abcdef")
                             .find(c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c);
    if (digit == std::string_view::npos) return std::nullopt;
    value = value * 16 + static_cast<unsigned>(digit);
  }
  return value;
}

std::string Unescaped(std::string_view inside) {
  std::string out;
  for (size_t i = 0; i < inside.size(); ++i) {
    if (inside[i] != '\\' || i + 1 >= inside.size()) {
      out.push_back(inside[i]);
      continue;
    }
    const char escaped = inside[++i];
    constexpr std::string_view kFrom = "nrtbf";
    constexpr std::string_view kTo = "\n\r\t\b\f";
    if (escaped == 'u') {
      const std::optional<unsigned> point = HexDigits(inside.substr(i + 1, 4));
      if (point.has_value()) {
        AppendUtf8(out, *point);
        i += 4;
      }
    } else if (const size_t place = kFrom.find(escaped); place != std::string_view::npos) {
      out.push_back(kTo[place]);
    } else {
      out.push_back(escaped);
    }
  }
  return out;
}

/// Goes over `{ "name": value, ... }` or `[ value, ... ]`; `visit` gets the raw name (empty in a
/// list) and the value.
template <typename Visit>
bool ForEach(std::string_view text, char open, char close, const Visit& visit) {
  size_t at = 0;
  SkipBlanks(text, at);
  if (at >= text.size() || text[at] != open) return false;
  ++at;
  SkipBlanks(text, at);
  if (at < text.size() && text[at] == close) return true;
  while (at < text.size()) {
    std::string_view name;
    SkipBlanks(text, at);
    if (open == '{') {
      const size_t begin = at;
      if (at >= text.size() || text[at] != '"' || !SkipString(text, at)) return false;
      name = text.substr(begin + 1, at - begin - 2);
      SkipBlanks(text, at);
      if (at >= text.size() || text[at] != ':') return false;
      ++at;
      SkipBlanks(text, at);
    }
    const size_t begin = at;
    if (!SkipValue(text, at)) return false;
    visit(name, text.substr(begin, at - begin));
    SkipBlanks(text, at);
    if (at >= text.size()) return false;
    if (text[at] == close) return true;
    if (text[at] != ',') return false;
    ++at;
  }
  return false;
}

bool AppendCanonical(std::string_view text, int depth, std::string& out) {
  if (depth > kCanonicalDepthMax || text.empty()) return false;
  if (text.front() == '[') {
    const std::optional<std::vector<std::string_view>> elements = ListElements(text);
    if (!elements.has_value()) return false;
    out.push_back('[');
    for (const std::string_view element : *elements) {
      if (!AppendCanonical(element, depth + 1, out)) return false;
      out.push_back(',');
    }
    out.push_back(']');
    return true;
  }
  if (text.front() != '{') {
    out.append(text);
    return true;
  }
  std::optional<std::vector<Member>> members = ObjectMembers(text);
  if (!members.has_value()) return false;
  std::sort(members->begin(), members->end(),
            [](const Member& a, const Member& b) { return a.name < b.name; });
  out.push_back('{');
  for (const Member& member : *members) {
    out.append(Cat("\"", member.name, "\":"));
    if (!AppendCanonical(member.value, depth + 1, out)) return false;
    out.push_back(',');
  }
  out.push_back('}');
  return true;
}

}  // namespace

std::optional<std::vector<Member>> ObjectMembers(std::string_view text) {
  std::vector<Member> members;
  const bool ok = ForEach(text, '{', '}', [&](std::string_view name, std::string_view value) {
    members.push_back({.name = Unescaped(name), .value = value});
  });
  if (!ok) return std::nullopt;
  return members;
}

std::optional<std::vector<std::string_view>> ListElements(std::string_view text) {
  std::vector<std::string_view> elements;
  const bool ok = ForEach(text, '[', ']', [&](std::string_view /*name*/, std::string_view value) {
    elements.push_back(value);
  });
  if (!ok) return std::nullopt;
  return elements;
}

std::string_view ValueOf(const std::vector<Member>& members, std::string_view name) {
  const auto found = std::find_if(members.begin(), members.end(),
                                  [&](const Member& member) { return member.name == name; });
  return found == members.end() ? std::string_view{} : found->value;
}

std::string StringOf(std::string_view value) {
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return "";
  return Unescaped(value.substr(1, value.size() - 2));
}

std::optional<std::string> Canonical(std::string_view text) {
  std::string out;
  size_t at = 0;
  SkipBlanks(text, at);
  if (!AppendCanonical(text.substr(at), 0, out)) return std::nullopt;
  return out;
}

}  // namespace ocs::tools
