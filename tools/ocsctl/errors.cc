#include "tools/ocsctl/errors.h"

#include <cstdio>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "ocs/base/text.h"
#include "tools/text/table.h"

namespace ocs::tools {
namespace {

std::string HintOf(const grpc::Status& status, std::string_view server) {
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
      return Cat("is the server running at ", server,
                 "? Give its address with --server HOST:PORT, --ca for TLS, --cert and --cert-key "
                 "where it wants to know its clients. "
                 "A change may be repeated with the same --key");
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::CANCELLED:
      return "whether it was done is not known: repeat it with the same --key, or allow more time "
             "with --timeout-seconds";
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return "wait a little and repeat it with the same --key; a limit of the account stays one";
    case grpc::StatusCode::UNAUTHENTICATED:
    case grpc::StatusCode::PERMISSION_DENIED:
      return "the server wants to know you: --token-file, or --ca, --cert and --cert-key; what you "
             "may do is in its credentials_file";
    case grpc::StatusCode::UNIMPLEMENTED:
      return "the server does not know this call: is it an older release, or another program?";
    case grpc::StatusCode::DATA_LOSS:
    case grpc::StatusCode::INTERNAL:
      return "the server found a fault in itself or its store: see its log, then ocs-inspect";
    default:
      return "";
  }
}

std::string_view NameOf(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::INVALID_ARGUMENT:
      return "malformed";
    case grpc::StatusCode::UNAVAILABLE:
      return "could not reach the server";
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return "no answer in time";
    case grpc::StatusCode::CANCELLED:
      return "cancelled";
    case grpc::StatusCode::DATA_LOSS:
    case grpc::StatusCode::INTERNAL:
    case grpc::StatusCode::UNKNOWN:
      return "the server could not answer";
    case grpc::StatusCode::NOT_FOUND:
      return "not found";
    default:
      return "refused";
  }
}

}  // namespace

ExitCode ExitCodeOf(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::NOT_FOUND:
    case grpc::StatusCode::ALREADY_EXISTS:
    case grpc::StatusCode::FAILED_PRECONDITION:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::OUT_OF_RANGE:
    case grpc::StatusCode::ABORTED:
    case grpc::StatusCode::PERMISSION_DENIED:
    case grpc::StatusCode::UNAUTHENTICATED:
      return kRefused;
    case grpc::StatusCode::INVALID_ARGUMENT:
      return kUsage;
    default:
      return kCouldNot;
  }
}

std::string DescribeError(const grpc::Status& status, std::string_view server) {
  std::string out =
      Cat("ocsctl: ", NameOf(status.error_code()), ": ", Printable(status.error_message()), "\n");
  google::rpc::Status full;
  if (full.ParseFromString(status.error_details())) {
    for (const auto& detail : full.details()) {
      google::rpc::BadRequest bad;
      if (!detail.UnpackTo(&bad)) continue;
      for (const auto& violation : bad.field_violations()) {
        const bool known = violation.description() == status.error_message();
        out += Cat("  field ", Printable(violation.field()), known ? "" : ": ",
                   known ? "" : Printable(violation.description()), "\n");
      }
    }
  }
  const std::string hint = HintOf(status, server);
  if (!hint.empty()) out += Cat("  how to go on: ", hint, "\n");
  return out;
}

ExitCode Complain(const grpc::Status& status, std::string_view server) {
  std::fputs(DescribeError(status, server).c_str(), stderr);
  return ExitCodeOf(status);
}

ExitCode Complain(const absl::Status& status) {
  std::fprintf(stderr, "ocsctl: %s\n", Printable(FromAbsl(status.message())).c_str());
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kPermissionDenied:
      return kUsage;
    default:
      return kCouldNot;
  }
}

}  // namespace ocs::tools
