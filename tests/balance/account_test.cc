#include "balance/account.h"

#include <algorithm>
#include <string>

#include "absl/strings/escaping.h"
#include "ocs/base/limits.h"
#include "tests/balance/samples.h"

namespace ocs::balance::tests {
namespace {

constexpr const char* kVersion1 =
    "010985808080809a010303434e591880f8cdcac6670409020202020305746f6b656e80f8cdcac667c0a1d5ca"
    "c667040102d00fd8049003a0068c013cc0bfb80980b3e3030180897a0003434e5900feffffffffffffffff01"
    "0000000009000a000000000104010280f8cdcac667feffffffffffffffff010103732d3104030280f8cdcac6"
    "67d087cecac66780b6e0cbc66722080101060d646565707365656b2d76332e320200960104320102c801020b"
    "0000000000000003020c00000000000000070602000d383631333830303030303030300408637573746f6d65"
    "72";

TEST_CASE("an account state is what was encoded", "[balance][unit]") {
  for (const Account& account : {SampleAccount(), WideAccount(), Account(NewAccount(5))}) {
    const std::string bytes = Bytes(account);
    const auto decoded = DecodeAccount(bytes);
    REQUIRE(decoded.ok());
    CHECK(*decoded == account);
    CHECK(Bytes(*decoded) == bytes);
  }
}

TEST_CASE("an account state of format version 1 is read as it was meant", "[balance][unit]") {
  // SampleAccount(), as the release that wrote version 1 encoded it; its identities in the order in
  // which they were added.
  const std::string bytes = absl::HexStringToBytes(kVersion1);
  const auto decoded = DecodeAccount(bytes);
  REQUIRE(decoded.ok());
  CHECK(*decoded == SampleAccount());
  CHECK(Bytes(*decoded)[0] == 3);
}

TEST_CASE("a state without what version 4 added is written as version 3", "[balance][unit]") {
  Account account = WideAccount();
  CHECK(Bytes(account)[0] == 4);
  const auto only = [&](auto change) {
    Account changed = WideAccount();
    changed.sessions[0].origin_host.clear();
    changed.sessions[0].origin_state = 0;
    changed.demands.clear();
    changed.watches.clear();
    CHECK(Bytes(changed)[0] == 3);
    change(changed);
    const std::string bytes = Bytes(changed);
    CHECK(bytes[0] == 4);
    const auto decoded = DecodeAccount(bytes);
    REQUIRE(decoded.ok());
    CHECK(*decoded == changed);
  };
  only([&](Account& a) { a.sessions[0].origin_host = "g"; });
  only([&](Account& a) { a.sessions[0].origin_state = 7; });
  only([&](Account& a) { a.demands = account.demands; });
  only([&](Account& a) { a.watches = account.watches; });
}

TEST_CASE("an account state that is cut, lengthened or of another version is refused",
          "[balance][unit]") {
  const std::string bytes = Bytes(WideAccount());
  for (size_t length = 0; length < bytes.size(); ++length) {
    INFO(length);
    CHECK(absl::IsDataLoss(DecodeAccount(bytes.substr(0, length)).status()));
  }
  CHECK(absl::IsDataLoss(DecodeAccount(bytes + '\0').status()));
  std::string newer = bytes;
  newer[0] = 5;
  CHECK(DecodeAccount(newer).status().message().find("version 5") != std::string::npos);
}

TEST_CASE("no damage of an account state stops the process", "[balance][property]") {
  const std::string bytes = Bytes(WideAccount());
  int refused = 0;
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      const auto decoded = DecodeAccount(damaged);
      if (!decoded.ok()) {
        ++refused;
        CHECK(absl::IsDataLoss(decoded.status()));
      }
    }
  }
  CHECK(refused > 100);
}

TEST_CASE("what may be spent of the main balance includes the credit limit", "[balance][unit]") {
  Account account = SampleAccount();
  CHECK(account.Spendable(account.buckets[0]) == 300);
  CHECK(account.Spendable(account.buckets[1]) == 7);
  account.buckets[1].available = -100;
  CHECK(account.Spendable(account.buckets[1]) == -88);
  account.buckets[1].available = INT64_MAX - 5;
  CHECK(account.Spendable(account.buckets[1]) == INT64_MAX);
}

TEST_CASE("an account falls due with the first end of what it has", "[balance][unit]") {
  Account account = SampleAccount();
  CHECK(account.NextDue() == kNow.PlusSeconds(60));
  // All of the bucket is held: the session's end settles it.
  account.buckets[0].available = 0;
  CHECK(account.NextDue() == kNow.PlusSeconds(1200));
  account.sessions.clear();
  CHECK(account.NextDue() == Instant::Never());
  account.buckets[0].held = 0;
  CHECK(account.NextDue() == kNow.PlusSeconds(60));
}

TEST_CASE("refills, renewals, dated changes and transfers fall due too", "[balance][unit]") {
  Account account = WideAccount();
  CHECK(account.NextDue() == kNow.PlusSeconds(20));  // The transfer.
  account.transfers.clear();
  CHECK(account.NextDue() == kNow.PlusSeconds(30));  // The refill.
  account.buckets[0].valid_until = kNow.PlusSeconds(29);
  CHECK(account.NextDue() == kNow.PlusMillis(29'000 - 3'600));  // The notice that it ends.
  account.buckets[0].notice_ms = 0;
  CHECK(account.NextDue() == kNow.PlusSeconds(29));  // It ends before.
  account.buckets[0].available = 0;
  account.buckets[0].refills_at = Instant::Never();
  CHECK(account.NextDue() == kNow.PlusSeconds(600));  // The dated change.
  account.dated_changes.clear();
  CHECK(account.NextDue() == kNow.PlusSeconds(650));  // The volume price's window.
  account.volume_windows.clear();
  CHECK(account.NextDue() == kNow.PlusSeconds(900));  // A cancelled subscription only ends.
  account.subscriptions[1].cancelled = false;
  CHECK(account.NextDue() == kNow.PlusSeconds(800));
  account.subscriptions[1].id = 0;
  CHECK(account.NextDue() == kNow.PlusSeconds(990));  // A demand is asked again.
  account.demands.clear();
  CHECK(account.NextDue() == kNow.PlusSeconds(1200));  // The session.
  account.sessions.clear();
  account.limits.clear();
  CHECK(account.NextDue() == kNow.PlusSeconds(8'000));  // The watch ends.
}

TEST_CASE("nodes, limits, counters, identities and transfers are found", "[balance][unit]") {
  const Account account = WideAccount();
  CHECK(account.FindNode({2}) == &account.nodes[1]);
  CHECK(account.FindNode(kRootNode) == nullptr);
  CHECK(account.FindNode({3}) == nullptr);
  CHECK(account.IsAtOrAbove(kRootNode, {2}));
  CHECK(account.IsAtOrAbove(kRootNode, kRootNode));
  CHECK(account.IsAtOrAbove({1}, {2}));
  CHECK(account.IsAtOrAbove({2}, {2}));
  CHECK_FALSE(account.IsAtOrAbove({2}, {1}));
  CHECK_FALSE(account.IsAtOrAbove({1}, kRootNode));
  CHECK_FALSE(account.IsAtOrAbove({1}, {9}));
  CHECK(account.PathOf({2}) == absl::InlinedVector<NodeId, 9>{{2}, {1}, kRootNode});
  CHECK(account.PathOf(kRootNode) == absl::InlinedVector<NodeId, 9>{kRootNode});
  CHECK(account.FindLimit(7) == &account.limits[0]);
  CHECK(account.FindLimit(8) == nullptr);
  CHECK(account.FindCounter(7, 1) == &account.counters[0]);
  CHECK(account.FindCounter(7, 2) == nullptr);
  CHECK(account.FindIdentity(4, "key-2") == &account.identities[2]);
  CHECK(account.FindIdentity(0, "key-2") == nullptr);
  CHECK(account.FindSubscription(1) == &account.subscriptions[1]);
  CHECK(account.FindSubscription(0) == nullptr);  // Written before ids: several may have it.
  CHECK(account.FindTransfer("gift-1") == &account.transfers[0]);
  CHECK(account.FindTransfer("gift") == nullptr);
  CHECK(account.FindDemand("s-1") == &account.demands[0]);
  CHECK(account.FindDemand("s") == nullptr);
  CHECK(account.FindWatch("pcf-1") == &account.watches[0]);
  CHECK(account.FindWatch("pcf") == nullptr);
}

TEST_CASE("an account state of format version 2 has no windows of volume prices",
          "[balance][unit]") {
  Account account = WideAccount();
  account.volume_windows.clear();
  account.sessions[0].origin_host.clear();
  account.sessions[0].origin_state = 0;
  account.demands.clear();
  account.watches.clear();
  std::string bytes = Bytes(account);
  REQUIRE(bytes.back() == 0);  // So many windows.
  bytes.pop_back();
  bytes.front() = 2;
  const auto read = DecodeAccount(bytes);
  REQUIRE(read.ok());
  CHECK(*read == account);
  bytes.front() = 3;
  CHECK_FALSE(DecodeAccount(bytes).ok());
}

TEST_CASE("a window gives back its excess as far as the account's own money paid",
          "[balance][unit]") {
  const auto rebate = [](int64_t charged, int64_t own, int64_t excess) {
    return VolumeWindow{.charged_micros = charged, .own_micros = own, .excess_micros = excess}
        .Rebate();
  };
  CHECK(rebate(200, 200, 68) == 68);
  CHECK(rebate(200, 100, 68) == 34);
  CHECK(rebate(200, 100, 69) == 34);
  CHECK(rebate(200, 0, 68) == 0);
  CHECK(rebate(200, 200, 0) == 0);
  CHECK(rebate(200, 200, -5) == 0);
  CHECK(rebate(50, 50, 68) == 50);  // Never more than was charged.
  CHECK(rebate(0, 0, 68) == 0);
  CHECK(rebate(INT64_MAX, INT64_MAX, INT64_MAX) == INT64_MAX);
  const Account account = WideAccount();
  CHECK(account.FindVolumeWindow(0xffffffffffffffff, kNow) == account.volume_windows.data());
  CHECK(account.FindVolumeWindow(0xffffffffffffffff, kNow.PlusMillis(1)) == nullptr);
}

TEST_CASE("a circle of nodes in a damaged state ends every search", "[balance][unit]") {
  Account account = WideAccount();
  account.nodes[0].parent = {2};
  CHECK_FALSE(account.IsAtOrAbove({7}, {2}));
  CHECK(account.PathOf({2}).size() == kNodeDepthMax + 1);
  CHECK(absl::IsInternal(CheckInvariants(account)));
}

TEST_CASE("what counts ends with its window, and leaves a sliding one slot by slot",
          "[balance][unit]") {
  const Account account = WideAccount();
  const Counter& cycle = account.counters[0];
  CHECK(cycle.CountedAt(kNow.PlusSeconds(699)) == 30);
  CHECK(cycle.FreesAt(kNow) == kNow.PlusSeconds(700));
  CHECK(cycle.CountedAt(kNow.PlusSeconds(700)) == 0);
  CHECK(cycle.FreesAt(kNow.PlusSeconds(700)) == Instant::Never());
  // A minute in slots of a second: what was used in a slot counts until all of it is a minute old.
  const Counter& sliding = account.counters[1];
  CHECK(sliding.CountedAt(kNow.PlusMillis(-1)) == 0);
  CHECK(sliding.CountedAt(kNow) == 5);
  CHECK(sliding.CountedAt(kNow.PlusSeconds(2)) == 11);
  CHECK(sliding.FreesAt(kNow.PlusSeconds(2)) == kNow.PlusSeconds(61));
  CHECK(sliding.CountedAt(kNow.PlusMillis(60'999)) == 11);
  CHECK(sliding.CountedAt(kNow.PlusSeconds(61)) == 6);
  CHECK(sliding.FreesAt(kNow.PlusSeconds(61)) == kNow.PlusSeconds(63));
  CHECK(sliding.CountedAt(kNow.PlusSeconds(63)) == 0);
}

TEST_CASE("buckets and sessions are found by their ids", "[balance][unit]") {
  Account account = SampleAccount();
  CHECK(account.FindBucket({2}) == &account.buckets[0]);
  CHECK(account.FindBucket(kMainBucket) == &account.buckets[1]);
  CHECK(account.FindBucket({3}) == nullptr);
  CHECK(account.FindSession("s-1") == &account.sessions[0]);
  CHECK(account.FindSession("s-2") == nullptr);
  const Account& same = account;
  CHECK(same.FindBucket({2}) == &account.buckets[0]);
  CHECK(same.FindSession("s-1") == &account.sessions[0]);
}

TEST_CASE("each of many open sessions is found, also when others have closed", "[balance][unit]") {
  SessionList sessions;
  const auto id = [](int i) { return Cat("gw1;", i); };
  for (int i = 0; i < 300; ++i) sessions.Add({.id = id(i), .number_max = static_cast<uint32_t>(i)});
  for (int i = 0; i < 300; i += 3) sessions.Remove(sessions.Find(id(i)));
  CHECK(sessions.size() == 200);
  for (int i = 0; i < 300; ++i) {
    const Session* found = sessions.Find(id(i));
    REQUIRE((found != nullptr) == (i % 3 != 0));
    if (found != nullptr) CHECK(found->number_max == static_cast<uint32_t>(i));
  }
  sessions.Sort();
  CHECK(std::is_sorted(sessions.begin(), sessions.end(),
                       [](const Session& a, const Session& b) { return a.id < b.id; }));
  CHECK(sessions.Find(id(7)) != nullptr);
  sessions.Remove(&sessions.back());
  CHECK(sessions.size() == 199);
  sessions.clear();
  CHECK(sessions.Find(id(7)) == nullptr);
  CHECK(sessions == SessionList());
}

TEST_CASE("states of an account have names", "[balance][unit]") {
  CHECK(AccountStateName(AccountState::kPreActive) == "pre-active");
  CHECK(AccountStateName(AccountState::kClosed) == "closed");
  CHECK(NodeKindName(NodeKind::kGroup) == "group");
  CHECK(NodeKindName(NodeKind::kKey) == "key");
}

}  // namespace
}  // namespace ocs::balance::tests
