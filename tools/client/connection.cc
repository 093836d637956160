#include "tools/client/connection.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <iterator>
#include <string_view>

#include "absl/strings/ascii.h"
#include "ocs/base/limits.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"

namespace ocs::client {
namespace {

// A restarted server should be found at once, and not be hammered by many clients while it starts.
constexpr int kReconnectFirstMillis = 50;
constexpr int kReconnectMaxMillis = 500;
// A handshake goes back and forth some times, TLS among them, over a long line to a busy server.
constexpr int kConnectMillis = 5'000;

absl::StatusOr<std::string> ReadPem(std::string_view flag, const std::string& path) {
  if (path.empty()) return std::string();
  std::ifstream in(path, std::ios::binary);
  if (!in.good()) return absl::NotFoundError(Cat(flag, ": ", path, " cannot be read"));
  return std::string{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

grpc::ChannelArguments ArgumentsFor(Sharing sharing) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMessageBytesMax * 4);  // Ten thousand records in one batch.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kReconnectFirstMillis);
  // gRPC's name for how long one attempt may take at least.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kConnectMillis);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kReconnectMaxMillis);
  if (sharing == Sharing::kOwn) {
    static std::atomic<int> number{0};
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt("ocs.connection", ++number);  // Channels with equal arguments are one.
  }
  return arguments;
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(const Connection& connection,
                                                           Sharing sharing) {
  const grpc::ChannelArguments arguments = ArgumentsFor(sharing);
  if (connection.ca_file.empty()) {
    if (!connection.cert_file.empty() || !connection.cert_key_file.empty()) {
      return absl::InvalidArgumentError("--cert and --cert-key need --ca: TLS has two sides");
    }
    return grpc::CreateCustomChannel(connection.server, grpc::InsecureChannelCredentials(),
                                     arguments);
  }
  if (connection.cert_file.empty() != connection.cert_key_file.empty())
    return absl::InvalidArgumentError("--cert and --cert-key go together");
  grpc::SslCredentialsOptions tls;
  OCS_ASSIGN_OR_RETURN(tls.pem_root_certs, ReadPem("--ca", connection.ca_file));
  OCS_ASSIGN_OR_RETURN(tls.pem_cert_chain, ReadPem("--cert", connection.cert_file));
  OCS_ASSIGN_OR_RETURN(tls.pem_private_key, ReadPem("--cert-key", connection.cert_key_file));
  return grpc::CreateCustomChannel(connection.server, grpc::SslCredentials(tls), arguments);
}

absl::Status ReadToken(Connection* connection) {
  if (connection->token_file.empty()) return absl::OkStatus();
  OCS_ASSIGN_OR_RETURN(const std::string text, ReadPem("--token-file", connection->token_file));
  connection->token = std::string(absl::StripAsciiWhitespace(text));
  const std::string& token = connection->token;
  const bool good = !token.empty() && std::all_of(token.begin(), token.end(), [](unsigned char c) {
    return absl::ascii_isgraph(c);
  });
  if (good) return absl::OkStatus();
  return absl::InvalidArgumentError(
      Cat("--token-file: ", connection->token_file, " does not hold one word"));
}

void SetToken(const std::string& token, grpc::ClientContext* context) {
  if (!token.empty()) context->AddMetadata("authorization", "Bearer " + token);
}

void SetUpCall(const Connection& connection, grpc::ClientContext* context) {
  SetToken(connection.token, context);
  context->set_deadline(std::chrono::system_clock::now() +
                        std::chrono::seconds(connection.timeout_seconds));
}

}  // namespace ocs::client
