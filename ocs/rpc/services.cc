#include "ocs/rpc/services.h"

#include <atomic>

#include "ocs/base/limits.h"
#include "ocs/rpc/internal/account_service.h"
#include "ocs/rpc/internal/catalogue_service.h"
#include "ocs/rpc/internal/charging_service.h"
#include "ocs/rpc/internal/gate.h"
#include "ocs/rpc/internal/operations_service.h"
#include "ocs/rpc/internal/record_service.h"
#include "ocs/rpc/internal/rerating_service.h"
#include "ocs/rpc/internal/settlement_service.h"
#include "ocs/rpc/internal/voucher_service.h"

namespace ocs::rpc {

std::string_view AccessRefusalName(AccessRefusal refusal) {
  constexpr std::string_view kNames[kAccessRefusalCount] = {"missing", "unknown", "expired", "role",
                                                            "rate"};
  return kNames[static_cast<size_t>(refusal)];
}

struct Services::State {
  State(engine::Engine* engine, const ServicesOptions& options)
      : gate(options),
        charging(engine, &gate, &stopping),
        accounts(engine, &gate),
        catalogue(engine, &gate),
        records({engine, &gate, options.zone, &stopping}),
        operations(&gate, options.store_care),
        settlement(engine, &gate, options.zone),
        rerating(engine, &gate),
        vouchers(engine, &gate) {}

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
}

absl::Status Services::SetCredentials(const std::vector<CredentialLine>& lines) {
  return state_->gate.SetCredentials(lines);
}

AccessStatistics Services::access_statistics() const { return state_->gate.statistics(); }

HistogramCounts Services::charge_micros() const { return state_->charging.latency_micros(); }

void Services::Stop() {
  state_->stopping.store(true, std::memory_order_relaxed);
  state_->charging.Stop();
}

}  // namespace ocs::rpc
