// ocs.account.v1.Vouchers.

#ifndef OCS_RPC_INTERNAL_VOUCHER_SERVICE_H_
#define OCS_RPC_INTERNAL_VOUCHER_SERVICE_H_

#include <optional>

#include "ocs/account/v1/voucher.grpc.pb.h"
#include "ocs/engine/engine.h"
#include "ocs/engine/voucher_operation.h"
#include "ocs/rpc/internal/gate.h"
#include "ocs/rpc/internal/status.h"

namespace ocs::rpc::internal {

std::optional<FieldFault> FromWire(const account::v1::IssueVouchersRequest& in,
                                   engine::IssueVouchersCall* out);
std::optional<FieldFault> FromWire(const account::v1::CancelVouchersRequest& in,
                                   engine::CancelVouchersCall* out);
std::optional<FieldFault> FromWire(const account::v1::RedeemVoucherRequest& in,
                                   engine::RedeemVoucherCall* out);
std::optional<FieldFault> FromWire(const account::v1::ListVoucherBatchesRequest& in,
                                   engine::ListVouchersCall* out);
void ToWire(const engine::IssueVouchersCall& in, account::v1::IssueVouchersResponse* out);
void ToWire(const engine::CancelVouchersCall& in, account::v1::CancelVouchersResponse* out);
void ToWire(const engine::RedeemVoucherCall& in, account::v1::RedeemVoucherResponse* out);
void ToWire(const engine::ListVouchersCall& in, account::v1::ListVoucherBatchesResponse* out);

/// `engine` and `gate` must outlive the server. Thread-safe.
class VoucherService final : public account::v1::Vouchers::CallbackService {
 public:
  VoucherService(engine::Engine* engine, Gate* gate) : engine_(engine), gate_(gate) {}

 private:
  grpc::ServerUnaryReactor* IssueVouchers(grpc::CallbackServerContext* context,
                                          const account::v1::IssueVouchersRequest* request,
                                          account::v1::IssueVouchersResponse* response) override;
  grpc::ServerUnaryReactor* CancelVouchers(grpc::CallbackServerContext* context,
                                           const account::v1::CancelVouchersRequest* request,
                                           account::v1::CancelVouchersResponse* response) override;
  grpc::ServerUnaryReactor* RedeemVoucher(grpc::CallbackServerContext* context,
                                          const account::v1::RedeemVoucherRequest* request,
                                          account::v1::RedeemVoucherResponse* response) override;
  grpc::ServerUnaryReactor* ListVoucherBatches(
      grpc::CallbackServerContext* context, const account::v1::ListVoucherBatchesRequest* request,
      account::v1::ListVoucherBatchesResponse* response) override;

  engine::Engine* const engine_;
  Gate* const gate_;
};

}  // namespace ocs::rpc::internal

#endif  // OCS_RPC_INTERNAL_VOUCHER_SERVICE_H_
