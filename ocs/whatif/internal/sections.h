// The sections of a study's page.

#ifndef OCS_WHATIF_INTERNAL_SECTIONS_H_
#define OCS_WHATIF_INTERNAL_SECTIONS_H_

#include <cstddef>

#include "ocs/report/page.h"
#include "ocs/whatif/study.h"

namespace ocs::whatif::internal {

// Reasons. Of a study without a comparison only what one catalogue has.
report::Section MoneySection(const Study& study);
report::Section PlanSection(const Study& study);
report::Section BreakEvenSection(const Study& study);
report::Section ChangesSection(const Study& study);

// REQUIRES: study.comparison.
report::Section DecileSection(const Study& study);
report::Section ClassSection(const Study& study);
report::Section RiseSection(const Study& study, size_t customers);
report::Section FallSection(const Study& study, size_t customers);

report::Section ChoiceSection(const Study& study);  ///< REQUIRES: study.choice.
report::Section SweepSection(const Study& study);   ///< REQUIRES: a sweep.

// Tables.
report::Section GroupSection(const Study& study, std::string_view title,
                             const std::vector<simulation::Group> simulation::VariantResult::*of);
report::Section HourSection(const Study& study);
report::Section PackageSection(const Study& study);
report::Section BillSection(const Study& study);

}  // namespace ocs::whatif::internal

#endif  // OCS_WHATIF_INTERNAL_SECTIONS_H_
