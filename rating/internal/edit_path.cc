#include "rating/internal/edit_path.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "ocs/base/quantity.h"
#include "ocs/base/text.h"

namespace ocs::rating::internal {
namespace {

constexpr std::array<std::string_view, 5> kNamingKeys = {"id", "name", "unit", "tax", "calendar"};
constexpr std::string_view kPrices = "prices";
constexpr size_t kNamesShownMax = 12;

bool MatchesOne(std::string_view pattern, std::string_view word) {
  const size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == word;
  if (!word.starts_with(pattern.substr(0, star))) return false;
  const std::string_view rest = pattern.substr(star + 1);
  for (size_t skip = star; skip <= word.size(); ++skip) {
    if (MatchesOne(rest, word.substr(skip))) return true;
  }
  return false;
}

bool IsPriceKey(std::string_view key) { return key == "tokens" || ParseTokenKind(key).has_value(); }

// True when the member has that value, or a list with it.
bool MemberMatches(const YamlNode::Member& member, std::string_view pattern) {
  const YamlNode& value = member.value;
  if (value.kind == YamlNode::Kind::kScalar) return MatchesWord(pattern, value.text);
  return std::any_of(value.items.begin(), value.items.end(), [&](const YamlNode& item) {
    return item.kind == YamlNode::Kind::kScalar && MatchesWord(pattern, item.text);
  });
}

bool ItemMatches(const YamlNode& item, size_t index, std::string_view step) {
  size_t wanted = 0;
  if (absl::SimpleAtoi(ToAbsl(step), &wanted)) return wanted == index;
  if (step == "*") return true;
  if (item.kind == YamlNode::Kind::kScalar) return MatchesWord(step, item.text);
  const size_t equals = step.find('=');
  for (const YamlNode::Member& member : item.members) {
    if (equals != std::string_view::npos) {
      if (member.key == step.substr(0, equals) && MemberMatches(member, step.substr(equals + 1))) {
        return true;
      }
    } else if (std::find(kNamingKeys.begin(), kNamingKeys.end(), member.key) != kNamingKeys.end() &&
               MemberMatches(member, step)) {
      return true;
    }
  }
  return false;
}

void TakeStep(const FoundNode& from, std::string_view step, bool last,
              std::vector<FoundNode>* out) {
  const YamlNode& node = *from.node;
  for (size_t i = 0; i < node.items.size(); ++i) {
    if (!ItemMatches(node.items[i], i, step)) continue;
    out->push_back({.node = &node.items[i], .field = Cat(from.field, "[", i, "]")});
  }
  // "prices" is a key of offers, and of rules all their prices together.
  const bool every_price =
      last && step == kPrices &&
      std::none_of(node.members.begin(), node.members.end(),
                   [](const YamlNode::Member& member) { return member.key == kPrices; });
  for (const YamlNode::Member& member : node.members) {
    if (every_price ? !IsPriceKey(member.key) : !MatchesWord(step, member.key)) continue;
    out->push_back({.node = &member.value,
                    .field = from.field.empty() ? member.key : Cat(from.field, ".", member.key)});
  }
}

// What the step could have been.
std::string NamesIn(const std::vector<FoundNode>& at) {
  std::vector<std::string> names;
  for (const FoundNode& found : at) {
    for (const YamlNode::Member& member : found.node->members) names.push_back(member.key);
    for (const YamlNode& item : found.node->items) {
      for (const YamlNode::Member& member : item.members) {
        if (member.key != "id" && member.key != "name" && member.key != "unit") continue;
        names.push_back(member.value.text);
        break;
      }
    }
  }
  if (names.empty()) return "nothing that has parts";
  const size_t shown = std::min(names.size(), kNamesShownMax);
  const std::string rest = names.size() > shown ? Cat(" and ", names.size() - shown, " more") : "";
  names.resize(shown);
  return absl::StrJoin(names, ", ") + rest;
}

}  // namespace

bool MatchesWord(std::string_view pattern, std::string_view word) {
  for (const absl::string_view one : absl::StrSplit(ToAbsl(pattern), '|')) {
    if (MatchesOne(FromAbsl(one), word)) return true;
  }
  return false;
}

absl::StatusOr<std::vector<FoundNode>> FollowPath(const YamlNode& root, std::string_view path) {
  std::vector<FoundNode> at = {{.node = &root, .field = ""}};
  const std::vector<absl::string_view> steps = absl::StrSplit(ToAbsl(path), '/');
  for (size_t i = 0; i < steps.size(); ++i) {
    const std::string_view step = FromAbsl(steps[i]);
    std::vector<FoundNode> next;
    for (const FoundNode& found : at) TakeStep(found, step, i + 1 == steps.size(), &next);
    if (next.empty()) {
      return absl::InvalidArgumentError(
          Cat("path '", path, "': '", step, "' leads nowhere; there is ", NamesIn(at)));
    }
    at = std::move(next);
  }
  return at;
}

}  // namespace ocs::rating::internal
