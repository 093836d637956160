// Plays the planned calls through the server. Each account's calls follow one another, so that what
// it is charged does not depend on timing; many accounts are played at once.
// Tested in: tests/e2e/replay_crash_test.py

#ifndef TOOLS_REPLAY_REPLAY_H_
#define TOOLS_REPLAY_REPLAY_H_

#include <atomic>
#include <cstdint>

#include "absl/status/statusor.h"
#include "tools/replay/client.h"
#include "tools/replay/summary.h"

namespace ocs::replay {

struct ReplayOptions {
  Endpoint endpoint;
  int64_t base_unix_ms = 0;  ///< The instant at which the trace begins.
  int64_t in_flight_max = 64;
  int64_t connections = 2;  ///< Each with a thread.
};

/// Counts while it runs. Thread-safe.
struct Progress {
  std::atomic<int64_t> calls{0};
  std::atomic<int64_t> requests{0};
  std::atomic<int64_t> repeats{0};
  std::atomic<int64_t> blocked{0};
  std::atomic<int64_t> cut{0};
  std::atomic<int64_t> overage{0};
};

/// Plays every call of the accounts and adds what came of them to their totals. Blocks until all
/// are done. Errors: a request got no answer for as long as patience lasts, or one that cannot be;
/// the calls that were begun are then not finished, and playing all again finishes them.
absl::StatusOr<Timing> Replay(const ReplayOptions& options, Summary* summary, Progress* progress);

}  // namespace ocs::replay

#endif  // TOOLS_REPLAY_REPLAY_H_
