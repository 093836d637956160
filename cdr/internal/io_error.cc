#include "cdr/internal/io_error.h"
#include "ocs/base/text.h"

#include <cerrno>
#include <system_error>

namespace ocs::cdr::internal {
namespace {

struct Advice {
  absl::StatusCode code;
  std::string_view what_to_do;
};

Advice AdviceFor(int error_number) {
  switch (error_number) {
    case ENOSPC:
      return {absl::StatusCode::kResourceExhausted,
              "free space on this file system, then write the file again"};
    case EDQUOT:
      return {absl::StatusCode::kResourceExhausted,
              "raise the user's disk quota, then write the file again"};
    case EFBIG:
      return {absl::StatusCode::kResourceExhausted,
              "raise the file size limit (ulimit -f) or write fewer records"};
    case EMFILE:
    case ENFILE:
      return {absl::StatusCode::kResourceExhausted, "raise the limit of open files (ulimit -n)"};
    case EACCES:
    case EPERM:
      return {absl::StatusCode::kPermissionDenied, "let this user write in the folder"};
    case EROFS:
      return {absl::StatusCode::kPermissionDenied,
              "the file system is read-only: mount it for writing"};
    case EEXIST:
      return {absl::StatusCode::kAlreadyExists,
              "files are never replaced: move it away or choose another name"};
    case ENOENT:
    case ENOTDIR:
      return {absl::StatusCode::kNotFound, "create the folder first"};
    case EWOULDBLOCK:
      return {absl::StatusCode::kAborted, "another writer is at this file: wait for it or stop it"};
    case EINVAL:
    case ENOSYS:
      return {absl::StatusCode::kUnavailable,
              "the file system cannot do it: use a local one such as ext4 or xfs"};
    default:
      return {absl::StatusCode::kUnavailable, "look at the disk and the system log"};
  }
}

}  // namespace

absl::Status IoError(int error_number, std::string_view doing, std::string_view path) {
  const Advice advice = AdviceFor(error_number);
  return absl::Status(
      advice.code, Cat(path, ": ", doing, ": ", std::generic_category().message(error_number), "; ",
                       advice.what_to_do));
}

}  // namespace ocs::cdr::internal
