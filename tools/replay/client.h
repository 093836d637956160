// The connection to a server that may be killed and restarted while it is used: a request without
// an answer is sent again, the same, until it is answered or patience ends. Every request of the
// demonstration has a key, so nothing is done twice.
// Tested in: tests/e2e/replay_crash_test.py

#ifndef TOOLS_REPLAY_CLIENT_H_
#define TOOLS_REPLAY_CLIENT_H_

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace ocs::replay {

struct Endpoint {
  std::string address;
  int64_t patience_seconds = 60;  ///< How long one request may stay without an answer.
};

inline constexpr int64_t kRequestSeconds = 10;  ///< Of one try.
inline constexpr int64_t kRepeatMillis = 100;   ///< Between two tries.

/// A connection of its own: channels of the same address do not share one.
std::shared_ptr<grpc::Channel> Connect(const Endpoint& endpoint, int number);

/// True when no answer came, or the server asked to come again: what was asked may be repeated.
bool WorthRepeating(const grpc::Status& status);

/// The error as ours, with what was asked in front.
absl::Status FromGrpc(const grpc::Status& status, std::string_view context);

/// Sets the time of one try.
void SetDeadline(grpc::ClientContext* context);

/// Tries until it is answered. `request` is called for each try. Blocks. Errors: the last one.
absl::Status Ask(const Endpoint& endpoint, std::string_view context,
                 const std::function<grpc::Status(grpc::ClientContext*)>& request);

}  // namespace ocs::replay

#endif  // TOOLS_REPLAY_CLIENT_H_
