#include "cdr/bill_cycle.h"

#include <string>

#include "ocs/base/time.h"
#include "tests/cdr/samples.h"
#include "tests/support/catch.h"
#include "tests/support/table.h"

namespace ocs::cdr {
namespace {

Instant At(std::string_view text) {
  const auto instant = ParseInstant(text);
  REQUIRE(instant.ok());
  return *instant;
}

TEST_CASE("a bill cycle goes from one billing day to the next, as the calendar has it",
          "[cdr][unit]") {
  for (const auto& row : ocs::testing::ParseTable(R"(
    #   day    at                          from        until
    day 0      2026-05-01T00:00:00+08:00   2026-05-01  2026-06-01   # 0 is the 1st
    day 1      2026-05-31T23:59:59+08:00   2026-05-01  2026-06-01
    day 15     2026-05-14T23:59:59+08:00   2026-04-15  2026-05-15
    day 15     2026-05-15T00:00:00+08:00   2026-05-15  2026-06-15
    day 15     2026-12-20T10:00:00+08:00   2026-12-15  2027-01-15
    day 15     2026-01-03T10:00:00+08:00   2025-12-15  2026-01-15
    day 31     2026-02-27T10:00:00+08:00   2026-01-31  2026-02-28
    day 31     2026-02-28T00:00:00+08:00   2026-02-28  2026-03-31
    day 31     2026-04-30T12:00:00+08:00   2026-04-30  2026-05-31
    day 30     2028-02-29T00:00:00+08:00   2028-02-29  2028-03-30   # a leap year
    day 29     2028-02-29T00:00:00+08:00   2028-02-29  2028-03-29
    day 40     2026-04-30T12:00:00+08:00   2026-04-30  2026-05-31   # no such day: as 31
  )")) {
    INFO(row.Describe());
    const CycleTimes cycle =
        BillCycleAt(static_cast<uint32_t>(row.Number(0)), At(row.Word(1)), testing::Beijing());
    CHECK(cycle.from == At(std::string(row.Word(2)) + "T00:00:00+08:00"));
    CHECK(cycle.until == At(std::string(row.Word(3)) + "T00:00:00+08:00"));
  }
}

TEST_CASE("cycles of a billing day follow each other without a gap", "[cdr][property]") {
  for (uint32_t day = 0; day <= 31; ++day) {
    Instant at = At("2026-01-17T12:00:00+08:00");
    for (int months = 0; months < 50; ++months) {
      CAPTURE(day, months);
      const CycleTimes cycle = BillCycleAt(day, at, testing::Beijing());
      REQUIRE(cycle.from <= at);
      REQUIRE(at < cycle.until);
      const CycleTimes next = BillCycleAt(day, cycle.until, testing::Beijing());
      REQUIRE(next.from == cycle.until);
      REQUIRE(BillCycleAt(day, cycle.until.PlusMillis(-1), testing::Beijing()) == cycle);
      at = cycle.until;
    }
  }
}

}  // namespace
}  // namespace ocs::cdr
