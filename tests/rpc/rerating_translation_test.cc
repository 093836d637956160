// Re-rating on the wire.

#include "ocs/rpc/internal/rerating_service.h"

#include <string>

#include "tests/support/catch.h"

namespace ocs::rpc::internal {
namespace {

namespace settlement_pb = settlement::v1;

struct QuietReRate final : engine::ReRateCall {
  void Done() noexcept override {}
};

settlement_pb::ReRateRequest GoodReRate() {
  settlement_pb::ReRateRequest request;
  request.mutable_change()->set_idempotency_key("may");
  request.mutable_change()->set_reason("too dear");
  request.set_account_id(AccountId::Of({1}, 5).value);
  request.set_record_id("0.12.64");
  request.set_tariff_revision(3);
  request.set_apply(true);
  return request;
}

TEST_CASE("a request to re-rate is read field by field", "[rpc][unit]") {
  QuietReRate call;
  REQUIRE_FALSE(FromWire(GoodReRate(), &call).has_value());
  CHECK(call.change.key == "may");
  CHECK(call.change.reason == "too dear");
  CHECK(call.account == AccountId::Of({1}, 5));
  CHECK(call.record_id == "0.12.64");
  CHECK(call.revision == 3);
  CHECK(call.apply);
}

TEST_CASE("a field that is missing is named", "[rpc][unit]") {
  const auto fault_without = [](const auto& clear) {
    settlement_pb::ReRateRequest request = GoodReRate();
    clear(&request);
    QuietReRate call;
    const auto fault = FromWire(request, &call);
    return fault ? std::string(fault->field) : "none";
  };
  CHECK(fault_without([](settlement_pb::ReRateRequest* r) { r->clear_account_id(); }) ==
        "account_id");
  CHECK(fault_without([](settlement_pb::ReRateRequest* r) { r->clear_record_id(); }) ==
        "record_id");
  CHECK(fault_without([](settlement_pb::ReRateRequest* r) {
          r->set_record_id(std::string(65, '1'));
        }) == "record_id");
  CHECK(fault_without([](settlement_pb::ReRateRequest* r) { r->clear_tariff_revision(); }) ==
        "tariff_revision");
}

TEST_CASE("a result is told with its amounts", "[rpc][unit]") {
  QuietReRate call;
  call.outcome = engine::ReRateOutcome::kNeedsWindow;
  call.amounts = {{.unit = Unit::Of("CNY"), .own_money = true, .before = 20, .after = 2},
                  {.unit = Unit::Of("token"), .own_money = false, .before = 7, .after = 0}};
  call.correction_record_id = "0.13.1";
  settlement_pb::ReRateResponse out;
  ToWire(call, &out);
  CHECK(out.ShortDebugString() ==
        "outcome: NEEDS_ITS_WINDOW amount { unit: \"CNY\" own_money: true before: 20 after: 2 } "
        "amount { unit: \"token\" before: 7 } correction_record_id: \"0.13.1\"");
}

}  // namespace
}  // namespace ocs::rpc::internal
