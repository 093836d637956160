// Every method with every role, against a real server: what the table says is what happens.

#include "ocs/rpc/access.h"

#include <google/protobuf/descriptor.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <future>
#include <set>
#include <sstream>

#include "balance/mem_store.h"
#include "ocs/charging/v1/charging.grpc.pb.h"
#include "ocs/rpc/services.h"
#include "ocs/runtime/event_loop.h"
#include "tests/rpc/still_clock.h"
#include "tests/support/catch.h"

namespace ocs::rpc {
namespace {

// A token of each role; more lines may be added before they are set.
std::string TokenOf(Role role) { return "token-of-" + std::string(RoleName(role)); }

CredentialLine LineOf(Role role) {
  CredentialLine line;
  line.key = TokenKey(TokenOf(role));
  line.roles = {role};
  line.tenant = "operator";
  line.name = std::string(RoleName(role));
  return line;
}

struct AccessWorld {
  AccessWorld() {
    auto opened = engine::Engine::Open({}, {{store.get(), &worker, &writer}}, &clock);
    REQUIRE(opened.ok());
    engine = *std::move(opened);
    ServicesOptions options{absl::UTCTimeZone()};
    options.clock = &clock;
    options.on_refused = [this](const RefusedCall& call) {
      reports << AccessRefusalName(call.why) << " " << call.method << " " << call.caller << " "
              << call.trace_id << "\n";
    };
    services = std::make_unique<Services>(engine.get(), options);
    for (int i = 0; i < kRoleCount; ++i) lines.push_back(LineOf(static_cast<Role>(i)));
    REQUIRE(services->SetCredentials(lines).ok());
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    services->RegisterWith(&builder);
    server = builder.BuildAndStart();
    channel = grpc::CreateChannel("127.0.0.1:" + std::to_string(port),
                                  grpc::InsecureChannelCredentials());
  }
  ~AccessWorld() {
    std::promise<void> drained;
    engine->Drain([&drained] { drained.set_value(); });
    drained.get_future().wait();
    server->Shutdown();
  }

  // Calls a method with an empty request and this authorization header; none when it is empty.
  grpc::Status Ask(std::string_view path, const std::string& authorization,
                   const std::string& traceparent = "") {
    grpc::GenericStub stub(channel);
    grpc::ClientContext context;
    if (!authorization.empty()) context.AddMetadata("authorization", authorization);
    if (!traceparent.empty()) context.AddMetadata("traceparent", traceparent);
    // Who listens for demands is sent nothing and not ended.
    if (path == AccessOf(Method::kStreamPushes).path)
      context.set_deadline(std::chrono::system_clock::now() +  // tidy-allow clock: gRPC's deadline
                           std::chrono::seconds(1));
    const grpc::Slice nothing;
    const grpc::ByteBuffer request(&nothing, 1);
    grpc::ByteBuffer response;
    std::promise<grpc::Status> done;
    stub.UnaryCall(&context, std::string(path), {}, &request, &response,
                   [&done](grpc::Status status) { done.set_value(std::move(status)); });
    return done.get_future().get();
  }

  tests::StillClock clock;
  std::unique_ptr<balance::Store> store = balance::MakeMemStore();
  runtime::EventLoop worker{"worker"};
  runtime::EventLoop writer{"writer"};
  std::unique_ptr<engine::Engine> engine;
  std::vector<CredentialLine> lines;
  std::ostringstream reports;
  std::unique_ptr<Services> services;
  std::unique_ptr<grpc::Server> server;
  std::shared_ptr<grpc::Channel> channel;
};

constexpr auto kUnauthenticated = grpc::StatusCode::UNAUTHENTICATED;
constexpr auto kAccessDenied = grpc::StatusCode::PERMISSION_DENIED;

TEST_CASE("every method of every schema has its row", "[rpc][unit]") {
  std::set<std::string> paths;
  std::istringstream files(OCS_PROTO_FILES);
  std::string name;
  while (std::getline(files, name, ',')) {
    const auto* file = google::protobuf::DescriptorPool::generated_pool()->FindFileByName(name);
    CAPTURE(name);
    REQUIRE(file != nullptr);
    for (int s = 0; s < file->service_count(); ++s) {
      const auto* service = file->service(s);
      // The one service that the server calls and does not offer.
      if (service->full_name() == "ocs.settlement.v1.PhoneBillSettlement") continue;
      for (int m = 0; m < service->method_count(); ++m) {
        paths.insert("/" + service->full_name() + "/" + service->method(m)->name());
      }
    }
  }
  std::set<std::string> rows;
  for (const MethodAccess& row : MethodTable()) rows.insert(std::string(row.path));
  CHECK(rows == paths);
  CHECK(rows.size() == MethodTable().size());
}

TEST_CASE("every method lets in the roles of its row and no other", "[rpc][unit]") {
  AccessWorld world;
  for (const MethodAccess& row : MethodTable()) {
    CAPTURE(row.path);
    CHECK(world.Ask(row.path, "").error_code() == kUnauthenticated);
    for (int i = 0; i < kRoleCount; ++i) {
      const auto role = static_cast<Role>(i);
      CAPTURE(RoleName(role));
      const auto code = world.Ask(row.path, "Bearer " + TokenOf(role)).error_code();
      CHECK(code != kUnauthenticated);
      CHECK((code != kAccessDenied) == row.roles.Has(role));
    }
  }
  const AccessStatistics counts = world.services->access_statistics();
  CHECK(counts.refused[0] == static_cast<int64_t>(MethodTable().size()));
  CHECK(counts.refused[3] > 0);
  CHECK(counts.callers.size() == kRoleCount);
}

TEST_CASE("a credential is refused when it is wrong, twice there, or has ended", "[rpc][unit]") {
  AccessWorld world;
  const std::string_view path = AccessOf(Method::kListRevisions).path;
  const std::string good = TokenOf(Role::kOperations);
  REQUIRE(world.Ask(path, "Bearer " + good).ok());
  const std::string bad =
      GENERATE(std::string("Bearer wrong"), std::string("Bearer "), std::string("Basic dXNlcg=="),
               std::string("bearer token-of-operations"), "Bearer " + std::string(300, 'x'));
  const grpc::Status refused = world.Ask(path, bad);
  CHECK(refused.error_code() == kUnauthenticated);
  CHECK(refused.error_message() == world.Ask(path, "").error_message());

  for (CredentialLine& line : world.lines) line.until = world.clock.Now();
  REQUIRE(world.services->SetCredentials(world.lines).ok());
  const grpc::Status ended = world.Ask(path, "Bearer " + good);
  CHECK(ended.error_code() == kUnauthenticated);
  CHECK(ended.error_message() == refused.error_message());
  CHECK(world.services->access_statistics().refused[2] == 1);

  REQUIRE(world.services->SetCredentials({LineOf(Role::kFinance)}).ok());
  CHECK(world.Ask(path, "Bearer " + good).error_code() == kUnauthenticated);
  CHECK(world.Ask(path, "Bearer " + TokenOf(Role::kFinance)).ok());
}

TEST_CASE("a refused call is reported with its trace and without its token", "[rpc][unit]") {
  AccessWorld world;
  const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  world.Ask(AccessOf(Method::kTopUp).path, "Bearer secret-token", "");
  world.Ask(AccessOf(Method::kTopUp).path, "Bearer " + TokenOf(Role::kCharging),
            "00-" + trace + "-00f067aa0ba902b7-01");
  CHECK(world.reports.str() ==
        "unknown /ocs.account.v1.Accounts/TopUp  \n"
        "role /ocs.account.v1.Accounts/TopUp operator/charging " +
            trace + "\n");
}

TEST_CASE("beyond its rate a caller is told when to come again", "[rpc][unit]") {
  AccessWorld world;
  for (CredentialLine& line : world.lines) {
    line.rate_per_second = 1;
    line.burst = 3;
  }
  REQUIRE(world.services->SetCredentials(world.lines).ok());
  const std::string_view path = AccessOf(Method::kListRevisions).path;
  const std::string flood = "Bearer " + TokenOf(Role::kCare);
  grpc::Status last;
  int passed = 0;
  for (int i = 0; i < 20; ++i) {
    last = world.Ask(path, flood);
    passed += last.ok() ? 1 : 0;
  }
  CHECK(passed >= 3);
  CHECK(passed < 20);
  CHECK(last.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  CHECK(last.error_details().find("google.rpc.RetryInfo") != std::string::npos);
  CHECK(last.error_details().find("DIAMETER_TOO_BUSY") != std::string::npos);
  CHECK(world.Ask(path, "Bearer " + TokenOf(Role::kOperations)).ok());
  for (const auto& caller : world.services->access_statistics().callers) {
    CAPTURE(caller.name);
    CHECK(caller.refused_rate == (caller.name == "care" ? 20 - passed : 0));
  }
}

TEST_CASE("of a batch beyond the rate the rest is refused, one by one", "[rpc][unit]") {
  AccessWorld world;
  world.lines[0].rate_per_second = 1;
  world.lines[0].burst = 4;
  REQUIRE(world.services->SetCredentials(world.lines).ok());
  const auto stub = charging::v1::Charging::NewStub(world.channel);
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer " + TokenOf(Role::kCharging));
  auto stream = stub->CreditControlStream(&context);
  charging::v1::CreditControlBatch batch;
  for (int i = 0; i < 50; ++i) batch.add_request()->set_session_id("s-" + std::to_string(i));
  REQUIRE(stream->Write(batch));
  charging::v1::CreditControlAnswerBatch answers;
  REQUIRE(stream->Read(&answers));
  REQUIRE(answers.item_size() == 50);
  CHECK(answers.item(0).has_answer());
  CHECK(answers.item(3).has_answer());
  for (int i = 40; i < 50; ++i) {  // Far beyond what a slow machine adds meanwhile.
    REQUIRE(answers.item(i).has_error());
    CHECK(answers.item(i).error().code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
    CHECK(answers.item(i).error().details_size() == 2);
  }
  stream->WritesDone();
  CHECK(stream->Finish().ok());
  const auto counts = world.services->access_statistics();
  for (const auto& caller : counts.callers) {
    if (caller.name != "charging") continue;
    CHECK(caller.admitted + caller.refused_rate == 50);
    CHECK(caller.refused_rate == counts.refused[4]);
  }
}

TEST_CASE("names of roles are read as they are written", "[rpc][unit]") {
  for (int i = 0; i < kRoleCount; ++i) {
    const auto role = static_cast<Role>(i);
    CHECK(ParseRole(RoleName(role)) == role);
  }
  CHECK_FALSE(ParseRole("root").has_value());
}

}  // namespace
}  // namespace ocs::rpc
