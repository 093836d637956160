// What an entry may do to an account: nodes, limits, counters, subscriptions, times, transfers.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "balance/ledger.h"
#include "ocs/base/limits.h"
#include "tests/balance/samples.h"
#include "tests/support/seed.h"

namespace ocs::balance::tests {
namespace {

EntryBuilder& Begin(EntryBuilder& entry) {
  entry.Begin(EntryKind::kAccountChanged, AccountId::Of({77}, 5));
  return entry;
}

Node NodeOf(uint32_t id, uint32_t parent) {
  return {.id = {id}, .parent = {parent}, .kind = NodeKind::kGroup, .name = Cat("node ", id)};
}

/// Applies an entry with what `fill` adds; false when it does not fit.
template <typename Fill>
bool Applies(Account* account, Fill fill) {
  EntryBuilder entry;
  Begin(entry);
  fill(entry);
  const absl::Status status = ApplyEntry(entry, account);
  CHECK((status.ok() || absl::IsDataLoss(status)));
  return status.ok();
}

TEST_CASE("nodes form a tree of bounded depth", "[balance][unit]") {
  Account account = NewAccount(0);
  const auto set = [&](uint32_t id, uint32_t parent) {
    const bool fits = NodeFits(account, NodeOf(id, parent));
    Account copy = account;
    CHECK(Applies(&copy, [&](EntryBuilder& e) { e.SetNode(NodeOf(id, parent)); }) == fits);
    if (fits) account = copy;
    return fits;
  };
  CHECK_FALSE(set(0, 0));
  CHECK_FALSE(set(2, 1));  // No such parent.
  for (uint32_t id = 1; id <= kNodeDepthMax; ++id) CHECK(set(id, id - 1));
  CHECK_FALSE(set(9, 8));  // Too deep.
  CHECK(set(9, 7));
  CHECK(account.next_node == 10);
  CHECK_FALSE(set(1, 1));  // Under itself.
  CHECK_FALSE(set(1, 9));  // Under what is below it.
  CHECK(set(5, 0));        // Moved up with all that is below it.
  CHECK(account.PathOf({8}).size() == 5);
  CHECK(set(1, 8));  // 1 to 4 now lie below 8.
  CHECK(account.PathOf({4}).size() == 9);
  CHECK_FALSE(set(10, 4));  // Too deep.
  CHECK_FALSE(set(5, 4));   // Under what is below it.
  CHECK(set(10, 0));
  CHECK_FALSE(set(5, 10));  // It would fit, what is below it would not.
  CHECK(set(4, 10));
  CHECK(set(5, 10));
  CHECK(account.PathOf({3}).size() == 9);
  CHECK(CheckInvariants(account).ok());
}

TEST_CASE("limits and identities belong to nodes that are there", "[balance][unit]") {
  Account account = NewAccount(0);
  const Limit limit{.id = 3, .node = {1}, .unit = Unit::Of("token"), .amount = 5};
  const AccountIdentity key{.type = 4, .data = "k", .node = {1}};
  CHECK_FALSE(Applies(&account, [&](EntryBuilder& e) { e.SetLimit(limit); }));
  CHECK_FALSE(Applies(&account, [&](EntryBuilder& e) { e.AddIdentity(key); }));
  CHECK(Applies(&account, [&](EntryBuilder& e) {
    e.SetNode(NodeOf(1, 0));
    e.SetNode(NodeOf(2, 1));
    e.SetLimit(limit);
    e.AddIdentity(key);
    e.AddIdentity({.type = 0, .data = "z", .node = {}});
    e.AddIdentity({.type = 4, .data = "a", .node = {2}});
  }));
  CHECK(account.next_limit == 4);
  REQUIRE(account.FindLimit(3) != nullptr);
  CHECK(account.identities[0].data == "z");
  CHECK(account.identities[1].data == "a");
  CHECK(account.FindIdentity(4, "k")->node == NodeId{1});
  CHECK_FALSE(Applies(&account, [&](EntryBuilder& e) { e.AddIdentity(key); }));  // Twice.
  AccountIdentity moved = key;
  moved.node = {2};
  CHECK(Applies(&account, [&](EntryBuilder& e) { e.MoveIdentity(moved); }));
  CHECK(account.FindIdentity(4, "k")->node == NodeId{2});
  moved.node = {7};
  CHECK_FALSE(Applies(&account, [&](EntryBuilder& e) { e.MoveIdentity(moved); }));
  CHECK(Applies(&account, [&](EntryBuilder& e) { e.RemoveIdentity(key); }));  // Wherever it is.
  CHECK(account.FindIdentity(4, "k") == nullptr);
  CHECK_FALSE(Applies(&account, [&](EntryBuilder& e) { e.RemoveIdentity(key); }));
  CHECK(Applies(&account, [&](EntryBuilder& e) { e.DropLimit(3); }));
  CHECK_FALSE(Applies(&account, [&](EntryBuilder& e) { e.DropLimit(3); }));
  account.nodes.pop_back();
  CHECK(absl::IsInternal(CheckInvariants(account)));
}

TEST_CASE("what an account is can be set anew", "[balance][unit]") {
  Account account = NewAccount(0);
  const Subscription plan{.terms = {.revision = 1, .offer = 2, .grant = 0},
                          .valid_from = kNow,
                          .id = 5,
                          .renews_at = kNow.PlusSeconds(50)};
  const DatedChange change{
      .at = kNow.PlusSeconds(40), .state = AccountState::kClosed, .reason = "asked for"};
  const DatedChange sooner{
      .at = kNow.PlusSeconds(30), .state = AccountState::kSuspended, .reason = ""};
  CHECK(Applies(&account, [&](EntryBuilder& e) {
    e.SetProfile({.state = AccountState::kGrace,
                  .credit_limit_micros = 7,
                  .segment = "student",
                  .tenant = "brand",
                  .billing_day = 31});
    e.AddSubscription(plan);
    e.SetBought({.offer = 9, .month = kNow, .in_month = 1, .ever = 1});
    e.SetBought({.offer = 8, .month = kNow, .in_month = 1, .ever = 1});
    e.SetBought({.offer = 9, .month = kNow, .in_month = 2, .ever = 2});
    e.SetDatedChange(change);
    e.SetDatedChange(sooner);
  }));
  CHECK(account.state == AccountState::kGrace);
  CHECK(account.credit_limit_micros == 7);
  CHECK(account.segment == "student");
  CHECK(account.tenant == "brand");
  CHECK(account.billing_day == 31);
  CHECK(account.next_subscription == 6);
  REQUIRE(account.bought.size() == 2);
  CHECK(account.bought[1] == Bought{.offer = 9, .month = kNow, .in_month = 2, .ever = 2});
  CHECK(account.NextDue() == sooner.at);
  CHECK(Applies(&account, [&](EntryBuilder& e) { e.DropDatedChange(sooner); }));
  CHECK_FALSE(Applies(&account, [&](EntryBuilder& e) { e.DropDatedChange(sooner); }));
  CHECK(account.NextDue() == change.at);
  Subscription cancelled = plan;
  cancelled.cancelled = true;
  CHECK(Applies(&account, [&](EntryBuilder& e) { e.SetSubscription(cancelled); }));
  CHECK(account.FindSubscription(5)->cancelled);
  CHECK_FALSE(Applies(&account, [&](EntryBuilder& e) { e.AddSubscription(plan); }));
  CHECK_FALSE(Applies(&account, [&](EntryBuilder& e) { e.DropSubscription(plan); }));
  CHECK(Applies(&account, [&](EntryBuilder& e) { e.DropSubscription(cancelled); }));
  CHECK_FALSE(Applies(&account, [&](EntryBuilder& e) { e.SetSubscription(plan); }));
}

TEST_CASE("new times of a bucket change its place in the draw order", "[balance][unit]") {
  Account account = NewAccount(0);
  Bucket pack = TokenBucket(2, 0);
  pack.lasts_ms = 5'000;
  Bucket later = TokenBucket(3, 0);
  later.valid_until = kNow.PlusSeconds(100);
  CHECK(Applies(&account, [&](EntryBuilder& e) {
    e.AddBucket(pack);
    e.AddBucket(later);
  }));
  CHECK(account.buckets[0].id == BucketId{3});
  CHECK_FALSE(Applies(&account, [&](EntryBuilder& e) { e.AddBucket(pack); }));  // Twice.
  CHECK(Applies(&account, [&](EntryBuilder& e) {
    e.SetTimes({.bucket = {2},
                .valid_from = kNow,
                .valid_until = kNow.PlusSeconds(5),
                .refills_at = kNow.PlusSeconds(4)});
    e.SetBucketNoticed({2}, 80);
  }));
  CHECK(account.buckets[0].id == BucketId{2});
  CHECK(account.buckets[0].noticed_percent == 80);
  CHECK(account.NextDue() == kNow.PlusSeconds(4));
  CHECK_FALSE(Applies(&account, [&](EntryBuilder& e) { e.SetTimes({{9}, kNow, kNow, kNow}); }));
  CHECK_FALSE(Applies(&account, [&](EntryBuilder& e) { e.SetBucketNoticed({9}, 1); }));
}

TEST_CASE("a transfer waits at its sender until it is known to have arrived", "[balance][unit]") {
  Account account = NewAccount(0);
  Transfer transfer = WideAccount().transfers[0];
  CHECK(Applies(&account, [&](EntryBuilder& e) { e.SetTransfer(transfer); }));
  CHECK(account.NextDue() == transfer.sent_at);
  REQUIRE(account.FindTransfer("gift-1") != nullptr);
  CHECK(*account.FindTransfer("gift-1") == transfer);
  CHECK(Applies(&account, [&](EntryBuilder& e) { e.DropTransfer("gift-1"); }));
  CHECK_FALSE(Applies(&account, [&](EntryBuilder& e) { e.DropTransfer("gift-1"); }));
}

TEST_CASE("a volume price's window falls due at its end, and goes as it was", "[balance][unit]") {
  Account account = NewAccount(0);
  VolumeWindow window = WideAccount().volume_windows[0];
  CHECK(Applies(&account, [&](EntryBuilder& e) { e.SetVolumeWindow(window); }));
  CHECK(account.NextDue() == window.ends_at);
  VolumeWindow before = window;
  before.began_at = kNow.PlusSeconds(-1);
  CHECK(Applies(&account, [&](EntryBuilder& e) { e.SetVolumeWindow(before); }));
  window.excess_micros = 5;
  CHECK(Applies(&account, [&](EntryBuilder& e) { e.SetVolumeWindow(window); }));
  CHECK(account.volume_windows == std::vector<VolumeWindow>{before, window});
  CHECK_FALSE(Applies(&account, [&](EntryBuilder& e) {
    e.DropVolumeWindow(WideAccount().volume_windows[0]);  // Not as it is.
  }));
  CHECK(Applies(&account, [&](EntryBuilder& e) { e.DropVolumeWindow(window); }));
  CHECK(account.volume_windows == std::vector<VolumeWindow>{before});
}

TEST_CASE("a demand stays until it is dropped or its session ends", "[balance][unit]") {
  Account account = NewAccount(0);
  Demand demand = WideAccount().demands[0];
  demand.session_id = "s";
  CHECK_FALSE(Applies(&account, [&](EntryBuilder& e) { e.SetDemand(demand); }));  // Not open.
  const auto open = [&](EntryBuilder& e) {
    e.SetKey({.type = EntryKey::Type::kRequest, .text = "s", .number = 0});
    e.OpenSession(1, kNow, kNow.PlusSeconds(9'000), "g", 7);
  };
  CHECK(Applies(&account, open));
  CHECK(account.sessions[0].origin_host == "g");
  CHECK(account.sessions[0].origin_state == 7);
  CHECK(Applies(&account, [&](EntryBuilder& e) { e.SetDemand(demand); }));
  CHECK(account.NextDue() == demand.ask_at);
  demand.asks = 4;
  demand.ask_at = kNow.PlusSeconds(2'000);
  CHECK(Applies(&account, [&](EntryBuilder& e) { e.SetDemand(demand); }));
  REQUIRE(account.FindDemand("s") != nullptr);
  CHECK(*account.FindDemand("s") == demand);
  CHECK(Applies(&account, [&](EntryBuilder& e) { e.DropDemand("s"); }));
  CHECK_FALSE(Applies(&account, [&](EntryBuilder& e) { e.DropDemand("s"); }));
  CHECK(Applies(&account, [&](EntryBuilder& e) { e.SetDemand(demand); }));
  CHECK(Applies(&account, [&](EntryBuilder& e) {
    e.SetKey({.type = EntryKey::Type::kSession, .text = "s", .number = 0});
    e.CloseSession();
  }));
  CHECK(account.demands.empty());
}

TEST_CASE("a watch is kept by its id and falls due at its end", "[balance][unit]") {
  Account account = NewAccount(0);
  Watch watch = WideAccount().watches[0];
  CHECK(Applies(&account, [&](EntryBuilder& e) { e.SetWatch(watch); }));
  CHECK(account.NextDue() == watch.expires_at);
  watch.told.clear();
  CHECK(Applies(&account, [&](EntryBuilder& e) { e.SetWatch(watch); }));
  CHECK(account.watches == std::vector<Watch>{watch});
  for (int i = 1; i < kWatchesPerAccountMax; ++i) {
    watch.id = Cat("w-", i);
    CHECK(Applies(&account, [&](EntryBuilder& e) { e.SetWatch(watch); }));
  }
  watch.id = "one more";
  CHECK_FALSE(Applies(&account, [&](EntryBuilder& e) { e.SetWatch(watch); }));
  CHECK(Applies(&account, [&](EntryBuilder& e) { e.DropWatch("pcf-1"); }));
  CHECK_FALSE(Applies(&account, [&](EntryBuilder& e) { e.DropWatch("pcf-1"); }));
}

TEST_CASE("the notice of a bucket's end is due before it while something is left",
          "[balance][unit]") {
  Account account = NewAccount(0);
  Bucket pack = TokenBucket(2, 0);
  pack.valid_until = kNow.PlusSeconds(100);
  pack.notice_ms = 30'000;
  CHECK(Applies(&account, [&](EntryBuilder& e) { e.AddBucket(pack); }));
  CHECK(account.NextDue() == kNow.PlusSeconds(100));  // Nothing in it yet.
  CHECK(Applies(&account, [&](EntryBuilder& e) {
    e.Post(LedgerAccount::kIssued, {2}, -5);
    e.Post(LedgerAccount::kAvailable, {2}, 5);
  }));
  CHECK(account.NextDue() == kNow.PlusSeconds(70));
  CHECK(Applies(&account, [&](EntryBuilder& e) { e.SetBucketNotice({2}, 0); }));
  CHECK(account.NextDue() == kNow.PlusSeconds(100));
  CHECK_FALSE(Applies(&account, [&](EntryBuilder& e) { e.SetBucketNotice({9}, 0); }));
}

CounterMove Day(int64_t day, int64_t counted, int64_t held) {
  return {.id = 7,
          .owner = 1,
          .window = {.kind = WindowKind::kDay},
          .began_at = kNow.PlusSeconds(day * 86'400),
          .ends_at = kNow.PlusSeconds((day + 1) * 86'400),
          .counted = counted,
          .charged_micros = 2 * counted,
          .held = held};
}

TEST_CASE("a counter counts in its window and keeps what is held beyond it", "[balance][unit]") {
  Account account = NewAccount(0);
  EntryBuilder entry;
  Begin(entry);
  entry.SetKey({.type = EntryKey::Type::kRequest, .text = "s", .number = 0});
  entry.OpenSession(1, kNow, Instant::Never());
  entry.SetSessionNode({0});
  Grant grant;
  grant.counter_holds = {{.id = 7, .owner = 1, .amount = 30}};
  entry.SetGrant(grant);
  entry.Count(Day(0, 0, 30));
  CHECK(Judge(account, entry) == Verdict::kAllowed);
  REQUIRE(ApplyEntry(entry, &account).ok());
  const auto count = [&](const CounterMove& move) {
    return Applies(&account, [&](EntryBuilder& e) { e.Count(move); });
  };
  CHECK(count(Day(0, 12, 0)));
  const auto counter = [&] { return *account.FindCounter(7, 1); };
  CHECK(counter().counted == 12);
  CHECK(counter().charged_micros == 24);
  CHECK(counter().ends_at == kNow.PlusSeconds(86'400));
  CHECK(count(Day(0, -5, 0)));
  CHECK(counter().counted == 7);
  CounterMove told = Day(0, 0, 0);
  told.noticed_percent = 80;
  CHECK(count(told));
  CHECK(counter().noticed_percent == 80);
  CHECK(count(Day(1, 4, 0)));  // A new day.
  CHECK(counter().counted == 4);
  CHECK(counter().held == 30);
  CHECK(counter().noticed_percent == 0);
  CHECK(counter().began_at == kNow.PlusSeconds(86'400));
  CHECK(count(Day(0, 3, 0)));  // Reported late: it counts.
  CHECK(counter().counted == 7);
  CHECK(count(Day(0, -3, 0)));  // Given back of yesterday: today is not less used.
  CHECK(counter().counted == 7);
  CHECK(count(Day(1, -100, 0)));
  CHECK(counter().counted == 0);
  CounterMove other = Day(1, 9, 0);
  other.window = {.kind = WindowKind::kLifetime};
  CHECK(count(other));  // The limit's window was changed.
  CHECK(counter().counted == 9);
  CHECK(counter().held == 30);
  CHECK_FALSE(Applies(&account, [&](EntryBuilder& e) { e.DropCounter(7, 1); }));  // Held.
  // Its holds are the sessions': neither may change alone.
  account.sessions[0].grants[0].counter_holds[0].amount = 29;
  CHECK(absl::IsInternal(CheckInvariants(account)));
  account.sessions[0].grants[0].counter_holds[0] = {.id = 8, .owner = 1, .amount = 30};
  account.counters[0].held = 0;
  CHECK(absl::IsInternal(CheckInvariants(account)));
}

TEST_CASE("counters are judged: what fits, and that nothing is freed that is not held",
          "[balance][unit]") {
  Account account = NewAccount(0);
  EntryBuilder entry;
  const auto judge = [&](std::initializer_list<CounterMove> moves) {
    Begin(entry);
    for (const CounterMove& move : moves) entry.Count(move);
    return VerdictName(Judge(account, entry));
  };
  CHECK(judge({Day(0, 0, -1)}) == "exceeds held");
  CHECK(judge({Day(0, 0, 1), Day(0, 0, -1)}) == "allowed");
  CHECK(judge({Day(0, 0, 1), Day(0, 0, -2)}) == "exceeds held");
  CHECK(judge({Day(0, 0, INT64_MAX), Day(0, 0, 1)}) == "overflow");
  CounterMove big = Day(0, INT64_MAX, 0);
  big.charged_micros = 0;
  CHECK(judge({big, Day(0, 1, 0)}) == "overflow");
  for (uint64_t id = 1; id <= kCountersPerAccountMax; ++id)
    account.counters.push_back({.id = 100 + id, .owner = 0});
  CHECK(judge({Day(0, 1, 0)}) == "too many counters");
  account.counters.pop_back();
  CHECK(judge({Day(0, 1, 0)}) == "allowed");
}

TEST_CASE("a sliding window never holds more slots than meet it, nor forgets what counts",
          "[balance][property]") {
  OCS_SEEDED_RANDOM(random, 12);
  for (int round = 0; round < 50; ++round) {
    const int64_t length = random.Between(1, 20'000);
    Account account = NewAccount(0);
    std::vector<std::pair<Instant, int64_t>> used;
    Instant now = kNow;
    for (int step = 0; step < 120; ++step) {
      now = now.PlusMillis(random.Below(1 + length / random.Between(1, 40)));
      const int64_t amount = random.Between(1, 100);
      REQUIRE(Applies(&account, [&](EntryBuilder& e) {
        e.Count({.id = 1,
                 .window = {.kind = WindowKind::kSliding, .length_ms = length},
                 .at = now,
                 .counted = amount});
      }));
      used.push_back({now, amount});
      const Counter& counter = *account.FindCounter(1, 0);
      REQUIRE(counter.slots.size() <= static_cast<size_t>(kSlotsMax) + 1);
      // Never less than what was used in the true window, nor more than in one a slot longer.
      int64_t least = 0;
      int64_t most = 0;
      for (const auto& [at, of] : used) {
        if (at.PlusMillis(length) >= now) least += of;
        if (at.PlusMillis(length + SlotMillis(counter.window)) >= now) most += of;
      }
      REQUIRE(counter.CountedAt(now) >= least);
      REQUIRE(counter.CountedAt(now) <= most);
      const Instant frees = counter.FreesAt(now);
      REQUIRE(counter.CountedAt(frees.PlusMillis(-1)) == counter.CountedAt(now));
      REQUIRE(counter.CountedAt(frees) < counter.CountedAt(now));
    }
  }
}

}  // namespace
}  // namespace ocs::balance::tests
