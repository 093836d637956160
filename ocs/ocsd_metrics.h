// The engine's counts as metrics. docs/OPERATING.md has the table.
// Tested in: tests/e2e/operation_test.cc

#ifndef OCS_OCSD_METRICS_H_
#define OCS_OCSD_METRICS_H_

#include <vector>

#include "ocs/base/time.h"
#include "ocs/engine/engine.h"
#include "ocs/ocsd_security.h"
#include "ocs/rpc/services.h"
#include "ocs/rpc/settlement_push.h"
#include "ocs/runtime/metrics_endpoint.h"

namespace ocs::ocsd {

/// What is counted. All of it outlives the call.
struct MetricSources {
  const engine::Engine* engine = nullptr;
  const rpc::Services* services = nullptr;
  const CredentialsFile* credentials = nullptr;     ///< Null: no authentication.
  const rpc::SettlementPush* settlement = nullptr;  ///< Null: nothing is pushed.
  Instant now;
};

/// Every metric of every shard, of the callers and of the consumers of records. Thread-safe.
std::vector<runtime::MetricFamily> CollectMetrics(const MetricSources& sources);

}  // namespace ocs::ocsd

#endif  // OCS_OCSD_METRICS_H_
