// A bill as it comes from the server, as the house's own.

#ifndef TOOLS_OCSCTL_WIRE_BILL_H_
#define TOOLS_OCSCTL_WIRE_BILL_H_

#include "absl/status/statusor.h"
#include "cdr/bill.h"
#include "ocs/settlement/v1/settlement.pb.h"

namespace ocs::tools {

/// Errors: InvalidArgument for values that this release does not know.
absl::StatusOr<cdr::Bill> FromWire(const settlement::v1::Bill& wire);

}  // namespace ocs::tools

#endif  // TOOLS_OCSCTL_WIRE_BILL_H_
