#include "ocs/workload/model_mix.h"

#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "ocs/base/text.h"

namespace ocs::workload {
namespace {

constexpr std::string_view kHeader = "model,weight";
constexpr uint64_t kWeightMax = 1'000'000'000'000'000'000;

absl::Status Fault(std::string_view place, std::string_view what) {
  return absl::InvalidArgumentError(Cat("model mix: ", place, ": ", what));
}

// Adds parts, each model once.
class Adder final {
 public:
  absl::Status Add(std::string_view place, std::string model, uint64_t weight) {
    if (model.empty()) return Fault(place, "a model without a name");
    if (weight > kWeightMax) return Fault(place, "weight: expected at most 10^18");
    if (!seen_.insert(model).second) return Fault(place, Cat("model '", model, "' is there twice"));
    if (seen_.size() > static_cast<size_t>(kModelsInMixMax)) {
      return Fault(place, Cat("more than ", kModelsInMixMax, " models"));
    }
    if (weight > 0) mix_.parts.push_back({.model = std::move(model), .weight = weight});
    return absl::OkStatus();
  }

  absl::StatusOr<ModelMix> Finish() {
    if (mix_.parts.empty()) return Fault("the whole", "no model has a weight above 0");
    return std::move(mix_);
  }

 private:
  ModelMix mix_;
  std::set<std::string> seen_;
};

absl::StatusOr<ModelMix> ReadObject(std::string_view text) {
  const auto object =
      nlohmann::ordered_json::parse(text.begin(), text.end(), /*cb=*/nullptr, false);
  if (object.is_discarded() || !object.is_object()) {
    return Fault("the whole", "expected {\"model\": weight, ...}");
  }
  Adder adder;
  for (const auto& [model, weight] : object.items()) {
    if (!weight.is_number() || !(weight.get<double>() >= 0) ||
        weight.get<double>() > static_cast<double>(kWeightMax)) {
      return Fault(model, "weight: expected a number from 0 to 10^18");
    }
    const absl::Status added = adder.Add(model, model, static_cast<uint64_t>(weight.get<double>()));
    if (!added.ok()) return added;
  }
  return adder.Finish();
}

absl::StatusOr<ModelMix> ReadLines(std::string_view text) {
  Adder adder;
  int64_t number = 0;
  for (absl::string_view line : absl::StrSplit(ToAbsl(text), '\n')) {
    ++number;
    const std::string place = Cat("line ", number);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (number == 1) {
      if (FromAbsl(line) != kHeader) return Fault(place, Cat("expected the header ", kHeader));
      continue;
    }
    if (line.empty()) continue;
    const std::pair<absl::string_view, absl::string_view> cells =
        absl::StrSplit(line, absl::MaxSplits(',', 1));
    uint64_t weight = 0;
    if (!absl::SimpleAtoi(cells.second, &weight)) {
      return Fault(place, "weight: expected a whole number from 0 to 10^18");
    }
    const absl::Status added = adder.Add(place, std::string(cells.first), weight);
    if (!added.ok()) return added;
  }
  return adder.Finish();
}

}  // namespace

absl::StatusOr<ModelMix> ReadModelMix(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  const bool object = begin != std::string_view::npos && text[begin] == '{';
  return object ? ReadObject(text) : ReadLines(text);
}

}  // namespace ocs::workload
