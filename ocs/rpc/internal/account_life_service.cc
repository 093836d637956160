// The calls of ocs.account.v1.Accounts that change an account over its life.

#include "ocs/rpc/internal/account_service.h"
#include "ocs/rpc/internal/account_translation.h"
#include "ocs/rpc/internal/unary_call.h"

namespace ocs::rpc::internal {

grpc::ServerUnaryReactor* AccountService::AddNode(grpc::CallbackServerContext* context,
                                                  const account::v1::AddNodeRequest* request,
                                                  account::v1::AddNodeResponse* response) {
  return RunUnary<engine::AddNodeCall>(*engine_, *gate_, gate_->Enter(context, Method::kAddNode),
                                       *request, response);
}

grpc::ServerUnaryReactor* AccountService::ChangeNode(grpc::CallbackServerContext* context,
                                                     const account::v1::ChangeNodeRequest* request,
                                                     account::v1::ChangeNodeResponse* response) {
  return RunUnary<engine::ChangeNodeCall>(
      *engine_, *gate_, gate_->Enter(context, Method::kChangeNode), *request, response);
}

grpc::ServerUnaryReactor* AccountService::MoveIdentity(
    grpc::CallbackServerContext* context, const account::v1::MoveIdentityRequest* request,
    account::v1::MoveIdentityResponse* response) {
  return RunUnary<engine::ChangeIdentityCall>(
      *engine_, *gate_, gate_->Enter(context, Method::kMoveIdentity), *request, response);
}

grpc::ServerUnaryReactor* AccountService::SetLimit(grpc::CallbackServerContext* context,
                                                   const account::v1::SetLimitRequest* request,
                                                   account::v1::SetLimitResponse* response) {
  return RunUnary<engine::SetLimitCall>(*engine_, *gate_, gate_->Enter(context, Method::kSetLimit),
                                        *request, response);
}

grpc::ServerUnaryReactor* AccountService::DropLimit(grpc::CallbackServerContext* context,
                                                    const account::v1::DropLimitRequest* request,
                                                    account::v1::DropLimitResponse* response) {
  return RunUnary<engine::DropLimitCall>(
      *engine_, *gate_, gate_->Enter(context, Method::kDropLimit), *request, response);
}

grpc::ServerUnaryReactor* AccountService::SetProfile(grpc::CallbackServerContext* context,
                                                     const account::v1::SetProfileRequest* request,
                                                     account::v1::SetProfileResponse* response) {
  return RunUnary<engine::SetProfileCall>(
      *engine_, *gate_, gate_->Enter(context, Method::kSetProfile), *request, response);
}

grpc::ServerUnaryReactor* AccountService::SetState(grpc::CallbackServerContext* context,
                                                   const account::v1::SetStateRequest* request,
                                                   account::v1::SetStateResponse* response) {
  return RunUnary<engine::SetStateCall>(*engine_, *gate_, gate_->Enter(context, Method::kSetState),
                                        *request, response);
}

grpc::ServerUnaryReactor* AccountService::CancelSubscription(
    grpc::CallbackServerContext* context, const account::v1::CancelSubscriptionRequest* request,
    account::v1::CancelSubscriptionResponse* response) {
  return RunUnary<engine::CancelSubscriptionCall>(
      *engine_, *gate_, gate_->Enter(context, Method::kCancelSubscription), *request, response);
}

grpc::ServerUnaryReactor* AccountService::SetSwitch(grpc::CallbackServerContext* context,
                                                    const account::v1::SetSwitchRequest* request,
                                                    account::v1::SetSwitchResponse* response) {
  return RunUnary<engine::SetSwitchCall>(
      *engine_, *gate_, gate_->Enter(context, Method::kSetSwitch), *request, response);
}

grpc::ServerUnaryReactor* AccountService::Adjust(grpc::CallbackServerContext* context,
                                                 const account::v1::AdjustRequest* request,
                                                 account::v1::AdjustResponse* response) {
  return RunUnary<engine::AdjustCall>(*engine_, *gate_, gate_->Enter(context, Method::kAdjust),
                                      *request, response);
}

grpc::ServerUnaryReactor* AccountService::WriteOff(grpc::CallbackServerContext* context,
                                                   const account::v1::WriteOffRequest* request,
                                                   account::v1::WriteOffResponse* response) {
  return RunUnary<engine::WriteOffCall>(*engine_, *gate_, gate_->Enter(context, Method::kWriteOff),
                                        *request, response);
}

grpc::ServerUnaryReactor* AccountService::RefundCharge(
    grpc::CallbackServerContext* context, const account::v1::RefundChargeRequest* request,
    account::v1::RefundChargeResponse* response) {
  return RunUnary<engine::RefundChargeCall>(
      *engine_, *gate_, gate_->Enter(context, Method::kRefundCharge), *request, response);
}

grpc::ServerUnaryReactor* AccountService::Transfer(grpc::CallbackServerContext* context,
                                                   const account::v1::TransferRequest* request,
                                                   account::v1::TransferResponse* response) {
  return RunUnary<engine::TransferCall>(*engine_, *gate_, gate_->Enter(context, Method::kTransfer),
                                        *request, response);
}

grpc::ServerUnaryReactor* AccountService::ListNotices(
    grpc::CallbackServerContext* context, const account::v1::ListNoticesRequest* request,
    account::v1::ListNoticesResponse* response) {
  return RunUnary<engine::NoticesCall>(
      *engine_, *gate_, gate_->Enter(context, Method::kListNotices), *request, response);
}

}  // namespace ocs::rpc::internal
