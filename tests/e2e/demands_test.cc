// A gateway of the client library under demands of the real server: it re-authorises, it aborts,
// and it hears what was demanded while nobody was connected.

#include <poll.h>
#include <signal.h>

#include "ocs/push/v1/push.grpc.pb.h"
#include "tests/e2e/client.h"
#include "tests/e2e/server_process.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"
#include "tools/client/charged_call.h"     // tidy-allow arrow: the library's own tests
#include "tools/client/demand_listener.h"  // tidy-allow arrow: the library's own tests

namespace ocs::e2e {
namespace {

using client::DemandKind;
using testing::TempDir;

constexpr char kDemandedGateway[] = "gw-1.example";

client::ListenerOptions ListenerFor(const std::string& origin_host) {
  return {.origin_host = origin_host, .retry = {.backoff_first_ms = 20, .backoff_most_ms = 200}};
}

client::CallOptions DemandedCall(const std::string& session) {
  return {.session_id = session,
          .customer = "c-1",
          .service_context_id = "ai-tokens.v1@test.example",
          .model = "xingchen",
          .origin_host = kDemandedGateway};
}

// Waits until it is demanded, at most a minute.
std::optional<DemandKind> AwaitDemand(client::DemandBoard& board, const std::string& session) {
  for (int i = 0; i < 6'000; ++i) {
    if (const auto kind = board.Take(session)) return kind;
    ::poll(nullptr, 0, 10);
  }
  return std::nullopt;
}

bool HoldsEventually(const std::function<bool()>& holds) {
  for (int i = 0; i < 6'000 && !holds(); ++i) ::poll(nullptr, 0, 10);
  return holds();
}

int64_t MakeDemand(push::v1::Pushes::Stub& stub, uint64_t account, const std::string& session,
                   DemandKind kind, const std::string& key) {
  push::v1::ReauthoriseSessionsRequest ask;
  SetChange(key, ask.mutable_change());
  ask.set_account_id(account);
  ask.set_session_id(session);
  if (kind == DemandKind::kReauthorise)
    return Call(stub, &push::v1::Pushes::Stub::ReauthoriseSessions, ask).asked();
  push::v1::AbortSessionsRequest end;
  *end.mutable_change() = ask.change();
  end.set_account_id(account);
  end.set_session_id(session);
  return Call(stub, &push::v1::Pushes::Stub::AbortSessions, end).asked();
}

TEST_CASE("a gateway of the client library does what is demanded", "[ocsd][e2e][CC-97][CC-98]") {
  const TempDir folder;
  const ServerProcess server(folder.Path("data"));
  Client calls(server.channel());
  Publish(calls);
  const uint64_t account = MakeCustomer(calls, "c-1", 20'000'000);
  const auto pushes = push::v1::Pushes::NewStub(server.channel());
  client::DemandBoard board;
  client::DemandListener listener(server.channel(), ListenerFor(kDemandedGateway), board.Handler());
  client::DemandListener stranger(
      server.channel(), ListenerFor("gw-2.example"),
      [](const client::Demand&) { return client::DemandAnswer::kUnknownSession; });
  client::ChargingClient charging(server.channel(), {});
  client::ChargedCall call(&charging, DemandedCall("s-1"));
  board.Open("s-1");
  REQUIRE(call.Reserve({{type::INPUT, 100}, {type::OUTPUT, 200}}).decision ==
          client::Decision::kGo);

  REQUIRE(MakeDemand(*pushes, account, "s-1", DemandKind::kReauthorise, "ask-1") == 1);
  REQUIRE(AwaitDemand(board, "s-1") == DemandKind::kReauthorise);
  const auto again =
      call.Reauthorise({{type::INPUT, 100}, {type::OUTPUT, 20}}, {{type::OUTPUT, 200}});
  CHECK(again.decision == client::Decision::kGo);
  const auto none_pending = [&] {
    return HttpGet(server.metrics_address(), "/metrics").find("ocs_push_pending_accounts 0\n") !=
           std::string::npos;
  };
  CHECK(HoldsEventually(none_pending));

  REQUIRE(MakeDemand(*pushes, account, "s-1", DemandKind::kAbort, "end-1") == 1);
  REQUIRE(AwaitDemand(board, "s-1") == DemandKind::kAbort);
  const auto end = call.Commit({{type::OUTPUT, 5}}, client::Count::kReported);
  board.Close("s-1");
  CHECK(end.settled);
  CHECK(end.refused.empty());
  CHECK(GetAccount(calls, account).session_size() == 0);

  // A session that the gateway has lost is closed by its answer.
  client::ChargedCall lost(&charging, DemandedCall("s-2"));
  REQUIRE(lost.Reserve({{type::INPUT, 10}, {type::OUTPUT, 10}}).decision == client::Decision::kGo);
  REQUIRE(MakeDemand(*pushes, account, "s-2", DemandKind::kReauthorise, "ask-2") == 1);
  CHECK(HoldsEventually([&] { return GetAccount(calls, account).session_size() == 0; }));
  CHECK(stranger.statistics().demands == 0);
  CHECK(listener.statistics().demands == listener.statistics().answered);
}

TEST_CASE("what was demanded before a restart is heard after it", "[ocsd][e2e][CC-99][CC-100]") {
  const TempDir folder;
  auto server = std::make_unique<ServerProcess>(folder.Path("data"));
  const std::string address = server->address();
  const auto channel = grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
  Client calls(channel);
  Publish(calls);
  const uint64_t account = MakeCustomer(calls, "c-1", 20'000'000);
  client::ChargingClient charging(channel, {});
  client::ChargedCall call(&charging, DemandedCall("s-1"));
  client::DemandBoard board;
  board.Open("s-1");
  REQUIRE(call.Reserve({{type::INPUT, 100}, {type::OUTPUT, 200}}).decision ==
          client::Decision::kGo);
  REQUIRE(MakeDemand(*push::v1::Pushes::NewStub(channel), account, "s-1", DemandKind::kAbort,
                     "end-1") == 1);
  CHECK(server->Stop(SIGKILL).exit_code == 128 + SIGKILL);
  // Nobody is there: it goes on trying.
  client::DemandListener listener(channel, ListenerFor(kDemandedGateway), board.Handler());
  CHECK(HoldsEventually([&] { return listener.statistics().streams > 1; }));
  server =
      std::make_unique<ServerProcess>(folder.Path("data"), std::vector<std::string>(), address);
  REQUIRE(AwaitDemand(board, "s-1") == DemandKind::kAbort);
  CHECK(call.Commit({{type::INPUT, 100}, {type::OUTPUT, 50}}, client::Count::kReported).settled);
  CHECK(GetAccount(calls, account).session_size() == 0);
}

}  // namespace
}  // namespace ocs::e2e
