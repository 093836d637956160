#include "ocs/rpc/services.h"

#include <atomic>

#include "ocs/base/limits.h"
#include "ocs/rpc/internal/account_service.h"
#include "ocs/rpc/internal/catalogue_service.h"
#include "ocs/rpc/internal/charging_service.h"
#include "ocs/rpc/internal/record_service.h"
#include "ocs/rpc/internal/settlement_service.h"

namespace ocs::rpc {

struct Services::State {
  State(engine::Engine* engine, const ServicesOptions& options)
      : charging(engine, &stopping),
        accounts(engine),
        catalogue(engine),
        records(engine, options.zone, &stopping),
        settlement(engine, options.zone) {}

  std::atomic<bool> stopping{false};
  internal::ChargingService charging;
  internal::AccountService accounts;
  internal::CatalogueService catalogue;
  internal::RecordService records;
  internal::SettlementService settlement;
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
  builder->RegisterService(&state_->settlement);
}

void Services::Stop() { state_->stopping.store(true, std::memory_order_relaxed); }

}  // namespace ocs::rpc
