// A picture of a run: goodput and latency over time, as SVG that any browser shows.
// Tested in: tests/tools/load_test.cc

#ifndef TOOLS_LOAD_CHART_H_
#define TOOLS_LOAD_CHART_H_

#include <string>
#include <vector>

#include "tools/load/measure.h"

namespace ocs::load {

/// Above: offered (dashed) and done in each second. Below: p50 (dashed) and p99 of what was done,
/// in milliseconds on a logarithmic scale. One colour a tenant; phases are separated and named.
std::string FormatChart(const Measure& measure, const std::vector<std::string>& phases);

}  // namespace ocs::load

#endif  // TOOLS_LOAD_CHART_H_
