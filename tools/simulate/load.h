// From the command line to what a simulation needs: the population, the variants, the input. Each
// command of ocs-sim takes these options.

#ifndef TOOLS_SIMULATE_LOAD_H_
#define TOOLS_SIMULATE_LOAD_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ocs/simulation/event_source.h"
#include "ocs/simulation/population.h"
#include "ocs/simulation/run.h"
#include "tools/simulate/workload_options.h"

namespace CLI {
class App;
}

namespace ocs::simulate {

/// As written on the command line.
struct InputArguments {
  std::string population;
  std::vector<std::string> catalogues;  ///< "FILE" or "LABEL=FILE".
  std::vector<std::string> inputs;      ///< Files, or folders of ocsd.
  std::string trace_begins;             ///< Of traces; "": where the population begins.
  int64_t repeat = 1;
  std::string stretch = "1";
  std::string period;  ///< "1h", "24h"; "": to the last row.
  WorkloadArguments workload;
};

/// "FILE" or "LABEL=FILE": label and file; without a label the file's name without its ending.
std::pair<std::string, std::string> SplitLabel(const std::string& text);

/// Adds the options to a command.
void AddInputOptions(CLI::App* command, InputArguments* arguments);

/// What they name, read and checked. Not movable: the parts point to each other.
class Loaded final {
 public:
  /// Errors: InvalidArgument with every fault as a line of its own, NotFound.
  static absl::StatusOr<std::unique_ptr<Loaded>> Load(const InputArguments& arguments);

  std::unique_ptr<const simulation::Population> population;
  std::vector<simulation::Variant> variants;
  simulation::Names names;
  std::vector<std::unique_ptr<simulation::EventSource>> sources;

  std::vector<simulation::EventSource*> source_pointers() const;

 private:
  Loaded() = default;
  absl::Status LoadPopulation(const std::string& path);
  absl::Status LoadSources(const InputArguments& arguments);
};

/// The whole of a file. Errors: NotFound.
absl::StatusOr<std::string> ReadWholeFile(const std::string& path);

/// A variant from a catalogue's file. Errors: NotFound; InvalidArgument with its diagnostics.
absl::StatusOr<simulation::Variant> LoadVariant(const std::string& label, const std::string& path);

}  // namespace ocs::simulate

#endif  // TOOLS_SIMULATE_LOAD_H_
