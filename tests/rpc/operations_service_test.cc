// The care of the stores and of the log over gRPC: what is asked reaches who has them, and its
// answer comes back, also late and also an error.

#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <future>
#include <mutex>

#include "balance/mem_store.h"
#include "ocs/operations/v1/operations.grpc.pb.h"
#include "ocs/rpc/services.h"
#include "ocs/rpc/store_care.h"
#include "ocs/runtime/event_loop.h"
#include "tests/rpc/still_clock.h"
#include "tests/support/catch.h"

namespace ocs::rpc {
namespace {

namespace operations_pb = ::ocs::operations::v1;

// Holds what was asked for until the test answers it.
class HeldCare final : public StoreCare {
 public:
  void BackUp(const std::string& name, BackUpDone done) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    name_ = name;
    done_ = std::move(done);
    asked_.notify_all();
  }
  StoreUsage Usage() const override {
    return {.shards = {{.shard = 3,
                        .total_bytes = 40,
                        .log_bytes = 10,
                        .tables = {{.name = "journal", .bytes = 30}}}},
            .free_bytes = 99};
  }
  void Answer(const absl::StatusOr<BackupMade>& made) {
    std::unique_lock<std::mutex> lock(mutex_);
    asked_.wait(lock, [this] { return done_ != nullptr; });
    const BackUpDone done = std::exchange(done_, nullptr);
    lock.unlock();
    done(made);
  }
  std::string name() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return name_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable asked_;
  std::string name_;
  BackUpDone done_;
};

class KeptLevels final : public LogCare {
 public:
  std::vector<Component> Levels() const override { return levels_; }
  void Set(std::string_view component, LoggedFrom level) override {
    ++sets_;
    for (Component& one : levels_) {
      if (component.empty() || one.name == component) one.level = level;
    }
  }
  int sets() const { return sets_; }

 private:
  std::vector<Component> levels_ = {{"server", LoggedFrom::kInfo}, {"access", LoggedFrom::kError}};
  int sets_ = 0;
};

struct OperationsWorld {
  explicit OperationsWorld(StoreCare* care, LogCare* log_care = nullptr) {
    auto opened = engine::Engine::Open({}, {{store.get(), &worker, &writer}}, &clock);
    REQUIRE(opened.ok());
    engine = *std::move(opened);
    ServicesOptions options{absl::UTCTimeZone()};
    options.store_care = care;
    options.log_care = log_care;
    services = std::make_unique<Services>(engine.get(), options);
    grpc::ServerBuilder builder;
    services->RegisterWith(&builder);
    server = builder.BuildAndStart();
    stub = operations_pb::Operations::NewStub(server->InProcessChannel({}));
  }
  ~OperationsWorld() {
    std::promise<void> drained;
    engine->Drain([&drained] { drained.set_value(); });
    drained.get_future().wait();
    server->Shutdown();
  }

  grpc::Status BackUp(const std::string& name, operations_pb::BackUpResponse* response) {
    grpc::ClientContext context;
    operations_pb::BackUpRequest request;
    request.set_name(name);
    return stub->BackUp(&context, request, response);
  }

  tests::StillClock clock;
  std::unique_ptr<balance::Store> store = balance::MakeMemStore();
  runtime::EventLoop worker{"worker"};
  runtime::EventLoop writer{"writer"};
  std::unique_ptr<engine::Engine> engine;
  std::unique_ptr<Services> services;
  std::unique_ptr<grpc::Server> server;
  std::unique_ptr<operations_pb::Operations::Stub> stub;
};

TEST_CASE("a backup's name is one of a folder, and of no other place", "[rpc][unit]") {
  for (const char* good : {"a", "2026-05-18", "7", "nightly_1.2", "x.parts"}) {
    CAPTURE(good);
    CHECK(IsBackupName(good));
  }
  CHECK(IsBackupName(std::string(64, 'a')));
  for (const char* bad : {"", ".", "..", "-a", "_a", ".hidden", "a/b", "a\\b", "A", "a b", "a.part",
                          "\xc3\xa4", "a\n"}) {
    CAPTURE(bad);
    CHECK(!IsBackupName(bad));
  }
  CHECK(!IsBackupName(std::string(65, 'a')));
  CHECK(!IsBackupName(std::string("a\0b", 3)));
}

TEST_CASE("a backup is answered when it is made", "[rpc][unit]") {
  HeldCare care;
  OperationsWorld world(&care);
  operations_pb::BackUpResponse response;
  auto asked = std::async(std::launch::async, [&] { return world.BackUp("may", &response); });
  care.Answer(BackupMade{.folder = "/b/may",
                         .shards = {{.shard = 0, .group = 7, .hash = std::string(32, 'h')}},
                         .bytes = 12,
                         .took_ms = 5});
  REQUIRE(asked.get().ok());
  CHECK(care.name() == "may");
  CHECK(response.folder() == "/b/may");
  REQUIRE(response.shard_size() == 1);
  CHECK(response.shard(0).group() == 7);
  CHECK(response.shard(0).hash() == std::string(32, 'h'));
  CHECK(response.bytes() == 12);
  CHECK(response.took_ms() == 5);
}

TEST_CASE("why there is no backup is told with its code", "[rpc][unit]") {
  HeldCare care;
  OperationsWorld world(&care);
  operations_pb::BackUpResponse response;
  auto asked = std::async(std::launch::async, [&] { return world.BackUp("may", &response); });
  care.Answer(absl::AlreadyExistsError("name: there is one"));
  CHECK(asked.get().error_code() == grpc::StatusCode::ALREADY_EXISTS);
  CHECK(world.BackUp("../may", &response).error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(care.name() == "may");  // The bad name did not get there.
  OperationsWorld without(nullptr);
  CHECK(without.BackUp("may", &response).error_code() == grpc::StatusCode::FAILED_PRECONDITION);
}

TEST_CASE("the figures of the stores are told", "[rpc][unit]") {
  HeldCare care;
  OperationsWorld world(&care);
  grpc::ClientContext context;
  operations_pb::GetStoreUsageResponse response;
  REQUIRE(world.stub->GetStoreUsage(&context, {}, &response).ok());
  CHECK(response.free_bytes() == 99);
  REQUIRE(response.shard_size() == 1);
  CHECK(response.shard(0).shard() == 3);
  CHECK(response.shard(0).total_bytes() == 40);
  CHECK(response.shard(0).log_bytes() == 10);
  REQUIRE(response.shard(0).table_size() == 1);
  CHECK(response.shard(0).table(0).name() == "journal");
  CHECK(response.shard(0).table(0).bytes() == 30);
}

operations_pb::SetLogLevelRequest LevelRequest(const std::string& key,
                                               operations_pb::LogLevel level,
                                               const std::string& component) {
  operations_pb::SetLogLevelRequest request;
  request.mutable_change()->set_idempotency_key(key);
  request.mutable_change()->set_actor("anna");
  request.mutable_change()->set_reason("a customer complains");
  request.set_level(level);
  request.set_component(component);
  return request;
}

struct LevelSet {
  grpc::Status status;
  operations_pb::SetLogLevelResponse response;
};

LevelSet SetLevel(OperationsWorld& world, const operations_pb::SetLogLevelRequest& request) {
  LevelSet set;
  grpc::ClientContext context;
  set.status = world.stub->SetLogLevel(&context, request, &set.response);
  return set;
}

TEST_CASE("the log's level is set when who and why are durable, and set again by a repeat",
          "[rpc][unit]") {
  KeptLevels log;
  OperationsWorld world(nullptr, &log);
  const auto request = LevelRequest("k-1", operations_pb::LEVEL_DEBUG, "access");
  const LevelSet set = SetLevel(world, request);
  REQUIRE(set.status.ok());
  REQUIRE(set.response.component_size() == 2);
  CHECK(set.response.component(0).level() == operations_pb::LEVEL_INFO);
  CHECK(set.response.component(1).name() == "access");
  CHECK(set.response.component(1).level() == operations_pb::LEVEL_DEBUG);
  CHECK(world.engine->statistics(ShardId{0}).durable_group == 1);
  REQUIRE(SetLevel(world, request).status.ok());
  CHECK(log.sets() == 2);
  CHECK(world.engine->statistics(ShardId{0}).durable_group == 1);
  REQUIRE(SetLevel(world, LevelRequest("k-2", operations_pb::LEVEL_WARNING, "")).status.ok());
  grpc::ClientContext context;
  operations_pb::GetLogLevelsResponse now;
  REQUIRE(world.stub->GetLogLevels(&context, {}, &now).ok());
  for (const auto& one : now.component()) CHECK(one.level() == operations_pb::LEVEL_WARNING);
}

TEST_CASE("a level that is none, of no component or without a reason changes nothing",
          "[rpc][unit]") {
  KeptLevels log;
  OperationsWorld world(nullptr, &log);
  const auto invalid = grpc::StatusCode::INVALID_ARGUMENT;
  const LevelSet none =
      SetLevel(world, LevelRequest("k-1", operations_pb::LOG_LEVEL_UNSPECIFIED, ""));
  CHECK(none.status.error_code() == invalid);
  const LevelSet unknown =
      SetLevel(world, LevelRequest("k-1", operations_pb::LEVEL_DEBUG, "rating"));
  CHECK(unknown.status.error_code() == invalid);
  CHECK(unknown.status.error_message().find("expected one of server, access") != std::string::npos);
  auto silent = LevelRequest("k-1", operations_pb::LEVEL_DEBUG, "");
  silent.mutable_change()->clear_reason();
  const LevelSet no_reason = SetLevel(world, silent);
  CHECK(no_reason.status.error_code() == invalid);
  CHECK(no_reason.status.error_message().find("reason") != std::string::npos);
  REQUIRE(SetLevel(world, LevelRequest("k-1", operations_pb::LEVEL_DEBUG, "")).status.ok());
  const LevelSet conflict = SetLevel(world, LevelRequest("k-1", operations_pb::LEVEL_ERROR, ""));
  CHECK(conflict.status.error_code() == grpc::StatusCode::ALREADY_EXISTS);
  CHECK(log.sets() == 1);
  OperationsWorld without(nullptr);
  CHECK(
      SetLevel(without, LevelRequest("k-1", operations_pb::LEVEL_DEBUG, "")).status.error_code() ==
      grpc::StatusCode::FAILED_PRECONDITION);
}

}  // namespace
}  // namespace ocs::rpc
