// Bill runs over accounts with billing days of their own.
// Tested here: by_billing_day of cdr/bill_run.h.

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "cdr/bill_cycle.h"
#include "cdr/bill_run.h"
#include "ocs/base/random.h"
#include "ocs/base/text.h"
#include "tests/cdr/samples.h"
#include "tests/cdr/support.h"
#include "tests/support/catch.h"
#include "tests/support/seed.h"
#include "tests/support/temp_dir.h"

namespace ocs::cdr {
namespace {

using ocs::testing::TempDir;
using testing::Beijing;
using testing::IdOf;
using testing::kCny;

constexpr int kDays = 4;
constexpr uint32_t kBillingDays[kDays] = {0, 10, 20, 31};
constexpr int64_t kDaySeconds = 86'400;

Instant Day(std::string_view day) {
  const auto instant = ParseInstant(Cat(day, "T00:00:00+08:00"));
  REQUIRE(instant.ok());
  return *instant;
}

// A record a day and account from 1 April 2026 on, each of 1 + its day micros.
class Journal final {
 public:
  explicit Journal(int days) {
    for (int day = 0; day < days; ++day) {
      for (int account = 0; account < kDays; ++account) {
        Entry entry;
        entry.account = AccountId::Of({static_cast<uint16_t>(account * 900)}, 1);
        entry.billing_day = kBillingDays[account];
        entry.at = Day("2026-04-01").PlusSeconds(day * kDaySeconds + account * 60);
        entry.micros = 1'000 * (day + 1);
        entries_.push_back(entry);
      }
    }
  }

  void Change(AccountId account, uint32_t billing_day, Instant from) {
    for (Entry& entry : entries_) {
      if (entry.account == account && entry.at >= from) entry.billing_day = billing_day;
    }
  }

  absl::Status AddTo(BillRun& run) const {
    const auto start = run.start().find(ShardId{0});
    size_t n = start == run.start().end() ? 0 : start->second.sequence;
    for (; n < entries_.size(); ++n) {
      const Entry& entry = entries_[n];
      Record record;
      record.local_sequence = n + 1;
      record.account = entry.account;
      record.billing_day = entry.billing_day;
      record.opened_at = record.closed_at = record.recorded_at = entry.at;
      RecordLine& line = record.lines.emplace_back();
      line.quantity = entry.micros;
      line.unit = kCny;
      line.amount = entry.micros;
      line.price_numerator = 1;
      line.bucket = kOwnMoneyBucket;
      line.charge_code = "USE";
      const absl::Status added = run.Add(IdOf(n + 1, 0), record);
      if (!added.ok()) return added;
    }
    return absl::OkStatus();
  }

  int64_t Sum() const {
    int64_t sum = 0;
    for (const Entry& entry : entries_) sum += entry.micros;
    return sum;
  }

 private:
  struct Entry {
    AccountId account;
    uint32_t billing_day = 0;
    Instant at;
    int64_t micros = 0;
  };
  std::vector<Entry> entries_;
};

BillRunOptions Options(std::string_view name, Instant from, Instant until) {
  BillRunOptions options{.cycle = std::string(name), .from = from, .until = until};
  options.kind = BillRunKind::kFinal;
  options.zone = Beijing();
  options.by_billing_day = true;
  return options;
}

BillRunResult Run(const std::string& folder, const Journal& journal,
                  const BillRunOptions& options) {
  auto run = BillRun::Open(folder, options);
  INFO(run.status().ToString());
  REQUIRE(run.ok());
  const absl::Status added = journal.AddTo(**run);
  INFO(added.ToString());
  REQUIRE(added.ok());
  auto result = (*run)->Finish();
  INFO(result.status().ToString());
  REQUIRE(result.ok());
  return *std::move(result);
}

// "account from until total" of each bill.
std::vector<std::string> BillsOf(const std::string& folder) {
  std::ifstream in(folder + "/bills.csv");
  std::string line;
  std::getline(in, line);
  std::vector<std::string> bills;
  while (std::getline(in, line)) {
    std::vector<std::string> fields;
    for (size_t at = 0; at <= line.size();) {
      const size_t end = std::min(line.find(',', at), line.size());
      fields.push_back(line.substr(at, end - at));
      at = end + 1;
    }
    bills.push_back(
        Cat(fields[2], " ", fields[4].substr(0, 10), " ", fields[5].substr(0, 10), " ", fields[6]));
  }
  return bills;
}

std::string Expected(int account, std::string_view from, std::string_view until,
                     std::string_view total) {
  return Cat(AccountId::Of({static_cast<uint16_t>(account * 900)}, 1).value, " ", from, " ", until,
             " ", total);
}

TEST_CASE("one run bills each account for its own cycle and keeps what goes on", "[cdr][unit]") {
  const TempDir folder;
  const Journal journal(91);  // To 30 June.
  const BillRunResult april =
      Run(folder.path(), journal, Options("2026-04", Day("2026-04-01"), Day("2026-05-01")));
  // Days are numbered from 1 on 1 April: of the 10th 1 to 9, of the 20th 1 to 19, of the 31st (30
  // April) 1 to 29, of the 1st 1 to 30; each day costs a thousandth of its number.
  CHECK(BillsOf(april.folder) ==
        std::vector<std::string>{Expected(0, "2026-04-01", "2026-05-01", "0.465"),
                                 Expected(1, "2026-03-10", "2026-04-10", "0.045"),
                                 Expected(2, "2026-03-20", "2026-04-20", "0.19"),
                                 Expected(3, "2026-03-31", "2026-04-30", "0.435")});
  const BillRunResult may =
      Run(folder.path(), journal, Options("2026-05", Day("2026-05-01"), Day("2026-06-01")));
  CHECK(BillsOf(may.folder) ==
        std::vector<std::string>{Expected(0, "2026-05-01", "2026-06-01", "1.426"),
                                 Expected(1, "2026-04-10", "2026-05-10", "0.735"),
                                 Expected(2, "2026-04-20", "2026-05-20", "1.035"),
                                 Expected(3, "2026-04-30", "2026-05-31", "1.395")});
  // What was kept comes in again; what was billed and kept is all that there was.
  const BillRunSum& first = april.sums.at(kCny);
  const BillRunSum& second = may.sums.at(kCny);
  CHECK(first.open_in_micros == 0);
  CHECK(first.total_micros + first.open_out_micros == 4 * 465'000);
  CHECK(second.open_in_micros == first.open_out_micros);
  CHECK(second.carried_in_micros == first.carried_out_micros);

  // Made again they are the same, the first too.
  for (const auto& [name, from, until] : {std::tuple("2026-05", "2026-05-01", "2026-06-01"),
                                          std::tuple("2026-04", "2026-04-01", "2026-05-01")}) {
    const BillRunResult again = Run(folder.path(), journal, Options(name, Day(from), Day(until)));
    CHECK(again.verified);
    CAPTURE(again.differences);
    CHECK(again.differences.empty());
  }

  // A run for all ends the own cycles: everything is billed.
  BillRunOptions all = Options("2026-06", Day("2026-06-01"), Day("2026-07-01"));
  all.by_billing_day = false;
  const BillRunResult june = Run(folder.path(), journal, all);
  CHECK(june.sums.at(kCny).open_in_micros == second.open_out_micros);
  CHECK(june.sums.at(kCny).open_out_micros == 0);
  CHECK(first.total_micros + second.total_micros + june.sums.at(kCny).total_micros ==
        journal.Sum());
  CHECK(BillsOf(june.folder)[1].find("2026-05-10 2026-07-01") != std::string::npos);
}

TEST_CASE("a changed billing day makes a shorter or longer bill, and loses nothing",
          "[cdr][unit]") {
  const TempDir folder;
  Journal journal(60);  // To 30 May.
  const AccountId account = AccountId::Of({900}, 1);
  journal.Change(account, 20, Day("2026-04-15"));
  const BillRunResult april =
      Run(folder.path(), journal, Options("2026-04", Day("2026-04-01"), Day("2026-05-01")));
  // Both cycles end in the run: one bill for both, of the days 1 to 9 and 15 to 19. Days 10 to 14
  // were recorded while it was the 10th, and so are in the cycle to 10 May.
  CHECK(BillsOf(april.folder)[1] == Expected(1, "2026-03-10", "2026-04-20", "0.13"));
  const BillRunResult may =
      Run(folder.path(), journal, Options("2026-05", Day("2026-05-01"), Day("2026-06-01")));
  CHECK(BillsOf(may.folder)[1] == Expected(1, "2026-04-10", "2026-05-20", "1.095"));
}

TEST_CASE("bills of own cycles do not depend on how runs are cut", "[cdr][property]") {
  OCS_SEEDED_RANDOM(random, 42);
  const Journal journal(120);
  std::set<std::string> expected;
  int runs = 0;
  for (int round = 0; round < 4; ++round) {
    const TempDir folder;
    std::set<std::string> bills;
    int64_t billed = 0;
    int64_t kept = 0;
    Instant from = Day("2026-04-01");
    const Instant end = Day("2026-07-30");
    for (int n = 0; from < end; ++n, ++runs) {
      const int64_t days = round == 0 ? 30 : random.Between(1, 20);
      const Instant until = std::min(from.PlusSeconds(days * kDaySeconds), end);
      const BillRunResult result = Run(folder.path(), journal, Options(Cat("c", n), from, until));
      for (std::string& bill : BillsOf(result.folder)) {
        CAPTURE(round, n, bill);
        CHECK(bills.insert(std::move(bill)).second);
      }
      if (result.sums.contains(kCny)) {
        billed += result.sums.at(kCny).total_micros;
        kept = result.sums.at(kCny).open_out_micros;
      }
      from = until;
    }
    CHECK(billed + kept == journal.Sum());
    if (round == 0) expected = bills;
    CHECK(bills == expected);
  }
  CHECK(expected.size() == 14);
  CHECK(runs > 20);
}

TEST_CASE("kept records that were changed are told, not billed", "[cdr][unit]") {
  const TempDir folder;
  const Journal journal(40);
  const BillRunOptions april = Options("2026-04", Day("2026-04-01"), Day("2026-05-01"));
  Run(folder.path(), journal, april);
  const std::string path = folder.Path("2026-04/open.records");
  std::string bytes;
  {
    std::ifstream in(path, std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(in), {});
  }
  REQUIRE(bytes.starts_with("ocs-open-records-1\n"));
  for (const size_t at : {size_t{0}, size_t{25}, bytes.size() / 2, bytes.size() - 1}) {
    CAPTURE(at);
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    std::ofstream(path, std::ios::binary) << changed;
    const auto refused =
        BillRun::Open(folder.path(), Options("2026-05", Day("2026-05-01"), Day("2026-06-01")));
    CHECK(refused.status().code() == absl::StatusCode::kDataLoss);
  }
  std::ofstream(path, std::ios::binary) << bytes.substr(0, bytes.size() - 3);
  CHECK(BillRun::Open(folder.path(), Options("2026-05", Day("2026-05-01"), Day("2026-06-01")))
            .status()
            .code() == absl::StatusCode::kDataLoss);
  std::ofstream(path, std::ios::binary) << bytes;
  Run(folder.path(), journal, Options("2026-05", Day("2026-05-01"), Day("2026-06-01")));
}

}  // namespace
}  // namespace ocs::cdr
