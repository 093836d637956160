#include "cdr/bill_run.h"

#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "cdr/bill.h"
#include "cdr/internal/disk.h"
#include "ocs/base/text.h"
#include "tests/cdr/samples.h"
#include "tests/cdr/support.h"
#include "tests/support/catch.h"
#include "tests/support/golden.h"
#include "tests/support/temp_dir.h"

namespace ocs::cdr {
namespace {

using ocs::testing::ReadFile;
using ocs::testing::TempDir;
using testing::Beijing;
using testing::DieAtStep;
using testing::FeeSample;
using testing::IdOf;
using testing::kCny;
using testing::RefundSample;
using testing::steps_left;
using testing::UsageSample;

// Midnights in Beijing of the first days of May, June and July 2026.
constexpr Instant kMay = {1'777'564'800'000};
constexpr Instant kJune = {1'780'243'200'000};
constexpr Instant kJuly = {1'782'835'200'000};
constexpr uint64_t kRecords = 300;  // Of both months: the first two thirds are of May.

BillRunOptions Cycle(std::string_view name, BillRunKind kind) {
  BillRunOptions options{.cycle = std::string(name),
                         .from = name == "2026-05" ? kMay : kJune,
                         .until = name == "2026-05" ? kJune : kJuly};
  options.kind = kind;
  options.zone = Beijing();
  return options;
}

AccountId NthAccount(uint64_t n) {
  return AccountId::Of({static_cast<uint16_t>(n % 7 * 500)}, 1 + n % 3);
}

// Record n of shard 0, from 1.
Record Nth(uint64_t n) {
  Record record = n % 5 == 0 ? FeeSample() : n % 7 == 0 ? RefundSample() : UsageSample();
  record.local_sequence = n;
  record.account = NthAccount(n);
  record.billing_day = n % 3 == 0 ? 20 : 0;  // Matters to runs by billing day only.
  record.recorded_at =
      (n <= kRecords * 2 / 3 ? kMay : kJune).PlusSeconds(static_cast<int64_t>(n) * 60);
  return record;
}

absl::Status AddAll(BillRun& run) {
  const auto at = run.start().find(ShardId{0});
  for (uint64_t n = at == run.start().end() ? 1 : at->second.sequence + 1; n <= kRecords; ++n) {
    const absl::Status added = run.Add(IdOf(n, 0), Nth(n));
    if (!added.ok()) return added;
  }
  return absl::OkStatus();
}

absl::StatusOr<BillRunResult> TryRun(const std::string& folder, const BillRunOptions& options) {
  auto run = BillRun::Open(folder, options);
  if (!run.ok()) return run.status();
  const absl::Status added = AddAll(**run);
  if (!added.ok()) return added;
  return (*run)->Finish();
}

BillRunResult Run(const std::string& folder, const BillRunOptions& options) {
  auto result = TryRun(folder, options);
  INFO(result.status().ToString());
  REQUIRE(result.ok());
  return *std::move(result);
}

TEST_CASE("two cycles bill each record once and carry what rounding leaves", "[cdr][unit]") {
  const TempDir folder;
  const BillRunResult may = Run(folder.path(), Cycle("2026-05", BillRunKind::kFinal));
  CHECK(may.records == 200);
  CHECK(may.bills == 21);  // 7 partitions x 3 accounts, each with some record.
  CHECK(may.first_number == 1);
  const BillRunResult june = Run(folder.path(), Cycle("2026-06", BillRunKind::kFinal));
  CHECK(june.records == 100);
  CHECK(june.first_number == 22);

  // The same bills as one by one, with the first carried into the second.
  int64_t total = 0;
  int64_t payable = 0;
  int64_t carried = 0;
  for (uint64_t account = 0; account < 21; ++account) {
    std::vector<CarriedMicros> before;
    for (const auto& [from, until] : {std::pair(kMay, kJune), std::pair(kJune, kJuly)}) {
      BillBuilder builder({NthAccount(account), from, until}, before);
      for (uint64_t n = 1; n <= kRecords; ++n) {
        const BillAddOutcome added = builder.Add(IdOf(n, 0), Nth(n));
        REQUIRE(added <= BillAddOutcome::kOutsideCycle);
      }
      const auto bill = builder.Finish();
      REQUIRE(bill.ok());
      before.clear();
      for (const CurrencyBill& part : bill->currencies) {
        total += part.total_micros;
        payable += part.payable_fen;
        before.push_back({part.currency, part.carried_out_micros});
      }
    }
    for (const CarriedMicros& rest : before) carried += rest.micros;
  }
  CHECK(may.sums.at(kCny).total_micros + june.sums.at(kCny).total_micros == total);
  CHECK(may.sums.at(kCny).payable_fen + june.sums.at(kCny).payable_fen == payable);
  CHECK(may.sums.at(kCny).carried_in_micros == 0);
  CHECK(june.sums.at(kCny).carried_in_micros == may.sums.at(kCny).carried_out_micros);
  CHECK(june.sums.at(kCny).carried_out_micros == carried);
  CHECK(payable * kMicrosPerFen + carried == total);

  const std::string bills = ReadFile(june.folder + "/bills.csv");
  CHECK(bills.find("\n2026-06-00000022,") != std::string::npos);
  CHECK(bills.find("\n2026-06-00000042,") != std::string::npos);
  CHECK(ReadFile(june.folder + "/bills.jsonl").find("\"format\":\"ocs-bill-json-1\"") !=
        std::string::npos);
}

TEST_CASE("a draft is replaced, a final cycle is compared", "[cdr][unit]") {
  const TempDir folder;
  const BillRunResult draft = Run(folder.path(), Cycle("2026-05", BillRunKind::kDraft));
  CHECK(draft.folder == folder.Path("2026-05.draft"));
  CHECK(Run(folder.path(), Cycle("2026-05", BillRunKind::kDraft)).hash == draft.hash);
  const std::string items = ReadFile(folder.Path("2026-05.draft/items.csv"));
  const BillRunResult final = Run(folder.path(), Cycle("2026-05", BillRunKind::kFinal));
  CHECK_FALSE(final.verified);
  CHECK_FALSE(std::filesystem::exists(folder.Path("2026-05.draft")));
  CHECK(ReadFile(folder.Path("2026-05/items.csv")) == items);

  // Also when only a draft is asked for.
  for (const BillRunKind kind : {BillRunKind::kFinal, BillRunKind::kDraft}) {
    const BillRunResult again = Run(folder.path(), Cycle("2026-05", kind));
    CHECK(again.verified);
    CHECK(again.hash == final.hash);
    CHECK(again.differences.empty());
  }
  Run(folder.path(), Cycle("2026-06", BillRunKind::kFinal));
  CHECK(Run(folder.path(), Cycle("2026-06", BillRunKind::kFinal)).differences.empty());
  CHECK(Run(folder.path(), Cycle("2026-05", BillRunKind::kFinal)).differences.empty());

  std::string changed = items;
  changed[items.find("ct-light")] = 'C';
  std::ofstream(folder.Path("2026-05/items.csv"), std::ios::binary) << changed;
  const BillRunResult found = Run(folder.path(), Cycle("2026-05", BillRunKind::kFinal));
  REQUIRE(found.differences.size() == 1);
  CHECK(found.differences[0].starts_with("items.csv, line "));
}

TEST_CASE("records that are missing, doubled or late stop a run", "[cdr][unit]") {
  const TempDir folder;
  {
    auto run = BillRun::Open(folder.path(), Cycle("2026-05", BillRunKind::kFinal));
    REQUIRE(run.ok());
    CHECK((*run)->Add(IdOf(2, 0), Nth(2)).code() == absl::StatusCode::kDataLoss);
    REQUIRE((*run)->Add(IdOf(1, 0), Nth(1)).ok());
    CHECK((*run)->Add(IdOf(3, 0), Nth(3)).code() == absl::StatusCode::kDataLoss);
    CHECK((*run)->Add(IdOf(1, 0), Nth(1)).code() == absl::StatusCode::kDataLoss);
  }
  Run(folder.path(), Cycle("2026-05", BillRunKind::kFinal));
  auto run = BillRun::Open(folder.path(), Cycle("2026-06", BillRunKind::kFinal));
  REQUIRE(run.ok());
  CHECK((*run)->start().at(ShardId{0}).sequence == 200);
  Record late = Nth(201);
  late.recorded_at = kJune.PlusMillis(-1);
  const absl::Status refused = (*run)->Add(IdOf(201, 0), late);
  CHECK(refused.code() == absl::StatusCode::kDataLoss);
  CHECK(FromAbsl(refused.message()).find("in a cycle that is final without it") !=
        std::string_view::npos);
}

TEST_CASE("a cycle begins where the last final one ends", "[cdr][unit]") {
  const TempDir folder;
  Run(folder.path(), Cycle("2026-05", BillRunKind::kFinal));
  BillRunOptions july = Cycle("2026-07", BillRunKind::kDraft);
  july.from = kJuly;
  july.until = kJuly.PlusSeconds(86'400);
  CHECK(TryRun(folder.path(), july).status().code() == absl::StatusCode::kFailedPrecondition);
  BillRunOptions other = Cycle("2026-05", BillRunKind::kFinal);
  other.from = kMay.PlusSeconds(1);
  CHECK(TryRun(folder.path(), other).status().code() == absl::StatusCode::kInvalidArgument);
  for (const std::string_view name : {"", "../x", "2026-05.draft", "-x"}) {
    other.cycle = name;
    CHECK(BillRun::Open(folder.path(), other).status().code() ==
          absl::StatusCode::kInvalidArgument);
  }
  const auto held = BillRun::Open(folder.path(), Cycle("2026-06", BillRunKind::kDraft));
  REQUIRE(held.ok());
  CHECK(BillRun::Open(folder.path(), Cycle("2026-06", BillRunKind::kDraft)).status().code() ==
        absl::StatusCode::kAborted);
}

TEST_CASE("a minimum carries small bills to the next cycle", "[cdr][unit]") {
  const TempDir folder;
  BillRunOptions options = Cycle("2026-05", BillRunKind::kFinal);
  options.minimum_fen = 1'000'000;
  const BillRunResult may = Run(folder.path(), options);
  CHECK(may.sums.at(kCny).payable_fen == 0);
  CHECK(may.sums.at(kCny).carried_out_micros == may.sums.at(kCny).total_micros);
  CHECK(ReadFile(may.folder + "/bills.csv").find(",zero_bill,") != std::string::npos);
  const BillRunResult june = Run(folder.path(), Cycle("2026-06", BillRunKind::kFinal));
  CHECK(june.sums.at(kCny).carried_in_micros == may.sums.at(kCny).carried_out_micros);
}

TEST_CASE("a damaged state or carried file is told, not guessed", "[cdr][unit]") {
  const TempDir folder;
  Run(folder.path(), Cycle("2026-05", BillRunKind::kFinal));
  SECTION("the state") {
    std::ofstream(folder.Path(std::string(kBillStateName)), std::ios::app) << "x";
    CHECK(TryRun(folder.path(), Cycle("2026-06", BillRunKind::kFinal)).status().code() ==
          absl::StatusCode::kDataLoss);
  }
  SECTION("the state is gone") {
    std::filesystem::remove(folder.Path(std::string(kBillStateName)));
    CHECK(TryRun(folder.path(), Cycle("2026-06", BillRunKind::kFinal)).status().code() ==
          absl::StatusCode::kFailedPrecondition);
    Run(folder.path(), Cycle("2026-05", BillRunKind::kFinal));  // Notes it again.
    Run(folder.path(), Cycle("2026-06", BillRunKind::kFinal));
  }
  SECTION("what is carried") {
    std::ofstream(folder.Path("2026-05/carried.csv"))
        << "account,currency,carried_micros\r\n7,x,\n";
    CHECK(TryRun(folder.path(), Cycle("2026-06", BillRunKind::kFinal)).status().code() ==
          absl::StatusCode::kDataLoss);
  }
}

// --- a process that is killed --------------------------------------------------------------------

// Makes both cycles final in a process of its own, which dies before its n-th step on the disk.
// True when it came to its end.
bool RunAndDieBefore(int step, const std::string& folder) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    steps_left = step;
    internal::SetDiskStepHook(&DieAtStep);
    for (const std::string_view cycle : {"2026-05", "2026-06"}) {
      BillRunOptions options = Cycle(cycle, BillRunKind::kFinal);
      options.by_billing_day = true;
      const auto result = TryRun(folder, options);
      if (!result.ok()) ::_exit(1);
      if (!result->differences.empty()) ::_exit(2);
    }
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  CAPTURE(WEXITSTATUS(status));
  REQUIRE((WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 9));
  return WEXITSTATUS(status) == 0;
}

TEST_CASE("killed before any step on the disk, cycles are billed once", "[cdr][crash]") {
  const TempDir whole;
  REQUIRE(RunAndDieBefore(1'000'000, whole.path()));
  int crashes = 0;
  for (bool done = false; !done; ++crashes) {
    CAPTURE(crashes);
    REQUIRE(crashes < 1'000);
    const TempDir folder;
    done = RunAndDieBefore(crashes, folder.path());
    REQUIRE(RunAndDieBefore(1'000'000, folder.path()));
    for (const std::string_view cycle : {"2026-05", "2026-06"}) {
      for (const std::string_view name : {"manifest", "bills.csv", "items.csv", "nodes.csv",
                                          "carried.csv", "bills.jsonl", "open.records"}) {
        CAPTURE(cycle, name);
        REQUIRE(ReadFile(folder.Path(Cat(cycle, "/", name))) ==
                ReadFile(whole.Path(Cat(cycle, "/", name))));
      }
    }
    REQUIRE(ReadFile(folder.Path(std::string(kBillStateName))) ==
            ReadFile(folder.Path("2026-06/manifest")));
    REQUIRE(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 4);
  }
  CHECK(crashes > 40);
}

}  // namespace
}  // namespace ocs::cdr
