// ocs.cdr.v1.Records.

#ifndef OCS_RPC_INTERNAL_RECORD_SERVICE_H_
#define OCS_RPC_INTERNAL_RECORD_SERVICE_H_

#include "ocs/cdr/v1/cdr.grpc.pb.h"
#include "ocs/engine/engine.h"
#include "ocs/engine/operation.h"
#include "ocs/rpc/internal/record_stream.h"
#include "ocs/rpc/internal/status.h"

namespace ocs::rpc::internal {

/// An acknowledgement, and how many shards there are to name.
struct AcknowledgeWireRequest {
  const cdr::v1::AcknowledgeRequest& wire_request;
  int shard_count;
  std::string_view tenant;  ///< Whose consumer; empty: the operator's.
};
std::optional<FieldFault> FromWire(const AcknowledgeWireRequest& in, engine::AcknowledgeCall* out);
void ToWire(const engine::AcknowledgeCall& in, cdr::v1::AcknowledgeResponse* out);

/// Thread-safe.
class RecordService final : public cdr::v1::Records::CallbackService {
 public:
  explicit RecordService(const RecordScope& scope) : scope_(scope) {}

 private:
  grpc::ServerWriteReactor<cdr::v1::RecordBatch>* StreamRecords(
      grpc::CallbackServerContext* context, const cdr::v1::StreamRecordsRequest* request) override;
  grpc::ServerUnaryReactor* Acknowledge(grpc::CallbackServerContext* context,
                                        const cdr::v1::AcknowledgeRequest* request,
                                        cdr::v1::AcknowledgeResponse* response) override;
  grpc::ServerUnaryReactor* ListConsumers(grpc::CallbackServerContext* context,
                                          const cdr::v1::ListConsumersRequest* request,
                                          cdr::v1::ListConsumersResponse* response) override;

  const RecordScope scope_;
};

}  // namespace ocs::rpc::internal

#endif  // OCS_RPC_INTERNAL_RECORD_SERVICE_H_
