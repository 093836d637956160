// The connection to a server that may be killed and restarted while it is used. Every request of
// the demonstration has a key, so nothing is done twice when it is sent again. Tested in:
// tests/e2e/replay_crash_test.py

#ifndef TOOLS_REPLAY_CLIENT_H_
#define TOOLS_REPLAY_CLIENT_H_

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "tools/client/retry.h"

namespace ocs::replay {

struct Endpoint {
  std::string address;
  int64_t patience_seconds = 60;  ///< How long one request may stay without an answer.
};

/// A connection of its own: channels of the same address do not share one.
std::shared_ptr<grpc::Channel> Connect(const Endpoint& endpoint);

/// How long one try may take, and how the waits between two grow.
client::RetryPolicy PolicyOf(const Endpoint& endpoint);

/// Tries until it is answered. `request` is called for each try. Blocks. Errors: the last one.
absl::Status Ask(const Endpoint& endpoint, std::string_view context, const client::Try& request);

}  // namespace ocs::replay

#endif  // TOOLS_REPLAY_CLIENT_H_
