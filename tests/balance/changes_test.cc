#include "balance/changes.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/numeric/int128.h"
#include "balance/ledger.h"
#include "tests/balance/samples.h"
#include "tests/support/seed.h"

namespace ocs::balance::tests {
namespace {

EntryBuilder Begun() {
  EntryBuilder entry;
  entry.Begin(EntryKind::kAdjusted, AccountId::Of({77}, 5));
  entry.SetKey({.type = EntryKey::Type::kRequest, .text = "s", .number = 1});
  return entry;
}

/// Judges and applies the entry: every change of this file must be allowed and keep the invariants.
void Apply(EntryBuilder& entry, Account* account) {
  REQUIRE(VerdictName(Judge(*account, entry)) == "allowed");
  const auto read = ReadEntry(entry, {.group = 2, .index = 0});
  Applier applier;
  const absl::Status applied = applier.Apply(read->view, account);
  INFO(applied);
  REQUIRE(applied.ok());
  REQUIRE(CheckInvariants(*account).ok());
}

template <typename Fill>
EntryBuilder Do(Account* account, Fill fill) {
  EntryBuilder entry = Begun();
  fill(entry);
  Apply(entry, account);
  return entry;
}

/// What the entry posts to a ledger account, of all its buckets.
int64_t Posted(const EntryBuilder& entry, LedgerAccount to) {
  int64_t sum = 0;
  for (const Posting& posting : entry.postings()) sum += posting.account == to ? posting.amount : 0;
  return sum;
}

const Bucket& Of(const Account& account, uint32_t id) {
  const Bucket* bucket = account.FindBucket({id});
  REQUIRE(bucket != nullptr);
  return *bucket;
}

/// Buys a bucket that is as `bucket` says, with `amount` in it, for `fee`.
void Buy(Account* account, Bucket bucket, int64_t amount, int64_t fee) {
  Do(account, [&](EntryBuilder& e) {
    bucket.granted = 0;
    bucket.available = 0;
    bucket.deferred_micros = fee;
    PostFee(fee, fee, &e);
    e.AddBucket(bucket);
    PostIssue(bucket.id, amount, &e);
  });
}

void Use(Account* account, uint32_t bucket, int64_t amount) {
  Do(account, [&](EntryBuilder& e) {
    PostMovement(*account, {.bucket = {bucket}, .released = 0, .spent = amount, .held = 0}, &e);
  });
}

/// Opens session "s" with a hold, or frees it.
void HoldIn(Account* account, uint32_t bucket, int64_t amount) {
  Do(account, [&](EntryBuilder& e) {
    PostMovement(*account, {.bucket = {bucket}, .released = 0, .spent = 0, .held = amount}, &e);
    e.OpenSession(1, kNow, Instant::Never());
    Grant grant;
    grant.holds = {{.bucket = {bucket}, .amount = amount}};
    e.SetGrant(grant);
  });
}
void Release(Account* account, uint32_t bucket, int64_t amount, int64_t spent) {
  Do(account, [&](EntryBuilder& e) {
    PostMovement(*account, {.bucket = {bucket}, .released = amount, .spent = spent, .held = 0}, &e);
    e.CloseSession();
  });
}

TEST_CASE("a top-up pays first what was used beyond the credit limit", "[balance][unit]") {
  Account account = NewAccount(10, 5);
  Use(&account, 1, 40);
  CHECK(Of(account, 1).available == -30);
  CHECK(account.Spendable(Of(account, 1)) == -25);
  Do(&account, [](EntryBuilder& e) { PostTopUp(50, &e); });
  CHECK(Of(account, 1).available == 20);
  CHECK(account.Spendable(Of(account, 1)) == 25);
}

TEST_CASE("the parts of a fee sum to the fee", "[balance][property]") {
  CHECK(SplitFee(100, std::vector<int64_t>{1, 1, 1}) == std::vector<int64_t>{33, 33, 34});
  CHECK(SplitFee(100, std::vector<int64_t>{3, 0, 1, 0}) == std::vector<int64_t>{75, 0, 25, 0});
  CHECK(SplitFee(100, std::vector<int64_t>{0, 0}) == std::vector<int64_t>{0, 0});
  CHECK(SplitFee(100, {}).empty());
  OCS_SEEDED_RANDOM(random, 21);
  for (int round = 0; round < 500; ++round) {
    std::vector<int64_t> weights;
    for (int64_t n = random.Between(1, 6); n > 0; --n) weights.push_back(random.Below(1'000));
    weights.push_back(1);
    const int64_t fee = random.Below(int64_t{1} << random.Between(1, 60));
    int64_t sum = 0;
    for (const int64_t part : SplitFee(fee, weights)) {
      REQUIRE(part >= 0);
      sum += part;
    }
    REQUIRE(sum == fee);
  }
}

TEST_CASE("money that an offer grants is revenue once, and only as far as it was paid for",
          "[balance][unit]") {
  // Pay 100, get 120 (C09).
  Account account = NewAccount(100);
  Bucket bonus = TokenBucket(2, 0);
  bonus.unit = account.currency;
  bonus.deferred_micros = 100;
  const EntryBuilder sale = Do(&account, [&](EntryBuilder& e) {
    PostFee(100, 100, &e);
    e.AddBucket([&] {
      Bucket empty = bonus;
      empty.granted = empty.available = 0;
      return empty;
    }());
    PostIssue({2}, 120, &e);
  });
  CHECK(Posted(sale, LedgerAccount::kIssued) == -100);
  CHECK(Posted(sale, LedgerAccount::kGoodwill) == -20);
  int64_t revenue = 0;
  for (const int64_t spent : {60, 60}) {
    const EntryBuilder use = Do(&account, [&](EntryBuilder& e) {
      PostMovement(account, {.bucket = {2}, .released = 0, .spent = spent, .held = 0}, &e);
    });
    CHECK(Posted(use, LedgerAccount::kEarned) == 0);
    CHECK(Posted(use, LedgerAccount::kConsumed) == 60);
    revenue += Posted(use, LedgerAccount::kPackageEarned);
  }
  CHECK(revenue == 100);
}

TEST_CASE("a fee in pieces takes them in draw order, all or nothing", "[balance][unit]") {
  Account account = NewAccount(1'000);
  Do(&account, [](EntryBuilder& e) {
    e.SetNode({.id = {1}, .parent = kRootNode, .kind = NodeKind::kMember, .name = "m"});
  });
  const Unit coin = Unit::Of("coin");
  const auto bucket = [&](uint32_t id, int32_t priority) {
    Bucket made = TokenBucket(id, 0);
    made.unit = coin;
    made.priority = priority;
    return made;
  };
  Buy(&account, bucket(2, 2), 100, 200);
  Buy(&account, bucket(3, 1), 50, 10);
  Bucket own = bucket(4, 0);
  own.node = {1};
  Buy(&account, own, 1'000, 0);
  Bucket waits = bucket(5, 0);
  waits.lasts_ms = 5;
  Buy(&account, waits, 1'000, 0);
  const Drawer root{.node = kRootNode, .at = kNow};
  EntryBuilder refused = Begun();
  CHECK_FALSE(PostFeeInPieces(account, coin, 151, root, &refused).has_value());
  CHECK(refused.postings().empty());
  const EntryBuilder paid = Do(&account, [&](EntryBuilder& e) {
    CHECK(PostFeeInPieces(account, coin, 75, root, &e) == 10 + 50);
  });
  CHECK(Posted(paid, LedgerAccount::kConsumed) == 75);
  CHECK(Of(account, 3).available == 0);
  CHECK(Of(account, 2).available == 75);
  // The member may draw on its own, and on what is shared from above.
  Do(&account, [&](EntryBuilder& e) {
    CHECK(PostFeeInPieces(account, coin, 1'075, {.node = {1}, .at = kNow}, &e).has_value());
  });
  CHECK(Of(account, 4).available == 0);
  CHECK(Of(account, 2).available == 0);
  CHECK(Of(account, 5).available == 1'000);
}

TEST_CASE("who may draw on a bucket, and when", "[balance][unit]") {
  const Account account = WideAccount();  // Node 2 below node 1.
  Bucket bucket = TokenBucket(9, 5);
  bucket.node = {1};
  bucket.valid_until = kNow.PlusSeconds(1);
  CHECK(MayDraw(account, bucket, {.node = {1}, .at = kNow}));
  CHECK(MayDraw(account, bucket, {.node = {2}, .at = kNow}));
  CHECK_FALSE(MayDraw(account, bucket, {.node = kRootNode, .at = kNow}));
  CHECK_FALSE(MayDraw(account, bucket, {.node = {1}, .at = kNow.PlusMillis(-1)}));
  CHECK_FALSE(MayDraw(account, bucket, {.node = {1}, .at = kNow.PlusSeconds(1)}));
  bucket.shared = false;
  CHECK(MayDraw(account, bucket, {.node = {1}, .at = kNow}));
  CHECK_FALSE(MayDraw(account, bucket, {.node = {2}, .at = kNow}));
}

TEST_CASE("what was used beyond a package is paid from the next one", "[balance][unit]") {
  Account account = NewAccount(1'000);
  Buy(&account, TokenBucket(2, 0), 100, 500);
  Use(&account, 2, 130);
  CHECK(Of(account, 2).available == -30);
  CHECK(Of(account, 2).released_micros == 500);
  Bucket next = TokenBucket(3, 0);
  next.deferred_micros = 200;
  const EntryBuilder sale = Do(&account, [&](EntryBuilder& e) {
    PostFee(200, 200, &e);
    e.AddBucket(next);
    PostIssue({3}, 100, &e);
    next.granted = next.available = 100;
    CHECK(PostRecovery(account, next, &e) == 60);
  });
  CHECK(Posted(sale, LedgerAccount::kTransferred) == 0);
  CHECK(Of(account, 2).available == 0);
  CHECK(Of(account, 3).available == 70);
  CHECK(Of(account, 3).released_micros == 60);
  Use(&account, 3, 70);
  CHECK(Of(account, 3).released_micros == 200);
  // Nothing is owed any more.
  EntryBuilder nothing = Begun();
  CHECK(PostRecovery(account, Of(account, 3), &nothing) == 0);
  CHECK(nothing.postings().empty());
}

TEST_CASE("money owed in a bonus is paid from a top-up, as far as it goes", "[balance][unit]") {
  Account account = NewAccount(0);
  Bucket bonus = TokenBucket(2, 0);
  bonus.unit = account.currency;
  Buy(&account, bonus, 10, 0);
  Use(&account, 2, 25);
  Do(&account, [&](EntryBuilder& e) {
    PostTopUp(12, &e);
    Bucket main = Of(account, 1);
    main.available += 12;
    CHECK(PostRecovery(account, main, &e) == 0);
  });
  CHECK(Of(account, 1).available == 0);
  CHECK(Of(account, 2).available == -3);
}

TEST_CASE("a refill lets the rest expire and issues anew, beside what is held and owed",
          "[balance][unit]") {
  Account account = NewAccount(3'000);
  Bucket hourly = TokenBucket(2, 0);
  hourly.refill_amount = 100;
  hourly.refills_at = kNow.PlusSeconds(3'600);
  hourly.planned = 300;
  Buy(&account, hourly, 100, 3'000);
  CHECK(account.NextDue() == kNow.PlusSeconds(3'600));
  Use(&account, 2, 40);
  HoldIn(&account, 2, 25);
  const EntryBuilder refill = Do(
      &account, [&](EntryBuilder& e) { PostRefill(Of(account, 2), kNow.PlusSeconds(7'200), &e); });
  CHECK(Posted(refill, LedgerAccount::kExpired) == 35);
  CHECK(Posted(refill, LedgerAccount::kBreakage) == 350);
  CHECK(Posted(refill, LedgerAccount::kIssued) == -75);
  CHECK(Of(account, 2).available == 75);
  CHECK(account.NextDue() == kNow.PlusSeconds(7'200));
  // What was held is used now, and more than that; the rest of it is free again.
  Release(&account, 2, 25, 110);
  CHECK(Of(account, 2).available == -10);
  const EntryBuilder owed =
      Do(&account, [&](EntryBuilder& e) { PostRefill(Of(account, 2), Instant::Never(), &e); });
  CHECK(Posted(owed, LedgerAccount::kExpired) == 0);
  CHECK(Of(account, 2).available == 90);
  // Two windows were given fewer pieces than planned: the end settles what is left of the fee.
  Use(&account, 2, 90);
  Do(&account, [&](EntryBuilder& e) {
    e.SetTimes({.bucket = {2},
                .valid_from = kNow,
                .valid_until = kNow.PlusSeconds(9'000),
                .refills_at = Instant::Never()});
  });
  const EntryBuilder end = Do(&account, [&](EntryBuilder& e) {
    CHECK(PostExpiries(account, kNow.PlusSeconds(9'000), &e) == 1);
  });
  CHECK(Posted(end, LedgerAccount::kBreakage) == 3'000 - 10 * (40 + 35 + 110 + 90));
  CHECK(account.FindBucket({2}) == nullptr);
}

TEST_CASE("what is carried over takes its revenue along", "[balance][unit]") {
  Account account = NewAccount(1'000);
  Bucket old = TokenBucket(2, 0);
  old.valid_until = kNow.PlusSeconds(10);
  Buy(&account, old, 300, 1'000);
  Use(&account, 2, 100);
  Bucket next = TokenBucket(3, 0);
  next.granted = next.available = 0;
  next.valid_until = kNow.PlusSeconds(20);
  next.carried = 1;
  const EntryBuilder carry =
      Do(&account, [&](EntryBuilder& e) { PostCarryOver(Of(account, 2), next, 150, &e); });
  CHECK(Posted(carry, LedgerAccount::kTransferred) == 0);
  CHECK(Posted(carry, LedgerAccount::kDeferredReleased) == 0);
  CHECK(Of(account, 2).transferred == 150);
  CHECK(Of(account, 2).released_micros == 833);
  CHECK(Of(account, 3).granted == 150);
  CHECK(Of(account, 3).available == 150);
  CHECK(Of(account, 3).deferred_micros == 500);
  CHECK(Of(account, 3).released_micros == 0);
  CHECK(Of(account, 3).carried == 1);
  const EntryBuilder end = Do(&account, [&](EntryBuilder& e) {
    CHECK(PostExpiries(account, kNow.PlusSeconds(10), &e) == 1);
  });
  CHECK(Posted(end, LedgerAccount::kBreakage) == 167);
  Use(&account, 3, 150);
  CHECK(Of(account, 3).released_micros == 500);
}

TEST_CASE("a bucket that waits for its first use never ends before", "[balance][unit]") {
  Account account = NewAccount(0);
  Bucket pack = TokenBucket(2, 0);
  pack.lasts_months = 1;
  pack.lasts_ms = 1'000;
  Buy(&account, pack, 50, 0);
  CHECK(WaitsForFirstUse(Of(account, 2)));
  CHECK(account.NextDue() == Instant::Never());
  EntryBuilder none = Begun();
  CHECK(PostExpiries(account, kNow.PlusSeconds(100'000'000), &none) == 0);
  const Instant end = EndAfterFirstUse(Of(account, 2), kNow, absl::UTCTimeZone());
  CHECK(end == AddMonths(kNow, 1, absl::UTCTimeZone()).PlusMillis(1'000));
  Do(&account, [&](EntryBuilder& e) { PostFirstUse(Of(account, 2), kNow, end, &e); });
  CHECK_FALSE(WaitsForFirstUse(Of(account, 2)));
  CHECK(account.NextDue() == end);
  CHECK_FALSE(WaitsForFirstUse(TokenBucket(3, 1)));
}

TEST_CASE("a subscription's next cycle", "[balance][unit]") {
  Account account = NewAccount(0);
  Do(&account, [](EntryBuilder& e) {
    e.AddSubscription({.valid_from = kNow, .id = 4, .renews_at = kNow.PlusSeconds(5), .cycles = 1});
  });
  Do(&account, [&](EntryBuilder& e) {
    PostNextCycle(*account.FindSubscription(4), kNow.PlusSeconds(9), &e);
  });
  CHECK(account.FindSubscription(4)->cycles == 2);
  CHECK(account.NextDue() == kNow.PlusSeconds(9));
}

TEST_CASE("customer care gives, takes, writes off", "[balance][unit]") {
  Account account = NewAccount(100);
  const EntryBuilder gift = Do(&account, [&](EntryBuilder& e) {
    PostAdjustment(Of(account, 1), 30, AdjustmentReason::kGoodwill, &e);
  });
  CHECK(Posted(gift, LedgerAccount::kGoodwill) == -30);
  CHECK(Of(account, 1).available == 130);
  CHECK(Of(account, 1).granted == 130);
  const EntryBuilder taken = Do(&account, [&](EntryBuilder& e) {
    PostAdjustment(Of(account, 1), -180, AdjustmentReason::kCorrection, &e);
  });
  CHECK(Posted(taken, LedgerAccount::kCorrection) == 180);
  CHECK(Of(account, 1).available == -50);
  Do(&account, [&](EntryBuilder& e) { PostWriteOff(Of(account, 1), 20, &e); });
  CHECK(Of(account, 1).available == -30);
  Do(&account, [&](EntryBuilder& e) { PostRebate(Of(account, 1), 5, &e); });
  CHECK(Of(account, 1).available == -25);
  CHECK(Of(account, 1).spent == -5);
  const EntryBuilder cost = Do(&account, [](EntryBuilder& e) { PostVendorCost(7, &e); });
  CHECK(Posted(cost, LedgerAccount::kVendorCost) == 7);
  CHECK(Of(account, 1).available == -25);
  Bucket paid = TokenBucket(2, 0);
  paid.deferred_micros = 5;
  CHECK_FALSE(MayAdjust(paid));
  paid.planned = 100;
  CHECK(MayAdjust(paid));
}

TEST_CASE("pieces that are given to a paid package cost nothing", "[balance][unit]") {
  Account account = NewAccount(100);
  Bucket pack = TokenBucket(2, 0);
  pack.planned = 50;
  Buy(&account, pack, 50, 100);
  Use(&account, 2, 25);
  Do(&account,
     [&](EntryBuilder& e) { PostAdjustment(Of(account, 2), 50, AdjustmentReason::kGoodwill, &e); });
  Use(&account, 2, 25);
  CHECK(Of(account, 2).released_micros == 100);
  Use(&account, 2, 50);
  CHECK(Of(account, 2).released_micros == 100);
}

TEST_CASE("a transfer leaves its sender and arrives whole, with its revenue", "[balance][unit]") {
  Account sender = NewAccount(900);
  Buy(&sender, TokenBucket(2, 0), 300, 900);
  Use(&sender, 2, 100);
  Account receiver = NewAccount(0);
  Transfer transfer;
  transfer.id = "gift";
  transfer.to = receiver.id;
  transfer.amount = 150;
  transfer.sent_at = kNow;
  transfer.bucket = TokenBucket(0, 0);
  transfer.bucket.priority = 7;
  const EntryBuilder out =
      Do(&sender, [&](EntryBuilder& e) { PostTransferOut(Of(sender, 2), transfer, &e); });
  CHECK(Of(sender, 2).available == 50);
  CHECK(Of(sender, 2).transferred == 150);
  REQUIRE(sender.transfers.size() == 1);
  CHECK(sender.transfers[0].bucket.deferred_micros == 450);
  const EntryBuilder in = Do(&receiver, [&](EntryBuilder& e) {
    CHECK(PostTransferIn(receiver, sender.transfers[0], &e) == BucketId{2});
  });
  CHECK(Of(receiver, 2).available == 150);
  CHECK(Of(receiver, 2).priority == 7);
  CHECK(Of(receiver, 2).deferred_micros == 450);
  CHECK(Of(receiver, 2).released_micros == 0);
  for (const LedgerAccount moved : {LedgerAccount::kTransferred, LedgerAccount::kDeferredMoved,
                                    LedgerAccount::kDeferredReleased}) {
    CHECK(Posted(out, moved) + Posted(in, moved) == 0);
  }
  Do(&sender, [](EntryBuilder& e) { e.DropTransfer("gift"); });
  CHECK(sender.transfers.empty());
  Use(&receiver, 2, 150);
  CHECK(Of(receiver, 2).released_micros == 450);
  Use(&sender, 2, 50);
  CHECK(Of(sender, 2).released_micros == 900);
}

TEST_CASE("money goes from main bucket to main bucket, and back when it is not wanted",
          "[balance][unit]") {
  Account sender = NewAccount(100);
  Account receiver = NewAccount(1);
  Transfer transfer;
  transfer.id = "t";
  transfer.amount = 60;
  transfer.bucket.id = kMainBucket;
  transfer.bucket.unit = sender.currency;
  Do(&sender, [&](EntryBuilder& e) { PostTransferOut(Of(sender, 1), transfer, &e); });
  CHECK(Of(sender, 1).available == 40);
  Account other = receiver;
  Do(&other, [&](EntryBuilder& e) {
    CHECK(PostTransferIn(other, sender.transfers[0], &e) == kMainBucket);
  });
  CHECK(Of(other, 1).available == 61);
  Do(&sender, [&](EntryBuilder& e) {
    PostTransferIn(sender, sender.transfers[0], &e);
    e.DropTransfer("t");
  });
  CHECK(Of(sender, 1).available == 100);
  CHECK(TransferKey("t") == "transfer/t");
}

TEST_CASE("what was used of a bucket that is gone comes back in a new one", "[balance][unit]") {
  Account account = NewAccount(0);
  Do(&account, [](EntryBuilder& e) { PostRefundAnew(TokenBucket(2, 0), 40, &e); });
  CHECK(Of(account, 2).available == 40);
  CHECK(Of(account, 2).spent == -40);
  Use(&account, 2, 40);
  CHECK(Of(account, 2).spent == 0);
}

/// All of what was paid goes somewhere: earned, breakage, or still deferred.
TEST_CASE("no revenue is lost or made, whatever happens to a package", "[balance][property]") {
  OCS_SEEDED_RANDOM(random, 22);
  for (int round = 0; round < 200; ++round) {
    Account account = NewAccount(10'000'000);
    int64_t paid = 0;
    int64_t settled = 0;
    Instant now = kNow;
    const auto run = [&](auto fill) {
      const EntryBuilder entry = Do(&account, fill);
      settled +=
          Posted(entry, LedgerAccount::kPackageEarned) + Posted(entry, LedgerAccount::kBreakage);
      int64_t deferred = 0;
      for (const Bucket& b : account.buckets) deferred += b.deferred_micros - b.released_micros;
      REQUIRE(paid == settled + deferred);
    };
    for (int step = 0; step < 60; ++step) {
      now = now.PlusSeconds(random.Between(1, 100));
      const Bucket bucket = account.buckets[static_cast<size_t>(
          random.Below(static_cast<int64_t>(account.buckets.size())))];
      const bool main = bucket.id == kMainBucket;
      switch (random.Below(7)) {
        case 0: {
          Bucket made = TokenBucket(account.next_bucket, 0);
          made.granted = made.available = 0;
          made.valid_until = now.PlusSeconds(random.Between(1, 3'000));
          const int64_t amount = random.Between(1, 500);
          if (random.OneIn(2)) {
            made.refill_amount = amount;
            made.planned = amount * random.Between(1, 5);
          }
          made.deferred_micros = random.Below(10'000);
          paid += made.deferred_micros;
          run([&](EntryBuilder& e) {
            PostFee(made.deferred_micros, made.deferred_micros, &e);
            e.AddBucket(made);
            PostIssue(made.id, amount, &e);
            made.granted = made.available = amount;
            PostRecovery(account, made, &e);
          });
          break;
        }
        case 1:
          if (main || bucket.available <= 0) break;
          run([&](EntryBuilder& e) {
            Bucket to = TokenBucket(account.next_bucket, 0);
            to.valid_until = now.PlusSeconds(random.Between(1, 3'000));
            PostCarryOver(bucket, to, random.Between(1, bucket.available), &e);
          });
          break;
        case 2:
          if (bucket.refill_amount == 0) break;
          run([&](EntryBuilder& e) { PostRefill(bucket, Instant::Never(), &e); });
          break;
        case 3:
          run([&](EntryBuilder& e) { PostExpiries(account, now, &e); });
          break;
        default:
          run([&](EntryBuilder& e) {
            const int64_t spent = random.OneIn(5) && bucket.spent > 0
                                      ? -random.Between(1, bucket.spent)
                                      : random.Between(1, 120);
            PostMovement(account, {.bucket = bucket.id, .released = 0, .spent = spent, .held = 0},
                         &e);
          });
      }
    }
    run([&](EntryBuilder& e) { PostExpiries(account, now.PlusSeconds(10'000), &e); });
    REQUIRE(settled == paid);
  }
}

}  // namespace
}  // namespace ocs::balance::tests
