// The verdict as people and machines read it.

// tidy-allow arrow: the tools' own tests
#include "tools/inspect/report.h"

#include <string>

#include "tests/support/catch.h"
#include "tests/support/golden.h"
#include "tools/inspect/transfer_check.h"

namespace ocs::tools {
namespace {

std::string GoldenPath(const std::string& name) {
  return std::string(OCS_GOLDEN_TOOLS) + "/" + name;
}

Report Sample() {
  Report report;
  report.folder = "data/shard-000";
  report.head_group = 1'234;
  report.head_hash = "0123456789abcdef";
  report.entries = 98'765;
  report.accounts = 321;
  report.records = 4'321;
  report.journal_bytes = 1'000'000;
  report.totals = {{.unit = Unit::Of("CNY"), .records = "9.90 CNY", .ledger = "9.90 CNY"},
                   {.unit = Unit::Of("token"), .records = "1,523 token", .ledger = "1,523 token"}};
  for (CheckResult& check : report.checks) check.checked = 98'765;
  return report;
}

TEST_CASE("a good verdict reads as it should", "[tools][inspect][golden][unit]") {
  const std::string text = FormatReport(Sample());
  CHECK(text == testing::Golden(GoldenPath("verdict_ok.txt"), text));
}

TEST_CASE("a bad verdict names place, fault and way on", "[tools][inspect][golden][unit]") {
  Report report = Sample();
  report.notes.push_back("the store was in use: figures may be stale");
  report.Fail(Check::kPostings, PlaceOf({.group = 12, .index = 3}),
              "its postings in CNY sum to 1, not to 0");
  for (uint32_t i = 0; i < 8; ++i)
    report.Fail(Check::kSequence, PlaceOf({.group = 20, .index = i}), "its record has number 9");
  CHECK(!report.ok());
  const std::string text = FormatReport(report);
  CHECK(text == testing::Golden(GoldenPath("verdict_failed.txt"), text));
  TransferReport transfers;
  transfers.sent = 3;
  transfers.arrived = 1;
  transfers.on_their_way = {{.id = "12-3-4",
                             .from = {12},
                             .to = {13},
                             .unit = Unit::Of("CNY"),
                             .amount = 1'500'000,
                             .sent_at = Instant{1'779'000'000'000},
                             .where = TransferOnItsWay::Where::kReceived}};
  transfers.check = {.checked = 3,
                     .failed = 1,
                     .first = {{.place = "transfer 12-3-5", .what = "was received 2 times"}}};
  const std::string of_transfers = FormatTransfers(transfers);
  CHECK(of_transfers == testing::Golden(GoldenPath("transfers_failed.txt"), of_transfers));
  const std::string json = FormatReportsJson({report}, transfers);
  CHECK(json == testing::Golden(GoldenPath("verdict_failed.json"), json));
}

TEST_CASE("only the first failures of a check are kept, all are counted",
          "[tools][inspect][unit]") {
  Report report;
  for (int i = 0; i < 100; ++i) report.Fail(Check::kLines, "entry", "wrong");
  CHECK(report.of(Check::kLines).failed == 100);
  CHECK(report.of(Check::kLines).first.size() == kFailuresKept);
}

}  // namespace
}  // namespace ocs::tools
