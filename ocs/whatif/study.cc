#include "ocs/whatif/study.h"

#include <algorithm>

#include "ocs/base/check.h"
#include "ocs/base/text.h"

namespace ocs::whatif {

bool Study::passed() const {
  if (checked.empty()) return true;
  return !result->cancelled &&
         std::all_of(checked.begin(), checked.end(), [](const Checked& one) { return one.passed; });
}

Study MakeStudy(const simulation::Result& result, size_t before, size_t after,
                const std::vector<Required>& required) {
  OCS_CHECK(before < result.variants.size() && after < result.variants.size());
  Study study;
  study.result = &result;
  study.before = before;
  study.after = after;
  Comparison comparison = Compare(result.variants[before], result.variants[after]);
  study.checked =
      CheckRequired(required, result.variants[before], result.variants[after], comparison);
  if (before != after) study.comparison = std::move(comparison);
  study.break_evens = BreakEvens(result.variants[after]);
  return study;
}

std::string CustomerName(const simulation::Result& result, uint32_t number, uint8_t plan) {
  return Cat("customer ", number, ", plan ", result.plans[plan]);
}

}  // namespace ocs::whatif
