// Options for use that is generated from published rates and lengths.

#ifndef TOOLS_SIMULATE_WORKLOAD_OPTIONS_H_
#define TOOLS_SIMULATE_WORKLOAD_OPTIONS_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "ocs/simulation/event_source.h"
#include "ocs/simulation/population.h"

namespace CLI {
class App;
}

namespace ocs::simulate {

struct WorkloadArguments {
  std::string rates;    ///< File; "": nothing is generated.
  std::string lengths;  ///< File.
  std::string scale = "1";
  std::string growth = "0";
  std::string cached_share = "0";
  std::string model_mix;  ///< File; "": the population's.
  int64_t conversations_per_client = 0;

  bool given() const { return !rates.empty(); }
};

void AddWorkloadOptions(CLI::App* command, WorkloadArguments* arguments);

/// Reads the files and opens the source; the seed is the population's. Errors: NotFound,
/// InvalidArgument naming the option or the file and line.
absl::StatusOr<std::unique_ptr<simulation::EventSource>> OpenWorkloadSource(
    const WorkloadArguments& arguments, const simulation::Population* population,
    simulation::Names* names);

}  // namespace ocs::simulate

#endif  // TOOLS_SIMULATE_WORKLOAD_OPTIONS_H_
