// The bills of a folder (bills.jsonl of a cycle), as the wire has them.

#ifndef TOOLS_OCSCTL_BILL_JSON_H_
#define TOOLS_OCSCTL_BILL_JSON_H_

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ocs/settlement/v1/phone_bill.pb.h"

namespace ocs::tools {

/// The bill of a line, without its text and nodes, which are not in it. Errors: InvalidArgument
/// when it is no bill of format ocs-bill-json-1.
absl::StatusOr<settlement::v1::BillDocument> ParseBillLine(std::string_view line);

/// Gives every bill of a cycle's folder to `visit`, in order of number, until it returns an error.
/// Errors: those of `visit`; NotFound when there is no such file; InvalidArgument with the line.
absl::Status ForEachBillIn(
    const std::string& cycle_folder,
    const std::function<absl::Status(const settlement::v1::BillDocument&)>& visit);

}  // namespace ocs::tools

#endif  // TOOLS_OCSCTL_BILL_JSON_H_
