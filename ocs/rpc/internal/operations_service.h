// ocs.operations.v1.Operations.

#ifndef OCS_RPC_INTERNAL_OPERATIONS_SERVICE_H_
#define OCS_RPC_INTERNAL_OPERATIONS_SERVICE_H_

#include "ocs/engine/engine.h"
#include "ocs/operations/v1/operations.grpc.pb.h"
#include "ocs/rpc/internal/gate.h"
#include "ocs/rpc/log_care.h"
#include "ocs/rpc/store_care.h"

namespace ocs::rpc::internal {

/// Thread-safe.
class OperationsService final : public operations::v1::Operations::CallbackService {
 public:
  /// What it works with; all of it must outlive the server.
  struct Scope {
    engine::Engine* engine = nullptr;
    Gate* gate = nullptr;
    StoreCare* care = nullptr;    ///< Null: there is neither backup nor figures.
    LogCare* log_care = nullptr;  ///< Null: the log's levels are neither told nor set.
  };
  explicit OperationsService(const Scope& scope)
      : engine_(scope.engine), gate_(scope.gate), care_(scope.care), log_care_(scope.log_care) {}

 private:
  grpc::ServerUnaryReactor* BackUp(grpc::CallbackServerContext* context,
                                   const operations::v1::BackUpRequest* request,
                                   operations::v1::BackUpResponse* response) override;
  grpc::ServerUnaryReactor* GetStoreUsage(grpc::CallbackServerContext* context,
                                          const operations::v1::GetStoreUsageRequest* request,
                                          operations::v1::GetStoreUsageResponse* response) override;
  grpc::ServerUnaryReactor* SetLogLevel(grpc::CallbackServerContext* context,
                                        const operations::v1::SetLogLevelRequest* request,
                                        operations::v1::SetLogLevelResponse* response) override;
  grpc::ServerUnaryReactor* GetLogLevels(grpc::CallbackServerContext* context,
                                         const operations::v1::GetLogLevelsRequest* request,
                                         operations::v1::GetLogLevelsResponse* response) override;

  engine::Engine* const engine_;
  Gate* const gate_;
  StoreCare* const care_;
  LogCare* const log_care_;
};

}  // namespace ocs::rpc::internal

#endif  // OCS_RPC_INTERNAL_OPERATIONS_SERVICE_H_
