// Account calls between their wire form and the engine's: faults name the field, values arrive.

#include "ocs/rpc/internal/account_translation.h"

#include <string>

#include "tests/support/catch.h"

namespace ocs::rpc::internal {
namespace {

namespace account_pb = ::ocs::account::v1;

template <typename Request>
Request Good() {
  Request request;
  request.mutable_change()->set_idempotency_key("k");
  request.mutable_change()->set_reason("why");
  request.set_account_id(AccountId::Of({1}, 5).value);
  return request;
}

template <typename Call, typename Request>
std::string FaultOf(const Request& request) {
  struct Quiet final : Call {
    void Done() noexcept override {}
  } call;
  const auto fault = FromWire(request, &call);
  return fault ? fault->field : "";
}

TEST_CASE("every change needs a key and an account", "[rpc][unit]") {
  auto request = Good<account_pb::AddNodeRequest>();
  request.set_name("n");
  request.set_kind(account_pb::MEMBER);
  CHECK(FaultOf<engine::AddNodeCall>(request).empty());
  request.set_account_id(0);
  CHECK(FaultOf<engine::AddNodeCall>(request) == "account_id");
  request.mutable_change()->clear_idempotency_key();
  CHECK(FaultOf<engine::AddNodeCall>(request) == "change.idempotency_key");
}

TEST_CASE("nodes and limits: faults name the field", "[rpc][unit]") {
  auto node = Good<account_pb::AddNodeRequest>();
  CHECK(FaultOf<engine::AddNodeCall>(node) == "name");
  node.set_name(std::string(129, 'n'));
  CHECK(FaultOf<engine::AddNodeCall>(node) == "name");
  node.set_name("n");
  CHECK(FaultOf<engine::AddNodeCall>(node) == "kind");
  auto change = Good<account_pb::ChangeNodeRequest>();
  CHECK(FaultOf<engine::ChangeNodeCall>(change) == "node_id");
  change.set_node_id(3);
  CHECK(FaultOf<engine::ChangeNodeCall>(change).empty());
  change.set_state(static_cast<account_pb::State>(9));
  CHECK(FaultOf<engine::ChangeNodeCall>(change) == "state");
  auto limit = Good<account_pb::SetLimitRequest>();
  CHECK(FaultOf<engine::SetLimitCall>(limit) == "name");
  limit.set_name("cap");
  CHECK(FaultOf<engine::SetLimitCall>(limit) == "window");
  limit.set_window(account_pb::MONTH);
  CHECK(FaultOf<engine::SetLimitCall>(limit) == "unit");
  limit.set_unit("CNY");
  CHECK(FaultOf<engine::SetLimitCall>(limit).empty());
  for (int i = 1; i <= 9; ++i) limit.add_alert_percent(i);
  CHECK(FaultOf<engine::SetLimitCall>(limit) == "alert_percent");
  CHECK(FaultOf<engine::DropLimitCall>(Good<account_pb::DropLimitRequest>()) == "limit_id");
}

TEST_CASE("what is absent stays absent", "[rpc][unit]") {
  struct Quiet final : engine::SetProfileCall {
    void Done() noexcept override {}
  } call;
  auto request = Good<account_pb::SetProfileRequest>();
  request.set_segment("");
  request.set_billing_day(15);
  REQUIRE_FALSE(FromWire(request, &call).has_value());
  CHECK(call.segment == "");
  CHECK(call.billing_day == 15);
  CHECK_FALSE(call.tenant.has_value());
  CHECK_FALSE(call.credit_limit_micros.has_value());
}

TEST_CASE("states, subscriptions and care: faults name the field", "[rpc][unit]") {
  CHECK(FaultOf<engine::SetStateCall>(Good<account_pb::SetStateRequest>()) == "state");
  CHECK(FaultOf<engine::CancelSubscriptionCall>(Good<account_pb::CancelSubscriptionRequest>()) ==
        "subscription_number");
  auto turn = Good<account_pb::SetSwitchRequest>();
  turn.set_subscription_number(1);
  CHECK(FaultOf<engine::SetSwitchCall>(turn) == "switch_id");
  CHECK(FaultOf<engine::RefundChargeCall>(Good<account_pb::RefundChargeRequest>()) == "record_id");
  CHECK(FaultOf<engine::TransferCall>(Good<account_pb::TransferRequest>()) == "to_account_id");
  CHECK(FaultOf<engine::AdjustCall>(Good<account_pb::AdjustRequest>()).empty());
  CHECK(FaultOf<engine::WriteOffCall>(Good<account_pb::WriteOffRequest>()).empty());
  account_pb::ListNoticesRequest notices;
  notices.set_notices_max(1'001);
  CHECK(FaultOf<engine::NoticesCall>(notices) == "notices_max");
}

TEST_CASE("coverage: what is asked arrives, what is found leaves", "[rpc][unit]") {
  struct Quiet final : engine::CoverageCall {
    void Done() noexcept override {}
  } call;
  account_pb::GetCoverageRequest request;
  CHECK(FaultOf<engine::CoverageCall>(request) == "account_id");
  request.set_account_id(AccountId::Of({1}, 5).value);
  request.set_node_id(3);
  request.set_model("m");
  REQUIRE_FALSE(FromWire(request, &call).has_value());
  CHECK(call.account == AccountId::Of({1}, 5));
  CHECK(call.node == balance::NodeId{3});
  CHECK(call.model == "m");
  call.tariff_revision = 2;
  engine::BucketCoverageView bucket;
  bucket.id = {4};
  bucket.name = "tokens";
  bucket.offer = "pack";
  bucket.unit = Unit::Of("token");
  bucket.available = 17;
  bucket.valid_until = {99};
  bucket.subscription = 6;
  bucket.models = {{.model = "m",
                    .provider = "p",
                    .classes = {"big"},
                    .draw = {{.kind = TokenKind::kOutput, .numerator = 3, .denominator = 2}}}};
  bucket.classes = {"big"};
  bucket.only_for = {{"product", {"mail", "office"}}};
  bucket.at_end = "fallback";
  bucket.fallback_model = "n";
  bucket.next_offer = "next";
  call.buckets = {bucket};
  call.prices = {{.model = "m",
                  .provider = "p",
                  .currency = Unit::Of("CNY"),
                  .price = {{.kind = TokenKind::kInput, .numerator = 2, .denominator = 1}},
                  .shaped = true,
                  .rule = "price book b, line 1"}};
  account_pb::GetCoverageResponse out;
  ToWire(call, &out);
  CHECK(out.ShortDebugString() ==
        "tariff_revision: 2 bucket { bucket_id: 4 name: \"tokens\" offer_id: \"pack\" "
        "unit: \"token\" available: 17 valid_until_unix_ms: 99 subscription_number: 6 "
        "model { model_id: \"m\" provider_id: \"p\" model_class: \"big\" "
        "draw { token_kind: OUTPUT numerator: 3 denominator: 2 } } whole_class: \"big\" "
        "only_for { dimension: \"product\" value: \"mail\" value: \"office\" } "
        "at_end: \"fallback\" fallback_model_id: \"n\" next_offer_id: \"next\" } "
        "price { model_id: \"m\" provider_id: \"p\" currency: \"CNY\" "
        "price { token_kind: INPUT numerator: 2 denominator: 1 } shaped: true "
        "rule: \"price book b, line 1\" }");
}

TEST_CASE("no bucket means the account's own money", "[rpc][unit]") {
  struct Quiet final : engine::AdjustCall {
    void Done() noexcept override {}
  } call;
  auto request = Good<account_pb::AdjustRequest>();
  request.set_amount(-5);
  request.set_correction(true);
  REQUIRE_FALSE(FromWire(request, &call).has_value());
  CHECK(call.bucket == balance::kMainBucket);
  CHECK(call.amount == -5);
  CHECK(call.kind == balance::AdjustmentReason::kCorrection);
}

}  // namespace
}  // namespace ocs::rpc::internal
