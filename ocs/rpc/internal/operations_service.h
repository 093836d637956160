// ocs.operations.v1.Operations.

#ifndef OCS_RPC_INTERNAL_OPERATIONS_SERVICE_H_
#define OCS_RPC_INTERNAL_OPERATIONS_SERVICE_H_

#include "ocs/operations/v1/operations.grpc.pb.h"
#include "ocs/rpc/internal/gate.h"
#include "ocs/rpc/store_care.h"

namespace ocs::rpc::internal {

/// `gate` and `care` must outlive the server; `care` may be null: then there is neither backup nor
/// figures. Thread-safe.
class OperationsService final : public operations::v1::Operations::CallbackService {
 public:
  OperationsService(Gate* gate, StoreCare* care) : gate_(gate), care_(care) {}

 private:
  grpc::ServerUnaryReactor* BackUp(grpc::CallbackServerContext* context,
                                   const operations::v1::BackUpRequest* request,
                                   operations::v1::BackUpResponse* response) override;
  grpc::ServerUnaryReactor* GetStoreUsage(grpc::CallbackServerContext* context,
                                          const operations::v1::GetStoreUsageRequest* request,
                                          operations::v1::GetStoreUsageResponse* response) override;

  Gate* const gate_;
  StoreCare* const care_;
};

}  // namespace ocs::rpc::internal

#endif  // OCS_RPC_INTERNAL_OPERATIONS_SERVICE_H_
