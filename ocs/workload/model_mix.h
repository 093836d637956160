// Which model a generated call asks for, by shares that someone published.

#ifndef OCS_WORKLOAD_MODEL_MIX_H_
#define OCS_WORKLOAD_MODEL_MIX_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace ocs::workload {

inline constexpr int kModelsInMixMax = 1'000;  ///< Public rankings name under a hundred.

/// Names with their weights; a share is a weight divided by the sum of all.
struct ModelMix {
  struct Part {
    std::string model;
    uint64_t weight = 0;
  };
  std::vector<Part> parts;  ///< Each model once, in order of the text; weights above 0.
};

/// Reads one of two forms: a JSON object {"model": weight, ...} as OpenRouter's ranking is kept
/// (tokens a day; weights with a point are cut to whole numbers), or lines "model,weight" under
/// that header. Errors: InvalidArgument, naming the place: not that form; a weight below 0 or above
/// 10^18; a model twice; more than kModelsInMixMax; no model with a weight above 0 (models with 0
/// are left out). Thread-safe.
absl::StatusOr<ModelMix> ReadModelMix(std::string_view text);

}  // namespace ocs::workload

#endif  // OCS_WORKLOAD_MODEL_MIX_H_
