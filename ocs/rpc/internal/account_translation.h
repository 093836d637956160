// Account calls between their wire form and the engine's.

#ifndef OCS_RPC_INTERNAL_ACCOUNT_TRANSLATION_H_
#define OCS_RPC_INTERNAL_ACCOUNT_TRANSLATION_H_

#include <optional>

#include "ocs/account/v1/account.pb.h"
#include "ocs/engine/account_operation.h"
#include "ocs/engine/care_operation.h"
#include "ocs/engine/coverage_operation.h"
#include "ocs/engine/operation.h"
#include "ocs/rpc/internal/status.h"
#include "ocs/rpc/internal/type_translation.h"

namespace ocs::rpc::internal {

/// The account of a request. Faults: it is missing, or no account's number.
std::optional<FieldFault> ReadAccount(uint64_t account_id, AccountId* out);

/// Who changes which account.
template <typename Request>
std::optional<FieldFault> ReadChangeOfAccount(const Request& in, engine::Change* change,
                                              AccountId* account) {
  if (auto fault = FromWire(in.change(), change)) return fault;
  return ReadAccount(in.account_id(), account);
}

// Each reads a request into a fresh call; a fault leaves the call half filled and not to be used.
std::optional<FieldFault> FromWire(const account::v1::CreateAccountRequest& in,
                                   engine::CreateAccountCall* out);
std::optional<FieldFault> FromWire(const account::v1::AddIdentityRequest& in,
                                   engine::ChangeIdentityCall* out);
std::optional<FieldFault> FromWire(const account::v1::RemoveIdentityRequest& in,
                                   engine::ChangeIdentityCall* out);
std::optional<FieldFault> FromWire(const account::v1::PurchaseOfferRequest& in,
                                   engine::PurchaseCall* out);
std::optional<FieldFault> FromWire(const account::v1::TopUpRequest& in, engine::TopUpCall* out);
std::optional<FieldFault> FromWire(const account::v1::GetAccountRequest& in,
                                   engine::GetAccountCall* out);
std::optional<FieldFault> FromWire(const account::v1::GetCoverageRequest& in,
                                   engine::CoverageCall* out);
std::optional<FieldFault> FromWire(const account::v1::GetHistoryRequest& in,
                                   engine::HistoryCall* out);
std::optional<FieldFault> FromWire(const account::v1::AddNodeRequest& in, engine::AddNodeCall* out);
std::optional<FieldFault> FromWire(const account::v1::ChangeNodeRequest& in,
                                   engine::ChangeNodeCall* out);
std::optional<FieldFault> FromWire(const account::v1::MoveIdentityRequest& in,
                                   engine::ChangeIdentityCall* out);
std::optional<FieldFault> FromWire(const account::v1::SetLimitRequest& in,
                                   engine::SetLimitCall* out);
std::optional<FieldFault> FromWire(const account::v1::DropLimitRequest& in,
                                   engine::DropLimitCall* out);
std::optional<FieldFault> FromWire(const account::v1::SetProfileRequest& in,
                                   engine::SetProfileCall* out);
std::optional<FieldFault> FromWire(const account::v1::SetStateRequest& in,
                                   engine::SetStateCall* out);
std::optional<FieldFault> FromWire(const account::v1::CancelSubscriptionRequest& in,
                                   engine::CancelSubscriptionCall* out);
std::optional<FieldFault> FromWire(const account::v1::SetSwitchRequest& in,
                                   engine::SetSwitchCall* out);
std::optional<FieldFault> FromWire(const account::v1::AdjustRequest& in, engine::AdjustCall* out);
std::optional<FieldFault> FromWire(const account::v1::WriteOffRequest& in,
                                   engine::WriteOffCall* out);
std::optional<FieldFault> FromWire(const account::v1::RefundChargeRequest& in,
                                   engine::RefundChargeCall* out);
std::optional<FieldFault> FromWire(const account::v1::TransferRequest& in,
                                   engine::TransferCall* out);
std::optional<FieldFault> FromWire(const account::v1::ListNoticesRequest& in,
                                   engine::NoticesCall* out);

void ToWire(const engine::NoticeView& in, account::v1::Notice* out);

// Each writes the results of a call that succeeded. REQUIRES: out is cleared.
void ToWire(const engine::CreateAccountCall& in, account::v1::CreateAccountResponse* out);
void ToWire(const engine::ChangeIdentityCall& in, account::v1::AddIdentityResponse* out);
void ToWire(const engine::ChangeIdentityCall& in, account::v1::RemoveIdentityResponse* out);
void ToWire(const engine::PurchaseCall& in, account::v1::PurchaseOfferResponse* out);
void ToWire(const engine::TopUpCall& in, account::v1::TopUpResponse* out);
void ToWire(const engine::GetAccountCall& in, account::v1::GetAccountResponse* out);
void ToWire(const engine::CoverageCall& in, account::v1::GetCoverageResponse* out);
void ToWire(const engine::HistoryCall& in, account::v1::GetHistoryResponse* out);
void ToWire(const engine::AddNodeCall& in, account::v1::AddNodeResponse* out);
void ToWire(const engine::ChangeNodeCall& in, account::v1::ChangeNodeResponse* out);
void ToWire(const engine::ChangeIdentityCall& in, account::v1::MoveIdentityResponse* out);
void ToWire(const engine::SetLimitCall& in, account::v1::SetLimitResponse* out);
void ToWire(const engine::DropLimitCall& in, account::v1::DropLimitResponse* out);
void ToWire(const engine::SetProfileCall& in, account::v1::SetProfileResponse* out);
void ToWire(const engine::SetStateCall& in, account::v1::SetStateResponse* out);
void ToWire(const engine::CancelSubscriptionCall& in, account::v1::CancelSubscriptionResponse* out);
void ToWire(const engine::SetSwitchCall& in, account::v1::SetSwitchResponse* out);
void ToWire(const engine::AdjustCall& in, account::v1::AdjustResponse* out);
void ToWire(const engine::WriteOffCall& in, account::v1::WriteOffResponse* out);
void ToWire(const engine::RefundChargeCall& in, account::v1::RefundChargeResponse* out);
void ToWire(const engine::TransferCall& in, account::v1::TransferResponse* out);
void ToWire(const engine::NoticesCall& in, account::v1::ListNoticesResponse* out);

}  // namespace ocs::rpc::internal

#endif  // OCS_RPC_INTERNAL_ACCOUNT_TRANSLATION_H_
