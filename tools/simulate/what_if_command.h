// ocs-sim what-if: a candidate catalogue against the one in force: who wins, who loses, what is
// earned, whether it passes.

#ifndef TOOLS_SIMULATE_WHAT_IF_COMMAND_H_
#define TOOLS_SIMULATE_WHAT_IF_COMMAND_H_

namespace CLI {
class App;
}

namespace ocs::simulate {

/// Adds `what-if` to the program. `*exit_code` is set when it was called.
void AddWhatIfCommand(CLI::App* app, int* exit_code);

}  // namespace ocs::simulate

#endif  // TOOLS_SIMULATE_WHAT_IF_COMMAND_H_
