#include "rating/edit.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "absl/numeric/int128.h"
#include "absl/strings/ascii.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "rating/internal/edit_path.h"
#include "rating/internal/yaml.h"

namespace ocs::rating {
namespace {

using internal::FoundNode;
using internal::YamlNode;

constexpr int kDecimalsMax = 12;  // As the language has it.
constexpr int kDigitsMax = 30;
constexpr absl::int128 kLargest = std::numeric_limits<uint64_t>::max();

// digits / 10^decimals, without trailing zeros behind the point.
struct Decimal {
  absl::int128 digits = 0;
  int decimals = 0;
};

// The decimal number at the beginning of the text, and how many bytes it has; "1_000" is 1000.
std::optional<std::pair<Decimal, size_t>> LeadingDecimal(std::string_view text) {
  Decimal number;
  size_t at = 0;
  int digits = 0;
  bool point = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '_' && digits > 0 && !point) continue;
    if (c == '.' && !point && digits > 0) {
      point = true;
      continue;
    }
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) break;
    if (++digits > kDigitsMax) return std::nullopt;
    number.digits = number.digits * 10 + (c - '0');
    if (point) ++number.decimals;
  }
  if (digits == 0 || text[at - 1] == '.' || text[at - 1] == '_') return std::nullopt;
  return std::pair(number, at);
}

std::optional<Decimal> WholeDecimal(std::string_view text) {
  const auto number = LeadingDecimal(text);
  if (!number.has_value() || number->second != text.size()) return std::nullopt;
  if (number->first.decimals > kDecimalsMax || number->first.digits > kLargest) {
    return std::nullopt;
  }
  return number->first;
}

std::string Written(Decimal number) {
  while (number.decimals > 0 && number.digits % 10 == 0) {
    number.digits /= 10;
    --number.decimals;
  }
  std::string digits;
  for (absl::int128 rest = number.digits; rest > 0; rest /= 10) {
    digits += static_cast<char>('0' + static_cast<int>(rest % 10));
  }
  while (digits.size() <= static_cast<size_t>(number.decimals)) digits += '0';
  std::reverse(digits.begin(), digits.end());
  if (number.decimals > 0) digits.insert(digits.size() - static_cast<size_t>(number.decimals), ".");
  return digits;
}

absl::int128 TimesTen(absl::int128 digits, int times) {
  for (int i = 0; i < times; ++i) digits *= 10;
  return digits;
}

// Nothing where the result is below 0 or longer than the language reads.
std::optional<Decimal> Apply(Edit::Action action, Decimal a, Decimal b) {
  Decimal result;
  if (action == Edit::Action::kMultiply) {
    if (a.digits > kLargest) return std::nullopt;
    result = {.digits = a.digits * b.digits, .decimals = a.decimals + b.decimals};
  } else {
    result.decimals = std::max(a.decimals, b.decimals);
    if (a.digits > kLargest) return std::nullopt;
    const absl::int128 left = TimesTen(a.digits, result.decimals - a.decimals);
    const absl::int128 right = TimesTen(b.digits, result.decimals - b.decimals);
    result.digits = action == Edit::Action::kAdd ? left + right : left - right;
  }
  if (result.digits < 0) return std::nullopt;
  while (result.decimals > kDecimalsMax && result.digits % 10 == 0) {
    result.digits /= 10;
    --result.decimals;
  }
  return result.decimals > kDecimalsMax ? std::nullopt : std::optional(result);
}

std::string_view ActionText(Edit::Action action) {
  switch (action) {
    case Edit::Action::kSet:
      return "=";
    case Edit::Action::kMultiply:
      return "*=";
    case Edit::Action::kAdd:
      return "+=";
    case Edit::Action::kSubtract:
      return "-=";
  }
  return "";
}

absl::Status Fault(const Edit& edit, const FoundNode& found, std::string_view what) {
  return absl::InvalidArgumentError(
      Cat("line ", found.node->line, ": ", found.field, ": ", what, " (", edit.ToString(), ")"));
}

// What the value becomes.
absl::StatusOr<std::string> NewValue(const Edit& edit, const FoundNode& found) {
  if (edit.action == Edit::Action::kSet) return edit.value;
  const auto number = LeadingDecimal(found.node->text);
  if (!number.has_value()) {
    return Fault(edit, found, Cat("expected a number, found '", found.node->text, "'"));
  }
  const auto result = Apply(edit.action, number->first, *WholeDecimal(edit.value));
  if (!result.has_value()) {
    return Fault(edit, found, "the result is below 0, or has more than 12 decimals");
  }
  return Written(*result) + found.node->text.substr(number->second);
}

// Puts the values into the text, from its end to its beginning so that offsets stay right.
absl::Status Replace(const Edit& edit, std::vector<std::pair<FoundNode, std::string>> values,
                     std::string* text) {
  std::sort(values.begin(), values.end(), [](const auto& a, const auto& b) {
    return a.first.node->offset > b.first.node->offset;
  });
  for (const auto& [found, value] : values) {
    size_t at = found.node->offset;
    const std::string& before = found.node->text;
    if (at < text->size() && ((*text)[at] == '"' || (*text)[at] == '\'')) ++at;
    if (text->compare(at, before.size(), before) != 0) {
      return Fault(edit, found, "expected a value on one line, without escapes");
    }
    text->replace(at, before.size(), value);
  }
  return absl::OkStatus();
}

absl::Status ApplyEdit(const Edit& edit, EditedText* edited) {
  const internal::YamlResult tree = internal::ReadYaml(edited->text);
  if (!tree.faults.empty()) {
    return absl::InvalidArgumentError(
        Cat("line ", tree.faults[0].line, ": ", tree.faults[0].message));
  }
  const auto at = internal::FollowPath(tree.root, edit.path);
  if (!at.ok()) return at.status();
  std::vector<std::pair<FoundNode, std::string>> values;
  for (const FoundNode& found : *at) {
    if (found.node->kind != YamlNode::Kind::kScalar) {
      return Fault(edit, found, "expected a single value");
    }
    const auto value = NewValue(edit, found);
    if (!value.ok()) return value.status();
    values.emplace_back(found, *value);
    edited->places.push_back({.line = found.node->line,
                              .field = found.field,
                              .before = found.node->text,
                              .after = *value});
  }
  return Replace(edit, std::move(values), &edited->text);
}

}  // namespace

std::string Edit::ToString() const { return Cat(path, " ", ActionText(action), " ", value); }

absl::StatusOr<Edit> ParseEdit(std::string_view text) {
  const size_t last_step =
      text.find_last_of('/') == std::string_view::npos ? 0 : text.find_last_of('/');
  const size_t equals = text.find('=', last_step);
  if (equals == std::string_view::npos || equals == 0) {
    return absl::InvalidArgumentError(
        Cat("change '", text, "': expected PATH = VALUE, PATH *= FACTOR, PATH += or -= NUMBER"));
  }
  Edit edit;
  size_t path_end = equals - 1;
  switch (text[equals - 1]) {
    case '*':
      edit.action = Edit::Action::kMultiply;
      break;
    case '+':
      edit.action = Edit::Action::kAdd;
      break;
    case '-':
      edit.action = Edit::Action::kSubtract;
      break;
    default:
      path_end = equals;
  }
  edit.path = std::string(FromAbsl(absl::StripAsciiWhitespace(ToAbsl(text.substr(0, path_end)))));
  edit.value = std::string(FromAbsl(absl::StripAsciiWhitespace(ToAbsl(text.substr(equals + 1)))));
  if (edit.path.empty()) return absl::InvalidArgumentError(Cat("change '", text, "': no path"));
  if (edit.value.empty()) return absl::InvalidArgumentError(Cat("change '", text, "': no value"));
  if (edit.action != Edit::Action::kSet && !WholeDecimal(edit.value).has_value()) {
    return absl::InvalidArgumentError(Cat("change '", text,
                                          "': expected a number with at most 12 decimals, found '",
                                          edit.value, "'"));
  }
  return edit;
}

absl::StatusOr<EditedText> EditCatalogueText(std::string_view text, std::span<const Edit> edits) {
  if (edits.size() > static_cast<size_t>(kEditsMax)) {
    return absl::InvalidArgumentError(Cat(edits.size(), " changes; at most ", kEditsMax));
  }
  EditedText edited = {.text = std::string(text), .places = {}};
  for (const Edit& edit : edits) OCS_RETURN_IF_ERROR(ApplyEdit(edit, &edited));
  return edited;
}

}  // namespace ocs::rating
