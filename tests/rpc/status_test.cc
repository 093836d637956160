// Errors on their way out.

#include "ocs/rpc/internal/status.h"

#include "google/rpc/error_details.pb.h"
#include "tests/support/catch.h"

namespace ocs::rpc::internal {
namespace {

google::rpc::BadRequest DetailsOf(const google::rpc::Status& status) {
  google::rpc::BadRequest details;
  REQUIRE(status.details_size() == 1);
  REQUIRE(status.details(0).UnpackTo(&details));
  return details;
}

google::rpc::BadRequest DetailsOf(const grpc::Status& status) {
  google::rpc::Status full;
  REQUIRE(full.ParseFromString(status.error_details()));
  REQUIRE(full.code() == status.error_code());
  REQUIRE(full.message() == status.error_message());
  return DetailsOf(full);
}

TEST_CASE("codes keep their numbers", "[rpc][unit]") {
  const struct {
    absl::Status status;
    grpc::StatusCode code;
  } cases[] = {
      {absl::OkStatus(), grpc::StatusCode::OK},
      {absl::InvalidArgumentError("x"), grpc::StatusCode::INVALID_ARGUMENT},
      {absl::NotFoundError("x"), grpc::StatusCode::NOT_FOUND},
      {absl::AlreadyExistsError("x"), grpc::StatusCode::ALREADY_EXISTS},
      {absl::FailedPreconditionError("x"), grpc::StatusCode::FAILED_PRECONDITION},
      {absl::ResourceExhaustedError("x"), grpc::StatusCode::RESOURCE_EXHAUSTED},
      {absl::DeadlineExceededError("x"), grpc::StatusCode::DEADLINE_EXCEEDED},
      {absl::OutOfRangeError("x"), grpc::StatusCode::OUT_OF_RANGE},
      {absl::UnavailableError("x"), grpc::StatusCode::UNAVAILABLE},
      {absl::DataLossError("x"), grpc::StatusCode::DATA_LOSS},
      {absl::InternalError("x"), grpc::StatusCode::INTERNAL},
  };
  for (const auto& c : cases) {
    const grpc::Status status = ToGrpcStatus(c.status, "");
    CHECK(status.error_code() == c.code);
    CHECK(status.error_message() == c.status.message());
    CHECK(status.error_details().empty());
  }
}

TEST_CASE("a refusal names its field in the details", "[rpc][unit]") {
  const auto status = ToGrpcStatus(absl::InvalidArgumentError("is below 0"), "amount_micros");
  const auto details = DetailsOf(status);
  REQUIRE(details.field_violations_size() == 1);
  CHECK(details.field_violations(0).field() == "amount_micros");
  CHECK(details.field_violations(0).description() == "is below 0");
}

TEST_CASE("several faults are all in the details, the first in the message", "[rpc][unit]") {
  const auto status = ToGrpcStatus({FieldFault{"a", "is missing"}, FieldFault{"b", "is long"}});
  CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(status.error_message() == "a: is missing (and 1 more)");
  CHECK(DetailsOf(status).field_violations(1).field() == "b");
}

TEST_CASE("an item's error is the unary call's status", "[rpc][unit]") {
  google::rpc::Status error;
  ToItemError(absl::ResourceExhaustedError("busy"), "", &error);
  CHECK(error.code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  CHECK(error.message() == "busy");
  ToItemError({FieldFault{"session_id", "is long"}}, &error);
  CHECK(error.code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(DetailsOf(error).field_violations(0).field() == "session_id");
}

TEST_CASE("diagnostics fit a trailer and the first is always there", "[rpc][unit]") {
  const std::vector<std::string> many(1'000, std::string(100, 'd'));
  const auto status = DiagnosticsStatus(many);
  CHECK(status.error_details().size() < 8 * 1024);
  CHECK(DetailsOf(status).field_violations_size() > 10);
  const auto long_one = DiagnosticsStatus({std::string(6'000, 'd')});
  CHECK(DetailsOf(long_one).field_violations_size() == 1);
}

TEST_CASE("a length is measured in bytes", "[rpc][unit]") {
  CHECK_FALSE(CheckLength("f", "1234", 4).has_value());
  const auto fault = CheckLength("f", "12345", 4);
  REQUIRE(fault.has_value());
  CHECK(fault->field == "f");
  CHECK(fault->description == "has 5 bytes; at most 4 are taken");
}

}  // namespace
}  // namespace ocs::rpc::internal
