// ocsctl simulation, ocsctl shadow: what a candidate tariff would do, worked out by the server
// beside its work.

#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ocs/base/text.h"
#include "ocs/base/time.h"
#include "ocs/base/unit.h"
#include "ocs/simulation/v1/simulation.grpc.pb.h"
#include "tools/ocsctl/ctl.h"
#include "tools/ocsctl/values.h"
#include "tools/text/table.h"

namespace ocs::tools {
namespace {

namespace pb = ::ocs::simulation::v1;

// A catalogue as the command line names it: a file, or "revision:7".
absl::Status ReadSource(const std::string& argument, pb::CatalogueSource* source) {
  constexpr std::string_view kRevision = "revision:";
  if (argument.rfind(kRevision, 0) == 0) {
    uint32_t revision = 0;
    const std::string number = argument.substr(kRevision.size());
    if (!CLI::detail::lexical_cast(number, revision) || revision == 0)
      return absl::InvalidArgumentError(Cat(argument, ": expected revision:NUMBER, from 1"));
    source->set_revision(revision);
    source->set_label(Cat("revision ", revision));
    return absl::OkStatus();
  }
  auto text = ReadText(argument);
  if (!text.ok()) return text.status();
  source->set_text(*std::move(text));
  std::string label = argument.substr(argument.rfind('/') + 1);
  source->set_label(label.substr(0, label.rfind('.')));
  return absl::OkStatus();
}

struct SimulationRunArguments {
  pb::RunSimulationRequest request;
  std::string population;
  std::string before;
  std::string candidate;
  std::string name;
  std::vector<std::string> changes;
  std::vector<std::string> required;
  std::vector<std::string> input_files;
  std::string signed_by;
  std::string trace_begins;
  double stretch = 1;
  int64_t repeat = 1;
  bool own_records = false;
  bool no_wait = false;
};

std::string PhaseText(pb::Phase phase) {
  std::string text = pb::Phase_Name(phase);
  for (char& c : text) c = static_cast<char>(c | 0x20);
  return text;
}

std::string Describe(const pb::Progress& progress) {
  std::string text = Cat(progress.name(), ": ", PhaseText(progress.phase()), ", ",
                         FormatGrouped(progress.calls()), " calls");
  if (progress.weight_total() > 0)
    text += Cat(", ", progress.weight_done() * 100 / progress.weight_total(), " %");
  if (progress.took_ms() > 0) text += Cat(", ", progress.took_ms() / 1'000, " s");
  if (!progress.error().empty()) text += Cat("\n", progress.error());
  return text;
}

// Shows how far it is until it has ended; the last word is left in `last`.
grpc::Status Watch(const Ctl& ctl, const std::string& name, pb::Progress* last) {
  grpc::ClientContext context;
  SetUpCall(ctl.connection, &context);
  pb::StreamProgressRequest request;
  request.set_name(name);
  const auto stub = ctl.Stub<pb::Simulations>();
  const auto reader = stub->StreamProgress(&context, request);
  const bool terminal = isatty(fileno(stderr)) == 1 && !ctl.json;
  while (reader->Read(last)) {
    if (ctl.json) ctl.PrintJson(*last);
    if (terminal) std::fprintf(stderr, "\r\x1b[K%s", Describe(*last).c_str());
  }
  if (terminal) std::fputs("\n", stderr);
  return reader->Finish();
}

// Shows the answer: in sentences, or the content of another form.
int Show(const Ctl& ctl, const std::string& name, pb::Form form, const std::string& table) {
  pb::GetSimulationRequest request;
  request.set_name(name);
  request.set_form(form);
  request.set_table(table);
  pb::GetSimulationResponse response;
  const grpc::Status status = ctl.Call(*ctl.Stub<pb::Simulations>(),
                                       &pb::Simulations::Stub::GetSimulation, request, &response);
  if (!status.ok()) return ctl.Complain(status);
  if (form == pb::SENTENCES && ctl.json) {
    ctl.PrintJson(response);
  } else if (form == pb::SENTENCES) {
    ctl.Print(Cat(response.headline(), "\n\n"));
    for (const std::string& sentence : response.sentence()) ctl.Print(Cat("- ", sentence, "\n"));
  } else {
    ctl.Print(response.content());
  }
  return response.passed() ? kDone : kRefused;
}

int WatchAndShow(const Ctl& ctl, const std::string& name) {
  pb::Progress last;
  const grpc::Status status = Watch(ctl, name, &last);
  if (!status.ok()) return ctl.Complain(status);
  if (last.phase() == pb::FAILED) {
    std::fprintf(stderr, "%s\n", Describe(last).c_str());
    return kRefused;
  }
  if (last.phase() == pb::CANCELLED)
    ctl.Print("STOPPED: what follows is of the calls until then\n");
  return Show(ctl, name, pb::SENTENCES, "");
}

absl::Status Fill(SimulationRunArguments* arguments) {
  pb::RunSimulationRequest& request = arguments->request;
  auto population = ReadText(arguments->population);
  if (!population.ok()) return population.status();
  request.set_population(*std::move(population));
  if (!arguments->before.empty()) {
    const absl::Status read = ReadSource(arguments->before, request.mutable_before());
    if (!read.ok()) return read;
  }
  if (!arguments->candidate.empty()) {
    const absl::Status read = ReadSource(arguments->candidate, request.mutable_candidate());
    if (!read.ok()) return read;
  }
  request.set_name(arguments->name);
  for (const std::string& change : arguments->changes) request.add_change(change);
  for (const std::string& required : arguments->required) request.add_require(required);
  for (const std::string& file : arguments->input_files) request.add_input_file(file);
  request.set_signed_by(arguments->signed_by);
  request.set_trace_begins(arguments->trace_begins);
  request.set_stretch_permille(static_cast<int64_t>(arguments->stretch * 1'000 + 0.5));
  request.set_repeat(arguments->repeat);
  request.set_own_records(arguments->own_records);
  return absl::OkStatus();
}

int Run(const Ctl& ctl, SimulationRunArguments* arguments) {
  const absl::Status filled = Fill(arguments);
  if (!filled.ok()) return Complain(filled);
  pb::RunSimulationResponse response;
  const grpc::Status status =
      ctl.Call(*ctl.Stub<pb::Simulations>(), &pb::Simulations::Stub::RunSimulation,
               arguments->request, &response);
  if (!status.ok()) return ctl.Complain(status);
  return arguments->no_wait ? kDone : WatchAndShow(ctl, arguments->name);
}

int ListSimulations(const Ctl& ctl) {
  pb::ListSimulationsResponse response;
  const grpc::Status status =
      ctl.Call(*ctl.Stub<pb::Simulations>(), &pb::Simulations::Stub::ListSimulations,
               pb::ListSimulationsRequest(), &response);
  if (!status.ok()) return ctl.Complain(status);
  if (ctl.json) {
    ctl.PrintJson(response);
    return kDone;
  }
  for (const pb::Progress& progress : response.simulation())
    ctl.Print(Cat(Describe(progress), "\n"));
  return kDone;
}

int Cancel(const Ctl& ctl, const std::string& name) {
  pb::CancelSimulationRequest request;
  request.set_name(name);
  pb::CancelSimulationResponse response;
  const grpc::Status status = ctl.Call(
      *ctl.Stub<pb::Simulations>(), &pb::Simulations::Stub::CancelSimulation, request, &response);
  return status.ok() ? kDone : ctl.Complain(status);
}

// ---- Shadow ----

int StartShadow(const Ctl& ctl, const std::string& candidate, bool from_beginning) {
  pb::StartShadowRequest request;
  const absl::Status read = ReadSource(candidate, request.mutable_candidate());
  if (!read.ok()) return Complain(read);
  request.set_from_beginning(from_beginning);
  pb::StartShadowResponse response;
  const grpc::Status status = ctl.Call(*ctl.Stub<pb::Simulations>(),
                                       &pb::Simulations::Stub::StartShadow, request, &response);
  return status.ok() ? kDone : ctl.Complain(status);
}

int StopShadow(const Ctl& ctl) {
  pb::StopShadowResponse response;
  const grpc::Status status =
      ctl.Call(*ctl.Stub<pb::Simulations>(), &pb::Simulations::Stub::StopShadow,
               pb::StopShadowRequest(), &response);
  return status.ok() ? kDone : ctl.Complain(status);
}

int ShowShadow(const Ctl& ctl) {
  pb::GetShadowResponse response;
  const grpc::Status status =
      ctl.Call(*ctl.Stub<pb::Simulations>(), &pb::Simulations::Stub::GetShadow,
               pb::GetShadowRequest(), &response);
  if (!status.ok()) return ctl.Complain(status);
  if (ctl.json) {
    ctl.PrintJson(response);
    return kDone;
  }
  ctl.Print(Cat("candidate ", response.candidate_sha256().substr(0, 12), ", ",
                response.running() ? "running" : "stopped", ": ", FormatGrouped(response.records()),
                " records of use\n"));
  if (!response.error().empty()) ctl.Print(Cat("ended: ", response.error(), "\n"));
  if (response.not_sold() > 0)
    ctl.Print(Cat(FormatGrouped(response.not_sold()), " the candidate does not sell\n"));
  if (response.not_comparable() > 0)
    ctl.Print(
        Cat(FormatGrouped(response.not_comparable()), " cannot be compared record by record\n"));
  Table table({{"model"},
               {"records", Align::kRight},
               {"charged", Align::kRight},
               {"candidate", Align::kRight},
               {"change", Align::kRight},
               {"our cost", Align::kRight},
               {"candidate's", Align::kRight}});
  const auto add = [&table](const pb::ShadowSum& sum) {
    const bool costs = sum.cost_before() != 0 || sum.cost_after() != 0;
    table.AddRow({sum.name().empty() ? "all" : sum.name(), FormatGrouped(sum.records()),
                  AmountText(sum.before(), sum.unit()), AmountText(sum.after(), sum.unit()),
                  AmountText(sum.after() - sum.before(), sum.unit()),
                  costs ? AmountText(sum.cost_before(), sum.unit()) : "",
                  costs ? AmountText(sum.cost_after(), sum.unit()) : ""});
  };
  for (const pb::ShadowSum& sum : response.total()) add(sum);
  for (const pb::ShadowSum& sum : response.by_model()) add(sum);
  ctl.Print(table.Format());
  return kDone;
}

void AddRun(CLI::App* family, Ctl* ctl) {
  CLI::App* run = AddCommand(
      family, "run", "Simulate on the server; shows the answer. Exit code 1: a requirement failed",
      "ocsctl simulation run cheaper --population population.yaml --own-records "
      "--change 'offers/light/fee = 8.9' --require 'margin>=15%'");
  const auto arguments = std::make_shared<SimulationRunArguments>();
  run->add_option("NAME", arguments->name, "Of the simulation")->required();
  run->add_option("--population", arguments->population, "File (docs/SIMULATION.md)")->required();
  run->add_option("--before", arguments->before,
                  "Catalogue file or revision:N; else the revision in force");
  run->add_option("--candidate", arguments->candidate,
                  "Catalogue file or revision:N; else that of before, with the changes");
  run->add_option("--change", arguments->changes,
                  "Of the candidate: 'PATH = VALUE'; again for each");
  run->add_option("--require", arguments->required, "'margin>=15%', ...; again for each");
  run->add_option("--signed-by", arguments->signed_by, "Who stands for the result");
  run->add_flag("--own-records", arguments->own_records, "Simulate the server's own records");
  run->add_option("--input-file", arguments->input_files,
                  "Name of a file in the server's simulation_folder; again for each");
  run->add_option("--trace-begins", arguments->trace_begins, "Time of a trace's timestamp 0");
  run->add_option("--stretch", arguments->stretch, "Slow a trace's time down by this factor")
      ->check(CLI::Range(0.001, 1'000'000.0));
  run->add_option("--repeat", arguments->repeat, "Play traces so many times")
      ->check(CLI::Range(int64_t{1}, int64_t{10'000}));
  run->add_flag("--no-wait", arguments->no_wait, "Only begin it");
  run->callback([=] { ctl->chosen = [=] { return Run(*ctl, arguments.get()); }; });
}

void AddGet(CLI::App* family, Ctl* ctl) {
  CLI::App* get = AddCommand(family, "get", "Show what a simulation came to",
                             "ocsctl simulation get cheaper --page > cheaper.html");
  const auto name = std::make_shared<std::string>();
  const auto table = std::make_shared<std::string>();
  const auto form = std::make_shared<pb::Form>(pb::SENTENCES);
  get->add_option("NAME", *name)->required();
  get->add_flag_callback(
      "--artefact", [form] { *form = pb::ARTEFACT; }, "The evidence of a publication");
  get->add_flag_callback(
      "--all", [form] { *form = pb::JSON; }, "Every table, as JSON");
  get->add_flag_callback(
      "--page", [form] { *form = pb::PAGE; }, "A page that opens in a browser");
  get->add_option("--table", *table, "One table as CSV: by_plan, by_model, bills, ...");
  get->callback([=] {
    ctl->chosen = [=] { return Show(*ctl, *name, table->empty() ? *form : pb::TABLE, *table); };
  });
}

}  // namespace

void AddSimulationCommands(CLI::App* app, Ctl* ctl) {
  CLI::App* family =
      AddFamily(app, "simulation", "What a candidate tariff would do, simulated by the server");
  AddRun(family, ctl);
  AddGet(family, ctl);
  CLI::App* watch = AddCommand(family, "watch", "Wait for a simulation and show its answer",
                               "ocsctl simulation watch cheaper");
  const auto watched = std::make_shared<std::string>();
  watch->add_option("NAME", *watched)->required();
  watch->callback([=] { ctl->chosen = [=] { return WatchAndShow(*ctl, *watched); }; });
  CLI::App* cancel = AddCommand(family, "cancel", "Stop a simulation; what was done stays",
                                "ocsctl simulation cancel cheaper");
  const auto cancelled = std::make_shared<std::string>();
  cancel->add_option("NAME", *cancelled)->required();
  cancel->callback([=] { ctl->chosen = [=] { return Cancel(*ctl, *cancelled); }; });
  CLI::App* list = AddCommand(family, "list", "Every simulation that the server knows",
                              "ocsctl simulation list");
  list->callback([=] { ctl->chosen = [=] { return ListSimulations(*ctl); }; });

  CLI::App* shadow = AddFamily(app, "shadow", "Live traffic rated also by a candidate catalogue");
  CLI::App* start = AddCommand(shadow, "start", "Begin, or begin anew with another candidate",
                               "ocsctl shadow start candidate.yaml");
  const auto candidate = std::make_shared<std::string>();
  const auto from_beginning = std::make_shared<bool>(false);
  start->add_option("CANDIDATE", *candidate, "Catalogue file or revision:N")->required();
  start->add_flag("--from-beginning", *from_beginning, "Also what the journal still has");
  start->callback(
      [=] { ctl->chosen = [=] { return StartShadow(*ctl, *candidate, *from_beginning); }; });
  CLI::App* show = AddCommand(shadow, "show", "The difference so far", "ocsctl shadow show");
  show->callback([=] { ctl->chosen = [=] { return ShowShadow(*ctl); }; });
  CLI::App* stop = AddCommand(shadow, "stop", "End it", "ocsctl shadow stop");
  stop->callback([=] { ctl->chosen = [=] { return StopShadow(*ctl); }; });
}

}  // namespace ocs::tools
