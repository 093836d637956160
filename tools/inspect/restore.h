// Brings a backup back: proves it, copies it to a new folder, and proves the copy.

#ifndef TOOLS_INSPECT_RESTORE_H_
#define TOOLS_INSPECT_RESTORE_H_

#include <string>

#include "absl/status/status.h"

namespace ocs::tools {

/// Copies every file of `from` into the folder `to`, which must not be there, and makes it durable:
/// when it returns OK the copy survives power loss. Errors: NotFound when there is no such folder;
/// AlreadyExists; Unavailable, after which what is in `to` is of no use and may be deleted.
absl::Status CopyFolder(const std::string& from, const std::string& to);

}  // namespace ocs::tools

#endif  // TOOLS_INSPECT_RESTORE_H_
