// The engine's counts as metrics. docs/OPERATING.md has the table.
// Tested in: tests/e2e/operation_test.cc

#ifndef OCS_OCSD_METRICS_H_
#define OCS_OCSD_METRICS_H_

#include <vector>

#include "ocs/engine/engine.h"
#include "ocs/runtime/metrics_endpoint.h"

namespace ocs::ocsd {

/// Every metric of every shard, now. Thread-safe.
std::vector<runtime::MetricFamily> CollectMetrics(const engine::Engine& engine);

}  // namespace ocs::ocsd

#endif  // OCS_OCSD_METRICS_H_
