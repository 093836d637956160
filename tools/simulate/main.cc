// ocs-sim: simulates tariffs on recorded or generated use, before they go live.
//
// Exit codes: 0 done; 1 a threshold was not kept; 2 bad arguments or files; 3 a file could not be
// read or written; 130 stopped from the keyboard, with what was done until then.

#include <CLI/CLI.hpp>

#include "tools/simulate/run_command.h"
#include "tools/simulate/what_if_command.h"

int main(int argc, char** argv) {
  CLI::App app{"Simulates tariffs: what they do to customers and to the margin."};
  app.require_subcommand(1);
  int exit_code = ocs::simulate::kDone;
  ocs::simulate::AddRunCommand(&app, &exit_code);
  ocs::simulate::AddWhatIfCommand(&app, &exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : ocs::simulate::kUsage;
  }
  return exit_code;
}
