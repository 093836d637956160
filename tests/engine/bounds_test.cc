// Limits and counters without an engine: what they leave, and how they move.

#include "ocs/engine/internal/bounds.h"

#include "balance/ledger.h"
#include "tests/support/catch.h"

namespace ocs::engine {
namespace {

using balance::CounterOwner;
using balance::NodeId;

constexpr Instant kNow{1'779'000'000'000};
const Unit kToken = Unit::Of("token");
const Unit kCny = Unit::Of("CNY");

balance::Limit LimitOf(uint32_t id, NodeId node, const Unit& unit, int64_t amount) {
  balance::Limit limit;
  limit.id = id;
  limit.node = node;
  limit.name = "limit " + std::to_string(id);
  limit.window = {.kind = WindowKind::kDay};
  limit.unit = unit;
  limit.amount = amount;
  return limit;
}

// A department (1) with a member (2) and another member (3), who is nobody's.
balance::Account Family() {
  balance::Account account;
  account.currency = kCny;
  account.nodes = {{.id = {1}, .kind = balance::NodeKind::kGroup, .name = "sales"},
                   {.id = {2}, .parent = {1}, .name = "anna"},
                   {.id = {3}, .name = "bert"}};
  return account;
}

Pots TwoPots(const rating::GrantTerms* terms) {
  Pots pots;
  pots.pots.resize(2);
  pots.pots[0].available = 1000;
  pots.pots[1].available = 5000;
  pots.sources.resize(2);
  pots.sources[0] = {.bucket = {2}, .unit = kToken, .grant = terms};
  pots.sources[1] = {.bucket = {1}, .unit = kCny};
  return pots;
}

void Keep(const CounterChanges& changes, balance::Account* account) {
  balance::EntryBuilder entry;
  entry.Begin(balance::EntryKind::kSessionUpdated, account->id);
  WriteCounters(changes, kNow, &entry);
  std::string bytes;
  entry.AppendTo(&bytes, 1, Position{});
  ByteReader in(bytes);
  const auto view = balance::ParseEntry(in.Text(), Position{.group = 1, .index = 0});
  REQUIRE(view.ok());
  balance::Applier applier;
  REQUIRE(applier.Apply(*view, account).ok());
}

TEST_CASE("limits of the path narrow the pots of their unit, others do not", "[engine][unit]") {
  balance::Account account = Family();
  account.limits = {LimitOf(1, {1}, kCny, 700), LimitOf(2, {3}, kCny, 1),
                    LimitOf(3, {2}, kCny, 900), LimitOf(4, {2}, kToken, 50)};
  account.limits.push_back(LimitOf(5, balance::kRootNode, kCny, 600));
  account.limits.back().until = kNow;  // Has ended.
  account.limits.push_back(LimitOf(6, balance::kRootNode, kCny, 2));
  account.limits.back().alert_only = true;
  Pots pots = TwoPots(nullptr);
  Bounds bounds = CollectBounds(account, {}, pots, NodeId{2}, kNow);
  REQUIRE(bounds.size() == 4);
  NarrowPots(&bounds, &pots);
  CHECK(pots.pots[0].available == 1000);
  CHECK(pots.pots[1].available == 700);
  CHECK(Narrowest(bounds)->name == "limit 1");

  Quantities asked = {{TokenKind::kInput, 20}, {TokenKind::kOutput, 60}};
  CHECK(NarrowQuantities(&bounds, 1, &asked));
  CHECK(asked == Quantities{{TokenKind::kInput, 20}, {TokenKind::kOutput, 30}});
  CHECK(Narrowest(bounds)->name == "limit 4");
  Quantities prompt = {{TokenKind::kInput, 51}};
  CHECK_FALSE(NarrowQuantities(&bounds, 1, &prompt));

  Pots of_bert = TwoPots(nullptr);
  Bounds his = CollectBounds(account, {}, of_bert, NodeId{3}, kNow);
  NarrowPots(&his, &of_bert);
  CHECK(of_bert.pots[1].available == 1);
}

TEST_CASE("a limit of requests counts calls", "[engine][unit]") {
  balance::Account account;
  account.limits = {LimitOf(1, balance::kRootNode, Unit::Of("request"), 2)};
  CounterChanges changes;
  Pots pots = TwoPots(nullptr);
  for (int call = 0; call < 3; ++call) {
    Bounds bounds = CollectBounds(account, changes, pots, balance::kRootNode, kNow);
    Quantities asked = {{TokenKind::kOutput, 5}};
    CHECK(NarrowQuantities(&bounds, 1, &asked) == (call < 2));
    CHECK(CountUse(account, bounds, pots, {.tokens = 5, .requests = 1}, kNow, &changes));
  }
  CHECK(changes[0].counted == 3);  // Use counts, also beyond the limit.
}

TEST_CASE("what is held in a limit is not there for others, until it is given back",
          "[engine][unit]") {
  rating::GrantTerms terms;
  terms.limits = {{.id = 77,
                   .name = "five hours",
                   .window = {.kind = WindowKind::kSliding, .length_ms = 18'000'000},
                   .unit = kToken,
                   .amount = 100}};
  balance::Account account;
  Pots pots = TwoPots(&terms);
  pots.sources[0].bucket = {2};
  const auto left = [&](Instant at) {
    return CollectBounds(account, {}, pots, balance::kRootNode, at)[0].left;
  };
  CHECK(left(kNow) == 100);
  // One call holds 60, another 30.
  balance::Grant first;
  balance::Grant second;
  const rating::HoldLine sixty{.pot = 0, .amount = 60};
  const rating::HoldLine thirty{.pot = 0, .amount = 30};
  CounterChanges changes;
  Bounds bounds = CollectBounds(account, changes, pots, balance::kRootNode, kNow);
  HoldCounters(account, bounds, pots, {.holds = {&sixty, 1}}, kNow, &changes, &first.counter_holds);
  HoldCounters(account, bounds, pots, {.holds = {&thirty, 1}}, kNow, &changes,
               &second.counter_holds);
  // Open sessions have what is held.
  account.sessions.Add({.id = "first"}).grants.push_back(first);
  account.sessions.Add({.id = "second"}).grants.push_back(second);
  Keep(changes, &account);
  CHECK(left(kNow) == 10);
  CHECK(account.FindCounter(77, CounterOwner(balance::kRootNode, {2}))->held == 90);
  // The first is done: it used 80, more than it held.
  changes.clear();
  ReleaseCounters(account, first, &changes);
  bounds = CollectBounds(account, changes, pots, balance::kRootNode, kNow);
  CHECK(bounds[0].left == 70);
  rating::ChargeLine line;
  line.quantity = line.amount = 80;
  CHECK(CountUse(account, bounds, pots, {.lines = {&line, 1}}, kNow, &changes));
  account.sessions.Remove(account.FindSession("first"));
  Keep(changes, &account);
  CHECK(left(kNow) == -10);
  // The second ends by itself; the window slides on.
  changes.clear();
  ReleaseCounters(account, second, &changes);
  account.sessions.clear();
  Keep(changes, &account);
  CHECK(left(kNow) == 20);
  bounds = CollectBounds(account, {}, pots, balance::kRootNode, kNow);
  CHECK(bounds[0].frees_at > kNow.PlusMillis(18'000'000 - 300'000));
  CHECK(left(bounds[0].frees_at) == 100);
}

TEST_CASE("a member's own limit is not the others'", "[engine][unit]") {
  rating::GrantTerms terms;
  terms.limits = {{.id = 7,
                   .name = "each",
                   .window = {.kind = WindowKind::kDay},
                   .unit = kToken,
                   .amount = 10,
                   .per_member = true}};
  balance::Account account = Family();
  Pots pots = TwoPots(&terms);
  CounterChanges changes;
  Bounds annas = CollectBounds(account, changes, pots, NodeId{2}, kNow);
  rating::ChargeLine line;
  line.quantity = line.amount = 8;
  CHECK(CountUse(account, annas, pots, {.lines = {&line, 1}}, kNow, &changes));
  Keep(changes, &account);
  CHECK(CollectBounds(account, {}, pots, NodeId{2}, kNow)[0].left == 2);
  CHECK(CollectBounds(account, {}, pots, NodeId{3}, kNow)[0].left == 10);
  // The next day it begins anew, and what is written then says so.
  const Instant tomorrow = kNow.PlusSeconds(86'400);
  CHECK(CollectBounds(account, {}, pots, NodeId{2}, tomorrow)[0].left == 10);
  changes.clear();
  annas = CollectBounds(account, changes, pots, NodeId{2}, tomorrow);
  CHECK(CountUse(account, annas, pots, {.lines = {&line, 1}}, tomorrow, &changes));
  Keep(changes, &account);
  CHECK(account.FindCounter(7, CounterOwner({2}, {2}))->counted == 8);
}

}  // namespace
}  // namespace ocs::engine
