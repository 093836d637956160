#include "cdr/control_totals.h"

#include <limits>
#include <string>

#include "ocs/base/text.h"
#include "tests/cdr/samples.h"
#include "tests/support/catch.h"

namespace ocs::cdr {
namespace {

using testing::FeeSample;
using testing::IdOf;
using testing::RefundSample;
using testing::UsageSample;

TEST_CASE("control totals count records, lines, sequences and sums", "[cdr][unit]") {
  ControlTotals totals;
  REQUIRE(totals.Add(IdOf(11, 4), UsageSample()).ok());
  REQUIRE(totals.Add(IdOf(11, 5), FeeSample()).ok());
  Record refund = RefundSample();
  refund.local_sequence = 11;
  REQUIRE(totals.Add(IdOf(12, 0), refund).ok());
  Record other = FeeSample();
  other.local_sequence = 1;
  REQUIRE(totals.Add({.shard = {3}, .position = {5, 0}}, other).ok());
  CHECK(totals.Format() ==
        "records 4\n"
        "lines 7\n"
        "shard 0 sequence 7 to 11, 3 records, 2 missing\n"
        "shard 3 sequence 1 to 1, 1 records, 0 missing\n"
        "sum usage ds-usage 0.00506 CNY\n"
        "sum fee ct-light 19.80 CNY\n"
        "sum refund ds-usage 0.004936 CNY\n"
        "sum usage ct-light-tokens 500 token\n");
  CHECK(totals.record_count() == 4);
  CHECK(totals.line_count() == 7);
  CHECK(*totals.SumOf(Unit::Of("CNY"), RecordType::kUsage) == 5060);
  CHECK(*totals.SumOf(Unit::Of("CNY"), RecordType::kFee) == 19'800'000);
  CHECK(*totals.SumOf(Unit::Of("CNY"), RecordType::kRefund) == 4936);
  CHECK(*totals.SumOf(Unit::Of("token"), RecordType::kUsage) == 500);
  CHECK(*totals.SumOf(Unit::Of("USD"), RecordType::kUsage) == 0);
}

TEST_CASE("control totals do not depend on order", "[cdr][unit]") {
  ControlTotals forward;
  ControlTotals backward;
  REQUIRE(forward.Add(IdOf(11, 4), UsageSample()).ok());
  REQUIRE(forward.Add(IdOf(11, 5), FeeSample()).ok());
  REQUIRE(backward.Add(IdOf(11, 5), FeeSample()).ok());
  CHECK_FALSE(forward == backward);
  REQUIRE(backward.Add(IdOf(11, 4), UsageSample()).ok());
  CHECK(forward == backward);
}

TEST_CASE("a record seen twice shows", "[cdr][unit]") {
  ControlTotals totals;
  REQUIRE(totals.Add(IdOf(11, 4), UsageSample()).ok());
  REQUIRE(totals.Add(IdOf(11, 4), UsageSample()).ok());
  CHECK(totals.shards().at(ShardId{0}).missing() == -1);
}

TEST_CASE("a sum that does not fit is an error", "[cdr][unit]") {
  Record record = FeeSample();
  record.lines[0].amount = std::numeric_limits<int64_t>::max();
  ControlTotals totals;
  REQUIRE(totals.Add(IdOf(1, 0), record).ok());
  const absl::Status status = totals.Add(IdOf(1, 1), FeeSample());
  CHECK(status.code() == absl::StatusCode::kOutOfRange);
  CHECK(FromAbsl(status.message()) ==
        "control totals: a sum of CNY does not fit 64 bits; make totals of fewer records");

  // Each code's sum fits, but not both together.
  ControlTotals two;
  record.lines[0].charge_code = "other";
  REQUIRE(two.Add(IdOf(1, 0), record).ok());
  REQUIRE(two.Add(IdOf(1, 1), FeeSample()).ok());
  CHECK(two.SumOf(Unit::Of("CNY"), RecordType::kFee).status().code() ==
        absl::StatusCode::kOutOfRange);
}

TEST_CASE("empty codes and units have a sign in the text", "[cdr][unit]") {
  ControlTotals totals;
  REQUIRE(totals.CountLine({}, 5).ok());
  CHECK(totals.Format() == "records 0\nlines 1\nsum usage - 5 -\n");
}

}  // namespace
}  // namespace ocs::cdr
