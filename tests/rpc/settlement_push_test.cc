// Records pushed to a receiver that fails in every way that a receiver can, over a real engine.

#include "ocs/rpc/settlement_push.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <mutex>

#include "ocs/base/random.h"
#include "ocs/runtime/event_loop.h"
#include "ocs/settlement/v1/phone_bill.grpc.pb.h"
#include "tests/engine/harness.h"
#include "tests/support/catch.h"
#include "tests/support/seed.h"

namespace ocs::rpc {
namespace {

namespace wire = ::ocs::settlement::v1;

constexpr int kRecords = 300;

// What can go wrong in one call.
enum class Fault : uint8_t {
  kNone,
  kRefuse,      // Nothing is stored.
  kLoseAnswer,  // All is stored, nobody is told.
  kTakePart,    // The first half is stored and told.
  kTakeNone,    // Nothing is stored, and where it stands is told.
  kForget,      // It was restored from a backup: it stands at half of what it had.
};

// Keeps records as its rules say: each number once, in order, without gaps.
class Receiver final : public wire::PhoneBillSettlement::Service {
 public:
  grpc::Status DeliverRecords(grpc::ServerContext* context,
                              const wire::DeliverRecordsRequest* request,
                              wire::DeliverRecordsResponse* response) override {
    std::unique_lock<std::mutex> lock(mutex_);
    ++calls;
    arrived_.notify_all();
    changed_.wait(lock, [&] { return !held_ || context->IsCancelled(); });
    CHECK(request->sender() == "ocs01");
    CHECK(request->shard() == 0);
    const Fault fault = draw ? draw() : Fault::kNone;
    if (fault == Fault::kRefuse) return {grpc::StatusCode::UNAVAILABLE, "not now"};
    if (fault == Fault::kForget) kept.resize(kept.size() / 2);
    int wanted = request->record_size();
    if (fault == Fault::kTakePart) wanted /= 2;
    if (fault == Fault::kTakeNone) wanted = 0;
    for (int i = 0; i < wanted; ++i) Store(request->record(i));
    arrived_.notify_all();
    if (fault == Fault::kLoseAnswer) return {grpc::StatusCode::UNAVAILABLE, "stored, but dead"};
    response->set_local_record_sequence_number(kept.size());
    if (!kept.empty()) *response->mutable_position() = kept.back();
    if (claim.group() != 0) *response->mutable_position() = claim;
    return grpc::Status::OK;
  }

  // The first number is 1.
  void Store(const cdr::v1::Record& record) {
    const uint64_t number = record.local_record_sequence_number();
    if (number <= kept.size()) {
      ++again;
      return;
    }
    if (number == kept.size() + 1) kept.push_back(record.position());
  }

  void Hold() {
    const std::lock_guard<std::mutex> lock(mutex_);
    held_ = true;
  }
  void Release() {
    const std::lock_guard<std::mutex> lock(mutex_);
    held_ = false;
    changed_.notify_all();
  }
  void Await(const std::function<bool()>& what) {
    std::unique_lock<std::mutex> lock(mutex_);
    REQUIRE(arrived_.wait_for(lock, std::chrono::seconds(60), what));
  }

  std::vector<type::v1::JournalPosition> kept;
  int calls = 0;
  int again = 0;
  std::function<Fault()> draw;
  type::v1::JournalPosition claim;  // Told instead, when it has a group.

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::condition_variable changed_;
  bool held_ = false;
};

// A store with that many records, and an engine with threads of its own over it.
struct PushWorld {
  explicit PushWorld(int records) {
    before.PublishFile(OCS_OPERATORS_CATALOGUE);
    for (int i = 0; i < records; ++i) {
      // An account has 64 subscriptions at most.
      if (i % 50 == 0) account = before.Create(50'000'000'000);
      before.Purchase(account, "ct-personal-light");
    }
    before.engine.reset();
    auto opened = engine::Engine::Open({}, {{before.store.get(), &worker, &writer}}, &before.clock);
    REQUIRE(opened.ok());
    engine = *std::move(opened);
    grpc::ServerBuilder builder;
    builder.RegisterService(&receiver);
    server = builder.BuildAndStart();
    options.sender = "ocs01";
    options.records_max = 7;
    options.pause_ms_min = 1;
    options.pause_ms_max = 4;
    options.poll_ms = 1;
    options.on_event = [this](const PushEvent& event) {
      const std::lock_guard<std::mutex> lock(mutex);
      events.push_back(event);
      told.notify_all();
    };
  }
  ~PushWorld() {
    receiver.Release();
    push.reset();
    std::promise<void> drained;
    engine->Drain([&drained] { drained.set_value(); });
    drained.get_future().wait();
    server->Shutdown();
  }

  void Start() {
    push = std::make_unique<SettlementPush>(engine.get(), server->InProcessChannel({}), options);
  }
  void Buy() {
    struct Call final : engine::PurchaseCall {
      void Done() noexcept override { done.set_value(); }
      std::promise<void> done;
    } call;
    call.change.key = "buy-" + std::to_string(++bought);
    call.account = account;
    call.offer = "ct-personal-light";
    engine->Submit(&call);
    call.done.get_future().wait();
    REQUIRE(call.status.ok());
  }
  Position Cursor() {
    const auto position = engine->ConsumerPosition("settlement", {0});
    REQUIRE(position.ok());
    return *position;
  }
  // Each record is there once, in the order of the journal.
  void CheckAllThere(int records) {
    const auto written = engine->ReadRecords({0}, {}, records + 1, 1 << 30);
    REQUIRE(written.ok());
    REQUIRE(written->size() == static_cast<size_t>(records));
    REQUIRE(receiver.kept.size() == written->size());
    for (size_t i = 0; i < written->size(); ++i) {
      CHECK(receiver.kept[i].group() == (*written)[i].id.position.group);
      CHECK(receiver.kept[i].index() == (*written)[i].id.position.index);
    }
  }
  void AwaitEvent(PushEvent::Kind kind) {
    std::unique_lock<std::mutex> lock(mutex);
    REQUIRE(told.wait_for(lock, std::chrono::seconds(60),
                          [&] { return !events.empty() && events.back().kind == kind; }));
  }

  engine::tests::Harness before;
  runtime::EventLoop worker{"worker"};
  runtime::EventLoop writer{"writer"};
  AccountId account;
  int bought = 0;
  std::unique_ptr<engine::Engine> engine;
  Receiver receiver;
  std::unique_ptr<grpc::Server> server;
  PushOptions options;
  std::unique_ptr<SettlementPush> push;
  std::mutex mutex;
  std::condition_variable told;
  std::vector<PushEvent> events;
};

TEST_CASE("each record reaches a receiver once, whatever fails on the way", "[rpc][property]") {
  OCS_SEEDED_RANDOM(random, 97);
  PushWorld world(kRecords);
  std::array<int, 6> met{};
  world.receiver.draw = [&] {
    // It must come to an end: two calls of three are in order.
    const auto fault = static_cast<Fault>(std::max<int64_t>(0, random.Between(-11, 5)));
    ++met[static_cast<size_t>(fault)];
    return fault;
  };
  // The sender is ended and begun again among it.
  for (size_t part : {50, 150, 250, kRecords}) {
    world.Start();
    world.receiver.Await([&] { return world.receiver.kept.size() >= part; });
    world.push->Stop();
    // The cursor never passes what the receiver has: it may have forgotten since, though.
    CHECK(world.Cursor().group <= world.engine->statistics({0}).durable_group);
  }
  // The answer to the last call may not have come; one more run sees to the cursor.
  world.receiver.draw = nullptr;
  world.Start();
  world.AwaitEvent(PushEvent::Kind::kDelivering);
  world.receiver.Await([&] { return world.receiver.kept.size() == kRecords; });
  world.push->Stop();
  world.CheckAllThere(kRecords);
  for (const int times : met) CHECK(times > 0);
}

TEST_CASE("the cursor follows what the receiver has, and new records follow by themselves",
          "[rpc][unit]") {
  PushWorld world(10);
  world.Start();
  world.receiver.Await([&] { return world.receiver.kept.size() == 10; });
  world.Buy();
  world.receiver.Await([&] { return world.receiver.kept.size() == 11; });
  world.Buy();
  // The twelfth is sent only after the eleventh was acknowledged.
  world.receiver.Await([&] { return world.receiver.kept.size() == 12; });
  CHECK(world.Cursor() >=
        Position{world.receiver.kept[10].group(), world.receiver.kept[10].index()});
  world.push->Stop();
  world.CheckAllThere(12);
  const auto statistics = world.push->statistics();
  REQUIRE(statistics.size() == 1);
  CHECK(statistics[0].failures == 0);
  CHECK_FALSE(statistics[0].failing);
}

TEST_CASE("a receiver that hangs holds nothing up but its own records", "[rpc][unit]") {
  PushWorld world(5);
  world.receiver.Hold();
  world.Start();
  world.receiver.Await([&] { return world.receiver.calls == 1; });
  for (int i = 0; i < 50; ++i) world.Buy();  // Each is answered, durable, while it hangs.
  CHECK(world.Cursor() == Position{});
  CHECK(world.receiver.calls == 1);
  const auto consumers = world.engine->consumers();
  CHECK(consumers.empty());
  SECTION("it comes back") {
    world.receiver.Release();
    world.receiver.Await([&] { return world.receiver.kept.size() == 55; });
    world.push->Stop();
    world.CheckAllThere(55);
  }
  SECTION("the server ends first") {
    world.push->Stop();
    CHECK(world.receiver.kept.empty());
  }
}

TEST_CASE("a receiver that claims what was never written is not believed", "[rpc][unit]") {
  PushWorld world(5);
  world.receiver.claim.set_group(1'000'000);
  world.Start();
  world.AwaitEvent(PushEvent::Kind::kFailing);
  world.push->Stop();
  CHECK(world.events.back().error.find("not in this journal") != std::string::npos);
  CHECK(world.Cursor() == Position{});
  CHECK(world.push->statistics()[0].failing);
}

TEST_CASE("a receiver that takes nothing is asked again with pauses, not in a circle",
          "[rpc][unit]") {
  PushWorld world(5);
  world.receiver.draw = [] { return Fault::kTakeNone; };
  world.Start();
  world.AwaitEvent(PushEvent::Kind::kFailing);
  CHECK(world.events.back().error.find("took nothing") != std::string::npos);
  world.push->Stop();
  CHECK(world.push->statistics()[0].records == 0);
}

// Keeps one tenant's records as its rules say: only what begins where it stands.
class TenantReceiver final : public wire::PhoneBillSettlement::Service {
 public:
  grpc::Status DeliverRecords(grpc::ServerContext* /*context*/,
                              const wire::DeliverRecordsRequest* request,
                              wire::DeliverRecordsResponse* response) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    CHECK(request->tenant() == tenant);
    const Fault fault = draw ? draw() : Fault::kNone;
    if (fault == Fault::kRefuse) return {grpc::StatusCode::UNAVAILABLE, "not now"};
    if (fault == Fault::kForget && states_.size() > 1) states_.resize(states_.size() / 2 + 1);
    const Position behind = At(request->behind());
    const bool asks = !request->has_behind() && request->record().empty();
    if (!asks && fault != Fault::kTakeNone && behind == states_.back().position) {
      CHECK(request->has_up_to());
      State next{At(request->up_to()), states_.back().kept};
      for (const auto& record : request->record()) next.kept.push_back(At(record.position()));
      empty += request->record().empty() ? 1 : 0;
      states_.push_back(std::move(next));
      arrived_.notify_all();
    }
    if (fault == Fault::kLoseAnswer) return {grpc::StatusCode::UNAVAILABLE, "stored, but dead"};
    response->mutable_position()->set_group(states_.back().position.group);
    response->mutable_position()->set_index(states_.back().position.index);
    return grpc::Status::OK;
  }
  void AwaitPosition(Position wanted) {
    std::unique_lock<std::mutex> lock(mutex_);
    REQUIRE(arrived_.wait_for(lock, std::chrono::seconds(60),
                              [&] { return states_.back().position >= wanted; }));
  }
  std::vector<Position> kept() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return states_.back().kept;
  }

  std::string tenant;
  std::function<Fault()> draw;
  int empty = 0;

 private:
  struct State {
    Position position;
    std::vector<Position> kept;
  };
  static Position At(const type::v1::JournalPosition& position) {
    return {position.group(), position.index()};
  }
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<State> states_ = {{}};  // As it was after each call: a backup is one of them.
};

// A store with records of customers of three tenants, one after the other; then only of `last`.
struct PushTenantsWorld {
  explicit PushTenantsWorld(const std::string& last) {
    before.PublishFile(OCS_OPERATORS_CATALOGUE);
    const std::vector<std::string> tenants = {"acme", "", "globex"};
    std::vector<AccountId> accounts;
    for (const std::string& tenant : tenants) accounts.push_back(Create(tenant));
    for (int i = 0; i < 120; ++i) before.Purchase(accounts[static_cast<size_t>(i % 3)], kOffer);
    const AccountId quiet = Create(last);
    for (int i = 0; i < 40; ++i) before.Purchase(quiet, kOffer);
    before.engine.reset();
    auto opened = engine::Engine::Open({}, {{before.store.get(), &worker, &writer}}, &before.clock);
    REQUIRE(opened.ok());
    engine = *std::move(opened);
    grpc::ServerBuilder builder;
    builder.RegisterService(&receiver);
    server = builder.BuildAndStart();
    options = {.sender = "ocs01",
               .operator_tenant = "operator",
               .records_max = 7,
               .pause_ms_min = 1,
               .pause_ms_max = 4,
               .poll_ms = 1,
               .quiet_steps_max = 3};
  }
  ~PushTenantsWorld() {
    push.reset();
    std::promise<void> drained;
    engine->Drain([&drained] { drained.set_value(); });
    drained.get_future().wait();
    server->Shutdown();
  }
  AccountId Create(const std::string& tenant) {
    engine::tests::Kept<engine::CreateAccountCall> call;
    call.change.key = "create-" + std::to_string(++keys);
    call.currency = Unit::Of("CNY");
    call.tenant = tenant;
    before.Run(&call);
    REQUIRE(call.status.ok());
    before.TopUp(call.account, 50'000'000'000);
    return call.account;
  }
  void Start(const std::string& tenant) {
    options.tenant = receiver.tenant = tenant;
    push = std::make_unique<SettlementPush>(engine.get(), server->InProcessChannel({}), options);
  }
  // Positions of the records of a tenant, "" for the operator's own, and of the last of all.
  std::vector<Position> PositionsOf(const std::string& tenant, Position* last) {
    const auto records = engine->ReadRecords({0}, {}, 1'000, 1 << 30);
    REQUIRE(records.ok());
    std::vector<Position> positions;
    for (const engine::ReadRecord& record : *records) {
      if (record.tenant == tenant) positions.push_back(record.id.position);
      *last = record.id.position;
    }
    return positions;
  }
  Position AwaitCursor(Position wanted) {
    for (int i = 0; i < 60'000; ++i) {
      const auto position = engine->ConsumerPosition("settlement", {0});
      REQUIRE(position.ok());
      if (*position >= wanted) return *position;
      std::promise<void> never;
      never.get_future().wait_for(std::chrono::milliseconds(1));
    }
    return {};
  }

  static constexpr char kOffer[] = "ct-personal-light";
  engine::tests::Harness before;
  runtime::EventLoop worker{"worker"};
  runtime::EventLoop writer{"writer"};
  int keys = 0;
  std::unique_ptr<engine::Engine> engine;
  TenantReceiver receiver;
  std::unique_ptr<grpc::Server> server;
  PushOptions options;
  std::unique_ptr<SettlementPush> push;
};

TEST_CASE("only a tenant's records are pushed, each once, whatever fails on the way",
          "[rpc][property]") {
  OCS_SEEDED_RANDOM(random, 131);
  PushTenantsWorld world("globex");
  Position last;
  const std::vector<Position> wanted = world.PositionsOf("acme", &last);
  REQUIRE(wanted.size() == 40);
  int forgotten = 0;
  world.receiver.draw = [&] {
    const auto fault = static_cast<Fault>(std::max<int64_t>(0, random.Between(-7, 5)));
    forgotten += fault == Fault::kForget ? 1 : 0;
    return fault == Fault::kTakePart ? Fault::kNone : fault;
  };
  for (const size_t part : {10, 25}) {
    world.Start("acme");
    world.receiver.AwaitPosition(wanted[part]);
    world.push->Stop();
  }
  world.receiver.draw = nullptr;
  world.Start("acme");
  // Behind its last record there are only others': it is told so, and the cursor follows.
  world.receiver.AwaitPosition(last);
  CHECK(world.AwaitCursor(last) == last);
  world.push->Stop();
  CHECK(world.receiver.kept() == wanted);
  CHECK(world.receiver.empty > 0);
  CHECK(forgotten > 0);
}

TEST_CASE("the records of no tenant are the operator's", "[rpc][unit]") {
  PushTenantsWorld world("");
  Position last;
  const std::vector<Position> wanted = world.PositionsOf("", &last);
  world.Start("operator");
  world.receiver.AwaitPosition(wanted.back());
  world.push->Stop();
  CHECK(world.receiver.kept() == wanted);
  CHECK(wanted.size() == 80);
}

TEST_CASE("pauses double up to their most, a little spread", "[rpc][unit]") {
  PushOptions options;
  CHECK(PauseMillis(options, 1, 0) == 100);
  CHECK(PauseMillis(options, 2, 0) == 200);
  CHECK(PauseMillis(options, 9, 0) == 25'600);
  CHECK(PauseMillis(options, 10, 0) == 30'000);
  CHECK(PauseMillis(options, 1'000'000, 0) == 30'000);
  for (uint64_t draw = 0; draw < 100; ++draw) {
    CHECK(PauseMillis(options, 1, draw) >= 75);
    CHECK(PauseMillis(options, 1, draw) <= 100);
  }
}

}  // namespace
}  // namespace ocs::rpc
