#include "ocs/base/status.h"

#include "ocs/base/text.h"

namespace ocs {

absl::Status Annotate(const absl::Status& status, std::string_view context) {
  if (status.ok()) return status;
  return absl::Status(status.code(), Cat(context, ": ", status.message()));
}

}  // namespace ocs
