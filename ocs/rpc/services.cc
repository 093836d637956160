#include "ocs/rpc/services.h"

#include <atomic>
#include <memory>

#include "ocs/base/limits.h"
#include "ocs/rpc/internal/account_service.h"
#include "ocs/rpc/internal/catalogue_service.h"
#include "ocs/rpc/internal/charging_service.h"
#include "ocs/rpc/internal/gate.h"
#include "ocs/rpc/internal/operations_service.h"
#include "ocs/rpc/internal/push_hub.h"
#include "ocs/rpc/internal/push_service.h"
#include "ocs/rpc/internal/record_service.h"
#include "ocs/rpc/internal/rerating_service.h"
#include "ocs/rpc/internal/settlement_service.h"
#include "ocs/rpc/internal/simulation_service.h"
#include "ocs/rpc/internal/spending_service.h"
#include "ocs/rpc/internal/voucher_service.h"

namespace ocs::rpc {

std::string_view AccessRefusalName(AccessRefusal refusal) {
  constexpr std::string_view kNames[kAccessRefusalCount] = {"missing", "unknown", "expired",
                                                            "role",    "rate",    "tenant"};
  return kNames[static_cast<size_t>(refusal)];
}

struct Services::State {
  State(engine::Engine* engine, const ServicesOptions& options)
      : gate(options),
        charging(engine, &gate, &stopping),
        accounts(engine, &gate),
        catalogue(engine, &gate),
        records({engine, &gate, options.zone, &stopping}),
        operations({engine, &gate, options.store_care, options.log_care}),
        settlement(engine, &gate, options.zone),
        rerating(engine, &gate),
        vouchers(engine, &gate),
        hub(std::make_shared<internal::PushHub>()),
        pushes({engine, &gate, hub.get(), &stopping}),
        spending(engine, &gate),
        simulations({&gate, options.simulations, &stopping}) {
    engine->OnDemands([told = hub](const engine::PendingDemands& now) { told->Take(now); });
  }

  std::atomic<bool> stopping{false};
  internal::Gate gate;
  internal::ChargingService charging;
  internal::AccountService accounts;
  internal::CatalogueService catalogue;
  internal::RecordService records;
  internal::OperationsService operations;
  internal::SettlementService settlement;
  internal::ReRatingService rerating;
  internal::VoucherService vouchers;
  // Shared with the engine, which may be telling it something while the services go.
  std::shared_ptr<internal::PushHub> hub;
  internal::PushService pushes;
  internal::SpendingService spending;
  internal::SimulationService simulations;
};

Services::Services(engine::Engine* engine, const ServicesOptions& options)
    : state_(std::make_unique<State>(engine, options)) {}

Services::~Services() = default;

void Services::RegisterWith(grpc::ServerBuilder* builder) {
  builder->SetMaxReceiveMessageSize(kMessageBytesMax);
  builder->RegisterService(&state_->charging);
  builder->RegisterService(&state_->accounts);
  builder->RegisterService(&state_->catalogue);
  builder->RegisterService(&state_->records);
  builder->RegisterService(&state_->operations);
  builder->RegisterService(&state_->settlement);
  builder->RegisterService(&state_->rerating);
  builder->RegisterService(&state_->vouchers);
  builder->RegisterService(&state_->pushes);
  builder->RegisterService(&state_->spending);
  builder->RegisterService(&state_->simulations);
}

absl::Status Services::SetCredentials(const std::vector<CredentialLine>& lines) {
  return state_->gate.SetCredentials(lines);
}

AccessStatistics Services::access_statistics() const { return state_->gate.statistics(); }

DemandStatistics Services::demand_statistics() const { return state_->hub->statistics(); }

HistogramCounts Services::charge_micros() const { return state_->charging.latency_micros(); }

void Services::Stop() {
  state_->stopping.store(true, std::memory_order_relaxed);
  state_->charging.Stop();
  state_->hub->Stop();
}

}  // namespace ocs::rpc
