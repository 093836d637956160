// Compares what three parties know of a replay that is over: the client's own summary, the bills
// of all accounts, and the charging records. They must agree to the last micro.
// Tested in: tests/e2e/replay_crash_test.py

#ifndef TOOLS_REPLAY_VERIFY_H_
#define TOOLS_REPLAY_VERIFY_H_

#include <string>

#include "absl/status/statusor.h"
#include "tools/replay/client.h"

namespace ocs::replay {

struct VerifyFiles {
  std::string summary;  ///< Of SummaryJson.
  std::string cdr_csv;  ///< Every record since the store was made; empty: asks the server for them.
};

enum class Agreement : uint8_t { kAgrees, kDiffers };

struct Verification {
  Agreement agreement = Agreement::kAgrees;
  std::string table;  ///< A line for each check, for people.
};

/// Does the comparison. Blocks. Errors: a file cannot be read, or the server does not answer.
absl::StatusOr<Verification> Verify(const Endpoint& endpoint, const VerifyFiles& files);

}  // namespace ocs::replay

#endif  // TOOLS_REPLAY_VERIFY_H_
