// The services in process, over an engine that is worked by hand: what is in flight is seen.

#include "ocs/rpc/services.h"

#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <mutex>

#include "balance/mem_store.h"
#include "ocs/account/v1/account.grpc.pb.h"
#include "ocs/charging/v1/charging.grpc.pb.h"
#include "ocs/runtime/event_loop.h"
#include "tests/rpc/still_clock.h"
#include "tests/support/catch.h"

namespace ocs::rpc {
namespace {

namespace charging = ::ocs::charging::v1;

// Holds tasks back until it is opened; then hands them to its loop.
class GatedExecutor final : public Executor {
 public:
  GatedExecutor() : loop_("gated") {}

  void Post(std::function<void()> task) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (open_) {
      loop_.Post(std::move(task));
    } else {
      held_.push_back(std::move(task));
      arrived_.notify_all();
    }
  }
  void Close() {
    const std::lock_guard<std::mutex> lock(mutex_);
    open_ = false;
  }
  void Open() {
    const std::lock_guard<std::mutex> lock(mutex_);
    open_ = true;
    for (auto& task : held_) loop_.Post(std::move(task));
    held_.clear();
  }
  void AwaitHeld() {
    std::unique_lock<std::mutex> lock(mutex_);
    arrived_.wait(lock, [this] { return !held_.empty(); });
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  bool open_ = true;
  std::deque<std::function<void()>> held_;
  runtime::EventLoop loop_;
};

struct ServicesWorld {
  ServicesWorld() {
    auto opened = engine::Engine::Open({}, {{store.get(), &worker, &writer}}, &clock);
    REQUIRE(opened.ok());
    engine = *std::move(opened);
    services = std::make_unique<Services>(engine.get(), ServicesOptions{absl::UTCTimeZone()});
    grpc::ServerBuilder builder;
    services->RegisterWith(&builder);
    server = builder.BuildAndStart();
    channel = server->InProcessChannel({});
    stub = charging::Charging::NewStub(channel);
  }
  ~ServicesWorld() {
    worker.Open();
    std::promise<void> drained;
    engine->Drain([&drained] { drained.set_value(); });
    drained.get_future().wait();
    server->Shutdown();
  }

  tests::StillClock clock;
  std::unique_ptr<balance::Store> store = balance::MakeMemStore();
  GatedExecutor worker;
  runtime::EventLoop writer{"writer"};
  std::unique_ptr<engine::Engine> engine;
  std::unique_ptr<Services> services;
  std::unique_ptr<grpc::Server> server;
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<charging::Charging::Stub> stub;
};

charging::CreditControlRequest MakeRequest(const std::string& session) {
  charging::CreditControlRequest request;
  request.set_session_id(session);
  request.set_cc_request_type(charging::INITIAL_REQUEST);
  request.set_service_context_id("ai-tokens.v1@test.example");
  request.set_account_id(1);
  request.add_multiple_services_credit_control()->set_model("m");
  request.mutable_multiple_services_credit_control(0)->mutable_requested_service_unit();
  return request;
}

TEST_CASE("a call that nobody waits for any more is not begun", "[rpc][unit]") {
  ServicesWorld world;
  world.worker.Close();
  grpc::ClientContext context;
  auto asked = std::async(std::launch::async, [&] {
    charging::CreditControlAnswer answer;
    return world.stub->CreditControl(&context, MakeRequest("s-1"), &answer);
  });
  world.worker.AwaitHeld();
  context.TryCancel();
  CHECK(asked.get().error_code() == grpc::StatusCode::CANCELLED);
  world.worker.Open();
  grpc::ClientContext after;
  charging::CreditControlAnswer answer;
  REQUIRE(world.stub->CreditControl(&after, MakeRequest("s-2"), &answer).ok());
  CHECK(answer.result_code() == charging::DIAMETER_USER_UNKNOWN);
}

TEST_CASE("work whose deadline has passed is not begun", "[rpc][unit][CC-91]") {
  ServicesWorld world;
  const int64_t before = world.engine->statistics({0}).operations;
  world.worker.Close();
  grpc::ClientContext context;
  context.set_deadline(
      gpr_time_add(gpr_now(GPR_CLOCK_REALTIME), gpr_time_from_millis(50, GPR_TIMESPAN)));
  charging::CreditControlAnswer answer;
  CHECK(world.stub->CreditControl(&context, MakeRequest("s-1"), &answer).error_code() ==
        grpc::StatusCode::DEADLINE_EXCEEDED);
  world.worker.AwaitHeld();
  // The server hears of the deadline a little later than the client: in the time of a few calls
  // that do not need the engine.
  for (int i = 0; i < 100; ++i) {
    grpc::ClientContext malformed;
    CHECK(world.stub->CreditControl(&malformed, MakeRequest(std::string(300, 'x')), &answer)
              .error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  }
  world.worker.Open();
  grpc::ClientContext after;
  REQUIRE(world.stub->CreditControl(&after, MakeRequest("s-2"), &answer).ok());
  world.engine->Tick();
  while (world.engine->statistics({0}).operations < before + 2) world.engine->Tick();
  CHECK(world.engine->statistics({0}).abandoned == 1);
}

TEST_CASE("call objects are used again without a trace of the call before", "[rpc][unit]") {
  ServicesWorld world;
  for (int i = 0; i < 200; ++i) {
    grpc::ClientContext context;
    charging::CreditControlAnswer answer;
    charging::CreditControlRequest request = MakeRequest("s-" + std::to_string(i));
    request.set_cc_request_number(static_cast<uint32_t>(i));
    if (i % 3 == 0) request.clear_cc_request_type();
    if (i % 7 == 0) request.set_session_id(std::string(300, 'x'));
    const grpc::Status status = world.stub->CreditControl(&context, request, &answer);
    if (i % 7 == 0) {
      CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
    } else {
      REQUIRE(status.ok());
      CHECK(answer.cc_request_number() == static_cast<uint32_t>(i));
      CHECK(answer.result_code() ==
            (i % 3 == 0 ? charging::DIAMETER_MISSING_AVP : charging::DIAMETER_USER_UNKNOWN));
      CHECK(answer.multiple_services_credit_control_size() == 0);
    }
  }
}

TEST_CASE("a stream holds a few batches, then the sender; all are answered in order",
          "[rpc][unit]") {
  ServicesWorld world;
  world.worker.Close();
  grpc::ClientContext context;
  auto stream = world.stub->CreditControlStream(&context);
  constexpr uint64_t kBatches = 20;
  auto writer = std::async(std::launch::async, [&] {
    for (uint64_t b = 0; b < kBatches; ++b) {
      charging::CreditControlBatch batch;
      batch.set_batch_id(b);
      for (int i = 0; i < 10; ++i) *batch.add_request() = MakeRequest("s-" + std::to_string(i));
      if (!stream->Write(batch)) return false;
    }
    return stream->WritesDone();
  });
  world.worker.AwaitHeld();
  world.worker.Open();
  charging::CreditControlAnswerBatch answers;
  for (uint64_t b = 0; b < kBatches; ++b) {
    REQUIRE(stream->Read(&answers));
    CHECK(answers.batch_id() == b);
    REQUIRE(answers.item_size() == 10);
    CHECK(answers.item(9).answer().result_code() == charging::DIAMETER_USER_UNKNOWN);
  }
  CHECK_FALSE(stream->Read(&answers));
  CHECK(writer.get());
  CHECK(stream->Finish().ok());
}

TEST_CASE("a cancelled stream ends when its work has ended", "[rpc][unit]") {
  ServicesWorld world;
  world.worker.Close();
  auto context = std::make_unique<grpc::ClientContext>();
  auto stream = world.stub->CreditControlStream(context.get());
  charging::CreditControlBatch batch;
  *batch.add_request() = MakeRequest("s-1");
  REQUIRE(stream->Write(batch));
  world.worker.AwaitHeld();
  context->TryCancel();
  CHECK(stream->Finish().error_code() == grpc::StatusCode::CANCELLED);
  world.worker.Open();
}

TEST_CASE("after Stop a stream takes no more batches", "[rpc][unit]") {
  ServicesWorld world;
  grpc::ClientContext context;
  auto stream = world.stub->CreditControlStream(&context);
  charging::CreditControlBatch batch;
  *batch.add_request() = MakeRequest("s-1");
  REQUIRE(stream->Write(batch));
  charging::CreditControlAnswerBatch answers;
  REQUIRE(stream->Read(&answers));
  world.services->Stop();
  REQUIRE(stream->Write(batch));
  CHECK_FALSE(stream->Read(&answers));
  CHECK(stream->Finish().error_code() == grpc::StatusCode::UNAVAILABLE);
}

TEST_CASE("what the engine refuses names its field", "[rpc][unit]") {
  ServicesWorld world;
  auto accounts = account::v1::Accounts::NewStub(world.channel);
  account::v1::GetAccountRequest request;
  request.set_account_id(1);
  account::v1::GetAccountResponse response;
  grpc::ClientContext unknown;
  CHECK(accounts->GetAccount(&unknown, request, &response).error_code() ==
        grpc::StatusCode::NOT_FOUND);
  request.set_account_id(uint64_t{1} << 60);
  grpc::ClientContext impossible;
  CHECK(accounts->GetAccount(&impossible, request, &response).error_code() ==
        grpc::StatusCode::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace ocs::rpc
