#include "ocs/rpc/internal/settlement_service.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "ocs/rpc/internal/record_translation.h"
#include "ocs/rpc/internal/unary_call.h"

namespace ocs::rpc::internal {
namespace {

constexpr int kCarriedCurrenciesMax = 16;  // An account has one currency; offers may have others.

std::optional<FieldFault> ReadCarried(const settlement::v1::CarriedIn& in, const std::string& field,
                                      std::vector<cdr::CarriedMicros>* out) {
  const auto currency = Unit::Parse(in.currency());
  if (!currency.ok() || !currency->is_money()) {
    return FieldFault{absl::StrCat(field, ".currency"), "is not three capital letters (ISO 4217)"};
  }
  const bool known = std::any_of(out->begin(), out->end(),
                                 [&](const auto& other) { return other.currency == *currency; });
  if (known) return FieldFault{absl::StrCat(field, ".currency"), "is there twice"};
  out->push_back({*currency, in.carried_micros()});
  return std::nullopt;
}

}  // namespace

std::optional<FieldFault> FromWire(const BillRequest& in, ZonedBillCall* out) {
  const settlement::v1::GetBillRequest& request = in.wire_request;
  out->zone = in.zone;
  out->account = {request.account_id()};
  if (!out->account.valid()) return FieldFault{"account_id", "is no account's number"};
  out->from = {request.from_unix_ms()};
  out->until = {request.until_unix_ms()};
  if (out->from > out->until) return FieldFault{"until_unix_ms", "is before from_unix_ms"};
  if (request.carried_in_size() > kCarriedCurrenciesMax) {
    return FieldFault{"carried_in", absl::StrCat("has ", request.carried_in_size(),
                                                 " entries; at most ", kCarriedCurrenciesMax)};
  }
  for (int i = 0; i < request.carried_in_size(); ++i) {
    const std::string field = absl::StrCat("carried_in[", i, "]");
    if (auto fault = ReadCarried(request.carried_in(i), field, &out->carried_in)) return fault;
  }
  return std::nullopt;
}

void ToWire(const ZonedBillCall& in, settlement::v1::GetBillResponse* out) {
  ToWire(in.bill, in.zone, out->mutable_bill());
}

grpc::ServerUnaryReactor* SettlementService::GetBill(grpc::CallbackServerContext* context,
                                                     const settlement::v1::GetBillRequest* request,
                                                     settlement::v1::GetBillResponse* response) {
  return RunUnary<ZonedBillCall>(*engine_, gate_->Enter(context, Method::kGetBill),
                                 BillRequest{*request, zone_}, response);
}

}  // namespace ocs::rpc::internal
