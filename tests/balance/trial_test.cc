#include "balance/trial.h"

#include <string>
#include <vector>

#include "balance/changes.h"
#include "balance/journal.h"
#include "tests/balance/samples.h"

namespace ocs::balance::tests {
namespace {

/// A journal written entry by entry, a group for every two of them.
class Journal final {
 public:
  Position Append(Account* account, EntryBuilder& entry) {
    if (group_.offsets.empty()) {
      ++number_;
      group_.Begin({0}, number_, kNow.PlusSeconds(static_cast<int64_t>(number_)));
    }
    const Position at{.group = number_, .index = static_cast<uint32_t>(group_.offsets.size())};
    group_.offsets.push_back(static_cast<uint32_t>(group_.bytes.size()));
    entry.AppendTo(&group_.bytes, number_, account->last);
    const auto view = ParseEntry(group_.entry(at.index), at);
    REQUIRE(view.ok());
    REQUIRE(applier_.Apply(*view, account).ok());
    if (group_.offsets.size() == 2) Write();
    return at;
  }
  void Write() {
    StoreBatch batch;
    batch.Put(Table::kJournal, GroupKey(number_), group_.bytes);
    REQUIRE(store->Write(batch).ok());
    group_.offsets.clear();
  }
  void Trim(uint64_t through) {
    StoreBatch batch;
    batch.DeleteRange(Table::kJournal, GroupKey(0), GroupKey(through + 1));
    REQUIRE(store->Write(batch).ok());
  }
  std::unique_ptr<Store> store = MakeMemStore();

 private:
  Group group_;
  uint64_t number_ = 0;
  Applier applier_;
};

struct World {
  Journal journal;
  Account a;
  Account b;
  std::vector<Position> at;

  World() {
    a.id = AccountId::Of({1}, 1);
    b.id = AccountId::Of({2}, 2);
    EntryBuilder entry;
    for (Account* account : {&a, &b}) {
      entry.Begin(EntryKind::kAccountCreated, account->id);
      entry.CreateAccount(Unit::Of("CNY"), 0, kNow);
      at.push_back(journal.Append(account, entry));
    }
    for (Account* account : {&a, &b}) {
      entry.Begin(EntryKind::kToppedUp, account->id);
      PostTopUp(1'000, &entry);
      at.push_back(journal.Append(account, entry));
    }
    entry.Begin(EntryKind::kOfferPurchased, a.id);
    PostFee(300, 300, &entry);
    Bucket pack = TokenBucket(2, 0);
    pack.deferred_micros = 300;
    entry.AddBucket(pack);
    PostIssue({2}, 100, &entry);
    at.push_back(journal.Append(&a, entry));
    entry.Begin(EntryKind::kEventCharged, a.id);
    PostMovement(a, {.bucket = {2}, .released = 0, .spent = 100, .held = 0}, &entry);
    at.push_back(journal.Append(&a, entry));
    entry.Begin(EntryKind::kBucketsExpired, a.id);
    entry.DropBucket({2});
    at.push_back(journal.Append(&a, entry));
    entry.Begin(EntryKind::kEventCharged, b.id);
    PostMovement(b, {.bucket = kMainBucket, .released = 0, .spent = 7, .held = 0}, &entry);
    at.push_back(journal.Append(&b, entry));
  }
  TrialBalance Trial(const TrialOptions& options) {
    auto trial = ReadTrialBalance(*journal.store, options);
    REQUIRE(trial.ok());
    return *std::move(trial);
  }
};

int64_t Net(const TrialBalance& trial, LedgerAccount account, std::string_view unit) {
  for (const TrialLine& line : trial.lines) {
    if (line.account == account && line.unit.code() == unit)
      return static_cast<int64_t>(line.net());
  }
  return 0;
}

TEST_CASE("a trial balance sums to zero in each unit", "[balance][unit]") {
  World w;
  const TrialBalance all = w.Trial({});
  CHECK(ImbalancesOf(all).empty());
  CHECK(all.entry_count == 5);
  CHECK(all.last == w.at.back());
  CHECK(Net(all, LedgerAccount::kCash, "CNY") == -2'000);
  CHECK(Net(all, LedgerAccount::kAvailable, "CNY") == 1'693);
  CHECK(Net(all, LedgerAccount::kAvailable, "token") == 0);
  CHECK(Net(all, LedgerAccount::kConsumed, "token") == 100);
  CHECK(Net(all, LedgerAccount::kPackageEarned, "CNY") == 300);
  CHECK(Net(all, LedgerAccount::kEarned, "CNY") == 7);
  for (const TrialLine& line : all.lines) CHECK(line.debit >= 0);
}

TEST_CASE("a trial balance of one account and of a range", "[balance][unit]") {
  World w;
  CHECK(Net(w.Trial({.account = w.b.id}), LedgerAccount::kCash, "CNY") == -1'000);
  // Of units it must know what came before the range.
  const TrialBalance use = w.Trial({.range = {.after = w.at[4], .through = w.at[5]}});
  CHECK(use.entry_count == 1);
  CHECK(use.last == w.at[5]);
  CHECK(ImbalancesOf(use).empty());
  CHECK(Net(use, LedgerAccount::kConsumed, "token") == 100);
  CHECK(Net(use, LedgerAccount::kEarned, "CNY") == 0);
  const TrialBalance sums[] = {w.Trial({.range = {.after = {}, .through = w.at[3]}}),
                               w.Trial({.range = {.after = w.at[3]}}), w.Trial({})};
  for (const TrialLine& line : sums[2].lines) {
    const std::string_view unit = line.unit.code();
    CHECK(Net(sums[0], line.account, unit) + Net(sums[1], line.account, unit) ==
          static_cast<int64_t>(line.net()));
  }
  const auto refused = ReadTrialBalance(*w.journal.store, {.buckets_max = 1});
  CHECK(absl::IsResourceExhausted(refused.status()));
}

TEST_CASE("the trial balances of several shards add up, unit by unit", "[balance][unit]") {
  World w;
  World other;
  const TrialBalance sum = SumOf({w.Trial({}), other.Trial({.account = other.b.id})});
  CHECK(ImbalancesOf(sum).empty());
  CHECK(sum.entry_count == 7);
  CHECK_FALSE(sum.last.valid());
  CHECK(Net(sum, LedgerAccount::kCash, "CNY") == -3'000);
  CHECK(Net(sum, LedgerAccount::kEarned, "CNY") == 14);
  CHECK(Net(sum, LedgerAccount::kConsumed, "token") == 100);
  CHECK(SumOf({}).lines.empty());
  // Whoever adds up sees each entry, also those that are not of the range.
  int seen = 0;
  w.Trial({.range = {.after = w.at[4]}, .visit = [&](const EntryView&) { ++seen; }});
  CHECK(seen == static_cast<int>(w.at.size()));
}

TEST_CASE("an imbalance is named by its unit", "[balance][unit]") {
  World w;
  EntryBuilder entry;
  entry.Begin(EntryKind::kAdjusted, w.a.id);
  entry.Post(LedgerAccount::kVendorCost, kMainBucket, 5);
  w.journal.Append(&w.a, entry);
  w.journal.Write();
  const auto imbalances = ImbalancesOf(w.Trial({}));
  REQUIRE(imbalances.size() == 1);
  CHECK(imbalances[0].unit.code() == "CNY");
  CHECK(imbalances[0].sum == 5);
}

TEST_CASE("an account as it was at a past position", "[balance][unit]") {
  World w;
  const auto at = [&](Position position) {
    return ReadAccountAt(*w.journal.store, w.a.last, position);
  };
  CHECK(absl::IsNotFound(ReadAccountAt(*w.journal.store, w.b.last, w.at[0]).status()));
  CHECK(at(w.at[0])->FindBucket(kMainBucket)->available == 0);
  CHECK(at(w.at[3])->FindBucket(kMainBucket)->available == 1'000);
  CHECK(at(w.at[4])->FindBucket({2})->available == 100);
  CHECK(at(w.at[5])->FindBucket({2})->spent == 100);
  CHECK(*at(kEndOfJournal) == w.a);
  w.journal.Trim(1);
  CHECK(absl::IsNotFound(at(kEndOfJournal).status()));
  int visited = 0;
  REQUIRE(ForEachEntryOf(*w.journal.store, w.a.last, {},
                         [&](const EntryView& entry, Instant logged_at) {
                           CHECK(entry.account == w.a.id);
                           CHECK(logged_at > kNow);
                           ++visited;
                           return absl::OkStatus();
                         })
              .ok());
  CHECK(visited == 4);
}

TEST_CASE("units of buckets from before the trimmed front are taken from the state",
          "[balance][unit]") {
  World w;
  w.journal.Trim(2);
  std::string row;
  ByteWriter(&row).Varint(0);
  EncodeAccount(w.b, &row);
  StoreBatch batch;
  batch.Put(Table::kAccounts, AccountKey(w.b.id), row);
  REQUIRE(w.journal.store->Write(batch).ok());
  const TrialBalance trial = w.Trial({.account = w.b.id});
  CHECK(Net(trial, LedgerAccount::kEarned, "CNY") == 7);
  // Nothing is known of account a: its units are not.
  const TrialBalance unknown = w.Trial({.account = w.a.id});
  CHECK(Net(unknown, LedgerAccount::kPackageEarned, "") == 300);
}

}  // namespace
}  // namespace ocs::balance::tests
