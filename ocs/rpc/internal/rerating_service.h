// ocs.settlement.v1.ReRating.

#ifndef OCS_RPC_INTERNAL_RERATING_SERVICE_H_
#define OCS_RPC_INTERNAL_RERATING_SERVICE_H_

#include <optional>

#include "ocs/engine/engine.h"
#include "ocs/engine/rerate_operation.h"
#include "ocs/rpc/internal/gate.h"
#include "ocs/rpc/internal/status.h"
#include "ocs/settlement/v1/rerating.grpc.pb.h"

namespace ocs::rpc::internal {

std::optional<FieldFault> FromWire(const settlement::v1::ReRateRequest& in,
                                   engine::ReRateCall* out);
void ToWire(const engine::ReRateCall& in, settlement::v1::ReRateResponse* out);

/// `engine` and `gate` must outlive the server. Thread-safe.
class ReRatingService final : public settlement::v1::ReRating::CallbackService {
 public:
  ReRatingService(engine::Engine* engine, Gate* gate) : engine_(engine), gate_(gate) {}

 private:
  grpc::ServerUnaryReactor* ReRate(grpc::CallbackServerContext* context,
                                   const settlement::v1::ReRateRequest* request,
                                   settlement::v1::ReRateResponse* response) override;

  engine::Engine* const engine_;
  Gate* const gate_;
};

}  // namespace ocs::rpc::internal

#endif  // OCS_RPC_INTERNAL_RERATING_SERVICE_H_
