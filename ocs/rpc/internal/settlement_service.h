// ocs.settlement.v1.Settlement.

#ifndef OCS_RPC_INTERNAL_SETTLEMENT_SERVICE_H_
#define OCS_RPC_INTERNAL_SETTLEMENT_SERVICE_H_

#include <optional>

#include "absl/time/time.h"
#include "ocs/engine/engine.h"
#include "ocs/engine/operation.h"
#include "ocs/rpc/internal/gate.h"
#include "ocs/rpc/internal/status.h"
#include "ocs/settlement/v1/settlement.grpc.pb.h"

namespace ocs::rpc::internal {

/// A request for a bill, and the zone of the times in its text.
struct BillRequest {
  const settlement::v1::GetBillRequest& wire_request;
  absl::TimeZone zone;
};
struct ZonedBillCall : engine::BillCall {
  absl::TimeZone zone;
};

std::optional<FieldFault> FromWire(const BillRequest& in, ZonedBillCall* out);
void ToWire(const ZonedBillCall& in, settlement::v1::GetBillResponse* out);

/// `engine` and `gate` must outlive the server. Thread-safe.
class SettlementService final : public settlement::v1::Settlement::CallbackService {
 public:
  SettlementService(engine::Engine* engine, Gate* gate, absl::TimeZone zone)
      : engine_(engine), gate_(gate), zone_(zone) {}

 private:
  grpc::ServerUnaryReactor* GetBill(grpc::CallbackServerContext* context,
                                    const settlement::v1::GetBillRequest* request,
                                    settlement::v1::GetBillResponse* response) override;
  grpc::ServerUnaryReactor* ReadLedger(grpc::CallbackServerContext* context,
                                       const settlement::v1::ReadLedgerRequest* request,
                                       settlement::v1::ReadLedgerResponse* response) override;

  engine::Engine* const engine_;
  Gate* const gate_;
  const absl::TimeZone zone_;
};

}  // namespace ocs::rpc::internal

#endif  // OCS_RPC_INTERNAL_SETTLEMENT_SERVICE_H_
