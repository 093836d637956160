#include "tools/replay/client.h"

#include <chrono>
#include <thread>

#include "ocs/base/text.h"

namespace ocs::replay {

std::shared_ptr<grpc::Channel> Connect(const Endpoint& endpoint, int number) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt("ocs.replay.connection", number);
  // A restarted server should be found at once.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 500);
  return grpc::CreateCustomChannel(endpoint.address, grpc::InsecureChannelCredentials(), arguments);
}

bool WorthRepeating(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::UNKNOWN:  // gRPC's own word for a stream that broke off.
      return true;
    default:
      return false;
  }
}

absl::Status FromGrpc(const grpc::Status& status, std::string_view context) {
  if (status.ok()) return absl::OkStatus();
  return {static_cast<absl::StatusCode>(status.error_code()),
          Cat(context, ": ", status.error_message())};
}

void SetDeadline(grpc::ClientContext* context) {
  context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(kRequestSeconds));
}

absl::Status Ask(const Endpoint& endpoint, std::string_view context,
                 const std::function<grpc::Status(grpc::ClientContext*)>& request) {
  const auto until =
      std::chrono::steady_clock::now() + std::chrono::seconds(endpoint.patience_seconds);
  while (true) {
    grpc::ClientContext client_context;
    SetDeadline(&client_context);
    const grpc::Status status = request(&client_context);
    if (status.ok()) return absl::OkStatus();
    if (!WorthRepeating(status) || std::chrono::steady_clock::now() > until) {
      return FromGrpc(status, context);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(kRepeatMillis));
  }
}

}  // namespace ocs::replay
