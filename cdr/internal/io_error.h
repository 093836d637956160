// The error of a failed system call as a status whose message says how to mend it.

#ifndef CDR_INTERNAL_IO_ERROR_H_
#define CDR_INTERNAL_IO_ERROR_H_

#include <string_view>

#include "absl/status/status.h"

namespace ocs::cdr::internal {

/// "<path>: <doing>: <the system's words>; <what to do>", with the code that cdr/file_writer.h
/// promises.
absl::Status IoError(int error_number, std::string_view doing, std::string_view path);

}  // namespace ocs::cdr::internal

#endif  // CDR_INTERNAL_IO_ERROR_H_
