// What absl 20220623 lacks: return macros, context on the way up, a greppable way to drop a status.

#ifndef OCS_BASE_STATUS_H_
#define OCS_BASE_STATUS_H_

#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace ocs {

/// Returns `status` with "context: " put before its message; an OK status is returned unchanged.
absl::Status Annotate(const absl::Status& status, std::string_view context);

/// Drops a status on purpose. `why` is for the reader.
inline void IgnoreError(const absl::Status& /*status*/, std::string_view /*why*/) {}

}  // namespace ocs

#define OCS_RETURN_IF_ERROR(expression)        \
  do {                                         \
    absl::Status ocs_status_ = (expression);   \
    if (!ocs_status_.ok()) return ocs_status_; \
  } while (false)

#define OCS_STATUS_CONCAT_(a, b) a##b
#define OCS_STATUS_NAME_(a, b) OCS_STATUS_CONCAT_(a, b)

/// OCS_ASSIGN_OR_RETURN(auto x, F()): returns F's error, or assigns its value.
#define OCS_ASSIGN_OR_RETURN(left, expression) \
  OCS_ASSIGN_OR_RETURN_(OCS_STATUS_NAME_(ocs_value_, __LINE__), left, expression)
#define OCS_ASSIGN_OR_RETURN_(temporary, left, expression)   \
  auto temporary = (expression);                             \
  if (!temporary.ok()) return std::move(temporary).status(); \
  left = *std::move(temporary)

#endif  // OCS_BASE_STATUS_H_
