// CreditControl with retries, against a server that fails as it is told.

#include "tools/client/charging_client.h"  // tidy-allow arrow: the library's own tests

#include "tests/client/scripted_server.h"
#include "tests/support/catch.h"

namespace ocs::client {
namespace {

namespace wire = charging::v1;

wire::CreditControlRequest SomeRequest() {
  wire::CreditControlRequest request;
  request.set_session_id("s-1");
  request.set_cc_request_type(wire::EVENT_REQUEST);
  request.set_cc_request_number(3);
  return request;
}

Scripted Success(int64_t cost_micros) {
  Scripted scripted;
  scripted.answer.set_result_code(wire::DIAMETER_SUCCESS);
  scripted.answer.mutable_cost_information()->set_cost_micros(cost_micros);
  return scripted;
}

TEST_CASE("what is sent again is the same bytes, until it is answered", "[client][unit]") {
  ScriptedServer server;
  TestTime time;
  ChargingClient client(server.channel(), {.token = "word", .time = &time});
  server.Then({.status = {grpc::StatusCode::UNAVAILABLE, "restarting"}});
  server.Then({.status = Busy(300)});
  server.Then({.status = {grpc::StatusCode::CANCELLED, ""}});
  server.Then(Success(42));
  wire::CreditControlAnswer answer;
  REQUIRE(client.Ask(SomeRequest(), &answer).ok());
  CHECK(answer.cost_information().cost_micros() == 42);
  const std::vector<std::string> seen = server.seen();
  REQUIRE(seen.size() == 4);
  for (const std::string& bytes : seen) CHECK(bytes == SomeRequest().SerializeAsString());
  for (const std::string& token : server.tokens()) CHECK(token == "Bearer word");
  REQUIRE(time.waits.size() == 3);
  CHECK(time.waits[1] >= 300);
  CHECK(client.statistics().requests == 1);
  CHECK(client.statistics().repeats == 3);
  CHECK(client.statistics().given_up == 0);
}

TEST_CASE("a final refusal is not sent again, and a result code is an answer", "[client][unit]") {
  ScriptedServer server;
  TestTime time;
  ChargingClient client(server.channel(), {.time = &time});
  server.Then({.status = {grpc::StatusCode::INVALID_ARGUMENT, "session_id: too long"}});
  wire::CreditControlAnswer answer;
  CHECK(client.Ask(SomeRequest(), &answer).error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  Scripted refused;
  refused.answer.set_result_code(wire::DIAMETER_CREDIT_LIMIT_REACHED);
  server.Then(refused);
  REQUIRE(client.Ask(SomeRequest(), &answer).ok());
  CHECK(answer.result_code() == wire::DIAMETER_CREDIT_LIMIT_REACHED);
  CHECK(server.seen().size() == 2);
  CHECK(server.tokens() == std::vector<std::string>{"", ""});
  CHECK(time.waits.empty());
}

TEST_CASE("without an answer within the budget the last status says so", "[client][unit]") {
  ScriptedServer server;
  TestTime time;
  ChargingClient client(server.channel(), {.time = &time});
  for (int i = 0; i < 30; ++i) server.Then({.status = {grpc::StatusCode::UNAVAILABLE, "away"}});
  wire::CreditControlAnswer answer;
  const RetryPolicy policy = {.budget_ms = 500, .backoff_first_ms = 100, .backoff_most_ms = 100};
  CHECK(client.Ask(SomeRequest(), policy, &answer).error_code() == grpc::StatusCode::UNAVAILABLE);
  CHECK(client.statistics().given_up == 1);
  CHECK(server.seen().size() >= 5);
  CHECK(server.seen().size() <= 10);
}

TEST_CASE("a server that is not there is no answer either", "[client][unit]") {
  TestTime time;
  ChargingClient client(
      grpc::CreateChannel("127.0.0.1:1", grpc::InsecureChannelCredentials()),
      {.retry = {.budget_ms = 200, .backoff_first_ms = 50, .backoff_most_ms = 50}, .time = &time});
  wire::CreditControlAnswer answer;
  CHECK(client.Ask(SomeRequest(), &answer).error_code() == grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace ocs::client
