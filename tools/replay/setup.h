// Opens the demonstration's accounts: creates each, pays money in, buys its offers, and charges
// what it used earlier in the month. Every change has a key made from the account's number, so that
// doing it again changes nothing.
// Tested in: tests/e2e/replay_crash_test.py

#ifndef TOOLS_REPLAY_SETUP_H_
#define TOOLS_REPLAY_SETUP_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tools/replay/client.h"
#include "tools/replay/population.h"
#include "tools/replay/summary.h"

namespace ocs::replay {

/// Publishes the catalogue in this file, in force at once. Errors: the server's, with its
/// diagnostics.
absl::Status PublishCatalogue(const Endpoint& endpoint, const std::string& path);

/// Opens every account of the plan; totals are empty. The plan must outlive the result.
/// `base_unix_ms` is the instant at which the trace begins. Blocks. Errors: the server's; what was
/// done stays done, and may be done again.
absl::StatusOr<Summary> OpenAccounts(const Endpoint& endpoint, const Plan& plan,
                                     int64_t base_unix_ms);

}  // namespace ocs::replay

#endif  // TOOLS_REPLAY_SETUP_H_
