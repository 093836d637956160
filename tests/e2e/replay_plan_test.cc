#include <set>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tools/replay/call.h"
#include "tools/replay/population.h"
#include "tools/replay/summary.h"
#include "tools/replay/trace.h"

namespace ocs::replay {
namespace {

namespace v1 = ::ocs::charging::v1;

constexpr int64_t kBaseMs = 1'800'000'000'000;
const std::string kHeader =
    "timestamp_ms,session_id,turn,model,input_tokens,cached_input_tokens,output_tokens";

std::vector<TraceCall> RealCalls(int64_t rows_max) {
  const auto text = ReadFile(OCS_TRACE);
  const auto links = ReadFile(OCS_TRACE_LINKS);
  REQUIRE(text.ok());
  REQUIRE(links.ok());
  const auto calls = ParseTrace(*text, *links, rows_max);
  REQUIRE(calls.ok());
  return *calls;
}

Call MakeCall(int64_t output_tokens) {
  const TraceCall trace{.row = 7,
                        .at_ms = 2'000,
                        .input_tokens = 100,
                        .cached_tokens = 512,
                        .output_tokens = output_tokens,
                        .conversation = 7};
  return {PlannedCall{.trace = trace, .model = "xingchen"}, 3, kBaseMs};
}

v1::CreditControlRequest Next(const Call& call) {
  v1::CreditControlRequest request;
  call.Write(&request);
  return request;
}

v1::CreditControlAnswer Granted(int64_t output) {
  v1::CreditControlAnswer answer;
  answer.set_result_code(v1::DIAMETER_SUCCESS);
  auto* service = answer.add_multiple_services_credit_control();
  service->set_result_code(v1::DIAMETER_SUCCESS);
  auto* granted = service->mutable_granted_service_unit()->add_token_quantity();
  granted->set_token_kind(type::v1::OUTPUT);
  granted->set_quantity(output);
  return answer;
}

v1::CreditControlAnswer LastGranted(int64_t output) {
  v1::CreditControlAnswer answer = Granted(output);
  answer.mutable_multiple_services_credit_control(0)
      ->mutable_final_unit_indication()
      ->set_final_unit_action(v1::TERMINATE);
  return answer;
}

int64_t UsedOf(const v1::CreditControlRequest& request, type::v1::TokenKind kind) {
  int64_t sum = 0;
  for (const auto& used : request.multiple_services_credit_control(0).used_service_unit()) {
    for (const auto& quantity : used.token_quantity()) {
      if (quantity.token_kind() == kind) sum += quantity.quantity();
    }
  }
  return sum;
}

}  // namespace

TEST_CASE("the shipped trace is read whole", "[replay][unit]") {
  const std::vector<TraceCall> calls = RealCalls(0);
  REQUIRE(calls.size() == 8'940);
  int64_t input = 0;
  int64_t cached = 0;
  int64_t output = 0;
  std::set<int64_t> conversations;
  for (const TraceCall& call : calls) {
    input += call.input_tokens;
    cached += call.cached_tokens;
    output += call.output_tokens;
    conversations.insert(call.conversation);
  }
  CHECK(input + cached == 109'285'356);
  CHECK(cached == 39'385'600);
  CHECK(output == 3'102'839);
  CHECK(conversations.size() == 6'071);
  CHECK(RealCalls(10).size() == 10);
}

TEST_CASE("a bad trace is refused with its line", "[replay][unit]") {
  const auto error = [](const std::string& text, const std::string& links) {
    return std::string(ParseTrace(text, links, 0).status().message());
  };
  CHECK(error("time\n", "") == "line 1: expected the header " + kHeader);
  CHECK(error(kHeader + "\n0,,,,1,0\n", "") == "line 2: has 6 columns, expected 7");
  CHECK(error(kHeader + "\n0,,,,1,0,1\n0,,,,-1,0,1\n", "") ==
        "line 3: input_tokens is '-1', expected a count");
  CHECK(error(kHeader + "\n0,,,,1,2,1\n", "") == "line 2: more cached tokens than input");
  CHECK(error(kHeader + "\n0,,,,1,0,1\n",
              "row,parent_row,shared_prefix_tokens,derived_session,derived_turn\n") ==
        "the links have fewer rows than the trace");
}

TEST_CASE("the declared mix is whole", "[replay][unit]") {
  int64_t accounts = 0;
  for (const Product& product : Products()) {
    accounts += product.accounts;
    int64_t percent = 0;
    for (const ModelShare& share : product.models) percent += share.percent;
    CHECK(percent == 100);
  }
  CHECK(accounts == kAccountCount);
}

TEST_CASE("a plan deals every call once and follows from the seed alone", "[replay][unit]") {
  const std::vector<TraceCall> calls = RealCalls(0);
  const Plan plan = MakePlan(calls, 6);
  REQUIRE(plan.accounts.size() == static_cast<size_t>(kAccountCount));
  std::set<int64_t> rows;
  std::vector<int64_t> payers(calls.size(), 0);  // By conversation, which is a row.
  for (const PlannedAccount& account : plan.accounts) {
    CHECK(account.earlier_tokens <= account.product->package_tokens);
    int64_t before = -1;
    for (const PlannedCall& call : account.calls) {
      CHECK(call.trace.row > before);
      before = call.trace.row;
      CHECK(rows.insert(call.trace.row).second);
      int64_t& payer = payers.at(static_cast<size_t>(call.trace.conversation));
      CHECK((payer == 0 || payer == account.rank));
      payer = account.rank;
    }
  }
  CHECK(rows.size() == calls.size());
  CHECK(DescribePlan(plan) == DescribePlan(MakePlan(calls, 6)));
  CHECK(DescribePlan(plan) != DescribePlan(MakePlan(calls, 7)));
  // As skewed as declared: weight 1/rank gives the first 17 % of the conversations.
  CHECK(plan.accounts[0].calls.size() > calls.size() / 10);
  CHECK(plan.accounts[0].calls.size() > 20 * plan.accounts[199].calls.size());
}

TEST_CASE("a call reserves, asks again for each slice and ends with the rest", "[replay][unit]") {
  Call call = MakeCall(700);
  v1::CreditControlRequest request = Next(call);
  CHECK(request.cc_request_type() == v1::INITIAL_REQUEST);
  CHECK(request.session_id() == "call-000007");
  CHECK(request.event_timestamp_unix_ms() == kBaseMs + 2'000 / kTimeCompression);
  CHECK(request.SerializeAsString() == Next(call).SerializeAsString());
  REQUIRE(call.Take(Granted(512)).ok());

  request = Next(call);
  CHECK(request.cc_request_type() == v1::UPDATE_REQUEST);
  CHECK(request.cc_request_number() == 1);
  CHECK(UsedOf(request, type::v1::INPUT) == 100);
  CHECK(UsedOf(request, type::v1::CACHE_READ) == 512);
  CHECK(UsedOf(request, type::v1::OUTPUT) == 512);
  REQUIRE(call.Take(Granted(512)).ok());

  request = Next(call);
  CHECK(request.cc_request_type() == v1::TERMINATION_REQUEST);
  CHECK(UsedOf(request, type::v1::INPUT) == 0);
  CHECK(UsedOf(request, type::v1::OUTPUT) == 700 - 512);
  REQUIRE(call.Take(Granted(0)).ok());
  REQUIRE(call.done());
  CHECK(call.result().end == CallEnd::kCompleted);
  CHECK(call.result().requests == 3);
  CHECK(call.result().output_tokens == 700);
}

TEST_CASE("a call stops where its balance does", "[replay][unit]") {
  SECTION("blocked: the prompt is not covered") {
    Call call = MakeCall(100);
    v1::CreditControlAnswer refused;
    refused.set_result_code(v1::DIAMETER_CREDIT_LIMIT_REACHED);
    REQUIRE(call.Take(refused).ok());
    REQUIRE(call.done());
    CHECK(call.result().end == CallEnd::kBlocked);
    CHECK(call.result().input_tokens == 0);
  }
  SECTION("cut: the last grant is shorter than the answer") {
    Call call = MakeCall(100);
    REQUIRE(call.Take(LastGranted(40)).ok());
    CHECK(call.next_type() == v1::TERMINATION_REQUEST);
    CHECK(UsedOf(Next(call), type::v1::OUTPUT) == 40);
    REQUIRE(call.Take(Granted(0)).ok());
    CHECK(call.result().end == CallEnd::kCut);
    CHECK(call.result().output_tokens == 40);
  }
  SECTION("not cut: the last grant suffices") {
    Call call = MakeCall(40);
    REQUIRE(call.Take(LastGranted(40)).ok());
    REQUIRE(call.Take(Granted(0)).ok());
    CHECK(call.result().end == CallEnd::kCompleted);
  }
  SECTION("cut at an update that gives nothing more") {
    Call call = MakeCall(600);
    REQUIRE(call.Take(Granted(512)).ok());
    v1::CreditControlAnswer refused = Granted(0);
    refused.mutable_multiple_services_credit_control(0)->set_result_code(
        v1::DIAMETER_CREDIT_LIMIT_REACHED);
    REQUIRE(call.Take(refused).ok());
    CHECK(call.next_type() == v1::TERMINATION_REQUEST);
    CHECK(Next(call).multiple_services_credit_control(0).used_service_unit_size() == 0);
    REQUIRE(call.Take(Granted(0)).ok());
    CHECK(call.result().end == CallEnd::kCut);
    CHECK(call.result().output_tokens == 512);
  }
}

TEST_CASE("an answer that no client should get ends the replay", "[replay][unit]") {
  Call call = MakeCall(100);
  v1::CreditControlAnswer unknown;
  unknown.set_result_code(v1::DIAMETER_USER_UNKNOWN);
  CHECK(call.Take(unknown).code() == absl::StatusCode::kInternal);
}

TEST_CASE("percentiles are of the nearest rank", "[replay][unit]") {
  Timing timing;
  for (int64_t i = 100; i > 0; --i) timing.latency_us[0].push_back(i);
  timing.Sort();
  CHECK(timing.Percentile(0, 500) == 50);
  CHECK(timing.Percentile(0, 990) == 99);
  CHECK(timing.Percentile(0, 999) == 100);
  CHECK(timing.Percentile(1, 500) == 0);
}

}  // namespace ocs::replay
