#include "ocs/rpc/internal/status.h"

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "ocs/base/check.h"

namespace ocs::rpc::internal {
namespace {

google::rpc::Status MakeStatus(int code, std::string message,
                               const std::vector<FieldFault>& faults) {
  google::rpc::Status status;
  status.set_code(code);
  status.set_message(std::move(message));
  if (faults.empty()) return status;
  google::rpc::BadRequest details;
  for (const FieldFault& fault : faults) {
    auto* violation = details.add_field_violations();
    violation->set_field(fault.field);
    violation->set_description(fault.description);
  }
  status.add_details()->PackFrom(details);
  return status;
}

google::rpc::Status MakeStatus(const absl::Status& status, std::string_view failed_field) {
  std::string message(status.message());
  std::vector<FieldFault> faults;
  if (!failed_field.empty()) faults.push_back({std::string(failed_field), message});
  return MakeStatus(static_cast<int>(status.code()), std::move(message), faults);
}

grpc::Status ToGrpc(const google::rpc::Status& status) {
  const auto code = static_cast<grpc::StatusCode>(status.code());
  if (status.details().empty()) return {code, status.message()};
  return {code, status.message(), status.SerializeAsString()};
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status, std::string_view failed_field) {
  if (status.ok()) return grpc::Status::OK;
  return ToGrpc(MakeStatus(status, failed_field));
}

grpc::Status ToGrpcStatus(const std::vector<FieldFault>& faults) {
  google::rpc::Status status;
  ToItemError(faults, &status);
  return ToGrpc(status);
}

void ToItemError(const std::vector<FieldFault>& faults, google::rpc::Status* error) {
  OCS_CHECK(!faults.empty());
  std::string message = absl::StrCat(faults[0].field, ": ", faults[0].description);
  if (faults.size() > 1) absl::StrAppend(&message, " (and ", faults.size() - 1, " more)");
  *error =
      MakeStatus(static_cast<int>(absl::StatusCode::kInvalidArgument), std::move(message), faults);
}

grpc::Status DiagnosticsStatus(const std::vector<std::string>& diagnostics) {
  std::vector<FieldFault> faults;
  // A trailer is bounded by the client (8 KiB by default): the first faults are enough to go on.
  constexpr size_t kFaultBytesMax = 4096;
  size_t bytes = 0;
  for (const std::string& diagnostic : diagnostics) {
    bytes += diagnostic.size();
    if (!faults.empty() && bytes > kFaultBytesMax) break;
    faults.push_back({"text", diagnostic});
  }
  return ToGrpcStatus(faults);
}

void ToItemError(const absl::Status& status, std::string_view failed_field,
                 google::rpc::Status* error) {
  *error = MakeStatus(status, failed_field);
}

std::optional<FieldFault> CheckLength(std::string_view field, std::string_view text,
                                      int length_max) {
  if (text.size() <= static_cast<size_t>(length_max)) return std::nullopt;
  return FieldFault{std::string(field), absl::StrCat("has ", text.size(), " bytes; at most ",
                                                     length_max, " are taken")};
}

}  // namespace ocs::rpc::internal
