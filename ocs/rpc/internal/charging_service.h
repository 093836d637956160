// ocs.charging.v1.Charging.

#ifndef OCS_RPC_INTERNAL_CHARGING_SERVICE_H_
#define OCS_RPC_INTERNAL_CHARGING_SERVICE_H_

#include <atomic>

#include "ocs/base/histogram.h"
#include "ocs/charging/v1/charging.grpc.pb.h"
#include "ocs/engine/engine.h"
#include "ocs/rpc/internal/charging_call.h"
#include "ocs/rpc/internal/gate.h"

namespace ocs::rpc::internal {

/// `engine`, `gate` and `stopping` must outlive the server. Thread-safe.
class ChargingService final : public charging::v1::Charging::CallbackService {
 public:
  ChargingService(engine::Engine* engine, Gate* gate, const std::atomic<bool>* stopping);

  /// From now on nothing is held back.
  void Stop() { held_.Stop(); }

  /// Of unary calls that the engine got: from their reading to their answer's sending.
  HistogramCounts latency_micros() const { return latency_micros_.counts(); }

 private:
  grpc::ServerUnaryReactor* CreditControl(grpc::CallbackServerContext* context,
                                          const charging::v1::CreditControlRequest* request,
                                          charging::v1::CreditControlAnswer* answer) override;
  grpc::ServerBidiReactor<charging::v1::CreditControlBatch, charging::v1::CreditControlAnswerBatch>*
  CreditControlStream(grpc::CallbackServerContext* context) override;

  engine::Engine* const engine_;
  Gate* const gate_;
  const std::atomic<bool>* const stopping_;
  Histogram latency_micros_;
  HeldRefusals held_;
  const UnaryCharging::Service unary_;
  ChargingMessages messages_;
};

}  // namespace ocs::rpc::internal

#endif  // OCS_RPC_INTERNAL_CHARGING_SERVICE_H_
