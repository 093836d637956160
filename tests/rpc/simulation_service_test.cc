// Simulations over gRPC: what is asked reaches who can run them, and what that says comes back.

#include <grpcpp/grpcpp.h>

#include <future>
#include <mutex>
#include <string>
#include <vector>

#include "balance/mem_store.h"
#include "ocs/rpc/services.h"
#include "ocs/runtime/event_loop.h"
#include "ocs/simulation/simulations.h"
#include "ocs/simulation/v1/simulation.grpc.pb.h"
#include "tests/rpc/still_clock.h"
#include "tests/support/catch.h"

namespace ocs::rpc {
namespace {

namespace simulation_pb = ::ocs::simulation::v1;
using simulation::CatalogueSource;
using simulation::ShadowState;
using simulation::SimulationAsked;
using simulation::SimulationContent;
using simulation::SimulationProgress;
using simulation::Simulations;

// Says what the test wants, and keeps what was asked.
class Told final : public Simulations {
 public:
  absl::Status Run(SimulationAsked given) override {
    const std::lock_guard<std::mutex> lock(mutex);
    asked = std::move(given);
    return run_status;
  }
  // Goes on by one call each time; the third time it has ended.
  absl::StatusOr<SimulationProgress> Progress(const std::string& name) const override {
    const std::lock_guard<std::mutex> lock(mutex);
    if (name != "s") return absl::NotFoundError("there is none of this name");
    ++calls;
    return SimulationProgress{
        .name = name,
        .phase = calls < 3 ? SimulationProgress::Phase::kRunning : SimulationProgress::Phase::kDone,
        .calls = calls,
        .weight_done = 1,
        .weight_total = 4,
        .took_ms = 5};
  }
  absl::Status Cancel(const std::string& name) override {
    const std::lock_guard<std::mutex> lock(mutex);
    cancelled = name;
    return absl::OkStatus();
  }
  absl::StatusOr<SimulationContent> Get(const std::string& /*name*/, SimulationContent::Form form,
                                        const std::string& table) const override {
    SimulationContent content{.headline = "h", .sentences = {"a", "b"}, .passed = true};
    if (form == SimulationContent::Form::kTable) content.content = "table " + table;
    if (form == SimulationContent::Form::kJson) content.content = std::string(5'000'000, 'x');
    return content;
  }
  std::vector<SimulationProgress> List() const override {
    return {{.name = "one", .phase = SimulationProgress::Phase::kFailed, .error = "why"}};
  }
  absl::Status StartShadow(const CatalogueSource& candidate, bool from_beginning) override {
    const std::lock_guard<std::mutex> lock(mutex);
    shadow_of = candidate.text + "/" + std::to_string(candidate.revision) + "/" + candidate.label;
    began = from_beginning;
    return absl::OkStatus();
  }
  void StopShadow() override {
    const std::lock_guard<std::mutex> lock(mutex);
    shadow_of = "";
  }
  absl::StatusOr<ShadowState> Shadow() const override {
    const std::lock_guard<std::mutex> lock(mutex);
    if (shadow_of.empty()) return absl::NotFoundError("no shadow was started");
    return ShadowState{.running = true,
                       .records = 7,
                       .last = {9},
                       .not_sold = 1,
                       .not_comparable = 2,
                       .total = {{.unit = "CNY", .records = 4, .before = 10, .after = 12}},
                       .by_model = {{.name = "m", .unit = "CNY", .cost_before = 3}}};
  }

  mutable std::mutex mutex;
  mutable int64_t calls = 0;
  absl::Status run_status;
  SimulationAsked asked;
  std::string cancelled;
  std::string shadow_of;
  bool began = false;
};

struct SimulationWorld {
  explicit SimulationWorld(Simulations* simulations) {
    auto opened = engine::Engine::Open({}, {{store.get(), &worker, &writer}}, &clock);
    REQUIRE(opened.ok());
    engine = *std::move(opened);
    ServicesOptions options{absl::UTCTimeZone()};
    options.simulations = simulations;
    services = std::make_unique<Services>(engine.get(), options);
    grpc::ServerBuilder builder;
    services->RegisterWith(&builder);
    server = builder.BuildAndStart();
    stub = simulation_pb::Simulations::NewStub(server->InProcessChannel({}));
  }
  ~SimulationWorld() {
    std::promise<void> drained;
    engine->Drain([&drained] { drained.set_value(); });
    drained.get_future().wait();
    server->Shutdown();
  }

  grpc::Status Run(const simulation_pb::RunSimulationRequest& request) {
    grpc::ClientContext context;
    simulation_pb::RunSimulationResponse response;
    return stub->RunSimulation(&context, request, &response);
  }

  tests::StillClock clock;
  std::unique_ptr<balance::Store> store = balance::MakeMemStore();
  runtime::EventLoop worker{"worker"};
  runtime::EventLoop writer{"writer"};
  std::unique_ptr<engine::Engine> engine;
  std::unique_ptr<Services> services;
  std::unique_ptr<grpc::Server> server;
  std::unique_ptr<simulation_pb::Simulations::Stub> stub;
};

TEST_CASE("a simulation is handed over as it was asked for", "[rpc][unit]") {
  Told told;
  SimulationWorld world(&told);
  simulation_pb::RunSimulationRequest request;
  request.set_name("cheaper");
  request.set_population("p");
  request.mutable_candidate()->set_revision(7);
  request.add_change("a = 1");
  request.add_require("margin>=1%");
  request.set_signed_by("me");
  request.set_own_records(true);
  request.add_input_file("t.csv");
  request.set_stretch_permille(2'000);
  REQUIRE(world.Run(request).ok());
  CHECK(told.asked.name == "cheaper");
  CHECK(told.asked.before.label == "in force");
  CHECK(told.asked.has_candidate);
  CHECK(told.asked.candidate.revision == 7);
  CHECK(told.asked.candidate.label == "candidate");
  CHECK(told.asked.changes == std::vector<std::string>{"a = 1"});
  CHECK(told.asked.required == std::vector<std::string>{"margin>=1%"});
  CHECK(told.asked.own_records);
  CHECK(told.asked.input_files == std::vector<std::string>{"t.csv"});
  CHECK(told.asked.stretch_permille == 2'000);
  CHECK(told.asked.repeat == 1);
}

TEST_CASE("what is wrong with a simulation names its field", "[rpc][unit]") {
  Told told;
  SimulationWorld world(&told);
  const auto fault = [&](const auto& change) {
    simulation_pb::RunSimulationRequest request;
    request.set_name("n");
    change(&request);
    const grpc::Status status = world.Run(request);
    CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
    return status.error_message() + status.error_details();
  };
  using Request = simulation_pb::RunSimulationRequest;
  const auto names = [&](const std::string& field, const auto& change) {
    CAPTURE(field);
    CHECK(fault(change).find(field) != std::string::npos);
  };
  names("name", [](Request* r) { r->set_name("A b"); });
  names("change", [](Request* r) {
    for (int i = 0; i < 257; ++i) r->add_change("x");
  });
  names("require", [](Request* r) {
    for (int i = 0; i < 65; ++i) r->add_require("x");
  });
  names("input_file", [](Request* r) {
    for (int i = 0; i < 65; ++i) r->add_input_file("x");
  });
  names("repeat", [](Request* r) { r->set_repeat(-1); });
  names("stretch_permille", [](Request* r) { r->set_stretch_permille(1'000'000'001); });
  told.run_status = absl::InvalidArgumentError("population: line 3: seed: is missing");
  names("population", [](Request*) {});
  told.run_status = absl::ResourceExhaustedError("8 wait");
  simulation_pb::RunSimulationRequest request;
  request.set_name("n");
  CHECK(world.Run(request).error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  SimulationWorld without(nullptr);
  CHECK(without.Run(request).error_code() == grpc::StatusCode::FAILED_PRECONDITION);
}

TEST_CASE("progress is streamed until the simulation has ended", "[rpc][unit]") {
  Told told;
  SimulationWorld world(&told);
  grpc::ClientContext context;
  simulation_pb::StreamProgressRequest request;
  request.set_name("s");
  const auto reader = world.stub->StreamProgress(&context, request);
  simulation_pb::Progress progress;
  std::vector<int64_t> calls;
  while (reader->Read(&progress)) calls.push_back(progress.calls());
  CHECK(reader->Finish().ok());
  CHECK(calls == std::vector<int64_t>{1, 2, 3});
  CHECK(progress.phase() == simulation_pb::DONE);
  CHECK(progress.weight_total() == 4);

  grpc::ClientContext again;
  request.set_name("other");
  const auto none = world.stub->StreamProgress(&again, request);
  CHECK_FALSE(none->Read(&progress));
  CHECK(none->Finish().error_code() == grpc::StatusCode::NOT_FOUND);
}

TEST_CASE("a simulation's content comes in the form that was asked for, if it fits a message",
          "[rpc][unit]") {
  Told told;
  SimulationWorld world(&told);
  const auto get = [&](simulation_pb::Form form, simulation_pb::GetSimulationResponse* response) {
    grpc::ClientContext context;
    simulation_pb::GetSimulationRequest request;
    request.set_name("s");
    request.set_form(form);
    request.set_table("bills");
    return world.stub->GetSimulation(&context, request, response);
  };
  simulation_pb::GetSimulationResponse response;
  REQUIRE(get(simulation_pb::FORM_UNSPECIFIED, &response).ok());
  CHECK(response.headline() == "h");
  CHECK(response.sentence_size() == 2);
  CHECK(response.passed());
  CHECK(response.content().empty());
  REQUIRE(get(simulation_pb::TABLE, &response).ok());
  CHECK(response.content() == "table bills");
  CHECK(get(simulation_pb::JSON, &response).error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  CHECK(get(static_cast<simulation_pb::Form>(99), &response).error_code() ==
        grpc::StatusCode::INVALID_ARGUMENT);

  grpc::ClientContext list_context;
  simulation_pb::ListSimulationsResponse list;
  REQUIRE(world.stub->ListSimulations(&list_context, {}, &list).ok());
  REQUIRE(list.simulation_size() == 1);
  CHECK(list.simulation(0).phase() == simulation_pb::FAILED);
  CHECK(list.simulation(0).error() == "why");
  grpc::ClientContext cancel_context;
  simulation_pb::CancelSimulationRequest cancel;
  cancel.set_name("s");
  simulation_pb::CancelSimulationResponse cancelled;
  REQUIRE(world.stub->CancelSimulation(&cancel_context, cancel, &cancelled).ok());
  CHECK(told.cancelled == "s");
}

TEST_CASE("a shadow is started, told and stopped", "[rpc][unit]") {
  Told told;
  SimulationWorld world(&told);
  simulation_pb::GetShadowResponse state;
  {
    grpc::ClientContext context;
    CHECK(world.stub->GetShadow(&context, {}, &state).error_code() == grpc::StatusCode::NOT_FOUND);
  }
  {
    grpc::ClientContext context;
    simulation_pb::StartShadowRequest request;
    request.mutable_candidate()->set_text("t");
    request.set_from_beginning(true);
    simulation_pb::StartShadowResponse response;
    REQUIRE(world.stub->StartShadow(&context, request, &response).ok());
  }
  CHECK(told.shadow_of == "t/0/candidate");
  CHECK(told.began);
  {
    grpc::ClientContext context;
    REQUIRE(world.stub->GetShadow(&context, {}, &state).ok());
  }
  CHECK(state.running());
  CHECK(state.records() == 7);
  CHECK(state.last_unix_ms() == 9);
  CHECK(state.not_sold() == 1);
  CHECK(state.not_comparable() == 2);
  REQUIRE(state.total_size() == 1);
  CHECK(state.total(0).after() == 12);
  REQUIRE(state.by_model_size() == 1);
  CHECK(state.by_model(0).name() == "m");
  CHECK(state.by_model(0).cost_before() == 3);
  grpc::ClientContext context;
  simulation_pb::StopShadowResponse stopped;
  REQUIRE(world.stub->StopShadow(&context, {}, &stopped).ok());
  CHECK(told.shadow_of.empty());
}

}  // namespace
}  // namespace ocs::rpc
