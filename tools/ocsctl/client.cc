#include "tools/ocsctl/client.h"

#include <grpcpp/generic/generic_stub.h>

#include <vector>

#include "absl/synchronization/notification.h"
#include "ocs/base/bytes.h"

namespace ocs::tools {
namespace {

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
