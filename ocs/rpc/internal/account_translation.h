// Account calls between their wire form and the engine's.

#ifndef OCS_RPC_INTERNAL_ACCOUNT_TRANSLATION_H_
#define OCS_RPC_INTERNAL_ACCOUNT_TRANSLATION_H_

#include <optional>

#include "ocs/account/v1/account.pb.h"
#include "ocs/engine/operation.h"
#include "ocs/rpc/internal/status.h"

namespace ocs::rpc::internal {

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
std::optional<FieldFault> FromWire(const account::v1::GetHistoryRequest& in,
                                   engine::HistoryCall* out);

// Each writes the results of a call that succeeded. REQUIRES: out is cleared.
void ToWire(const engine::CreateAccountCall& in, account::v1::CreateAccountResponse* out);
void ToWire(const engine::ChangeIdentityCall& in, account::v1::AddIdentityResponse* out);
void ToWire(const engine::ChangeIdentityCall& in, account::v1::RemoveIdentityResponse* out);
void ToWire(const engine::PurchaseCall& in, account::v1::PurchaseOfferResponse* out);
void ToWire(const engine::TopUpCall& in, account::v1::TopUpResponse* out);
void ToWire(const engine::GetAccountCall& in, account::v1::GetAccountResponse* out);
void ToWire(const engine::HistoryCall& in, account::v1::GetHistoryResponse* out);

}  // namespace ocs::rpc::internal

#endif  // OCS_RPC_INTERNAL_ACCOUNT_TRANSLATION_H_
