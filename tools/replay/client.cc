#include "tools/replay/client.h"

#include "ocs/base/check.h"
#include "tools/client/connection.h"

namespace ocs::replay {

std::shared_ptr<grpc::Channel> Connect(const Endpoint& endpoint) {
  auto channel = client::MakeChannel({.server = endpoint.address}, client::Sharing::kOwn);
  OCS_CHECK(channel.ok());  // Without TLS no file can be missing.
  return *channel;
}

client::RetryPolicy PolicyOf(const Endpoint& endpoint) {
  // A demonstration shows how soon a restarted server is found: its waits stay short.
  return {.attempt_ms = 10'000,
          .budget_ms = endpoint.patience_seconds * 1'000,
          .backoff_first_ms = 50,
          .backoff_most_ms = 400};
}

absl::Status Ask(const Endpoint& endpoint, std::string_view context, const client::Try& request) {
  const client::Tried tried = client::TryWithin(PolicyOf(endpoint), client::JitterSeed(),
                                                client::RetryTime::Real(), request);
  return client::FromGrpc(tried.status, context);
}

}  // namespace ocs::replay
