// Calls that change an account over its life: refusals in order, repeats, what follows.

#include "ocs/engine/account_operation.h"

#include <string>

#include "ocs/base/limits.h"
#include "tests/engine/books.h"
#include "tests/engine/catalogues.h"
#include "tests/engine/harness.h"
#include "tests/engine/script.h"

namespace ocs::engine::tests {
namespace {

using balance::AccountState;
using balance::NodeId;
using balance::NodeKind;

template <typename Call>
std::string Run(Harness& h, Kept<Call>& call) {
  h.Run(&call);
  REQUIRE(call.done);
  return OutcomeText(call);
}

struct NewNode {
  std::string key;
  uint32_t parent = 0;
  NodeKind kind = NodeKind::kMember;
  std::string name = "n";
};

std::string AddNode(Harness& h, AccountId account, const NewNode& node, uint32_t* id = nullptr) {
  Kept<AddNodeCall> call;
  call.change.key = node.key;
  call.account = account;
  call.parent = {node.parent};
  call.kind = node.kind;
  call.name = node.name;
  const std::string outcome = Run(h, call);
  if (id != nullptr) *id = call.node.value;
  return outcome;
}

TEST_CASE("nodes: refusals in order of precedence, repeats, depth", "[engine][unit]") {
  Harness h;
  const AccountId a = h.Create(0);
  CHECK(AddNode(h, a, {.key = ""}) == "INVALID_ARGUMENT idempotency_key");
  CHECK(AddNode(h, a, {.key = "1", .name = ""}) == "INVALID_ARGUMENT name");
  CHECK(AddNode(h, a, {.key = "1", .kind = static_cast<NodeKind>(9)}) == "INVALID_ARGUMENT kind");
  CHECK(AddNode(h, AccountId::Of({7}, 99), {.key = "1"}) == "NOT_FOUND account_id");
  CHECK(AddNode(h, a, {.key = "1", .parent = 5}) == "NOT_FOUND parent_id");
  uint32_t first = 0;
  CHECK(AddNode(h, a, {.key = "1", .kind = NodeKind::kGroup}, &first) == "ok");
  CHECK(first == 1);
  h.Open();
  CHECK(AddNode(h, a, {.key = "1", .kind = NodeKind::kGroup}, &first) == "ok");
  CHECK(first == 1);
  CHECK(AddNode(h, a, {.key = "1", .kind = NodeKind::kKey}) == "ALREADY_EXISTS kind");
  uint32_t deepest = first;
  for (int depth = 2; depth <= kNodeDepthMax; ++depth)
    CHECK(AddNode(h, a, {.key = Cat("d", depth), .parent = deepest}, &deepest) == "ok");
  CHECK(AddNode(h, a, {.key = "deep", .parent = deepest}) == "FAILED_PRECONDITION parent_id");
  CHECK(h.View(a).nodes.size() == static_cast<size_t>(kNodeDepthMax));
}

TEST_CASE("nodes move, are renamed and closed", "[engine][unit]") {
  Harness h;
  const AccountId a = h.Create(0);
  uint32_t group = 0;
  uint32_t member = 0;
  REQUIRE(AddNode(h, a, {.key = "g", .kind = NodeKind::kGroup, .name = "family"}, &group) == "ok");
  REQUIRE(AddNode(h, a, {.key = "m", .parent = group, .name = "anna"}, &member) == "ok");
  const auto change = [&](const std::string& key, uint32_t node, auto fill) {
    Kept<ChangeNodeCall> call;
    call.change.key = key;
    call.account = a;
    call.node = {node};
    fill(call);
    return Run(h, call);
  };
  CHECK(change("1", 9, [](auto&) {}) == "NOT_FOUND node_id");
  CHECK(change("2", group, [&](auto& c) { c.parent = NodeId{member}; }) ==
        "FAILED_PRECONDITION parent_id");
  CHECK(change("3", member, [](auto& c) { c.state = AccountState::kGrace; }) ==
        "INVALID_ARGUMENT state");
  CHECK(change("4", member, [](auto& c) {
          c.parent = balance::kRootNode;
          c.name = "Anna";
          c.state = AccountState::kSuspended;
        }) == "ok");
  h.Open();
  const AccountView view = h.View(a);
  REQUIRE(view.nodes.size() == 2);
  CHECK(view.nodes[1].name == "Anna");
  CHECK(view.nodes[1].parent == 0);
  CHECK(view.nodes[1].state == static_cast<uint8_t>(AccountState::kSuspended));
  CHECK(change("5", group, [](auto& c) { c.state = AccountState::kClosed; }) == "ok");
  CHECK(change("6", group, [](auto& c) { c.name = "x"; }) == "FAILED_PRECONDITION node_id");
  CHECK(AddNode(h, a, {.key = "under", .parent = group}) == "FAILED_PRECONDITION parent_id");
}

TEST_CASE("an identity goes to a node of its account", "[engine][unit]") {
  Harness h;
  const AccountId a = h.Create(0);
  uint32_t member = 0;
  REQUIRE(AddNode(h, a, {.key = "m"}, &member) == "ok");
  using Action = ChangeIdentityCall::Action;
  const auto change = [&](const std::string& key, Action action, uint32_t node) {
    Kept<ChangeIdentityCall> call;
    call.change.key = key;
    call.account = a;
    call.action = action;
    call.data = "8613800000000";
    call.node = {node};
    return Run(h, call);
  };
  CHECK(change("1", Action::kMove, member) == "NOT_FOUND identity");
  CHECK(change("2", Action::kAdd, 7) == "NOT_FOUND node_id");
  CHECK(change("3", Action::kAdd, 0) == "ok");
  CHECK(change("4", Action::kMove, member) == "ok");
  h.Open();
  const auto identities = h.View(a).identities;
  REQUIRE(identities.size() == 2);
  CHECK(identities[0].node == member);
  CHECK(change("5", Action::kRemove, 0) == "ok");
  CHECK(h.View(a).identities.size() == 1);
}

TEST_CASE("limits: refusals in order of precedence, changed and dropped", "[engine][unit]") {
  Harness h;
  const AccountId a = h.Create(0);
  const auto set = [&](const std::string& key, auto fill, uint32_t* id = nullptr) {
    Kept<SetLimitCall> call;
    call.change.key = key;
    call.account = a;
    call.name = "monthly cap";
    call.window.kind = WindowKind::kMonth;
    call.unit = Unit::Of("CNY");
    call.amount = 50'000'000;
    call.alerts = {50, 80, 100};
    fill(call);
    const std::string outcome = Run(h, call);
    if (id != nullptr) *id = call.limit_set;
    return outcome;
  };
  CHECK(set("1", [](auto& c) { c.name = ""; }) == "INVALID_ARGUMENT name");
  CHECK(set("1", [](auto& c) { c.window.kind = WindowKind::kCall; }) == "INVALID_ARGUMENT window");
  CHECK(set("1", [](auto& c) { c.window.length_ms = 5; }) == "INVALID_ARGUMENT window");
  CHECK(set("1", [](auto& c) { c.window.kind = WindowKind::kSliding; }) ==
        "INVALID_ARGUMENT window");
  CHECK(set("1", [](auto& c) { c.unit = Unit{}; }) == "INVALID_ARGUMENT unit");
  CHECK(set("1", [](auto& c) { c.amount = -1; }) == "INVALID_ARGUMENT amount");
  CHECK(set("1", [](auto& c) { c.alerts = {80, 50}; }) == "INVALID_ARGUMENT alerts");
  CHECK(set("1", [](auto& c) { c.alerts = {101}; }) == "INVALID_ARGUMENT alerts");
  CHECK(set("1", [](auto& c) { c.unit = Unit::Of("USD"); }) == "INVALID_ARGUMENT unit");
  CHECK(set("1", [](auto& c) { c.node = {3}; }) == "NOT_FOUND node_id");
  CHECK(set("1", [](auto& c) { c.limit = 3; }) == "NOT_FOUND limit_id");
  uint32_t id = 0;
  CHECK(set(
            "1", [](auto&) {}, &id) == "ok");
  CHECK(id == 1);
  CHECK(set(
            "1", [](auto&) {}, &id) == "ok");
  CHECK(id == 1);
  CHECK(set("1", [](auto& c) { c.amount = 7; }) == "ALREADY_EXISTS amount");
  CHECK(set("2", [](auto& c) { c.limit = 1, c.amount = 60'000'000; }) == "ok");
  h.Open();
  const AccountView view = h.View(a);
  REQUIRE(view.limits.size() == 1);
  CHECK(view.limits[0].amount == 60'000'000);
  CHECK(view.limits[0].left == 60'000'000);
  CHECK(view.limits[0].window == "month");
  CHECK(view.limits[0].alerts == std::vector<int>{50, 80, 100});
  Kept<DropLimitCall> drop;
  drop.change.key = "drop";
  drop.account = a;
  drop.limit = 1;
  CHECK(Run(h, drop) == "ok");
  CHECK(h.View(a).limits.empty());
  Kept<DropLimitCall> again;
  again.change.key = "drop-2";
  again.account = a;
  again.limit = 1;
  CHECK(Run(h, again) == "NOT_FOUND limit_id");
}

TEST_CASE("a limit that counts for open sessions keeps its window", "[engine][unit]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run("account A money=1000000\nbuy A pay");
  const auto set = [&](const std::string& key, uint32_t limit, WindowKind window, int64_t amount) {
    Kept<SetLimitCall> call;
    call.change.key = key;
    call.account = script.account("A");
    call.limit = limit;
    call.name = "cap";
    call.window.kind = window;
    call.unit = Unit::Of("token");
    call.amount = amount;
    return Run(h, call);
  };
  CHECK(set("1", 0, WindowKind::kDay, 500) == "ok");
  script.Run("initial s 0 A 1/plain/output:300/_    -> 2001 | 1 2001 granted=output:300");
  CHECK(h.View(script.account("A")).limits[0].held == 300);
  CHECK(set("2", 1, WindowKind::kMonth, 500) == "FAILED_PRECONDITION limit_id");
  CHECK(set("3", 1, WindowKind::kDay, 600) == "ok");
  script.Run("terminate s 1 A 1/_/_/output:200      -> 2001 cost=600 | 1 2001 charged=600");
  CHECK(h.View(script.account("A")).limits[0].used == 200);
  CHECK(h.View(script.account("A")).limits[0].left == 400);
  CHECK(set("4", 1, WindowKind::kMonth, 600) == "ok");
  CHECK(h.View(script.account("A")).limits[0].used == 0);
}

TEST_CASE("a profile is changed field by field", "[engine][unit]") {
  Harness h;
  const AccountId a = h.Create(0, 5'000'000);
  const auto set = [&](const std::string& key, auto fill) {
    Kept<SetProfileCall> call;
    call.change.key = key;
    call.account = a;
    fill(call);
    return Run(h, call);
  };
  CHECK(set("1", [](auto& c) { c.credit_limit_micros = -1; }) ==
        "INVALID_ARGUMENT credit_limit_micros");
  CHECK(set("1", [](auto& c) { c.segment = std::string(129, 's'); }) == "INVALID_ARGUMENT segment");
  CHECK(set("1", [](auto& c) { c.billing_day = 32; }) == "INVALID_ARGUMENT billing_day");
  CHECK(set("1", [](auto& c) { c.segment = "students", c.billing_day = 31; }) == "ok");
  CHECK(set("1", [](auto& c) { c.segment = "students", c.billing_day = 30; }) ==
        "ALREADY_EXISTS billing_day");
  CHECK(set("2", [](auto& c) { c.credit_limit_micros = 0; }) == "ok");
  h.Open();
  const AccountView view = h.View(a);
  CHECK(view.segment == "students");
  CHECK(view.billing_day == 31);
  CHECK(view.credit_limit_micros == 0);
  CHECK(view.state == "active");
}

struct States {
  AccountState from;
  AccountState to;
  bool allowed;
};

std::string SetState(Harness& h, AccountId account, const std::string& key, AccountState state) {
  Kept<SetStateCall> call;
  call.change.key = key;
  call.account = account;
  call.state = state;
  return Run(h, call);
}

TEST_CASE("which state follows which", "[engine][unit]") {
  constexpr AccountState kPre = AccountState::kPreActive;
  constexpr AccountState kActive = AccountState::kActive;
  constexpr AccountState kGrace = AccountState::kGrace;
  constexpr AccountState kSuspended = AccountState::kSuspended;
  constexpr AccountState kClosed = AccountState::kClosed;
  const auto row = GENERATE_COPY(
      States{kPre, kActive, true}, States{kPre, kGrace, false}, States{kPre, kClosed, true},
      States{kActive, kPre, false}, States{kActive, kActive, false}, States{kActive, kGrace, true},
      States{kActive, kSuspended, true}, States{kActive, kClosed, true},
      States{kGrace, kActive, true}, States{kGrace, kSuspended, true},
      States{kSuspended, kGrace, true}, States{kSuspended, kActive, true},
      States{kSuspended, kClosed, true}, States{kClosed, kActive, false});
  CAPTURE(static_cast<int>(row.from));
  CAPTURE(static_cast<int>(row.to));
  Harness h;
  Kept<CreateAccountCall> create;
  create.change.key = "c";
  create.currency = Unit::Of("CNY");
  create.pre_active = row.from == kPre;
  REQUIRE(Run(h, create) == "ok");
  if (row.from != kPre && row.from != kActive)
    REQUIRE(SetState(h, create.account, "from", row.from) == "ok");
  const std::string refused =
      row.from == kClosed ? "FAILED_PRECONDITION account_id" : "FAILED_PRECONDITION state";
  CHECK(SetState(h, create.account, "to", row.to) == (row.allowed ? "ok" : refused));
}

TEST_CASE("what a state allows: use, purchase, top-up", "[engine][unit]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run("account A money=30000000\nbuy A pay");
  const AccountId a = script.account("A");
  REQUIRE(SetState(h, a, "1", AccountState::kGrace) == "ok");
  script.Run(R"(
    debit e 0 A 1/plain/_/output:1              -> 4010 field=subscription_id
    buy A pack                                  -> FAILED_PRECONDITION field=account_id
    top_up A 5                                  -> ok available=30000005
  )");
  REQUIRE(SetState(h, a, "2", AccountState::kSuspended) == "ok");
  script.Run(R"(
    debit e 1 A 1/plain/_/output:1              -> 4010 field=subscription_id
    top_up A 5                                  -> ok available=30000010
  )");
  REQUIRE(SetState(h, a, "3", AccountState::kActive) == "ok");
  script.Run(
      "debit e 2 A 1/plain/_/output:1    -> 2001 cost=3 | 1 2001 granted=output:1 charged=3");
}

TEST_CASE("closing settles holds, packages and money", "[engine][unit]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=30000000
    buy A pack                                  -> ok fee=10000000 bucket=2
    buy A pay
    initial s 0 A 1/plain/output:600/_          -> 2001 | 1 2001 granted=output:600
  )");
  const auto settle = GENERATE(SetStateCall::Settle::kPayOut, SetStateCall::Settle::kForfeit);
  const bool paid = settle == SetStateCall::Settle::kPayOut;
  Kept<SetStateCall> close;
  for (int repeat = 0; repeat < 2; ++repeat) {
    Kept<SetStateCall> call;
    call.change.key = "close";
    call.account = script.account("A");
    call.state = AccountState::kClosed;
    call.settle = settle;
    CHECK(Run(h, call) == "ok");
    CHECK(call.paid_out_micros == (paid ? 20'000'000 : 0));
    h.Open();
  }
  script.Run(R"(
    sessions A                                  -> none
    bucket A 2                                  -> none
    debit e 0 A 1/plain/_/output:1              -> 4010 field=subscription_id
    top_up A 5                                  -> FAILED_PRECONDITION field=account_id
  )");
  const Totals totals = TotalsOf(*h.store);
  CHECK(totals.Of(LedgerAccount::kBreakage) == 10'000'000);
  CHECK(totals.Of(LedgerAccount::kCash) == (paid ? -10'000'000 : -30'000'000));
  CHECK(totals.Of(LedgerAccount::kAvailable) == 0);
  CHECK(totals.Of(LedgerAccount::kHeld) == 0);
  CHECK(AccountsOf(*h.store).at(script.account("A").value).state == AccountState::kClosed);
}

TEST_CASE("a dated change happens at its time, and can be taken back", "[engine][unit]") {
  Harness h;
  const AccountId a = h.Create(1'000);
  const Instant first = h.clock.Now().PlusSeconds(3'600);
  const Instant second = h.clock.Now().PlusSeconds(7'200);
  const auto set = [&](const std::string& key, AccountState state, Instant at, bool withdraw) {
    Kept<SetStateCall> call;
    call.change.key = key;
    call.change.reason = "unpaid bill";
    call.account = a;
    call.state = state;
    call.at = at;
    call.withdraw = withdraw;
    return Run(h, call);
  };
  CHECK(set("1", AccountState::kSuspended, h.clock.Now(), false) == "INVALID_ARGUMENT at");
  CHECK(set("2", AccountState::kSuspended, first, false) == "ok");
  CHECK(set("3", AccountState::kClosed, second, false) == "ok");
  CHECK(set("4", AccountState::kActive, second, true) == "NOT_FOUND at");
  h.Open();
  CHECK(h.View(a).dated_changes.size() == 2);
  Script script(h);
  script.Run("tick 3601");
  CHECK(h.View(a).state == "suspended");
  CHECK(set("5", AccountState::kClosed, second, true) == "ok");
  script.Run("tick 7200");
  CHECK(h.View(a).state == "suspended");
  CHECK(h.View(a).dated_changes.empty());
  CHECK(set("6", AccountState::kClosed, h.clock.Now().PlusSeconds(60), false) == "ok");
  script.Run("tick 61");
  CHECK(h.View(a).state == "closed");
  CHECK(TotalsOf(*h.store).Of(LedgerAccount::kCash) == 0);  // Paid in, and paid out.
}

}  // namespace
}  // namespace ocs::engine::tests
