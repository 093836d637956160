// The connection to a server: address, TLS, deadline. Blocking calls.

#ifndef TOOLS_OCSCTL_CLIENT_H_
#define TOOLS_OCSCTL_CLIENT_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace ocs::tools {

struct Connection {
  std::string server = "127.0.0.1:7070";
  int timeout_seconds = 10;
  std::string ca_file = {};        ///< PEM. Given: TLS.
  std::string cert_file = {};      ///< PEM. The client's own, for mutual TLS.
  std::string cert_key_file = {};  ///< PEM.
  std::string token_file = {};     ///< Holds a bearer token.
  std::string token = {};          ///< Read from it by ReadToken; sent with every call.
};

/// A channel; nothing is sent yet. Errors: InvalidArgument or NotFound when the TLS files do not go
/// together or cannot be read.
absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(const Connection& connection);

/// Reads the token file, if one is given. Errors: NotFound, InvalidArgument; both name the file
/// only.
absl::Status ReadToken(Connection* connection);

/// Sets the deadline of a call and who makes it.
void SetUpCall(const Connection& connection, grpc::ClientContext* context);

/// Sets who makes a call; for streams, which have no deadline.
void SetCaller(const Connection& connection, grpc::ClientContext* context);

/// Asks the standard health service. "SERVING", "NOT_SERVING", "UNKNOWN".
struct Health {
  grpc::Status status;
  std::string state;
};
Health CheckHealth(const Connection& connection, const std::shared_ptr<grpc::Channel>& channel);

}  // namespace ocs::tools

#endif  // TOOLS_OCSCTL_CLIENT_H_
