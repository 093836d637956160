// Voucher calls between their wire form and the engine's: faults name the field, values arrive.

#include <string>

// tidy-allow internal: the room's own tests
#include "ocs/rpc/internal/voucher_service.h"
#include "tests/support/catch.h"

namespace ocs::rpc::internal {
namespace {

namespace account_pb = ::ocs::account::v1;

template <typename Call>
struct QuietVoucherCall final : Call {
  void Done() noexcept override {}
};

account_pb::IssueVouchersRequest GoodIssue() {
  account_pb::IssueVouchersRequest request;
  request.mutable_change()->set_idempotency_key("k");
  request.set_batch("may");
  request.mutable_terms()->set_value(account_pb::MONEY);
  request.mutable_terms()->set_sold(true);
  request.mutable_terms()->set_currency("CNY");
  request.mutable_terms()->set_amount_micros(7);
  request.mutable_terms()->set_expires_at_unix_ms(9);
  std::string hash(32, '\0');
  for (size_t i = 0; i < hash.size(); ++i) hash[i] = static_cast<char>(i);
  request.add_code_sha256(hash);
  return request;
}

std::string FaultOf(const account_pb::IssueVouchersRequest& request) {
  QuietVoucherCall<engine::IssueVouchersCall> call;
  const auto fault = FromWire(request, &call);
  return fault ? fault->field : "";
}

TEST_CASE("issued vouchers arrive as they were sent", "[rpc][unit]") {
  QuietVoucherCall<engine::IssueVouchersCall> call;
  REQUIRE(!FromWire(GoodIssue(), &call));
  CHECK(call.batch == "may");
  CHECK(call.terms == balance::VoucherTerms{.value = balance::VoucherValue::kMoney,
                                            .sold = true,
                                            .currency = Unit::Of("CNY"),
                                            .amount_micros = 7,
                                            .expires_at = Instant{9}});
  REQUIRE(call.vouchers.size() == 1);
  CHECK(call.vouchers[0][0] == 0);
  CHECK(call.vouchers[0][15] == 15);
}

TEST_CASE("faults of issued vouchers name their field", "[rpc][unit]") {
  auto request = GoodIssue();
  request.mutable_change()->clear_idempotency_key();
  CHECK(FaultOf(request) == "change.idempotency_key");
  request = GoodIssue();
  request.mutable_terms()->set_value(static_cast<account_pb::VoucherValue>(4));
  CHECK(FaultOf(request) == "terms.value");
  request = GoodIssue();
  request.mutable_terms()->set_currency("yuan");
  CHECK(FaultOf(request) == "terms.currency");
  request = GoodIssue();
  request.mutable_terms()->set_offer("pack");
  CHECK(FaultOf(request) == "terms.offer");
  request = GoodIssue();
  request.mutable_terms()->set_bonus_days(3);
  CHECK(FaultOf(request) == "terms.bonus_days");
  request = GoodIssue();
  request.mutable_terms()->set_value(account_pb::OFFER);
  CHECK(FaultOf(request) == "terms.amount_micros");
  request = GoodIssue();
  request.add_code_sha256("short");
  CHECK(FaultOf(request) == "code_sha256[1]");
  request = GoodIssue();
  for (int i = 0; i < balance::kVouchersPerEntryMax; ++i)
    request.add_code_sha256(request.code_sha256(0));
  CHECK(FaultOf(request) == "code_sha256");
}

TEST_CASE("a redemption needs a key and an account; its answer is told whole", "[rpc][unit]") {
  account_pb::RedeemVoucherRequest request;
  request.mutable_change()->set_idempotency_key("k");
  request.set_code("any");
  QuietVoucherCall<engine::RedeemVoucherCall> call;
  const auto fault = FromWire(request, &call);
  REQUIRE(fault.has_value());
  CHECK(fault->field == "account_id");
  request.set_account_id(AccountId::Of({1}, 5).value);
  REQUIRE(!FromWire(request, &call));
  CHECK(call.code == "any");
  call.value = balance::VoucherValue::kOffer;
  call.batch = "may";
  call.amount_micros = 1;
  call.currency = Unit::Of("CNY");
  call.available_micros = 2;
  call.offer = "pack";
  call.buckets = {BucketId{4}, BucketId{5}};
  call.subscription = 6;
  call.valid_until = Instant{7};
  account_pb::RedeemVoucherResponse response;
  ToWire(call, &response);
  CHECK(response.ShortDebugString() ==
        "batch: \"may\" value: OFFER amount_micros: 1 currency: \"CNY\" available_micros: 2 "
        "offer: \"pack\" bucket_id: 4 bucket_id: 5 subscription_number: 6 valid_until_unix_ms: 7");
}

TEST_CASE("batches are listed with their terms", "[rpc][unit]") {
  QuietVoucherCall<engine::ListVouchersCall> call;
  call.batches.push_back({.name = "may",
                          .terms = {.value = balance::VoucherValue::kBonus,
                                    .sold = false,
                                    .currency = Unit::Of("CNY"),
                                    .amount_micros = 3,
                                    .lasts_days = 4},
                          .issued_at = Instant{5},
                          .issued = 6,
                          .redeemed = 7,
                          .cancelled = true});
  account_pb::ListVoucherBatchesResponse response;
  ToWire(call, &response);
  REQUIRE(response.batch_size() == 1);
  CHECK(response.batch(0).ShortDebugString() ==
        "name: \"may\" terms { value: BONUS currency: \"CNY\" amount_micros: 3 bonus_days: 4 } "
        "issued_at_unix_ms: 5 issued: 6 redeemed: 7 cancelled: true");
}

}  // namespace
}  // namespace ocs::rpc::internal
