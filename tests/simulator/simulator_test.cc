#include "ocs/simulator/simulator.h"

#include <sched.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "ocs/base/text.h"
#include "tests/engine/harness.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace ocs::simulator {
namespace {

using engine::tests::Harness;
using engine::tests::Kept;
using simulation::SimulationContent;
using simulation::SimulationProgress;
using Form = SimulationContent::Form;
using Phase = SimulationProgress::Phase;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string Population(const std::string& begins, const std::string& ends, int accounts = 20) {
  return Cat("population: p\nbegins: ", begins, "\nends: ", ends, "\naccounts: ", accounts,
             "\nplans: [{plan: pay, share: 1, offers: [sh-pay-per-use], credit_limit: 500,\n"
             "          models: [{model: deepseek-v3.2, share: 1}]}]\n");
}

const std::string kAugust = Population("2026-08-01T00:00:00+08:00", "2026-09-01T00:00:00+08:00");
const std::string kDearer = "price_books/quota-points/rules/0/price *= 1.25";

// An engine that charges, and a folder with a trace beside it.
struct World {
  World() {
    std::filesystem::copy_file(OCS_TRACE, folder.Path("trace.csv"));
    server.Publish(ReadFile(OCS_OPERATORS_CATALOGUE));
    account = server.Create(0, 500'000'000);
    server.Purchase(account, "sh-pay-per-use");
  }

  void Charge(int count) {
    for (int i = 0; i < count; ++i) {
      Kept<engine::CreditControlCall> event;
      const engine::tests::Ask ask{
          .session = "e" + std::to_string(++events), .number = 0, .account = account};
      engine::tests::Fill(event, ask, engine::RequestType::kEvent);
      event.request.action = engine::RequestedAction::kDirectDebiting;
      event.request.services[0].has_used = true;
      event.request.services[0].used = {{TokenKind::kInput, 100'000}, {TokenKind::kOutput, 1'000}};
      server.Run(&event);
      REQUIRE(event.answer.code == engine::ResultCode::kSuccess);
    }
  }

  simulation::SimulationAsked Asked(const std::string& name) const {
    simulation::SimulationAsked asked;
    asked.name = name;
    asked.population = kAugust;
    asked.before.label = "in force";
    asked.input_files = {"trace.csv"};
    asked.stretch_permille = 960'000;
    asked.changes = {kDearer};
    return asked;
  }

  ocs::testing::TempDir folder;
  Harness server;
  AccountId account;
  int events = 0;
};

SimulationProgress Ended(const Simulator& simulator, const std::string& name) {
  while (true) {
    const auto progress = simulator.Progress(name);
    REQUIRE(progress.ok());
    if (progress->ended()) return *progress;
    sched_yield();
  }
}

simulation::ShadowState ShadowOf(const Simulator& simulator, int64_t records) {
  while (true) {
    const auto state = simulator.Shadow();
    REQUIRE(state.ok());
    if (state->records >= records || !state->running) return *state;
    sched_yield();
  }
}

TEST_CASE("a file beside the server is simulated under the catalogue in force and a change of it",
          "[simulator][unit]") {
  World world;
  Simulator simulator({.input_folder = world.folder.path(), .accounts_max = 1'000},
                      world.server.engine.get(), &world.server.clock);
  REQUIRE(simulator.Run(world.Asked("dearer")).ok());
  CHECK(absl::IsAlreadyExists(simulator.Run(world.Asked("dearer"))));
  const SimulationProgress ended = Ended(simulator, "dearer");
  INFO(ended.error);
  CHECK(ended.phase == Phase::kDone);
  CHECK(ended.calls == 8'940);
  const auto answer = simulator.Get("dearer", Form::kSentences, "");
  REQUIRE(answer.ok());
  CHECK(answer->passed);
  CHECK_FALSE(answer->sentences.empty());
  CHECK(simulator.Get("dearer", Form::kPage, "")->content.find("<html") != std::string::npos);
  CHECK(simulator.Get("dearer", Form::kJson, "")->content.size() > 1'000);
  CHECK(simulator.Get("dearer", Form::kTable, "by_plan")->content.find("\nin force,pay") !=
        std::string::npos);
  CHECK(absl::IsNotFound(simulator.Get("dearer", Form::kTable, "nothing").status()));
  CHECK(absl::IsNotFound(simulator.Get("other", Form::kSentences, "").status()));

  simulation::SimulationAsked bound = world.Asked("bound");
  bound.required = {"max-bill-increase<=10%"};
  REQUIRE(simulator.Run(bound).ok());
  CHECK(Ended(simulator, "bound").phase == Phase::kDone);
  const auto failed = simulator.Get("bound", Form::kArtefact, "");
  REQUIRE(failed.ok());
  CHECK_FALSE(failed->passed);
  CHECK(failed->content.find("\"passed\":\"no\"") != std::string::npos);
  CHECK(simulator.List().size() == 2);
}

TEST_CASE("what cannot be simulated is refused and says why", "[simulator][unit]") {
  World world;
  Simulator simulator({.input_folder = world.folder.path(), .accounts_max = 30},
                      world.server.engine.get(), &world.server.clock);
  const auto fault = [&](const auto& change) {
    simulation::SimulationAsked asked = world.Asked("x");
    change(&asked);
    const absl::Status status = simulator.Run(asked);
    CHECK(absl::IsInvalidArgument(status));
    return std::string(status.message());
  };
  using Asked = simulation::SimulationAsked;
  CHECK(fault([](Asked* a) { a->input_files.clear(); }).find("input_file: nothing") == 0);
  CHECK(fault([](Asked* a) { a->input_files = {"../x"}; }).find("input_file: ") == 0);
  CHECK(fault([](Asked* a) { a->input_files = {"none"}; }).find("input_file: ") == 0);
  CHECK(fault([](Asked* a) { a->population = "seed: 1"; }).find("population: ") == 0);
  CHECK(fault([](Asked* a) { a->changes = {"x"}; }).find("change: ") == 0);
  CHECK(fault([](Asked* a) { a->required = {"x"}; }).find("require: ") == 0);
  CHECK(fault([](Asked* a) { a->trace_begins = "x"; }).find("trace_begins: ") == 0);
  CHECK(fault([](Asked* a) { a->before.text = "catalogue"; }).find("before: ") == 0);
  // Twenty accounts under two catalogues are more than thirty.
  CHECK(fault([](Asked*) {}).find("population: accounts: ") == 0);
  simulation::SimulationAsked unknown = world.Asked("x");
  unknown.before.revision = 99;
  CHECK(absl::IsNotFound(simulator.Run(unknown)));
  Harness empty;
  Simulator without({.input_folder = world.folder.path(), .accounts_max = 1'000},
                    empty.engine.get(), &empty.clock);
  CHECK(absl::IsFailedPrecondition(without.Run(world.Asked("x"))));
}

TEST_CASE("a simulation that would take hours is stopped, and so is one when the server ends",
          "[simulator][unit]") {
  World world;
  Simulator simulator({.input_folder = world.folder.path(), .accounts_max = 1'000},
                      world.server.engine.get(), &world.server.clock);
  simulation::SimulationAsked asked = world.Asked("long");
  asked.repeat = 10'000;
  REQUIRE(simulator.Run(asked).ok());
  CHECK(absl::IsFailedPrecondition(simulator.Get("long", Form::kSentences, "").status()));
  CHECK(absl::IsNotFound(simulator.Cancel("other")));
  REQUIRE(simulator.Cancel("long").ok());
  CHECK(Ended(simulator, "long").phase == Phase::kCancelled);
  CHECK(simulator.Get("long", Form::kSentences, "").ok());
  for (size_t i = 0; i <= kSimulationsWaitingMax + 1; ++i) {
    asked.name = "n" + std::to_string(i);
    const absl::Status status = simulator.Run(asked);
    if (i > kSimulationsWaitingMax) CHECK(absl::IsResourceExhausted(status));
    // Those that wait are counted from when the first one runs.
    while (i == 0 && simulator.Progress("n0")->phase == Phase::kWaiting) sched_yield();
  }
  simulator.Stop();
  asked.name = "late";
  CHECK(absl::IsUnavailable(simulator.Run(asked)));
}

TEST_CASE("the engine's own records are simulated, and a shadow sees each of them",
          "[simulator][unit]") {
  World world;
  world.Charge(3);
  Simulator simulator({.input_folder = "", .accounts_max = 1'000}, world.server.engine.get(),
                      &world.server.clock);
  simulation::SimulationAsked asked = world.Asked("own");
  asked.input_files.clear();
  asked.own_records = true;
  asked.population = Population("2026-05-01T00:00:00+08:00", "2026-06-01T00:00:00+08:00");
  REQUIRE(simulator.Run(asked).ok());
  const SimulationProgress ended = Ended(simulator, "own");
  INFO(ended.error);
  CHECK(ended.phase == Phase::kDone);
  CHECK(ended.calls == 3);

  CHECK(absl::IsNotFound(simulator.Shadow().status()));
  std::string candidate = ReadFile(OCS_OPERATORS_CATALOGUE);
  const size_t price = candidate.find("price: 1\n");
  REQUIRE(price != std::string::npos);
  candidate.replace(price, 9, "price: 1.25\n");
  REQUIRE(simulator.StartShadow({.text = candidate, .label = "c"}, false).ok());
  world.Charge(2);
  const simulation::ShadowState state = ShadowOf(simulator, 2);
  CHECK(state.running);
  CHECK(state.records == 2);
  REQUIRE(state.total.size() == 1);
  CHECK(state.total[0].unit == "CNY");
  CHECK(state.total[0].before == 2 * 404'000);
  CHECK(state.total[0].after == 2 * 505'000);
  CHECK(state.total[0].cost_before > 0);
  CHECK(state.total[0].cost_before == state.total[0].cost_after);
  REQUIRE(state.by_model.size() == 1);
  CHECK(state.by_model[0].name == "deepseek-v3.2");
  REQUIRE(simulator.StartShadow({.text = candidate, .label = "c"}, true).ok());
  CHECK(ShadowOf(simulator, 5).records == 5);
  simulator.StopShadow();
  CHECK_FALSE(simulator.Shadow()->running);
  CHECK(absl::IsInvalidArgument(simulator.StartShadow({.text = "catalogue"}, false)));
}

}  // namespace
}  // namespace ocs::simulator
