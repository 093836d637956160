#include "ocs/simulation/internal/text_map.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "ocs/base/text.h"
#include "ocs/base/unit.h"

namespace ocs::simulation::internal {
namespace {

int LineAt(const YAML::Node& node) { return node.Mark().line + 1; }

std::string Listed(const std::vector<std::string>& known) {
  std::string text;
  for (const std::string& key : known) text += Cat(text.empty() ? "" : ", ", key);
  return text;
}

}  // namespace

void Faults::Add(int line, std::string_view field, std::string_view what) {
  faults_.emplace_back(line, Cat(file_, ":", line, ": ", field, field.empty() ? "" : ": ", what));
}

std::vector<std::string> Faults::Take() {
  std::stable_sort(faults_.begin(), faults_.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> texts;
  for (auto& fault : faults_) texts.push_back(std::move(fault.second));
  faults_.clear();
  return texts;
}

std::optional<YAML::Node> ReadTextMap(std::string_view text, Faults* faults) {
  // The library reports by exceptions: they end here.
  try {
    YAML::Node root = YAML::Load(std::string(text));
    if (root.IsMap()) return root;
    faults->Add(1, "", "expected a map of fields");
  } catch (const YAML::Exception& e) {
    faults->Add(e.mark.is_null() ? 1 : e.mark.line + 1, "", Cat("is not YAML: ", e.msg));
  }
  return std::nullopt;
}

TextMap::TextMap(YAML::Node node, std::string path, const std::vector<std::string>& known,
                 Faults* faults)
    : node_(std::move(node)), path_(std::move(path)), faults_(faults), line_(LineAt(node_)) {
  if (!node_.IsMap()) {
    faults_->Add(line_, path_, Cat("expected a map with the fields ", Listed(known)));
    node_ = YAML::Node(YAML::NodeType::Map);
    return;
  }
  std::vector<std::string> seen;
  for (const auto& member : node_) {
    const std::string key = member.first.IsScalar() ? member.first.Scalar() : "";
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      faults_->Add(LineAt(member.first), PathOf(key),
                   Cat("is not known: expected one of ", Listed(known)));
    } else if (std::find(seen.begin(), seen.end(), key) != seen.end()) {
      faults_->Add(LineAt(member.first), PathOf(key), "is written twice");
    }
    seen.push_back(key);
  }
}

bool TextMap::has(const std::string& key) const { return node_[key].IsDefined(); }

int TextMap::LineOf(const std::string& key) const {
  for (const auto& member : node_) {
    if (member.first.IsScalar() && member.first.Scalar() == key) return LineAt(member.first);
  }
  return line_;
}

std::string TextMap::PathOf(const std::string& key) const {
  return path_.empty() ? key : Cat(path_, ".", key);
}

void TextMap::Fault(const std::string& key, std::string_view what) const {
  faults_->Add(LineOf(key), PathOf(key), what);
}

std::optional<std::string> TextMap::Scalar(const std::string& key, bool needed) const {
  const YAML::Node value = node_[key];
  if (!value.IsDefined()) {
    if (needed) Fault(key, "is missing");
    return std::nullopt;
  }
  if (value.IsScalar() && !value.Scalar().empty()) return value.Scalar();
  Fault(key, "expected a single value");
  return std::nullopt;
}

std::string TextMap::Text(const std::string& key, std::string_view by_default) const {
  return Scalar(key, false).value_or(std::string(by_default));
}

std::string TextMap::NeedText(const std::string& key) const {
  return Scalar(key, true).value_or("");
}

int64_t TextMap::Whole(const std::string& key, int64_t by_default, Range range) const {
  const auto text = Scalar(key, false);
  if (!text) return by_default;
  int64_t number = 0;
  if (absl::SimpleAtoi(*text, &number) && number >= range.low && number <= range.high)
    return number;
  Fault(key, Cat("is '", *text, "', expected a whole number from ", range.low, " to ", range.high));
  return by_default;
}

int64_t TextMap::NeedWhole(const std::string& key, Range range) const {
  if (!has(key)) Fault(key, "is missing");
  return Whole(key, range.low, range);
}

int64_t TextMap::Scaled(const std::string& key, int64_t by_default, Range range,
                        int64_t scale) const {
  const auto text = Scalar(key, false);
  if (!text) return by_default;
  const absl::StatusOr<int64_t> micros = ParseMicros(*text);
  const int64_t step = kMicrosPerMoney / scale;
  if (micros.ok() && *micros % step == 0) {
    const int64_t number = *micros / step;
    if (number >= range.low && number <= range.high) return number;
  }
  Fault(key, Cat("is '", *text, "', expected a decimal number from ",
                 FormatMicros(range.low * step), " to ", FormatMicros(range.high * step),
                 scale == kMicrosPerMoney ? "" : " with at most 3 decimals"));
  return by_default;
}

int64_t TextMap::Permille(const std::string& key, int64_t by_default, Range range) const {
  return Scaled(key, by_default, range, 1'000);
}

int64_t TextMap::Micros(const std::string& key, int64_t by_default, Range range) const {
  return Scaled(key, by_default, range, kMicrosPerMoney);
}

std::vector<YAML::Node> TextMap::Items(const std::string& key) const {
  const YAML::Node value = node_[key];
  std::vector<YAML::Node> items;
  if (!value.IsDefined()) return items;
  if (!value.IsSequence()) {
    Fault(key, "expected a list");
    return items;
  }
  for (const auto& item : value) items.push_back(item);
  return items;
}

}  // namespace ocs::simulation::internal
