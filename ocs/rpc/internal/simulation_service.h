// ocs.simulation.v1.Simulations.

#ifndef OCS_RPC_INTERNAL_SIMULATION_SERVICE_H_
#define OCS_RPC_INTERNAL_SIMULATION_SERVICE_H_

#include <atomic>

#include "ocs/rpc/internal/gate.h"
#include "ocs/simulation/simulations.h"
#include "ocs/simulation/v1/simulation.grpc.pb.h"

namespace ocs::rpc::internal {

/// What the service and its streams work with. All of it must outlive the server; `simulations` may
/// be null: then there are none.
struct SimulationScope {
  Gate* gate = nullptr;
  ocs::simulation::Simulations* simulations = nullptr;
  const std::atomic<bool>* stopping = nullptr;
};

/// Thread-safe.
class SimulationService final : public simulation::v1::Simulations::CallbackService {
 public:
  explicit SimulationService(const SimulationScope& scope) : scope_(scope) {}

 private:
  using Context = grpc::CallbackServerContext;
  grpc::ServerUnaryReactor* RunSimulation(Context* context,
                                          const simulation::v1::RunSimulationRequest* request,
                                          simulation::v1::RunSimulationResponse* response) override;
  grpc::ServerWriteReactor<simulation::v1::Progress>* StreamProgress(
      Context* context, const simulation::v1::StreamProgressRequest* request) override;
  grpc::ServerUnaryReactor* CancelSimulation(
      Context* context, const simulation::v1::CancelSimulationRequest* request,
      simulation::v1::CancelSimulationResponse* response) override;
  grpc::ServerUnaryReactor* GetSimulation(Context* context,
                                          const simulation::v1::GetSimulationRequest* request,
                                          simulation::v1::GetSimulationResponse* response) override;
  grpc::ServerUnaryReactor* ListSimulations(
      Context* context, const simulation::v1::ListSimulationsRequest* request,
      simulation::v1::ListSimulationsResponse* response) override;
  grpc::ServerUnaryReactor* StartShadow(Context* context,
                                        const simulation::v1::StartShadowRequest* request,
                                        simulation::v1::StartShadowResponse* response) override;
  grpc::ServerUnaryReactor* StopShadow(Context* context,
                                       const simulation::v1::StopShadowRequest* request,
                                       simulation::v1::StopShadowResponse* response) override;
  grpc::ServerUnaryReactor* GetShadow(Context* context,
                                      const simulation::v1::GetShadowRequest* request,
                                      simulation::v1::GetShadowResponse* response) override;

  /// A reactor that is finished when the caller may not, or there is nobody to ask: then true.
  bool Closed(Context* context, Method method, grpc::ServerUnaryReactor* reactor);

  const SimulationScope scope_;
};

}  // namespace ocs::rpc::internal

#endif  // OCS_RPC_INTERNAL_SIMULATION_SERVICE_H_
