// The engine's counts as metrics. docs/OPERATING.md has the table.
// Tested in: tests/e2e/operation_test.cc

#ifndef OCS_OCSD_METRICS_H_
#define OCS_OCSD_METRICS_H_

#include <vector>

#include "ocs/engine/engine.h"
#include "ocs/ocsd_security.h"
#include "ocs/rpc/services.h"
#include "ocs/runtime/metrics_endpoint.h"

namespace ocs::ocsd {

/// Every metric of every shard and of the callers, now. `credentials` may be null: no
/// authentication. Thread-safe.
std::vector<runtime::MetricFamily> CollectMetrics(const engine::Engine& engine,
                                                  const rpc::Services& services,
                                                  const CredentialsFile* credentials);

}  // namespace ocs::ocsd

#endif  // OCS_OCSD_METRICS_H_
