#include "ocs/rpc/internal/rerating_service.h"

#include <string>

#include "ocs/base/limits.h"
#include "ocs/rpc/internal/account_translation.h"
#include "ocs/rpc/internal/unary_call.h"

namespace ocs::rpc::internal {

namespace settlement_pb = settlement::v1;

// The wire's are one more: 0 is none there.
static_assert(static_cast<int>(engine::ReRateOutcome::kCorrected) + 1 == settlement_pb::CORRECTED);
static_assert(static_cast<int>(engine::ReRateOutcome::kNotSold) + 1 == settlement_pb::NOT_SOLD);
static_assert(static_cast<int>(engine::ReRateOutcome::kUnchanged) + 1 == settlement_pb::UNCHANGED);

std::optional<FieldFault> FromWire(const settlement_pb::ReRateRequest& in,
                                   engine::ReRateCall* out) {
  if (auto fault = ReadChangeOfAccount(in, &out->change, &out->account)) return fault;
  if (in.record_id().empty()) return FieldFault{"record_id", "is missing"};
  if (auto fault = CheckLength("record_id", in.record_id(), kRefundInformationLengthMax))
    return fault;
  out->record_id = in.record_id();
  if (in.tariff_revision() == 0) return FieldFault{"tariff_revision", "is missing"};
  out->revision = in.tariff_revision();
  out->apply = in.apply();
  return std::nullopt;
}

void ToWire(const engine::ReRateCall& in, settlement_pb::ReRateResponse* out) {
  out->set_outcome(static_cast<settlement_pb::ReRateOutcome>(static_cast<int>(in.outcome) + 1));
  for (const engine::ReRatedAmount& amount : in.amounts) {
    settlement_pb::ReRatedAmount* added = out->add_amount();
    added->set_unit(std::string(amount.unit.code()));
    added->set_own_money(amount.own_money);
    added->set_before(amount.before);
    added->set_after(amount.after);
  }
  out->set_correction_record_id(in.correction_record_id);
}

grpc::ServerUnaryReactor* ReRatingService::ReRate(grpc::CallbackServerContext* context,
                                                  const settlement_pb::ReRateRequest* request,
                                                  settlement_pb::ReRateResponse* response) {
  return RunUnary<engine::ReRateCall>(*engine_, *gate_, gate_->Enter(context, Method::kReRate),
                                      *request, response);
}

}  // namespace ocs::rpc::internal
