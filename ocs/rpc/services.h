// The gRPC services: they translate, hand over to the engine, translate back and finish. No
// decision is made here. One file per service stands in internal/.

#ifndef OCS_RPC_SERVICES_H_
#define OCS_RPC_SERVICES_H_

#include <grpcpp/server_builder.h>

#include <memory>

#include "absl/time/time.h"
#include "ocs/engine/engine.h"

namespace ocs::rpc {

struct ServicesOptions {
  absl::TimeZone zone;  ///< Of the times in sentences: explanations and bills.
};

/// All services of one engine. The engine must outlive this, this must outlive the server.
/// Thread-safe.
class Services final {
 public:
  Services(engine::Engine* engine, const ServicesOptions& options);
  ~Services();

  /// Adds the services to a server and sets the bounds of its messages.
  void RegisterWith(grpc::ServerBuilder* builder);

  /// From now on streams end with UNAVAILABLE at their next step: a stream of batches when its next
  /// batch comes, a stream of records within a tenth of a second. Unary calls are the engine's to
  /// refuse.
  void Stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ocs::rpc

#endif  // OCS_RPC_SERVICES_H_
