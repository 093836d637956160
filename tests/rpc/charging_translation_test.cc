// Credit control, field by field, both ways.

#include "ocs/rpc/internal/charging_translation.h"

#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>

#include <string>

#include "ocs/base/limits.h"
#include "tests/support/catch.h"

namespace ocs::rpc::internal {
namespace {

namespace charging_pb = ::ocs::charging::v1;
using engine::ResultCode;

charging_pb::CreditControlRequest Parse(const std::string& text) {
  charging_pb::CreditControlRequest request;
  REQUIRE(google::protobuf::TextFormat::ParseFromString(text, &request));
  return request;
}

TEST_CASE("a request is read field by field", "[rpc][unit][CC-36]") {
  const auto wire_request = Parse(R"(
    session_id: "s-1" cc_request_type: UPDATE_REQUEST cc_request_number: 7 account_id: 42
    subscription_id { subscription_id_type: END_USER_PRIVATE subscription_id_data: "c-1" }
    service_context_id: "ai-tokens.v1@x" event_timestamp_unix_ms: 0
    requested_action: REFUND_ACCOUNT refund_information: "0.1.2"
    product: "p" scenario: "sc" region: "r" channel: "c" traceparent: "00-1"
    multiple_services_credit_control {
      rating_group: 3 model: "m" service_tier: "batch" served_model: "m2" prompt_tokens: 0
      requested_service_unit { token_quantity { token_kind: OUTPUT quantity: 5 } }
      used_service_unit {
        token_quantity { token_kind: OUTPUT quantity: 2 }
        token_quantity { token_kind: INPUT quantity: 1 }
      }
      used_service_unit { token_quantity { token_kind: OUTPUT quantity: 40 } estimated: true }
    }
    multiple_services_credit_control { rating_group: 4 })");
  engine::CreditControlRequest request;
  ReadingFault fault;
  REQUIRE(FromWire(wire_request, &request, &fault) == Reading::kWhole);
  CHECK(request.session_id == "s-1");
  CHECK(request.type == engine::RequestType::kUpdate);
  CHECK(request.number == 7);
  CHECK(request.account.value == 42);
  CHECK(request.subscriber.type == engine::IdentityType::kPrivate);
  CHECK(request.subscriber.data == "c-1");
  CHECK(request.service_context_id == "ai-tokens.v1@x");
  REQUIRE(request.event_time.has_value());  // 0 is a time; only absence is none.
  CHECK(request.event_time->unix_ms == 0);
  CHECK(request.action == engine::RequestedAction::kRefundAccount);
  CHECK(request.refund_information == "0.1.2");
  REQUIRE(request.services.size() == 2);
  const engine::ServiceRequest& service = request.services[0];
  CHECK(service.rating_group == 3);
  CHECK(service.model == "m");
  CHECK(service.service_tier == "batch");
  CHECK(service.served_model == "m2");
  CHECK(service.prompt_tokens == 0);  // Only absence is none.
  CHECK(!request.services[1].prompt_tokens.has_value());
  CHECK(request.product == "p");
  CHECK(request.scenario == "sc");
  CHECK(request.region == "r");
  CHECK(request.channel == "c");
  CHECK(request.traceparent == "00-1");
  CHECK(service.requests_quota);
  CHECK(service.requested == Quantities{{TokenKind::kOutput, 5}});
  CHECK(service.has_used);
  CHECK(service.used == Quantities{{TokenKind::kInput, 1}, {TokenKind::kOutput, 42}});
  CHECK(service.estimated);
  CHECK_FALSE(request.services[1].requests_quota);
  CHECK_FALSE(request.services[1].has_used);
}

TEST_CASE("an empty requested unit is a wish, an absent one is none (CC-31)",
          "[rpc][unit][CC-31]") {
  const auto wire_request = Parse(R"(
    cc_request_type: INITIAL_REQUEST
    multiple_services_credit_control { requested_service_unit {} used_service_unit {} })");
  engine::CreditControlRequest request;
  ReadingFault fault;
  REQUIRE(FromWire(wire_request, &request, &fault) == Reading::kWhole);
  CHECK(request.services[0].requests_quota);
  CHECK(request.services[0].requested.empty());
  CHECK(request.services[0].has_used);
  CHECK_FALSE(request.event_time.has_value());
  CHECK_FALSE(request.action.has_value());
}

struct Refusal {
  std::string text;
  ResultCode code;
  std::string field;
};

TEST_CASE("what the engine's types cannot say is refused by field", "[rpc][unit][CC-32][CC-33]") {
  const std::string service = "cc_request_type: UPDATE_REQUEST multiple_services_credit_control { ";
  const std::string path = "multiple_services_credit_control[0].";
  const auto refusal = GENERATE_COPY(
      Refusal{"", ResultCode::kMissingAvp, "cc_request_type"},
      Refusal{"cc_request_type: 5", ResultCode::kInvalidAvpValue, "cc_request_type"},
      Refusal{"cc_request_type: EVENT_REQUEST requested_action: 9", ResultCode::kInvalidAvpValue,
              "requested_action"},
      Refusal{"cc_request_type: INITIAL_REQUEST subscription_id {}", ResultCode::kInvalidAvpValue,
              "subscription_id.subscription_id_type"},
      Refusal{service + "requested_service_unit { token_quantity { token_kind: 15 } } }",
              ResultCode::kInvalidAvpValue,
              path + "requested_service_unit.token_quantity[0].token_kind"},
      Refusal{service + "used_service_unit {} used_service_unit { token_quantity { token_kind: "
                        "INPUT } token_quantity { token_kind: INPUT } } }",
              ResultCode::kInvalidAvpValue,
              path + "used_service_unit[1].token_quantity[1].token_kind"},
      Refusal{service + "used_service_unit { token_quantity { token_kind: INPUT quantity: -1 } } }",
              ResultCode::kInvalidAvpValue,
              path + "used_service_unit[0].token_quantity[0].quantity"},
      Refusal{service + "used_service_unit { token_quantity { token_kind: INPUT quantity: "
                        "1000000000001 } } }",
              ResultCode::kInvalidAvpValue,
              path + "used_service_unit[0].token_quantity[0].quantity"});
  engine::CreditControlRequest request;
  ReadingFault fault;
  const auto wire_request = Parse(refusal.text);
  REQUIRE(FromWire(wire_request, &request, &fault) == Reading::kRefused);
  CHECK(fault.code == refusal.code);
  REQUIRE(fault.faults.size() == 1);
  CHECK(fault.faults[0].field == refusal.field);
  charging_pb::CreditControlAnswer answer;
  WriteRefusal(wire_request, fault, &answer);
  CHECK(answer.result_code() == static_cast<charging_pb::ResultCode>(refusal.code));
  CHECK(answer.cc_request_type() == wire_request.cc_request_type());
  CHECK(answer.failed_avp().field() == refusal.field);
}

TEST_CASE("every broken bound of a message is named", "[rpc][unit]") {
  charging_pb::CreditControlRequest wire_request;
  wire_request.set_session_id(std::string(kSessionIdLengthMax, 's'));
  wire_request.set_cc_request_type(charging_pb::INITIAL_REQUEST);
  wire_request.add_multiple_services_credit_control()->set_model(
      std::string(kModelNameLengthMax, 'm'));
  engine::CreditControlRequest request;
  ReadingFault fault;
  REQUIRE(FromWire(wire_request, &request, &fault) == Reading::kWhole);
  wire_request.mutable_session_id()->push_back('s');
  wire_request.mutable_multiple_services_credit_control(0)->mutable_model()->push_back('m');
  wire_request.set_service_context_id(std::string(kServiceContextLengthMax + 1, 'c'));
  wire_request.set_refund_information(std::string(kRefundInformationLengthMax + 1, 'r'));
  wire_request.mutable_subscription_id()->set_subscription_id_data(
      std::string(kIdentityLengthMax + 1, 'i'));
  wire_request.set_product(std::string(kDimensionLengthMax + 1, 'p'));
  wire_request.set_scenario(std::string(kDimensionLengthMax + 1, 's'));
  wire_request.set_region(std::string(kDimensionLengthMax + 1, 'r'));
  wire_request.set_channel(std::string(kDimensionLengthMax + 1, 'c'));
  wire_request.set_traceparent(std::string(kTraceparentLengthMax + 1, '0'));
  wire_request.mutable_multiple_services_credit_control(0)->set_service_tier(
      std::string(kDimensionLengthMax + 1, 't'));
  wire_request.mutable_multiple_services_credit_control(0)->set_served_model(
      std::string(kModelNameLengthMax + 1, 'v'));
  engine::CreditControlRequest broken;
  REQUIRE(FromWire(wire_request, &broken, &fault) == Reading::kMalformed);
  REQUIRE(fault.faults.size() == 12);
  CHECK(fault.faults[0].field == "session_id");
  CHECK(fault.faults[1].field == "subscription_id.subscription_id_data");
  CHECK(fault.faults[2].field == "service_context_id");
  CHECK(fault.faults[3].field == "refund_information");
  CHECK(fault.faults[4].field == "product");
  CHECK(fault.faults[5].field == "scenario");
  CHECK(fault.faults[6].field == "region");
  CHECK(fault.faults[7].field == "channel");
  CHECK(fault.faults[8].field == "traceparent");
  CHECK(fault.faults[9].field == "multiple_services_credit_control[0].model");
  CHECK(fault.faults[10].field == "multiple_services_credit_control[0].service_tier");
  CHECK(fault.faults[11].field == "multiple_services_credit_control[0].served_model");
}

TEST_CASE("sides of a tariff change, outcomes, reasons and pools are read", "[rpc][unit][CC-63]") {
  const auto wire_request = Parse(R"(
    session_id: "s-1" cc_request_type: TERMINATION_REQUEST account_id: 42
    multiple_services_credit_control {
      rating_group: 3 call_outcome: CALL_MODERATED reporting_reason: REASON_THRESHOLD
      g_s_u_pool_identifier: 9
      used_service_unit { token_quantity { token_kind: OUTPUT quantity: 2 }
        tariff_change_usage: UNIT_BEFORE_TARIFF_CHANGE }
      used_service_unit { token_quantity { token_kind: OUTPUT quantity: 3 } }
      used_service_unit { token_quantity { token_kind: INPUT quantity: 4 }
        tariff_change_usage: UNIT_INDETERMINATE }
      used_service_unit { token_quantity { token_kind: OUTPUT quantity: 5 }
        tariff_change_usage: UNIT_BEFORE_TARIFF_CHANGE }
    }
    multiple_services_credit_control { rating_group: 4 })");
  engine::CreditControlRequest request;
  ReadingFault fault;
  REQUIRE(FromWire(wire_request, &request, &fault) == Reading::kWhole);
  const engine::ServiceRequest& service = request.services[0];
  CHECK(service.used == Quantities{{TokenKind::kInput, 4}, {TokenKind::kOutput, 10}});
  REQUIRE(service.by_tariff.size() == 2);
  CHECK(service.by_tariff[0].side == engine::TariffChangeUsage::kBefore);
  CHECK(service.by_tariff[0].used == Quantities{{TokenKind::kOutput, 7}});
  CHECK(service.by_tariff[1].side == engine::TariffChangeUsage::kIndeterminate);
  CHECK(service.by_tariff[1].used == Quantities{{TokenKind::kInput, 4}});
  CHECK(service.outcome == engine::CallOutcome::kModerated);
  CHECK(service.reason == engine::ReportingReason::kThreshold);
  CHECK(service.pool == 9);
  CHECK(request.services[1].by_tariff.empty());
  CHECK_FALSE(request.services[1].reason.has_value());
  const std::pair<const char*, const char*> strange[] = {
      {"used_service_unit { tariff_change_usage: 9 }",
       "multiple_services_credit_control[0].used_service_unit[0].tariff_change_usage"},
      {"call_outcome: 9", "multiple_services_credit_control[0].call_outcome"},
      {"reporting_reason: 99", "multiple_services_credit_control[0].reporting_reason"}};
  for (const auto& [text, field] : strange) {
    INFO(text);
    charging_pb::CreditControlRequest odd;
    odd.set_session_id("s");
    odd.set_cc_request_type(charging_pb::UPDATE_REQUEST);
    auto* one = odd.add_multiple_services_credit_control();
    const std::string name = text;
    if (name.rfind("used", 0) == 0) {
      one->add_used_service_unit()->set_tariff_change_usage(
          static_cast<charging_pb::TariffChangeUsage>(9));
    } else if (name.rfind("call", 0) == 0) {
      one->set_call_outcome(static_cast<charging_pb::CallOutcome>(9));
    } else {
      one->set_reporting_reason(static_cast<charging_pb::ReportingReason>(99));
    }
    engine::CreditControlRequest refused;
    ReadingFault why;
    REQUIRE(FromWire(odd, &refused, &why) == Reading::kRefused);
    CHECK(why.code == ResultCode::kInvalidAvpValue);
    CHECK(why.faults[0].field == field);
  }
}

TEST_CASE("final units, tariff changes, pools and thresholds are written",
          "[rpc][unit][CC-52][CC-53][CC-62][CC-80]") {
  engine::CreditControlAnswer answer;
  engine::ServiceAnswer& service = answer.services.emplace_back();
  service.rating_group = 3;
  service.has_grant = true;
  service.granted = {{TokenKind::kOutput, 8}};
  service.final_unit = engine::FinalUnitAction::kRedirect;
  service.redirect_to = "https://shop.example";
  service.tariff_changes_at = Instant{77};
  service.pool = {{.pool = 2, .kind = TokenKind::kOutput, .value_digits = 15, .exponent = -6}};
  service.threshold_tokens = 4;
  service.output_tokens_safe = 0;
  engine::ServiceAnswer& restricted = answer.services.emplace_back();
  restricted.rating_group = 4;
  restricted.validity_seconds = 600;
  restricted.final_unit = engine::FinalUnitAction::kRestrictAccess;
  restricted.filters = {"a", "b"};
  charging_pb::CreditControlAnswer out;
  ToWire(answer, &out);
  charging_pb::CreditControlAnswer expected;
  REQUIRE(google::protobuf::TextFormat::ParseFromString(R"(
    result_code: DIAMETER_SUCCESS cc_request_type: INITIAL_REQUEST
    multiple_services_credit_control {
      rating_group: 3 result_code: DIAMETER_SUCCESS
      granted_service_unit {
        token_quantity { token_kind: OUTPUT quantity: 8 } tariff_time_change_unix_ms: 77
        g_s_u_pool_reference { g_s_u_pool_identifier: 2 token_kind: OUTPUT value_digits: 15
          exponent: -6 }
      }
      final_unit_indication { final_unit_action: REDIRECT redirect_server {
        redirect_address_type: URL redirect_server_address: "https://shop.example" } }
      unit_quota_threshold_tokens: 4 output_tokens_safe: 0
    }
    multiple_services_credit_control {
      rating_group: 4 result_code: DIAMETER_SUCCESS validity_time_seconds: 600
      final_unit_indication { final_unit_action: RESTRICT_ACCESS filter_id: "a" filter_id: "b" }
    })",
                                                        &expected));
  INFO(out.DebugString());
  CHECK(google::protobuf::util::MessageDifferencer::Equals(out, expected));
}

TEST_CASE("an answer is written field by field", "[rpc][unit][CC-37]") {
  engine::CreditControlAnswer answer;
  answer.code = ResultCode::kSuccess;
  answer.type = engine::RequestType::kEvent;
  answer.number = 9;
  answer.currency = Unit::Of("CNY");
  answer.has_cost = true;
  answer.cost_micros = 123;
  answer.check_balance = engine::CheckBalanceResult::kNoCredit;
  answer.refund_information = "0.1.2";
  answer.tariff_revision = 4;
  answer.calls_affordable = 5;
  answer.failed_field = "f";
  answer.message = "why";
  engine::ServiceAnswer& service = answer.services.emplace_back();
  service.rating_group = 3;
  service.code = ResultCode::kCreditLimitReached;
  service.has_grant = true;
  service.granted = {{TokenKind::kSecond, 8}};
  service.validity_seconds = 600;
  service.final_unit = engine::FinalUnitAction::kTerminate;
  service.charged_micros = 77;
  service.drawn = 66;
  service.overshoot = true;
  service.failed_field = "g";
  service.message = "because";
  service.end = {.at_end = rating::AtEnd::kThrottle,
                 .limited_by = "a day",
                 .node = "sales/anna",
                 .retry_at = Instant{5},
                 .fallback_model = "small",
                 .next_price = "price book x, line 1",
                 .rates = {{.amount = 2, .unit = Unit::Of("request"), .window_ms = 60'000}}};
  service.parts = {{.kind = TokenKind::kOutput,
                    .quantity = 7,
                    .bucket = {2},
                    .unit = Unit::Of("token"),
                    .amount = 14,
                    .rule = "offer o, grant 1"}};
  charging_pb::CreditControlAnswer out;
  ToWire(answer, &out);
  charging_pb::CreditControlAnswer expected;
  REQUIRE(google::protobuf::TextFormat::ParseFromString(R"(
    result_code: DIAMETER_SUCCESS cc_request_type: EVENT_REQUEST cc_request_number: 9
    multiple_services_credit_control {
      rating_group: 3 result_code: DIAMETER_CREDIT_LIMIT_REACHED
      granted_service_unit { token_quantity { token_kind: SECOND quantity: 8 } }
      validity_time_seconds: 600 final_unit_indication { final_unit_action: TERMINATE }
      charged_micros: 77 drawn: 66 overshoot: true failed_avp { field: "g" }
      error_message: "because"
      end_of_units { at_end: AT_END_THROTTLE limited_by: "a day" node: "sales/anna"
        retry_at_unix_ms: 5 fallback_model: "small" next_price: "price book x, line 1"
        rate { amount: 2 unit: "request" window_ms: 60000 } }
      price_part { token_kind: OUTPUT quantity: 7 bucket_id: 2 unit: "token" amount: 14
        rule: "offer o, grant 1" }
    }
    cost_information { cost_micros: 123 currency: "CNY" } check_balance_result: NO_CREDIT
    refund_information: "0.1.2" tariff_revision: 4 calls_affordable: 5
    failed_avp { field: "f" } error_message: "why")",
                                                        &expected));
  INFO(out.DebugString());
  CHECK(google::protobuf::util::MessageDifferencer::Equals(out, expected));
}

TEST_CASE("what an answer does not have is absent on the wire", "[rpc][unit]") {
  engine::CreditControlAnswer answer;
  answer.services.emplace_back();
  charging_pb::CreditControlAnswer out;
  ToWire(answer, &out);
  CHECK_FALSE(out.has_cost_information());
  CHECK_FALSE(out.has_failed_avp());
  CHECK(out.check_balance_result() == charging_pb::CHECK_BALANCE_RESULT_UNSPECIFIED);
  CHECK_FALSE(out.multiple_services_credit_control(0).has_granted_service_unit());
  CHECK_FALSE(out.multiple_services_credit_control(0).has_final_unit_indication());
  CHECK_FALSE(out.multiple_services_credit_control(0).has_failed_avp());
}

TEST_CASE("result codes have one number here and there", "[rpc][unit][CC-48]") {
  for (const auto code :
       {ResultCode::kSuccess, ResultCode::kEndUserServiceDenied,
        ResultCode::kCreditControlNotApplicable, ResultCode::kCreditLimitReached,
        ResultCode::kUnknownSessionId, ResultCode::kInvalidAvpValue, ResultCode::kMissingAvp,
        ResultCode::kUnableToComply, ResultCode::kUserUnknown, ResultCode::kRatingFailed}) {
    CHECK(charging_pb::ResultCode_Name(static_cast<int>(code)) == engine::ResultCodeName(code));
  }
}

}  // namespace
}  // namespace ocs::rpc::internal
