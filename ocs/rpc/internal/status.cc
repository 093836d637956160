#include "ocs/rpc/internal/status.h"

#include <algorithm>
#include <bit>

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "ocs/base/check.h"
#include "ocs/engine/operation.h"

namespace ocs::rpc::internal {
namespace {

// A full queue is worked off in less.
constexpr int64_t kOverloadRetryNanos = 500'000'000;
// 1 ms, 2 ms, 4 ms, ... 65 s: whoever waits longer finds more than enough.
constexpr size_t kBusySteps = 17;

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

grpc::Status MakeBusy(int64_t wait_ms) {
  google::rpc::Status status;
  status.set_code(grpc::StatusCode::RESOURCE_EXHAUSTED);
  status.set_message("too busy: back off and repeat the request under the same key");
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(wait_ms / 1000);
  retry.mutable_retry_delay()->set_nanos(static_cast<int32_t>(wait_ms % 1000 * 1'000'000));
  status.add_details()->PackFrom(retry);
  google::rpc::ErrorInfo info;
  info.set_reason("DIAMETER_TOO_BUSY");
  info.set_domain("rfc6733");
  (*info.mutable_metadata())["result_code"] = "3004";
  status.add_details()->PackFrom(info);
  return ToGrpc(status);
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status, std::string_view failed_field) {
  if (status.ok()) return grpc::Status::OK;
  if (engine::IsOverload(status)) return OverloadStatus();
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
  if (engine::IsOverload(status)) {
    ToItemError(OverloadStatus(), error);
  } else {
    *error = MakeStatus(status, failed_field);
  }
}

void ToItemError(const grpc::Status& status, google::rpc::Status* error) {
  if (status.error_details().empty() || !error->ParseFromString(status.error_details())) {
    error->set_code(status.error_code());
    error->set_message(status.error_message());
  }
}

const grpc::Status& BusyStatus(int64_t wait_ns) {
  static const std::vector<grpc::Status>* const statuses = [] {
    auto* made = new std::vector<grpc::Status>;
    for (size_t i = 0; i < kBusySteps; ++i) made->push_back(MakeBusy(int64_t{1} << i));
    return made;
  }();
  const auto wait_ms = static_cast<uint64_t>(std::max<int64_t>(wait_ns, 0)) / 1'000'000 + 1;
  return (*statuses)[std::min<size_t>(std::bit_width(wait_ms - 1), kBusySteps - 1)];
}

const grpc::Status& OverloadStatus() { return BusyStatus(kOverloadRetryNanos); }

std::optional<FieldFault> CheckLength(std::string_view field, std::string_view text,
                                      int length_max) {
  if (text.size() <= static_cast<size_t>(length_max)) return std::nullopt;
  return FieldFault{std::string(field), absl::StrCat("has ", text.size(), " bytes; at most ",
                                                     length_max, " are taken")};
}

}  // namespace ocs::rpc::internal
