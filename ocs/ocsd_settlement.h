// The push of records to a phone-bill settlement system, as the configuration says.
// Tested in: tests/e2e/settlement_push_test.py

#ifndef OCS_OCSD_SETTLEMENT_H_
#define OCS_OCSD_SETTLEMENT_H_

#include <memory>

#include "absl/status/statusor.h"
#include "ocs/engine/engine.h"
#include "ocs/ocsd_config.h"
#include "ocs/rpc/settlement_push.h"

namespace ocs::ocsd {

/// Starts the push, or gives null when no receiver is configured. The engine must outlive it.
/// Errors: FailedPrecondition when a file cannot be read.
absl::StatusOr<std::unique_ptr<rpc::SettlementPush>> StartSettlementPush(const Config& config,
                                                                         engine::Engine* engine);

/// What the configuration of the push must keep together. Errors: InvalidArgument.
absl::Status CheckSettlement(const Config& config);

}  // namespace ocs::ocsd

#endif  // OCS_OCSD_SETTLEMENT_H_
