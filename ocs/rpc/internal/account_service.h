// ocs.account.v1.Accounts.

#ifndef OCS_RPC_INTERNAL_ACCOUNT_SERVICE_H_
#define OCS_RPC_INTERNAL_ACCOUNT_SERVICE_H_

#include "ocs/account/v1/account.grpc.pb.h"
#include "ocs/engine/engine.h"
#include "ocs/rpc/internal/gate.h"

namespace ocs::rpc::internal {

/// `engine` and `gate` must outlive the server. Thread-safe.
class AccountService final : public account::v1::Accounts::CallbackService {
 public:
  AccountService(engine::Engine* engine, Gate* gate) : engine_(engine), gate_(gate) {}

 private:
  grpc::ServerUnaryReactor* CreateAccount(grpc::CallbackServerContext* context,
                                          const account::v1::CreateAccountRequest* request,
                                          account::v1::CreateAccountResponse* response) override;
  grpc::ServerUnaryReactor* AddIdentity(grpc::CallbackServerContext* context,
                                        const account::v1::AddIdentityRequest* request,
                                        account::v1::AddIdentityResponse* response) override;
  grpc::ServerUnaryReactor* RemoveIdentity(grpc::CallbackServerContext* context,
                                           const account::v1::RemoveIdentityRequest* request,
                                           account::v1::RemoveIdentityResponse* response) override;
  grpc::ServerUnaryReactor* PurchaseOffer(grpc::CallbackServerContext* context,
                                          const account::v1::PurchaseOfferRequest* request,
                                          account::v1::PurchaseOfferResponse* response) override;
  grpc::ServerUnaryReactor* TopUp(grpc::CallbackServerContext* context,
                                  const account::v1::TopUpRequest* request,
                                  account::v1::TopUpResponse* response) override;
  grpc::ServerUnaryReactor* GetAccount(grpc::CallbackServerContext* context,
                                       const account::v1::GetAccountRequest* request,
                                       account::v1::GetAccountResponse* response) override;
  grpc::ServerUnaryReactor* GetCoverage(grpc::CallbackServerContext* context,
                                        const account::v1::GetCoverageRequest* request,
                                        account::v1::GetCoverageResponse* response) override;
  grpc::ServerUnaryReactor* GetHistory(grpc::CallbackServerContext* context,
                                       const account::v1::GetHistoryRequest* request,
                                       account::v1::GetHistoryResponse* response) override;
  grpc::ServerUnaryReactor* AddNode(grpc::CallbackServerContext* context,
                                    const account::v1::AddNodeRequest* request,
                                    account::v1::AddNodeResponse* response) override;
  grpc::ServerUnaryReactor* ChangeNode(grpc::CallbackServerContext* context,
                                       const account::v1::ChangeNodeRequest* request,
                                       account::v1::ChangeNodeResponse* response) override;
  grpc::ServerUnaryReactor* MoveIdentity(grpc::CallbackServerContext* context,
                                         const account::v1::MoveIdentityRequest* request,
                                         account::v1::MoveIdentityResponse* response) override;
  grpc::ServerUnaryReactor* SetLimit(grpc::CallbackServerContext* context,
                                     const account::v1::SetLimitRequest* request,
                                     account::v1::SetLimitResponse* response) override;
  grpc::ServerUnaryReactor* DropLimit(grpc::CallbackServerContext* context,
                                      const account::v1::DropLimitRequest* request,
                                      account::v1::DropLimitResponse* response) override;
  grpc::ServerUnaryReactor* SetProfile(grpc::CallbackServerContext* context,
                                       const account::v1::SetProfileRequest* request,
                                       account::v1::SetProfileResponse* response) override;
  grpc::ServerUnaryReactor* SetState(grpc::CallbackServerContext* context,
                                     const account::v1::SetStateRequest* request,
                                     account::v1::SetStateResponse* response) override;
  grpc::ServerUnaryReactor* CancelSubscription(
      grpc::CallbackServerContext* context, const account::v1::CancelSubscriptionRequest* request,
      account::v1::CancelSubscriptionResponse* response) override;
  grpc::ServerUnaryReactor* SetSwitch(grpc::CallbackServerContext* context,
                                      const account::v1::SetSwitchRequest* request,
                                      account::v1::SetSwitchResponse* response) override;
  grpc::ServerUnaryReactor* Adjust(grpc::CallbackServerContext* context,
                                   const account::v1::AdjustRequest* request,
                                   account::v1::AdjustResponse* response) override;
  grpc::ServerUnaryReactor* WriteOff(grpc::CallbackServerContext* context,
                                     const account::v1::WriteOffRequest* request,
                                     account::v1::WriteOffResponse* response) override;
  grpc::ServerUnaryReactor* RefundCharge(grpc::CallbackServerContext* context,
                                         const account::v1::RefundChargeRequest* request,
                                         account::v1::RefundChargeResponse* response) override;
  grpc::ServerUnaryReactor* Transfer(grpc::CallbackServerContext* context,
                                     const account::v1::TransferRequest* request,
                                     account::v1::TransferResponse* response) override;
  grpc::ServerUnaryReactor* ListNotices(grpc::CallbackServerContext* context,
                                        const account::v1::ListNoticesRequest* request,
                                        account::v1::ListNoticesResponse* response) override;

  engine::Engine* const engine_;
  Gate* const gate_;
};

}  // namespace ocs::rpc::internal

#endif  // OCS_RPC_INTERNAL_ACCOUNT_SERVICE_H_
