#include "ocs/base/status.h"

#include <memory>
#include <string>
#include <utility>

#include "tests/support/catch.h"

namespace ocs {
namespace {

absl::Status FirstError(const absl::Status& one, const absl::Status& two, int* steps) {
  OCS_RETURN_IF_ERROR(one);
  ++*steps;
  OCS_RETURN_IF_ERROR(two);
  ++*steps;
  return absl::OkStatus();
}

absl::StatusOr<int> Sum(absl::StatusOr<int> one, absl::StatusOr<int> two) {
  OCS_ASSIGN_OR_RETURN(const int left, std::move(one));
  int right = 0;
  OCS_ASSIGN_OR_RETURN(right, std::move(two));
  return left + right;
}

absl::StatusOr<std::unique_ptr<int>> Moved(absl::StatusOr<std::unique_ptr<int>> from) {
  OCS_ASSIGN_OR_RETURN(std::unique_ptr<int> value, std::move(from));
  return value;
}

TEST_CASE("context stands before the message, and the code stays", "[base][unit]") {
  const absl::Status status = absl::DataLossError("record truncated at 17 of 64 bytes");
  const absl::Status told = Annotate(Annotate(status, "reserve"), "account 42");
  CHECK(told.code() == absl::StatusCode::kDataLoss);
  CHECK(std::string(told.message()) == "account 42: reserve: record truncated at 17 of 64 bytes");
  CHECK(Annotate(absl::OkStatus(), "account 42").ok());
}

TEST_CASE("the first error returns", "[base][unit]") {
  const absl::Status bad = absl::AbortedError("bad");
  const absl::Status worse = absl::InternalError("worse");
  int steps = 0;
  CHECK(FirstError(bad, worse, &steps) == bad);
  CHECK(steps == 0);
  CHECK(FirstError(absl::OkStatus(), worse, &steps) == worse);
  CHECK(steps == 1);
  CHECK(FirstError(absl::OkStatus(), absl::OkStatus(), &steps).ok());
  CHECK(steps == 3);
}

TEST_CASE("a value is assigned or its error returned", "[base][unit]") {
  CHECK(Sum(1, 2).value() == 3);
  CHECK(Sum(absl::AbortedError("one"), 2).status() == absl::AbortedError("one"));
  CHECK(Sum(1, absl::AbortedError("two")).status() == absl::AbortedError("two"));
  CHECK(**Moved(std::make_unique<int>(7)) == 7);
}

}  // namespace
}  // namespace ocs
