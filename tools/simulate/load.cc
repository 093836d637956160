#include "tools/simulate/load.h"

#include <CLI/CLI.hpp>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/time/time.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "ocs/base/unit.h"
#include "rating/catalogue.h"
#include "rating/tariff.h"

namespace ocs::simulate {
namespace {

absl::StatusOr<simulation::TraceOptions> TraceOptionsOf(const InputArguments& arguments,
                                                        Instant begins) {
  simulation::TraceOptions options;
  options.begins = begins;
  options.repeat = arguments.repeat;
  if (!arguments.trace_begins.empty()) {
    OCS_ASSIGN_OR_RETURN(options.begins, ParseInstant(arguments.trace_begins));
  }
  const absl::StatusOr<int64_t> stretch = ParseMicros(arguments.stretch);
  constexpr int64_t kStretchMax = 1'000'000 * kMicrosPerMoney;
  if (!stretch.ok() || *stretch < 1'000 || *stretch > kStretchMax || *stretch % 1'000 != 0) {
    return absl::InvalidArgumentError(
        Cat("--stretch: is '", arguments.stretch, "', expected a number from 0.001 to 1000000"));
  }
  options.stretch_permille = *stretch / 1'000;
  if (arguments.period.empty()) return options;
  absl::Duration period;
  if (!absl::ParseDuration(arguments.period, &period) || period <= absl::ZeroDuration() ||
      period > absl::Hours(24 * 366)) {
    return absl::InvalidArgumentError(
        Cat("--period: is '", arguments.period, "', expected a time such as 1h or 45m"));
  }
  options.period_ms = absl::ToInt64Milliseconds(period);
  return options;
}

}  // namespace

std::pair<std::string, std::string> SplitLabel(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals != std::string::npos) return {text.substr(0, equals), text.substr(equals + 1)};
  std::string label = text.substr(text.rfind('/') + 1);
  return {label.substr(0, label.rfind('.')), text};
}

void AddInputOptions(CLI::App* command, InputArguments* arguments) {
  command->add_option("population", arguments->population, "Population file (docs/SIMULATION.md)")
      ->required();
  command
      ->add_option("-c,--catalogue", arguments->catalogues,
                   "Catalogue file, or LABEL=FILE; again for each one to simulate side by side")
      ->required();
  command->add_option("-i,--input", arguments->inputs,
                      "Trace, CDR file or data folder of a stopped ocsd; again for what follows");
  command->add_option("--trace-begins", arguments->trace_begins,
                      "Time of a trace's timestamp 0; else where the population begins");
  command->add_option("--repeat", arguments->repeat, "Play traces so many times, one after another")
      ->check(CLI::Range(int64_t{1}, int64_t{1'000'000}));
  command->add_option("--stretch", arguments->stretch, "Slow a trace's time down by this factor");
  command->add_option(
      "--period", arguments->period,
      "From one repeated pass to the next, before stretching; else to its last row");
  AddWorkloadOptions(command, &arguments->workload);
}

absl::StatusOr<std::string> ReadWholeFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  if (!file || !(text << file.rdbuf())) return absl::NotFoundError(Cat(path, ": cannot be read"));
  return text.str();
}

absl::StatusOr<simulation::Variant> LoadVariant(const std::string& label, const std::string& path) {
  OCS_ASSIGN_OR_RETURN(const std::string text, ReadWholeFile(path));
  const rating::CatalogueCheck check = rating::ParseCatalogue(text, path);
  if (!check.catalogue) {
    std::string faults;
    for (const rating::Diagnostic& diagnostic : check.diagnostics)
      faults += Cat(faults.empty() ? "" : "\n", diagnostic.ToString());
    return absl::InvalidArgumentError(faults);
  }
  simulation::Variant variant;
  variant.label = label;
  variant.tariff = rating::Tariff::Compile(*check.catalogue, 1);
  variant.text_sha256 = simulation::TextSha256(text);
  return variant;
}

absl::Status Loaded::LoadPopulation(const std::string& path) {
  OCS_ASSIGN_OR_RETURN(const std::string text, ReadWholeFile(path));
  simulation::PopulationCheck check = simulation::ParsePopulation(text, path);
  if (check.population == nullptr) {
    std::string faults;
    for (const std::string& fault : check.diagnostics)
      faults += Cat(faults.empty() ? "" : "\n", fault);
    return absl::InvalidArgumentError(faults);
  }
  population = std::move(check.population);
  return absl::OkStatus();
}

absl::Status Loaded::LoadSources(const InputArguments& arguments) {
  OCS_ASSIGN_OR_RETURN(const simulation::TraceOptions options,
                       TraceOptionsOf(arguments, population->terms().begins));
  for (const std::string& path : arguments.inputs) {
    OCS_ASSIGN_OR_RETURN(auto source,
                         simulation::OpenInput(path, options, population.get(), &names));
    sources.push_back(std::move(source));
  }
  if (!arguments.workload.given()) return absl::OkStatus();
  OCS_ASSIGN_OR_RETURN(auto drawn,
                       OpenWorkloadSource(arguments.workload, population.get(), &names));
  sources.push_back(std::move(drawn));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Loaded>> Loaded::Load(const InputArguments& arguments) {
  std::unique_ptr<Loaded> loaded(new Loaded);
  OCS_RETURN_IF_ERROR(loaded->LoadPopulation(arguments.population));
  for (const std::string& text : arguments.catalogues) {
    const auto [label, path] = SplitLabel(text);
    OCS_ASSIGN_OR_RETURN(simulation::Variant variant, LoadVariant(label, path));
    loaded->variants.push_back(std::move(variant));
  }
  OCS_RETURN_IF_ERROR(loaded->LoadSources(arguments));
  return loaded;
}

std::vector<simulation::EventSource*> Loaded::source_pointers() const {
  std::vector<simulation::EventSource*> pointers;
  for (const auto& source : sources) pointers.push_back(source.get());
  return pointers;
}

}  // namespace ocs::simulate
