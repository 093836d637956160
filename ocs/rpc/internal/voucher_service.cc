#include "ocs/rpc/internal/voucher_service.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "ocs/base/limits.h"
#include "ocs/rpc/internal/account_translation.h"
#include "ocs/rpc/internal/type_translation.h"
#include "ocs/rpc/internal/unary_call.h"

namespace ocs::rpc::internal {
namespace {

namespace account_pb = ::ocs::account::v1;

static_assert(account_pb::MONEY == static_cast<int>(balance::VoucherValue::kMoney));
static_assert(account_pb::OFFER == static_cast<int>(balance::VoucherValue::kOffer));

constexpr size_t kSha256Bytes = 32;

std::optional<FieldFault> ReadTerms(const account_pb::VoucherTerms& in,
                                    balance::VoucherTerms* out) {
  if (in.value() < account_pb::MONEY || in.value() > account_pb::OFFER)
    return FieldFault{"terms.value", absl::StrCat("is ", in.value(), "; expected 1 to 3")};
  out->value = static_cast<balance::VoucherValue>(in.value());
  out->sold = in.sold();
  const bool offer = in.value() == account_pb::OFFER;
  if (offer && (!in.currency().empty() || in.amount_micros() != 0))
    return FieldFault{"terms.amount_micros", "an offer's voucher pays the offer's fee: leave out"};
  if (!offer && !in.offer().empty())
    return FieldFault{"terms.offer", "is of no use with money or a bonus: leave out"};
  if (in.bonus_days() != 0 && in.value() != account_pb::BONUS)
    return FieldFault{"terms.bonus_days", "is of no use without a bonus: leave out"};
  if (!offer) {
    const auto currency = Unit::Parse(in.currency());
    if (!currency.ok() || !currency->is_money())
      return FieldFault{"terms.currency", "is not three capital letters (ISO 4217)"};
    out->currency = *currency;
  }
  out->amount_micros = in.amount_micros();
  out->lasts_days = in.bonus_days();
  out->offer = in.offer();
  if (in.has_expires_at_unix_ms()) out->expires_at = {in.expires_at_unix_ms()};
  return std::nullopt;
}

void WriteTerms(const balance::VoucherTerms& in, account_pb::VoucherTerms* out) {
  out->set_value(static_cast<account_pb::VoucherValue>(in.value));
  out->set_sold(in.sold);
  out->set_currency(std::string(in.currency.code()));
  out->set_amount_micros(in.amount_micros);
  out->set_bonus_days(in.lasts_days);
  out->set_offer(in.offer);
  if (in.expires_at != Instant::Never()) out->set_expires_at_unix_ms(in.expires_at.unix_ms);
}

}  // namespace

std::optional<FieldFault> FromWire(const account_pb::IssueVouchersRequest& in,
                                   engine::IssueVouchersCall* out) {
  if (auto fault = FromWire(in.change(), &out->change)) return fault;
  out->batch = in.batch();
  if (auto fault = ReadTerms(in.terms(), &out->terms)) return fault;
  if (in.code_sha256_size() > balance::kVouchersPerEntryMax) {
    return FieldFault{"code_sha256", absl::StrCat("has ", in.code_sha256_size(), " items, at most ",
                                                  balance::kVouchersPerEntryMax)};
  }
  for (int i = 0; i < in.code_sha256_size(); ++i) {
    const std::string& hash = in.code_sha256(i);
    if (hash.size() != kSha256Bytes) {
      return FieldFault{absl::StrCat("code_sha256[", i, "]"),
                        absl::StrCat("has ", hash.size(), " bytes, expected ", kSha256Bytes)};
    }
    balance::VoucherHash& kept = out->vouchers.emplace_back();
    std::copy_n(hash.begin(), kept.size(), kept.begin());
  }
  return std::nullopt;
}

std::optional<FieldFault> FromWire(const account_pb::CancelVouchersRequest& in,
                                   engine::CancelVouchersCall* out) {
  out->batch = in.batch();
  return FromWire(in.change(), &out->change);
}

std::optional<FieldFault> FromWire(const account_pb::RedeemVoucherRequest& in,
                                   engine::RedeemVoucherCall* out) {
  if (auto fault = ReadChangeOfAccount(in, &out->change, &out->account)) return fault;
  out->code = in.code();
  return std::nullopt;
}

std::optional<FieldFault> FromWire(const account_pb::ListVoucherBatchesRequest& /*in*/,
                                   engine::ListVouchersCall* /*out*/) {
  return std::nullopt;
}

void ToWire(const engine::IssueVouchersCall& in, account_pb::IssueVouchersResponse* out) {
  out->set_issued(in.issued);
}

void ToWire(const engine::CancelVouchersCall& in, account_pb::CancelVouchersResponse* out) {
  out->set_cancelled(in.cancelled);
}

void ToWire(const engine::RedeemVoucherCall& in, account_pb::RedeemVoucherResponse* out) {
  out->set_batch(in.batch);
  out->set_value(static_cast<account_pb::VoucherValue>(in.value));
  out->set_amount_micros(in.amount_micros);
  out->set_currency(std::string(in.currency.code()));
  out->set_available_micros(in.available_micros);
  out->set_offer(in.offer);
  for (const BucketId bucket : in.buckets) out->add_bucket_id(bucket.value);
  out->set_subscription_number(in.subscription);
  out->set_valid_until_unix_ms(in.valid_until.unix_ms);
}

void ToWire(const engine::ListVouchersCall& in, account_pb::ListVoucherBatchesResponse* out) {
  for (const balance::VoucherBatch& batch : in.batches) {
    account_pb::VoucherBatch* to = out->add_batch();
    to->set_name(batch.name);
    WriteTerms(batch.terms, to->mutable_terms());
    to->set_issued_at_unix_ms(batch.issued_at.unix_ms);
    to->set_issued(batch.issued);
    to->set_redeemed(batch.redeemed);
    to->set_cancelled(batch.cancelled);
  }
}

grpc::ServerUnaryReactor* VoucherService::IssueVouchers(
    grpc::CallbackServerContext* context, const account_pb::IssueVouchersRequest* request,
    account_pb::IssueVouchersResponse* response) {
  return RunUnary<engine::IssueVouchersCall>(
      *engine_, *gate_, gate_->Enter(context, Method::kIssueVouchers), *request, response);
}

grpc::ServerUnaryReactor* VoucherService::CancelVouchers(
    grpc::CallbackServerContext* context, const account_pb::CancelVouchersRequest* request,
    account_pb::CancelVouchersResponse* response) {
  return RunUnary<engine::CancelVouchersCall>(
      *engine_, *gate_, gate_->Enter(context, Method::kCancelVouchers), *request, response);
}

grpc::ServerUnaryReactor* VoucherService::RedeemVoucher(
    grpc::CallbackServerContext* context, const account_pb::RedeemVoucherRequest* request,
    account_pb::RedeemVoucherResponse* response) {
  return RunUnary<engine::RedeemVoucherCall>(
      *engine_, *gate_, gate_->Enter(context, Method::kRedeemVoucher), *request, response);
}

grpc::ServerUnaryReactor* VoucherService::ListVoucherBatches(
    grpc::CallbackServerContext* context, const account_pb::ListVoucherBatchesRequest* request,
    account_pb::ListVoucherBatchesResponse* response) {
  return RunUnary<engine::ListVouchersCall>(
      *engine_, *gate_, gate_->Enter(context, Method::kListVoucherBatches), *request, response);
}

}  // namespace ocs::rpc::internal
