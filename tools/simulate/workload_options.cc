#include "tools/simulate/workload_options.h"

#include <CLI/CLI.hpp>
#include <string_view>
#include <utility>

#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "ocs/base/unit.h"
#include "ocs/simulation/workload_source.h"
#include "ocs/workload/model_mix.h"
#include "tools/oracle/records.h"

namespace ocs::simulate {
namespace {

// "0.01" as 10,000 parts per million.
absl::StatusOr<int64_t> PartsPerMillion(std::string_view option, const std::string& text) {
  const absl::StatusOr<int64_t> ppm = ParseMicros(text);
  if (ppm.ok()) return *ppm;
  return absl::InvalidArgumentError(
      Cat(option, ": is '", text, "', expected a number with at most 6 decimals"));
}

}  // namespace

void AddWorkloadOptions(CLI::App* command, WorkloadArguments* arguments) {
  CLI::Option* rates =
      command->add_option("--rates", arguments->rates,
                          "Generate calls: file of call rates by client (ocs/workload/data)");
  command->add_option("--lengths", arguments->lengths, "File of lengths of prompts and answers")
      ->needs(rates);
  command->add_option("--scale", arguments->scale, "Generate so many times the published calls")
      ->needs(rates);
  command
      ->add_option("--daily-growth", arguments->growth,
                   "Each day so much more than the day before: 0.01 is a hundredth")
      ->needs(rates);
  command
      ->add_option("--cached-share", arguments->cached_share,
                   "Of each generated prompt, what a cache serves: 0 to 1")
      ->needs(rates);
  command
      ->add_option("--model-mix", arguments->model_mix,
                   "File of models and weights for generated calls; else the population's")
      ->needs(rates);
  command
      ->add_option("--customers-per-client", arguments->conversations_per_client,
                   "How many customers a published client stands for; 0: each call is anybody's")
      ->needs(rates)
      ->check(CLI::Range(int64_t{0}, simulation::kConversationsPerClientMax));
}

absl::StatusOr<std::unique_ptr<simulation::EventSource>> OpenWorkloadSource(
    const WorkloadArguments& arguments, const simulation::Population* population,
    simulation::Names* names) {
  if (arguments.lengths.empty()) return absl::InvalidArgumentError("--rates needs --lengths");
  simulation::WorkloadSourceOptions options;
  options.draws.seed = population->terms().seed;
  OCS_ASSIGN_OR_RETURN(options.draws.scale_ppm, PartsPerMillion("--scale", arguments.scale));
  OCS_ASSIGN_OR_RETURN(options.draws.growth_ppm_per_day,
                       PartsPerMillion("--daily-growth", arguments.growth));
  OCS_ASSIGN_OR_RETURN(options.draws.cached_share_ppm,
                       PartsPerMillion("--cached-share", arguments.cached_share));
  options.conversations_per_client = arguments.conversations_per_client;
  if (!arguments.model_mix.empty()) {
    OCS_ASSIGN_OR_RETURN(const std::string text, tools::ReadMaybeGzip(arguments.model_mix));
    auto mix = workload::ReadModelMix(text);
    if (!mix.ok()) return Annotate(mix.status(), arguments.model_mix);
    options.draws.mix = *std::move(mix);
  }
  OCS_ASSIGN_OR_RETURN(const std::string rates, tools::ReadMaybeGzip(arguments.rates));
  OCS_ASSIGN_OR_RETURN(const std::string lengths, tools::ReadMaybeGzip(arguments.lengths));
  const std::string name = arguments.rates.substr(arguments.rates.rfind('/') + 1);
  return simulation::OpenWorkload(name, rates, lengths, std::move(options), population, names);
}

}  // namespace ocs::simulate
