// Records as they come from the server, as the house's own.

#ifndef TOOLS_OCSCTL_WIRE_RECORD_H_
#define TOOLS_OCSCTL_WIRE_RECORD_H_

#include "absl/status/statusor.h"
#include "cdr/record.h"
#include "ocs/cdr/v1/cdr.pb.h"

namespace ocs::tools {

struct ReceivedRecord {
  cdr::RecordId id;
  cdr::Record record;  ///< Its texts point into the wire's message.
};

/// Errors: InvalidArgument for values that this release does not know: a file without them would
/// not be whole.
absl::StatusOr<ReceivedRecord> FromWire(const cdr::v1::Record& wire);

}  // namespace ocs::tools

#endif  // TOOLS_OCSCTL_WIRE_RECORD_H_
