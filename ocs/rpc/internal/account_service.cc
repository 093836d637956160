#include "ocs/rpc/internal/account_service.h"

#include "ocs/rpc/internal/account_translation.h"
#include "ocs/rpc/internal/unary_call.h"

namespace ocs::rpc::internal {

grpc::ServerUnaryReactor* AccountService::CreateAccount(
    grpc::CallbackServerContext* context, const account::v1::CreateAccountRequest* request,
    account::v1::CreateAccountResponse* response) {
  return RunUnary<engine::CreateAccountCall>(
      *engine_, *gate_, gate_->Enter(context, Method::kCreateAccount), *request, response);
}

grpc::ServerUnaryReactor* AccountService::AddIdentity(
    grpc::CallbackServerContext* context, const account::v1::AddIdentityRequest* request,
    account::v1::AddIdentityResponse* response) {
  return RunUnary<engine::ChangeIdentityCall>(
      *engine_, *gate_, gate_->Enter(context, Method::kAddIdentity), *request, response);
}

grpc::ServerUnaryReactor* AccountService::RemoveIdentity(
    grpc::CallbackServerContext* context, const account::v1::RemoveIdentityRequest* request,
    account::v1::RemoveIdentityResponse* response) {
  return RunUnary<engine::ChangeIdentityCall>(
      *engine_, *gate_, gate_->Enter(context, Method::kRemoveIdentity), *request, response);
}

grpc::ServerUnaryReactor* AccountService::PurchaseOffer(
    grpc::CallbackServerContext* context, const account::v1::PurchaseOfferRequest* request,
    account::v1::PurchaseOfferResponse* response) {
  return RunUnary<engine::PurchaseCall>(
      *engine_, *gate_, gate_->Enter(context, Method::kPurchaseOffer), *request, response);
}

grpc::ServerUnaryReactor* AccountService::TopUp(grpc::CallbackServerContext* context,
                                                const account::v1::TopUpRequest* request,
                                                account::v1::TopUpResponse* response) {
  return RunUnary<engine::TopUpCall>(*engine_, *gate_, gate_->Enter(context, Method::kTopUp),
                                     *request, response);
}

grpc::ServerUnaryReactor* AccountService::GetAccount(grpc::CallbackServerContext* context,
                                                     const account::v1::GetAccountRequest* request,
                                                     account::v1::GetAccountResponse* response) {
  return RunUnary<engine::GetAccountCall>(
      *engine_, *gate_, gate_->Enter(context, Method::kGetAccount), *request, response);
}

grpc::ServerUnaryReactor* AccountService::GetCoverage(
    grpc::CallbackServerContext* context, const account::v1::GetCoverageRequest* request,
    account::v1::GetCoverageResponse* response) {
  return RunUnary<engine::CoverageCall>(
      *engine_, *gate_, gate_->Enter(context, Method::kGetCoverage), *request, response);
}

grpc::ServerUnaryReactor* AccountService::GetHistory(grpc::CallbackServerContext* context,
                                                     const account::v1::GetHistoryRequest* request,
                                                     account::v1::GetHistoryResponse* response) {
  return RunUnary<engine::HistoryCall>(*engine_, *gate_, gate_->Enter(context, Method::kGetHistory),
                                       *request, response);
}

}  // namespace ocs::rpc::internal
