// What went wrong, in words that say what to mend.

#ifndef TOOLS_OCSCTL_ERRORS_H_
#define TOOLS_OCSCTL_ERRORS_H_

#include <grpcpp/support/status.h>

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "tools/ocsctl/exit_code.h"

namespace ocs::tools {

/// The exit code of a call's status. REQUIRES: not OK.
ExitCode ExitCodeOf(const grpc::Status& status);

/// The error in words, with every field that the details name and how to go on; each line ends in a
/// line feed. `server` is its address. REQUIRES: not OK.
std::string DescribeError(const grpc::Status& status, std::string_view server);

/// Writes DescribeError to standard error and returns ExitCodeOf.
ExitCode Complain(const grpc::Status& status, std::string_view server);

/// A fault on this side: a file, the disk, an argument. Writes it to standard error and returns
/// kUsage for InvalidArgument, NotFound, AlreadyExists and PermissionDenied, else kCouldNot.
ExitCode Complain(const absl::Status& status);

}  // namespace ocs::tools

#endif  // TOOLS_OCSCTL_ERRORS_H_
