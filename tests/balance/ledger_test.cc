#include "balance/ledger.h"

#include <algorithm>
#include <string>

#include "balance/changes.h"
#include "tests/balance/samples.h"
#include "tests/support/seed.h"

namespace ocs::balance::tests {
namespace {

EntryBuilder& BeginUpdate(EntryBuilder& entry) {
  entry.Begin(EntryKind::kSessionUpdated, AccountId::Of({77}, 5));
  return entry;
}

TEST_CASE("every reason not to allow an entry, in order of precedence", "[balance][unit]") {
  Account account = NewAccount(100, 50);
  EntryBuilder entry;
  const auto judge = [&](std::initializer_list<Posting> postings) {
    BeginUpdate(entry);
    for (const Posting& p : postings) entry.Post(p.account, p.bucket, p.amount);
    return VerdictName(Judge(account, entry));
  };
  using L = LedgerAccount;
  const BucketId main = kMainBucket;
  CHECK(judge({}) == "allowed");
  // Each also has the faults of those after it.
  CHECK(judge({{L::kAvailable, {9}, INT64_MAX}}) == "unknown bucket");
  CHECK(judge({{L::kAvailable, main, INT64_MAX}}) == "overflow");
  CHECK(judge({{L::kHeld, main, -1}}) == "unbalanced");
  CHECK(judge({{L::kHeld, main, -1}, {L::kAvailable, main, 1}}) == "exceeds held");
  CHECK(judge({{L::kHeld, main, 151}, {L::kAvailable, main, -151}}) == "exceeds available");
  CHECK(judge({{L::kHeld, main, 150}, {L::kAvailable, main, -150}}) == "allowed");
  // Use may go below the limit; a grant may not.
  CHECK(judge({{L::kEarned, main, 500}, {L::kAvailable, main, -500}}) == "allowed");
  CHECK(judge({{L::kEarned, main, 500}, {L::kAvailable, main, -501}, {L::kHeld, main, 1}}) ==
        "exceeds available");
  CHECK(judge({{L::kCash, main, -INT64_MAX}, {L::kAvailable, main, INT64_MAX}}) == "overflow");
  // A posting to a bucket that the entry itself adds.
  BeginUpdate(entry);
  entry.AddBucket([] {
    Bucket bucket = TokenBucket(2, 0);
    return bucket;
  }());
  PostIssue({2}, 70, &entry);
  CHECK(Judge(account, entry) == Verdict::kAllowed);
  // Units are summed apart: tokens do not balance money.
  entry.Post(L::kAvailable, main, 5);
  entry.Post(L::kAvailable, {2}, -5);
  CHECK(Judge(account, entry) == Verdict::kUnbalanced);
  CHECK(VerdictName(static_cast<Verdict>(99)) == "unknown");
}

TEST_CASE("buckets are drawn by priority, soonest end, narrowest scope, age", "[balance][unit]") {
  const Bucket base = TokenBucket(5, 10);
  const auto before = [&](auto change) {
    Bucket other = base;
    change(other);
    CHECK(DrawnBefore(other, base) != DrawnBefore(base, other));
    return DrawnBefore(other, base);
  };
  CHECK(before([](Bucket& b) { b.priority = 0; }));
  CHECK_FALSE(before([](Bucket& b) {
    b.priority = 2;
    b.valid_until = kNow;
  }));
  CHECK(before([](Bucket& b) { b.valid_until = kNow; }));
  CHECK(before([](Bucket& b) { b.covered_models = 7; }));  // Scope 0 is everything: the widest.
  CHECK(before([](Bucket& b) { b.id = {4}; }));
  CHECK_FALSE(before([](Bucket& b) { b.id = {6}; }));
  Bucket wide = base;
  wide.covered_models = 7;
  Bucket narrow = wide;
  narrow.covered_models = 6;
  narrow.id = {9};
  CHECK(DrawnBefore(narrow, wide));
  CHECK_FALSE(DrawnBefore(base, base));
}

TEST_CASE("money comes in, is held, used and given back", "[balance][unit]") {
  Account account = NewAccount(100);
  EntryBuilder entry;
  BeginUpdate(entry);
  entry.SetKey({.type = EntryKey::Type::kRequest, .text = "s", .number = 0});
  PostMovement(account, {.bucket = kMainBucket, .released = 0, .spent = 0, .held = 60}, &entry);
  entry.OpenSession(1, kNow, kNow.PlusSeconds(10));
  Grant grant;
  grant.holds = {{.bucket = kMainBucket, .amount = 60}};
  entry.SetGrant(grant);
  REQUIRE(Judge(account, entry) == Verdict::kAllowed);
  REQUIRE(ApplyEntry(entry, &account).ok());
  Bucket& main = account.buckets[0];
  CHECK(main.available == 40);
  CHECK(main.held == 60);
  CHECK(account.NextDue() == kNow.PlusSeconds(10));
  BeginUpdate(entry);
  entry.SetKey({.type = EntryKey::Type::kRequest, .text = "s", .number = 1});
  PostMovement(account, {.bucket = kMainBucket, .released = 60, .spent = 25, .held = 0}, &entry);
  entry.CloseSession();
  REQUIRE(ApplyEntry(entry, &account).ok());
  CHECK(account.buckets[0].available == 75);
  CHECK(account.buckets[0].held == 0);
  CHECK(account.buckets[0].spent == 25);
  CHECK(account.sessions.empty());
}

TEST_CASE("an entry that does not fit its account is refused as damaged", "[balance][unit]") {
  const Account account = NewAccount(100);
  EntryBuilder entry;
  const auto fails = [&](auto fill) {
    BeginUpdate(entry);
    entry.SetKey({.type = EntryKey::Type::kRequest, .text = "s", .number = 1});
    fill();
    Account copy = account;
    const absl::Status status = ApplyEntry(entry, &copy);
    INFO(status);
    return absl::IsDataLoss(status) && status.message().find("2.0") != std::string::npos;
  };
  CHECK(fails([&] { entry.Post(LedgerAccount::kAvailable, {9}, 1); }));
  CHECK(fails([&] { entry.CloseSession(); }));
  CHECK(fails([&] { entry.SetGrant(Grant{}); }));
  CHECK(fails([&] { entry.ReportSession({}); }));
  CHECK(fails([&] { entry.DropBucket({9}); }));
  CHECK(fails([&] { entry.DropSubscription({}); }));
  CHECK(fails([&] { entry.RemoveIdentity({}); }));
  CHECK(fails([&] {
    entry.SetKey({.type = EntryKey::Type::kChange, .text = "k", .number = 0});
    entry.OpenSession(1, kNow, kNow);
  }));
  CHECK(fails([&] {
    entry.Post(LedgerAccount::kAvailable, kMainBucket, INT64_MAX);
    entry.Post(LedgerAccount::kAvailable, kMainBucket, INT64_MAX);
  }));
}

TEST_CASE("the invariants are checked", "[balance][unit]") {
  Account account = SampleAccount();
  CHECK(CheckInvariants(account).ok());
  account.buckets[0].spent += 1;
  CHECK(absl::IsInternal(CheckInvariants(account)));
  CHECK(CheckInvariants(account).message().find("bucket 2") != std::string::npos);
  account = SampleAccount();
  account.sessions[0].grants[0].holds[0].amount -= 1;
  CHECK(absl::IsInternal(CheckInvariants(account)));
  account = SampleAccount();
  account.sessions.clear();
  CHECK(absl::IsInternal(CheckInvariants(account)));
}

/// An account with a pack of `amount` tokens that cost `fee`.
Account WithPack(int64_t amount, int64_t fee) {
  Account account = NewAccount(fee);
  EntryBuilder entry;
  BeginUpdate(entry);
  Bucket pack = TokenBucket(2, 0);
  pack.deferred_micros = fee;
  pack.valid_until = kNow.PlusSeconds(100);
  PostFee(fee, fee, &entry);
  entry.AddBucket(pack);
  PostIssue({2}, amount, &entry);
  REQUIRE(Judge(account, entry) == Verdict::kAllowed);
  REQUIRE(ApplyEntry(entry, &account).ok());
  return account;
}

TEST_CASE("a package's revenue is earned with its use, all of it, to the last micro",
          "[balance][property]") {
  OCS_SEEDED_RANDOM(random, 11);
  for (int round = 0; round < 200; ++round) {
    const int64_t amount = random.Between(1, 5'000);
    const int64_t fee = random.Between(1, 20'000'000);
    Account account = WithPack(amount, fee);
    EntryBuilder entry;
    int64_t earned = 0;
    int64_t used = 0;
    while (used < amount) {
      // Some are given back.
      const bool refund = used > 0 && random.OneIn(4);
      const int64_t spent = refund ? -random.Between(1, used)
                                   : random.Between(1, std::min<int64_t>(amount - used, 700));
      BeginUpdate(entry);
      earned +=
          PostMovement(account, {.bucket = {2}, .released = 0, .spent = spent, .held = 0}, &entry);
      REQUIRE(Judge(account, entry) == Verdict::kAllowed);
      REQUIRE(ApplyEntry(entry, &account).ok());
      used += spent;
      REQUIRE(account.FindBucket({2})->released_micros == earned);
      // Never more than its share, never a whole micro less.
      REQUIRE(absl::int128(earned) * amount <= absl::int128(fee) * used);
      REQUIRE(absl::int128(earned + 1) * amount > absl::int128(fee) * used);
    }
    REQUIRE(earned == fee);
  }
}

TEST_CASE("what ends expires, what is owed is given up, what is held stays", "[balance][unit]") {
  Account account = WithPack(1'000, 10'000);
  EntryBuilder entry;
  BeginUpdate(entry);
  CHECK(PostExpiries(account, kNow.PlusSeconds(99), &entry) == 0);
  BeginUpdate(entry);
  entry.SetKey({.type = EntryKey::Type::kRequest, .text = "s", .number = 0});
  PostMovement(account, {.bucket = {2}, .released = 0, .spent = 100, .held = 300}, &entry);
  entry.OpenSession(1, kNow, Instant::Never());
  Grant grant;
  grant.holds = {{.bucket = {2}, .amount = 300}};
  entry.SetGrant(grant);
  REQUIRE(ApplyEntry(entry, &account).ok());
  BeginUpdate(entry);
  CHECK(PostExpiries(account, kNow.PlusSeconds(100), &entry) == 1);
  REQUIRE(ApplyEntry(entry, &account).ok());
  const Bucket* pack = account.FindBucket({2});
  REQUIRE(pack != nullptr);
  CHECK(pack->expired == 600);
  CHECK(pack->held == 300);
  CHECK(account.NextDue() == Instant::Never());
  BeginUpdate(entry);
  CHECK(PostExpiries(account, kNow.PlusSeconds(100), &entry) == 0);
  // The session ends, having used more than was held.
  BeginUpdate(entry);
  entry.SetKey({.type = EntryKey::Type::kRequest, .text = "s", .number = 1});
  PostMovement(account, {.bucket = {2}, .released = 300, .spent = 350, .held = 0}, &entry);
  entry.CloseSession();
  REQUIRE(ApplyEntry(entry, &account).ok());
  CHECK(account.FindBucket({2})->available == -50);
  CHECK(account.NextDue() == kNow.PlusSeconds(100));
  BeginUpdate(entry);
  CHECK(PostExpiries(account, kNow.PlusSeconds(100), &entry) == 1);
  CHECK(Judge(account, entry) == Verdict::kAllowed);
  const auto& postings = entry.postings();
  const auto posted = [&](LedgerAccount to) {
    const auto at = std::find_if(postings.begin(), postings.end(),
                                 [&](const Posting& p) { return p.account == to; });
    return at == postings.end() ? 0 : at->amount;
  };
  CHECK(posted(LedgerAccount::kWrittenOff) == -50);
  CHECK(posted(LedgerAccount::kBreakage) == 5'500);
  REQUIRE(ApplyEntry(entry, &account).ok());
  CHECK(account.FindBucket({2}) == nullptr);
}

}  // namespace
}  // namespace ocs::balance::tests
