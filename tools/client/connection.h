// How a server is reached: address, TLS, bearer token.
// Tested in: tests/client/connection_test.cc

#ifndef TOOLS_CLIENT_CONNECTION_H_
#define TOOLS_CLIENT_CONNECTION_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace ocs::client {

struct Connection {
  std::string server = "127.0.0.1:7070";
  int timeout_seconds = 10;        ///< Of one try, in SetUpCall.
  std::string ca_file = {};        ///< PEM. Given: TLS.
  std::string cert_file = {};      ///< PEM. The client's own, for mutual TLS.
  std::string cert_key_file = {};  ///< PEM.
  std::string token_file = {};     ///< Holds a bearer token.
  std::string token = {};          ///< Read from it by ReadToken; sent with every call.
};

/// Whether channels of one address may share a connection.
enum class Sharing { kShared, kOwn };

/// A channel; nothing is sent yet. A server that was away is looked for again after 50 ms, and at
/// least twice a second; one that accepts has 5 s to make the connection. Errors: InvalidArgument
/// or NotFound when the TLS files do not go together or cannot be read; they name the flag of the
/// tools that gives the file.
absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(const Connection& connection,
                                                           Sharing sharing = Sharing::kShared);

/// Reads the token file, if one is given. Errors: NotFound, InvalidArgument; both name the file
/// only.
absl::Status ReadToken(Connection* connection);

/// Sets who makes a call. An empty token sets nothing.
void SetToken(const std::string& token, grpc::ClientContext* context);

/// Sets the deadline of a call and who makes it.
void SetUpCall(const Connection& connection, grpc::ClientContext* context);

}  // namespace ocs::client

#endif  // TOOLS_CLIENT_CONNECTION_H_
