// One model call: what it sends, and what it makes of answers and of silence.

#include "tools/client/charged_call.h"  // tidy-allow arrow: the library's own tests

#include "tests/client/scripted_server.h"
#include "tests/support/catch.h"

namespace ocs::client {
namespace {

namespace wire = charging::v1;
using type::v1::INPUT;
using type::v1::OUTPUT;

constexpr grpc::StatusCode kUnavailable = grpc::StatusCode::UNAVAILABLE;
constexpr RetryPolicy kShortPolicy = {
    .budget_ms = 200, .backoff_first_ms = 50, .backoff_most_ms = 50};

CallOptions Options(FailureHandling handling) {
  return {.session_id = "s-1",
          .customer = "c-1",
          .service_context_id = "ai-tokens.v1@test.example",
          .model = "xingchen",
          .failure_handling = handling};
}

Scripted Granted(int64_t output, int64_t charged_micros, bool last = false) {
  Scripted scripted;
  scripted.answer.set_result_code(wire::DIAMETER_SUCCESS);
  auto* service = scripted.answer.add_multiple_services_credit_control();
  service->set_result_code(wire::DIAMETER_SUCCESS);
  service->set_charged_micros(charged_micros);
  service->set_drawn(charged_micros / 10);
  auto* units = service->mutable_granted_service_unit()->add_token_quantity();
  units->set_token_kind(OUTPUT);
  units->set_quantity(output);
  if (last) service->mutable_final_unit_indication()->set_final_unit_action(wire::TERMINATE);
  return scripted;
}

Scripted Refused(wire::ResultCode code) {
  Scripted scripted;
  scripted.answer.set_result_code(code);
  return scripted;
}

// What it asked, as "type number used-output requested-output".
std::vector<std::string> Asked(const ScriptedServer& server) {
  std::vector<std::string> all;
  for (const std::string& bytes : server.seen()) {
    wire::CreditControlRequest request;
    REQUIRE(request.ParseFromString(bytes));
    CHECK(request.session_id() == "s-1");
    CHECK(request.subscription_id().subscription_id_data() == "c-1");
    const auto& service = request.multiple_services_credit_control(0);
    CHECK(service.model() == "xingchen");
    int64_t used = 0;
    for (const auto& unit : service.used_service_unit()) {
      for (const auto& token : unit.token_quantity()) {
        if (token.token_kind() == OUTPUT) used += token.quantity();
      }
    }
    int64_t wanted = 0;
    for (const auto& token : service.requested_service_unit().token_quantity()) {
      if (token.token_kind() == OUTPUT) wanted += token.quantity();
    }
    all.push_back(std::to_string(request.cc_request_type()) + " " +
                  std::to_string(request.cc_request_number()) + " " + std::to_string(used) + " " +
                  std::to_string(wanted));
  }
  return all;
}

struct World {
  ScriptedServer server;
  TestTime time;
  ChargingClient client{server.channel(), {.retry = kShortPolicy, .time = &time}};

  void Silence() {
    // As many as a budget of 200 ms with waits of 25 ms and more can take.
    for (int i = 0; i < 9; ++i) server.Then({.status = {kUnavailable, "away"}});
  }
};

TEST_CASE("a call reserves, reports and commits under numbers that count on", "[client][unit]") {
  World world;
  ChargedCall call(&world.client, Options(FailureHandling::kRetryAndTerminate));
  world.server.Then(Granted(500, 0));
  world.server.Then(Granted(200, 40, true));
  world.server.Then(Granted(0, 60));
  const Permission first = call.Reserve({{INPUT, 100}, {OUTPUT, 500}});
  CHECK(first.decision == Decision::kGo);
  CHECK(first.output_tokens == 500);
  CHECK_FALSE(first.last);
  const Permission second = call.Report({{INPUT, 100}, {OUTPUT, 500}}, {{OUTPUT, 500}});
  CHECK(second.output_tokens == 200);
  CHECK(second.last);
  const Settlement end = call.Commit({{OUTPUT, 180}}, Count::kReported);
  CHECK(end.settled);
  CHECK(end.charged_micros == 100);
  CHECK(end.drawn == 10);
  CHECK(end.refused.empty());
  CHECK(Asked(world.server) == std::vector<std::string>{"1 0 0 500", "2 1 500 500", "3 2 180 0"});
}

TEST_CASE("a refused call sends nothing more, and what it used is named", "[client][unit]") {
  World world;
  ChargedCall call(&world.client, Options(FailureHandling::kContinue));
  world.server.Then(Refused(wire::DIAMETER_CREDIT_LIMIT_REACHED));
  const Permission refused = call.Reserve({{OUTPUT, 500}});
  CHECK(refused.decision == Decision::kStop);
  CHECK(refused.result_code == wire::DIAMETER_CREDIT_LIMIT_REACHED);
  CHECK(refused.why.find("DIAMETER_CREDIT_LIMIT_REACHED") != std::string::npos);
  const Settlement end = call.Commit({{OUTPUT, 7}}, Count::kReported);
  CHECK(end.settled);
  REQUIRE(end.refused.size() == 1);
  CHECK(end.refused[0].quantity == 7);
  CHECK(world.server.seen().size() == 1);
}

TEST_CASE("what is not controlled goes on without a reservation", "[client][unit]") {
  World world;
  ChargedCall call(&world.client, Options(FailureHandling::kTerminate));
  world.server.Then(Refused(wire::DIAMETER_CREDIT_CONTROL_NOT_APPLICABLE));
  CHECK(call.Reserve({{OUTPUT, 500}}).decision == Decision::kUncontrolled);
}

TEST_CASE("fail closed at once: one try, then stop", "[client][unit][CC-93][CC-95]") {
  World world;
  ChargedCall call(&world.client, Options(FailureHandling::kTerminate));
  world.server.Then({.status = {kUnavailable, "away"}});
  CHECK(call.Reserve({{OUTPUT, 500}}).decision == Decision::kStop);
  CHECK(world.server.seen().size() == 1);
  CHECK(call.unanswered().size() == 1);
  // It may have arrived: the release asks again, the same, and closes what it opened.
  world.server.Then(Granted(500, 0));
  world.server.Then(Granted(0, 0));
  CHECK(call.Release().settled);
  CHECK(Asked(world.server) == std::vector<std::string>{"1 0 0 500", "1 0 0 500", "3 1 0 0"});
}

TEST_CASE("fail closed after repeats: the budget is used up first", "[client][unit]") {
  World world;
  ChargedCall call(&world.client, Options(FailureHandling::kRetryAndTerminate));
  world.Silence();
  const Permission stopped = call.Reserve({{OUTPUT, 500}});
  CHECK(stopped.decision == Decision::kStop);
  CHECK(stopped.why == "away");
  CHECK(world.server.seen().size() > 3);
}

TEST_CASE("fail open: the call goes on, and all is told in order when the server is back",
          "[client][unit][CC-75][CC-93]") {
  World world;
  ChargedCall call(&world.client, Options(FailureHandling::kContinue));
  for (int i = 0; i < 30; ++i) world.server.Then({.status = {kUnavailable, "away"}});
  const Permission blind = call.Reserve({{INPUT, 100}, {OUTPUT, 500}});
  CHECK(blind.decision == Decision::kUncontrolled);
  CHECK(blind.output_tokens == 500);
  CHECK(call.Report({{INPUT, 100}, {OUTPUT, 500}}, {{OUTPUT, 300}}).decision ==
        Decision::kUncontrolled);
  const Settlement silent = call.Commit({{OUTPUT, 20}}, Count::kEstimated);
  CHECK_FALSE(silent.settled);
  CHECK(call.unanswered().size() == 3);
  const size_t before = world.server.seen().size();
  for (size_t left = before; left < 30; ++left) {  // What is still scripted.
    wire::CreditControlAnswer unused;
    CHECK_FALSE(world.client.Ask(call.unanswered()[0], {.tries_max = 1}, &unused).ok());
  }
  world.server.Then(Granted(500, 0));
  world.server.Then(Granted(300, 70));
  world.server.Then(Granted(0, 5));
  const Settlement end = call.Settle();
  CHECK(end.settled);
  CHECK(end.charged_micros == 75);
  const std::vector<std::string> asked = Asked(world.server);
  REQUIRE(asked.size() == 33);
  CHECK(std::vector<std::string>(asked.begin() + 30, asked.end()) ==
        std::vector<std::string>{"1 0 0 500", "2 1 500 300", "3 2 20 0"});
  wire::CreditControlRequest last;
  REQUIRE(last.ParseFromString(world.server.seen().back()));
  CHECK(last.multiple_services_credit_control(0).used_service_unit(0).estimated());
}

TEST_CASE("a call that was refused after it went on blindly says what is not charged",
          "[client][unit]") {
  World world;
  ChargedCall call(&world.client, Options(FailureHandling::kContinue));
  world.Silence();
  REQUIRE(call.Reserve({{OUTPUT, 500}}).decision == Decision::kUncontrolled);
  for (size_t left = world.server.seen().size(); left < 9; ++left) {
    wire::CreditControlAnswer unused;
    CHECK_FALSE(world.client.Ask(call.unanswered()[0], {.tries_max = 1}, &unused).ok());
  }
  world.server.Then(Refused(wire::DIAMETER_USER_UNKNOWN));
  world.server.Then(Refused(wire::DIAMETER_UNKNOWN_SESSION_ID));
  const Settlement end = call.Commit({{INPUT, 100}, {OUTPUT, 90}}, Count::kReported);
  CHECK(end.settled);
  REQUIRE(end.refused.size() == 2);
  CHECK(end.refused[1].quantity == 90);
  CHECK(end.why.find("DIAMETER_UNKNOWN_SESSION_ID") != std::string::npos);
}

}  // namespace
}  // namespace ocs::client
