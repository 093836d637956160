// ocs.push.v1.Pushes.

#ifndef OCS_RPC_INTERNAL_PUSH_SERVICE_H_
#define OCS_RPC_INTERNAL_PUSH_SERVICE_H_

#include <atomic>
#include <optional>
#include <string>

#include "ocs/engine/engine.h"
#include "ocs/engine/push_operation.h"
#include "ocs/push/v1/push.grpc.pb.h"
#include "ocs/rpc/internal/gate.h"
#include "ocs/rpc/internal/push_hub.h"
#include "ocs/rpc/internal/status.h"

namespace ocs::rpc::internal {

/// All of it must outlive the server.
struct PushScope {
  engine::Engine* engine = nullptr;
  Gate* gate = nullptr;
  PushHub* hub = nullptr;
  const std::atomic<bool>* stopping = nullptr;
};

/// An acknowledgement, and whose consumer it is.
struct AcknowledgeNoticesWire {
  const push::v1::AcknowledgeNoticesRequest& wire_request;
  int shard_count;
  std::string_view tenant;
};

std::optional<FieldFault> FromWire(const push::v1::AnswerPushRequest& in,
                                   engine::AnswerDemandCall* out);
std::optional<FieldFault> FromWire(const push::v1::ReauthoriseSessionsRequest& in,
                                   engine::DemandCall* out);
std::optional<FieldFault> FromWire(const push::v1::AbortSessionsRequest& in,
                                   engine::DemandCall* out);
std::optional<FieldFault> FromWire(const AcknowledgeNoticesWire& in, engine::AcknowledgeCall* out);
void ToWire(const engine::AnswerDemandCall& in, push::v1::AnswerPushResponse* out);
void ToWire(const engine::DemandCall& in, push::v1::ReauthoriseSessionsResponse* out);
void ToWire(const engine::DemandCall& in, push::v1::AbortSessionsResponse* out);
void ToWire(const engine::AcknowledgeCall& in, push::v1::AcknowledgeNoticesResponse* out);

/// Thread-safe.
class PushService final : public push::v1::Pushes::CallbackService {
 public:
  explicit PushService(const PushScope& scope) : scope_(scope) {}

 private:
  grpc::ServerWriteReactor<push::v1::PushBatch>* StreamPushes(
      grpc::CallbackServerContext* context, const push::v1::StreamPushesRequest* request) override;
  grpc::ServerUnaryReactor* AnswerPush(grpc::CallbackServerContext* context,
                                       const push::v1::AnswerPushRequest* request,
                                       push::v1::AnswerPushResponse* response) override;
  grpc::ServerUnaryReactor* ReauthoriseSessions(
      grpc::CallbackServerContext* context, const push::v1::ReauthoriseSessionsRequest* request,
      push::v1::ReauthoriseSessionsResponse* response) override;
  grpc::ServerUnaryReactor* AbortSessions(grpc::CallbackServerContext* context,
                                          const push::v1::AbortSessionsRequest* request,
                                          push::v1::AbortSessionsResponse* response) override;
  grpc::ServerWriteReactor<push::v1::NoticeBatch>* StreamNotices(
      grpc::CallbackServerContext* context, const push::v1::StreamNoticesRequest* request) override;
  grpc::ServerUnaryReactor* AcknowledgeNotices(
      grpc::CallbackServerContext* context, const push::v1::AcknowledgeNoticesRequest* request,
      push::v1::AcknowledgeNoticesResponse* response) override;

  const PushScope scope_;
};

}  // namespace ocs::rpc::internal

#endif  // OCS_RPC_INTERNAL_PUSH_SERVICE_H_
