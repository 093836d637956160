#include "tools/ocsctl/client.h"

#include <grpcpp/generic/generic_stub.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/synchronization/notification.h"
#include "ocs/base/bytes.h"
#include "ocs/base/limits.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"

namespace ocs::tools {
namespace {

absl::StatusOr<std::string> ReadPem(std::string_view flag, const std::string& path) {
  if (path.empty()) return std::string();
  std::ifstream in(path, std::ios::binary);
  if (!in.good()) return absl::NotFoundError(Cat(flag, ": ", path, " cannot be read"));
  return std::string{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// The one field of a health answer: 1, an enumeration.
std::string StateOf(const grpc::ByteBuffer& answer) {
  std::vector<grpc::Slice> slices;
  if (!answer.Dump(&slices).ok()) return "UNKNOWN";
  std::string bytes;
  for (const grpc::Slice& slice : slices)
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  ByteReader in(bytes);
  if (in.U8() != 0x08) return "UNKNOWN";
  switch (in.Varint()) {
    case 1:
      return "SERVING";
    case 2:
      return "NOT_SERVING";
    default:
      return "UNKNOWN";
  }
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(const Connection& connection) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMessageBytesMax * 4);  // Ten thousand records in one batch.
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

void SetCaller(const Connection& connection, grpc::ClientContext* context) {
  if (!connection.token.empty()) {
    context->AddMetadata("authorization", "Bearer " + connection.token);
  }
}

void SetUpCall(const Connection& connection, grpc::ClientContext* context) {
  SetCaller(connection, context);
  context->set_deadline(std::chrono::system_clock::now() +
                        std::chrono::seconds(connection.timeout_seconds));
}

Health CheckHealth(const Connection& connection, const std::shared_ptr<grpc::Channel>& channel) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  SetUpCall(connection, &context);
  const grpc::Slice empty;  // "": the server as a whole.
  const grpc::ByteBuffer request(&empty, 1);
  grpc::ByteBuffer answer;
  Health health;
  absl::Notification done;
  stub.UnaryCall(&context, "/grpc.health.v1.Health/Check", grpc::StubOptions(), &request, &answer,
                 [&](grpc::Status status) {
                   health.status = std::move(status);
                   done.Notify();
                 });
  done.WaitForNotification();
  if (health.status.ok()) health.state = StateOf(answer);
  return health;
}

}  // namespace ocs::tools
