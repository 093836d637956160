// What ocsctl asks of a server beside its calls; the connection is the client library's.

#ifndef TOOLS_OCSCTL_CLIENT_H_
#define TOOLS_OCSCTL_CLIENT_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "tools/client/connection.h"

namespace ocs::tools {

using client::Connection;
using client::MakeChannel;
using client::ReadToken;
using client::SetUpCall;

/// Asks the standard health service. "SERVING", "NOT_SERVING", "UNKNOWN".
struct Health {
  grpc::Status status;
  std::string state;
};
Health CheckHealth(const Connection& connection, const std::shared_ptr<grpc::Channel>& channel);

}  // namespace ocs::tools

#endif  // TOOLS_OCSCTL_CLIENT_H_
