#include "rating/coverage.h"

#include <map>
#include <utility>

namespace ocs::rating {

Coverage CoverageOf(const Tariff& tariff, OfferIndex offer, uint32_t grant,
                    const UseContext& context) {
  Coverage coverage;
  coverage.only_for = tariff.cover_values(offer, grant);
  UseContext use = context;
  for (size_t d = 0; d < kDimensionCount; ++d) {
    if (use.values[d] == 0 && !coverage.only_for[d].empty()) {
      use.values[d] = SymbolOf(coverage.only_for[d].front());
    }
  }
  std::map<std::string, bool> whole;  // By class: nothing of it is left out so far.
  for (uint32_t m = 0; m < tariff.model_count(); ++m) {
    const ModelIndex model{m};
    const RateRow* draw = tariff.FindDraw(offer, grant, model, use);
    if (draw != nullptr) coverage.models.push_back({.model = model, .draw = draw});
    for (const std::string& name : tariff.model_classes(model)) {
      bool& all = whole.try_emplace(name, true).first->second;
      all = all && draw != nullptr;
    }
  }
  for (const auto& [name, all] : whole) {
    if (all) coverage.classes.push_back(name);
  }
  return coverage;
}

}  // namespace ocs::rating
