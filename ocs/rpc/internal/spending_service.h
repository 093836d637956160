// ocs.spending.v1.SpendingLimits.

#ifndef OCS_RPC_INTERNAL_SPENDING_SERVICE_H_
#define OCS_RPC_INTERNAL_SPENDING_SERVICE_H_

#include <optional>

#include "ocs/engine/engine.h"
#include "ocs/engine/spending_operation.h"
#include "ocs/rpc/internal/gate.h"
#include "ocs/rpc/internal/status.h"
#include "ocs/spending/v1/spending.grpc.pb.h"

namespace ocs::rpc::internal {

std::optional<FieldFault> FromWire(const spending::v1::SubscribeRequest& in,
                                   engine::WatchCall* out);
std::optional<FieldFault> FromWire(const spending::v1::UnsubscribeRequest& in,
                                   engine::UnwatchCall* out);
void ToWire(const engine::WatchCall& in, spending::v1::SubscribeResponse* out);
void ToWire(const engine::UnwatchCall& in, spending::v1::UnsubscribeResponse* out);

/// `engine` and `gate` must outlive the server. Thread-safe.
class SpendingService final : public spending::v1::SpendingLimits::CallbackService {
 public:
  SpendingService(engine::Engine* engine, Gate* gate) : engine_(engine), gate_(gate) {}

 private:
  grpc::ServerUnaryReactor* Subscribe(grpc::CallbackServerContext* context,
                                      const spending::v1::SubscribeRequest* request,
                                      spending::v1::SubscribeResponse* response) override;
  grpc::ServerUnaryReactor* Unsubscribe(grpc::CallbackServerContext* context,
                                        const spending::v1::UnsubscribeRequest* request,
                                        spending::v1::UnsubscribeResponse* response) override;

  engine::Engine* const engine_;
  Gate* const gate_;
};

}  // namespace ocs::rpc::internal

#endif  // OCS_RPC_INTERNAL_SPENDING_SERVICE_H_
