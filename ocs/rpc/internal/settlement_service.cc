#include "ocs/rpc/internal/settlement_service.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "ocs/rpc/internal/record_stream.h"
#include "ocs/rpc/internal/record_translation.h"
#include "ocs/rpc/internal/type_translation.h"
#include "ocs/rpc/internal/unary_call.h"

namespace ocs::rpc::internal {
namespace {

constexpr int kEntriesDefault = 10'000;
constexpr int kEntriesMax = 20'000;        // Under 2 MiB, at 4 buckets an entry.
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
  return RunUnary<ZonedBillCall>(*engine_, *gate_, gate_->Enter(context, Method::kGetBill),
                                 BillRequest{*request, zone_}, response);
}

grpc::ServerUnaryReactor* SettlementService::ReadLedger(
    grpc::CallbackServerContext* context, const settlement::v1::ReadLedgerRequest* request,
    settlement::v1::ReadLedgerResponse* response) {
  auto* reactor = context->DefaultReactor();
  if (Refused(gate_->Enter(context, Method::kReadLedger), reactor)) return reactor;
  std::optional<FieldFault> fault = CheckShard("shard", request->shard(), engine_->shard_count());
  if (request->entries_max() < 0 || request->entries_max() > kEntriesMax) {
    fault = FieldFault{"entries_max",
                       absl::StrCat("is ", request->entries_max(), "; expected 1 to 20,000")};
  }
  if (fault) {
    reactor->Finish(ToGrpcStatus({*fault}));
    return reactor;
  }
  const auto page =
      engine_->ReadEarnings({static_cast<uint16_t>(request->shard())}, FromWire(request->after()),
                            request->entries_max() == 0 ? kEntriesDefault : request->entries_max());
  if (!page.ok()) {
    reactor->Finish(ToGrpcStatus(page.status(), "after"));
    return reactor;
  }
  for (const engine::EarningEntry& entry : page->entries) {
    auto* added = response->add_entry();
    ToWire(entry.position, added->mutable_position());
    added->set_account_id(entry.account.value);
    added->set_recorded_at_unix_ms(entry.logged_at.unix_ms);
    for (const engine::Earned& earned : entry.earned) {
      auto* earning = added->add_earning();
      earning->set_bucket_id(earned.bucket.value);
      earning->set_amount(earned.amount);
    }
  }
  ToWire(page->last, response->mutable_last());
  response->set_at_end(page->at_end);
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

}  // namespace ocs::rpc::internal
