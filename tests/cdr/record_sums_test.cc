#include "cdr/record_sums.h"

#include <limits>

#include "tests/cdr/samples.h"
#include "tests/support/catch.h"

namespace ocs::cdr {
namespace {

using testing::FeeSample;
using testing::IdOf;
using testing::RefundSample;
using testing::UsageSample;

constexpr Instant kFrom = {1'777'564'800'000};  // 2026-05-01T00:00:00+08:00

Record NthOfSums(uint64_t n) {
  Record record = n % 5 == 0 ? FeeSample() : n % 7 == 0 ? RefundSample() : UsageSample();
  record.local_sequence = n;
  record.recorded_at = kFrom.PlusSeconds(static_cast<int64_t>(n) * 60);
  return record;
}

TEST_CASE("sums are by day and unit, refunds deducted", "[cdr][unit]") {
  RecordSums sums(kFrom);
  REQUIRE(sums.Add(IdOf(1, 0), NthOfSums(1)).ok());
  REQUIRE(sums.Add(IdOf(5, 0), NthOfSums(5)).ok());
  REQUIRE(sums.Add(IdOf(7, 0), NthOfSums(7)).ok());
  REQUIRE(sums.Add(IdOf(1'441, 0), NthOfSums(1'441)).ok());  // A minute into the second day.
  const Unit cny = Unit::Of("CNY");
  CHECK(sums.sums() ==
        RecordSums::Sums{{{0, cny, NodeAmountKind::kPayable}, 5'060 + 9'900'000 - 4'936},
                         {{0, Unit::Of("token"), NodeAmountKind::kCovered}, 500},
                         {{1, cny, NodeAmountKind::kPayable}, 5'060},
                         {{1, Unit::Of("token"), NodeAmountKind::kCovered}, 500}});
  CHECK(sums.record_count() == 4);
  Record large = FeeSample();
  large.lines[0].amount = std::numeric_limits<int64_t>::max();
  large.recorded_at = kFrom;
  CHECK(sums.Add(IdOf(9, 0), large).code() == absl::StatusCode::kOutOfRange);
}

TEST_CASE("every record that differs is named", "[cdr][unit]") {
  constexpr uint64_t kLast = 5'000;
  const auto fill = [](auto& first, auto& second) {
    for (uint64_t n = 1; n <= kLast; ++n) {
      Record other = NthOfSums(n);
      if (n == 3'000) other.node = "changed where no sum shows it";
      if (n != 4'999) (void)first.Add(IdOf(n, 0), NthOfSums(n));
      if (n != 7) (void)second.Add(IdOf(n, 0), other);
    }
  };
  RecordSums first(kFrom);
  RecordSums second(kFrom);
  CHECK(RecordSums::Differing(first, second).empty());
  fill(first, second);
  const auto chunks = RecordSums::Differing(first, second);
  CHECK(chunks.size() == 3);
  CHECK(RecordSums::Differing(second, first) == chunks);
  RecordIndex one(chunks);
  RecordIndex other(chunks);
  fill(one, other);
  using Kind = RecordIndex::Difference::Kind;
  CHECK(RecordIndex::Compare(one, other) ==
        std::vector<RecordIndex::Difference>{{Kind::kOnlyFirst, IdOf(7, 0)},
                                             {Kind::kOther, IdOf(3'000, 0)},
                                             {Kind::kOnlySecond, IdOf(4'999, 0)}});
  CHECK(RecordIndex::Compare(one, one).empty());
}

}  // namespace
}  // namespace ocs::cdr
