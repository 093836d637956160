// A simulation looked at with a question: what a candidate changes, whether it passes, how robust
// it is. The value behind the artefact, the page and the terminal's answer. Pure.

#ifndef OCS_WHATIF_STUDY_H_
#define OCS_WHATIF_STUDY_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "ocs/simulation/result.h"
#include "ocs/whatif/break_even.h"
#include "ocs/whatif/comparison.h"
#include "ocs/whatif/plan_choice.h"
#include "ocs/whatif/requirement.h"
#include "ocs/whatif/sweep.h"
#include "rating/diff.h"

namespace ocs::whatif {

struct Study {
  const simulation::Result* result = nullptr;
  size_t before = 0;  ///< Index of the variant that is compared with.
  size_t after = 0;   ///< Index of the candidate; equal to `before`: nothing is compared.
  std::optional<Comparison> comparison = {};
  std::vector<rating::Change> catalogue_changes = {};
  std::vector<Checked> checked = {};
  std::vector<BreakEven> break_evens = {};  ///< Of the candidate.
  std::optional<PlanChoice> choice = {};
  std::vector<SweepPoint> sweep = {};
  std::string signed_by = {};  ///< Who stands for it; "" for nobody.

  const simulation::VariantResult& old_variant() const { return result->variants[before]; }
  const simulation::VariantResult& new_variant() const { return result->variants[after]; }
  /// False when a requirement fails, or when the run was cancelled while there are requirements: a
  /// part of the input proves nothing.
  bool passed() const;
};

/// Compares the two variants and looks up the requirements. Without a comparison (before ==
/// after), requirements are looked up in a comparison of the variant with itself.
/// REQUIRES: both indexes are variants of the result; it outlives the study.
Study MakeStudy(const simulation::Result& result, size_t before, size_t after,
                const std::vector<Required>& required);

/// "customer 17, plan light": how a customer is named in all that a study gives.
std::string CustomerName(const simulation::Result& result, uint32_t number, uint8_t plan);

}  // namespace ocs::whatif

#endif  // OCS_WHATIF_STUDY_H_
