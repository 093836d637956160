// ocs-sim run: charges the input to the population under each catalogue and shows what came of it.

#ifndef TOOLS_SIMULATE_RUN_COMMAND_H_
#define TOOLS_SIMULATE_RUN_COMMAND_H_

#include <atomic>
#include <string>

#include "absl/status/statusor.h"
#include "ocs/simulation/result.h"
#include "ocs/simulation/run.h"
#include "tools/simulate/load.h"

namespace CLI {
class App;
}

namespace ocs::simulate {

/// Exit codes of ocs-sim.
enum ExitCode : int {
  kDone = 0,
  kFailed = 1,     ///< A threshold was not kept.
  kUsage = 2,      ///< The command line or a file that it names is malformed.
  kCouldNot = 3,   ///< A file could not be read or written.
  kStopped = 130,  ///< By the keyboard: what was done is shown.
};

/// How to run, whatever is run.
struct RunArguments {
  int threads = 0;
  bool full = false;
  int64_t bad_rows_max = 1'000;
  int64_t explain = -1;
};
void AddRunOptions(CLI::App* command, RunArguments* arguments);

/// Runs with a progress bar on a terminal; the first interrupt of the keyboard stops it and keeps
/// what was done.
absl::StatusOr<simulation::Result> RunShown(const Loaded& loaded, const RunArguments& arguments);

/// Adds `run` to the program. `*exit_code` is set when it was called.
void AddRunCommand(CLI::App* app, int* exit_code);

/// Prints an error to standard error; the exit code for it.
int Complain(const absl::Status& status);

/// Writes a file anew. Errors: Unavailable.
absl::Status WriteFile(const std::string& path, const std::string& text);

/// Writes every table as a CSV file, and result.json, into a folder, which is made. Errors:
/// Unavailable.
absl::Status WriteResult(const simulation::Result& result, const std::string& folder);

}  // namespace ocs::simulate

#endif  // TOOLS_SIMULATE_RUN_COMMAND_H_
