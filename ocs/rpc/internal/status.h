// Errors on their way out: absl statuses and faults of fields as gRPC statuses with details.

#ifndef OCS_RPC_INTERNAL_STATUS_H_
#define OCS_RPC_INTERNAL_STATUS_H_

#include <grpcpp/support/status.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "google/rpc/status.pb.h"

namespace ocs::rpc::internal {

/// What is wrong with one field of a request.
struct FieldFault {
  std::string field;        ///< Its path in the message.
  std::string description;  ///< What was found and what was expected.
};

/// The status of an operation that was refused; with `failed_field` its details hold a
/// google.rpc.BadRequest that names it. Codes are kept: absl's numbers are gRPC's.
grpc::Status ToGrpcStatus(const absl::Status& status, std::string_view failed_field);

/// InvalidArgument that names every field at fault. REQUIRES: faults is not empty.
grpc::Status ToGrpcStatus(const std::vector<FieldFault>& faults);

/// InvalidArgument with one violation per fault of a catalogue text. REQUIRES: it is not empty.
grpc::Status DiagnosticsStatus(const std::vector<std::string>& diagnostics);

/// The same for one item of a batch.
void ToItemError(const absl::Status& status, std::string_view failed_field,
                 google::rpc::Status* error);
void ToItemError(const std::vector<FieldFault>& faults, google::rpc::Status* error);

/// The same for a status that was made for a unary call.
void ToItemError(const grpc::Status& status, google::rpc::Status* error);

/// RESOURCE_EXHAUSTED because there is more load than may be taken: with a google.rpc.RetryInfo of
/// at least `wait_ns`, and a google.rpc.ErrorInfo that says DIAMETER_TOO_BUSY (3004, RFC 6733
/// 7.1.3) for front ends that speak Diameter. One of a few that are made once.
const grpc::Status& BusyStatus(int64_t wait_ns);

/// The same, for a queue that is full.
const grpc::Status& OverloadStatus();

/// A fault when the text is longer than `length_max` bytes; nothing otherwise.
std::optional<FieldFault> CheckLength(std::string_view field, std::string_view text,
                                      int length_max);

}  // namespace ocs::rpc::internal

#endif  // OCS_RPC_INTERNAL_STATUS_H_
