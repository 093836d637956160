// A chart as the JSON that the page's script draws.

#ifndef OCS_REPORT_INTERNAL_CHART_DATA_H_
#define OCS_REPORT_INTERNAL_CHART_DATA_H_

#include <string>

#include "absl/status/statusor.h"
#include "ocs/report/page.h"

namespace ocs::report::internal {

/// Errors: InvalidArgument: a value is no decimal number; values do not stand beside labels.
absl::StatusOr<std::string> ChartJson(const Chart& chart);

}  // namespace ocs::report::internal

#endif  // OCS_REPORT_INTERNAL_CHART_DATA_H_
