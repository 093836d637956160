// How ocsctl ends. Scripts rely on these numbers: docs/CLI.md lists them.

#ifndef TOOLS_OCSCTL_EXIT_CODE_H_
#define TOOLS_OCSCTL_EXIT_CODE_H_

namespace ocs::tools {

enum ExitCode : int {
  kDone = 0,
  kRefused = 1,   ///< The server answered, and the answer is no.
  kUsage = 2,     ///< The command line, a file given there, or the server says: malformed.
  kCouldNot = 3,  ///< No answer: not reached, out of time, stopping, disk full. Try again.
  kChanges = 4,   ///< Of a comparison: done, and there are differences.
};

}  // namespace ocs::tools

#endif  // TOOLS_OCSCTL_EXIT_CODE_H_
