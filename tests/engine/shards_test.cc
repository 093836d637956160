// Several shards: what belongs to accounts of two of them happens once, whatever fails in between.

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "balance/shard_map.h"
#include "ocs/base/hash.h"
#include "ocs/base/text.h"
#include "ocs/base/voucher_code.h"
#include "ocs/engine/account_operation.h"
#include "ocs/engine/care_operation.h"
#include "ocs/engine/voucher_operation.h"
#include "tests/engine/catalogues.h"
#include "tests/engine/machine.h"

namespace ocs::engine::tests {
namespace {

using ocs::testing::WriteFault;

constexpr IdentityType kType = IdentityType::kPrivate;

std::string CodeOf(uint8_t n) {
  std::array<uint8_t, 12> bytes{};
  bytes[0] = n;
  bytes[11] = static_cast<uint8_t>(n + 1);
  return VoucherCodeOf(bytes);
}

// What people do with accounts of several shards, by names.
struct People {
  explicit People(Machine& machine) : m(machine) {}

  std::string Create(const std::string& name, std::vector<std::string> identities,
                     const std::string& currency = "CNY") {
    return m.Outcome<CreateAccountCall>(
        [&](auto& call) {
          call.change = {.key = name, .actor = "care", .reason = "test"};
          call.currency = Unit::Of(currency);
          for (const auto& identity : identities) call.identities.emplace_back(kType, identity);
        },
        [&](auto& call) { accounts[name] = call.account; });
  }
  std::string Identity(const std::string& key, const std::string& name, const std::string& data,
                       ChangeIdentityCall::Action action) {
    return m.Outcome<ChangeIdentityCall>([&](auto& call) {
      call.change = {.key = key, .actor = "care", .reason = "test"};
      call.account = accounts.at(name);
      call.action = action;
      call.type = kType;
      call.data = data;
    });
  }
  std::string Add(const std::string& key, const std::string& name, const std::string& data) {
    return Identity(key, name, data, ChangeIdentityCall::Action::kAdd);
  }
  std::string Remove(const std::string& key, const std::string& name, const std::string& data) {
    return Identity(key, name, data, ChangeIdentityCall::Action::kRemove);
  }
  std::string TopUp(const std::string& key, const std::string& name, int64_t micros) {
    return m.Outcome<TopUpCall>([&](auto& call) {
      call.change = {.key = key, .actor = "care", .reason = "test"};
      call.account = accounts.at(name);
      call.currency = Unit::Of("CNY");
      call.amount_micros = micros;
    });
  }
  std::string Give(const std::string& key, const std::string& from, AccountId to, int64_t micros) {
    return m.Outcome<TransferCall>([&](auto& call) {
      call.change = {.key = key, .actor = "care", .reason = "test"};
      call.account = accounts.at(from);
      call.to = to;
      call.amount = micros;
    });
  }
  std::string Give(const std::string& key, const std::string& from, const std::string& to,
                   int64_t micros) {
    return Give(key, from, accounts.at(to), micros);
  }
  std::string Close(const std::string& key, const std::string& name) {
    return m.Outcome<SetStateCall>([&](auto& call) {
      call.change = {.key = key, .actor = "care", .reason = "test"};
      call.account = accounts.at(name);
      call.state = balance::AccountState::kClosed;
    });
  }
  std::string Issue(const std::string& key, uint8_t first, uint8_t count) {
    return m.Outcome<IssueVouchersCall>([&](auto& call) {
      call.change = {.key = key, .actor = "finance", .reason = "test"};
      call.batch = "spring";
      call.terms = {.value = balance::VoucherValue::kMoney,
                    .sold = true,
                    .currency = Unit::Of("CNY"),
                    .amount_micros = 50};
      for (uint8_t i = first; i < first + count; ++i)
        call.vouchers.push_back(balance::HashOfVoucher(CodeOf(i)));
    });
  }
  std::string Redeem(const std::string& key, const std::string& name, uint8_t code) {
    return m.Outcome<RedeemVoucherCall>([&](auto& call) {
      call.change = {.key = key, .actor = "care", .reason = "test"};
      call.account = accounts.at(name);
      call.code = CodeOf(code);
    });
  }
  std::optional<AccountView> View(const std::string& identity) {
    std::optional<AccountView> view;
    m.Outcome<GetAccountCall>(
        [&](auto& call) {
          call.identity_type = kType;
          call.identity = identity;
        },
        [&](auto& call) { view = call.view; });
    return view;
  }
  std::string NameOf(AccountId id) const {
    for (const auto& [name, account] : accounts)
      if (account == id) return name;
    return "somebody";
  }
  uint64_t ShardOf(const std::string& name) const {
    return accounts.at(name).partition().value % m.disks.size();
  }
  // All that there is, by names: account numbers differ where one was reserved in vain.
  std::string Summary(const std::vector<std::string>& identities) {
    std::string all;
    for (const auto& [name, id] : accounts) {
      Kept<GetAccountCall> call;
      call.account = id;
      m.Run(&call);
      REQUIRE(call.status.ok());
      int64_t micros = 0;
      for (const BucketView& bucket : call.view.buckets) micros += bucket.available;
      all += Cat(name, " ", micros, " in ", call.view.buckets.size(), " buckets, ",
                 call.view.identities.size(), " identities\n");
    }
    for (const std::string& identity : identities) {
      const auto view = View(identity);
      all += Cat(identity, " is ", view ? NameOf(view->id) : "nobody's", "\n");
    }
    Kept<ListVouchersCall> list;
    m.Run(&list);
    for (const auto& batch : list.batches)
      all += Cat(batch.name, " ", batch.redeemed, " of ", batch.issued, "\n");
    return all;
  }

  Machine& m;
  std::map<std::string, AccountId> accounts;
};

// The names are such that the accounts and the shards that keep their identities differ.
std::vector<std::string> Live(People& people) {
  std::vector<std::string> outcomes;
  const auto note = [&](std::string outcome) { outcomes.push_back(std::move(outcome)); };
  note(people.Create("ann", {"ann-1", "ann-2", "ann-3"}));
  note(people.Create("bob", {"bob-1"}));
  note(people.Create("eve", {"eve-1"}, "EUR"));
  note(people.Create("dan", {"dan-1"}));
  note(people.TopUp("t1", "ann", 1'000));
  note(people.Give("g1", "ann", "bob", 300));
  note(people.Give("g2", "ann", AccountId::Of(PartitionId{2}, 999), 1));  // Nobody.
  note(people.Give("g3", "ann", "eve", 100));  // Another currency: comes back.
  note(people.Add("i1", "bob", "shared"));
  note(people.Add("i2", "ann", "shared"));  // Is bob's.
  note(people.Create("cid", {"cid-1", "shared", "cid-2"}));
  note(people.Remove("i3", "bob", "shared"));
  note(people.Add("i4", "ann", "shared"));
  note(people.Create("cid", {"cid-1", "cid-2"}));  // The key was never used for anything.
  note(people.Remove("i5", "ann", "ann-2"));
  note(people.Issue("v1", 1, 4));
  note(people.Redeem("r1", "ann", 1));
  note(people.Redeem("r2", "bob", 1));  // It is redeemed.
  note(people.Redeem("r3", "eve", 2));  // Of another currency: free again.
  note(people.Redeem("r4", "bob", 2));
  note(people.Redeem("r5", "cid", 3));
  note(people.Redeem("r6", "bob", 9));  // There is none.
  note(people.Close("c1", "dan"));
  note(people.Give("g4", "bob", "dan", 10));  // Closed: comes back.
  note(people.Give("g5", "bob", "cid", 25));
  note(people.Redeem("r4", "bob", 2));  // The same again.
  return outcomes;
}

const std::vector<std::string> kIdentities = {"ann-1", "ann-2", "ann-3", "bob-1", "cid-1",
                                              "cid-2", "dan-1", "eve-1", "shared"};

}  // namespace

TEST_CASE("what concerns two shards ends as in one", "[engine][unit]") {
  Machine one(1);
  People in_one(one);
  const std::vector<std::string> expected = Live(in_one);
  const std::string summary = in_one.Summary(kIdentities);
  CHECK(expected[5] == "ok");
  CHECK(expected[9] == "ALREADY_EXISTS identity");
  CHECK(expected[10] == "ALREADY_EXISTS identities[1]");
  CHECK(expected[17] == "FAILED_PRECONDITION code");
  for (const int count : {2, 3, 4, 7, 64}) {
    INFO(count << " shards");
    Machine several(count);
    People people(several);
    CHECK(Live(people) == expected);
    CHECK(people.Summary(kIdentities) == summary);
    several.Start();
    CHECK(people.Summary(kIdentities) == summary);
  }
}

TEST_CASE("each write of each shard fails once, and everything ends the same", "[engine][crash]") {
  constexpr int kShards = 4;
  Machine calm(kShards);
  std::vector<int64_t> made;  // Writes that made the stores.
  for (const auto& store : calm.stores) made.push_back(store->write_count());
  People before(calm);
  const std::vector<std::string> expected = Live(before);
  const std::string summary = before.Summary(kIdentities);
  std::set<uint64_t> used;
  for (const auto& [name, id] : before.accounts) used.insert(before.ShardOf(name));
  REQUIRE(used.size() >= 3);
  int restarts = 0;
  for (size_t shard = 0; shard < kShards; ++shard) {
    const int64_t writes = calm.stores[shard]->write_count() - made[shard];
    REQUIRE(writes > 0);
    for (const WriteFault fault : {WriteFault::kRefused, WriteFault::kUncertain}) {
      for (int64_t n = 1; n <= writes; ++n) {
        INFO("write " << n << " of shard " << shard << ", fault " << static_cast<int>(fault));
        Machine m(kShards);
        m.stores[shard]->FailWrite(n, fault, absl::UnavailableError("planted"));
        People people(m);
        REQUIRE(Live(people) == expected);
        m.clock.AdvanceSeconds(1);
        m.engine->Tick();
        m.executor.RunAll();
        REQUIRE(people.Summary(kIdentities) == summary);
        m.Start();
        REQUIRE(people.Summary(kIdentities) == summary);
        restarts += m.restarts;
      }
    }
  }
  CHECK(restarts > 50);
}

TEST_CASE("a transfer that a stop has left on its way arrives by itself", "[engine][crash]") {
  Machine m(4);
  People people(m);
  REQUIRE(people.Create("ann", {}) == "ok");
  REQUIRE(people.Create("bob", {"bob-1"}) == "ok");
  REQUIRE(people.ShardOf("ann") != people.ShardOf("bob"));
  REQUIRE(people.TopUp("t1", "ann", 1'000) == "ok");
  // It leaves, and the process dies before it arrives.
  m.stores[people.ShardOf("bob")]->FailWrite(1, WriteFault::kRefused,
                                             absl::UnavailableError("planted"));
  Kept<TransferCall> call;
  call.change.key = "g1";
  call.account = people.accounts.at("ann");
  call.to = people.accounts.at("bob");
  call.amount = 400;
  m.Run(&call);
  REQUIRE(absl::IsUnavailable(call.status));
  m.Start();
  CHECK(people.View("bob-1")->buckets.at(0).available == 0);
  for (int tick = 0; tick < 3; ++tick) {
    m.clock.AdvanceSeconds(1);
    m.engine->Tick();
    m.executor.RunAll();
  }
  CHECK(people.View("bob-1")->buckets.at(0).available == 400);
  CHECK(people.Give("g1", "ann", "bob", 400) == "ok");  // A repeat changes nothing.
  CHECK(people.View("bob-1")->buckets.at(0).available == 400);
}

TEST_CASE("a claim without its account is worth nothing and is taken over", "[engine][crash]") {
  Machine m(4);
  People people(m);
  // The shard of the account fails when it is to write the account; the claims are durable.
  const auto shard = static_cast<size_t>(PartitionOf("ann").value % 4);
  m.stores[shard]->FailWrite(1, WriteFault::kRefused, absl::UnavailableError("planted"));
  Kept<CreateAccountCall> call;
  call.change.key = "ann";
  call.currency = Unit::Of("CNY");
  for (const char* data : {"n-1", "n-2", "n-3", "n-4", "n-5"})
    call.identities.emplace_back(kType, data);
  m.Run(&call);
  REQUIRE(absl::IsUnavailable(call.status));
  m.Start();
  for (const char* data : {"n-1", "n-2", "n-3", "n-4", "n-5"}) CHECK_FALSE(people.View(data));
  CHECK(people.Create("bob", {"n-1", "n-2", "n-3", "n-4", "n-5"}) == "ok");
  for (const char* data : {"n-1", "n-2", "n-3", "n-4", "n-5"})
    CHECK(people.View(data)->id == people.accounts.at("bob"));
}

TEST_CASE("one catalogue for all shards", "[engine][unit]") {
  Machine m(4);
  People people(m);
  Kept<PublishCatalogueCall> publish;
  publish.change.key = "p1";
  publish.text = kSmallCatalogue;
  publish.effective_from = Instant{0};
  m.Run(&publish);
  INFO(publish.status);
  REQUIRE(publish.status.ok());
  std::set<uint64_t> shards;
  for (int i = 0; i < 12; ++i) {
    const std::string name = Cat("payer-", i);
    REQUIRE(people.Create(name, {Cat("id-", i)}) == "ok");
    REQUIRE(people.TopUp(Cat("t-", i), name, 1'000'000) == "ok");
    Kept<PurchaseCall> buy;
    buy.change.key = Cat("buy-", i);
    buy.account = people.accounts.at(name);
    buy.offer = "pay";
    m.Run(&buy);
    REQUIRE(buy.status.ok());
    CHECK(buy.tariff_revision == publish.revision);
    // The payer is named by an identity, which most often another shard keeps.
    const std::string identity = Cat("id-", i);
    const Ask ask{.session = name, .number = 0, .account = {}, .model = "plain"};
    Kept<CreditControlCall> call;
    Fill(call, ask, RequestType::kEvent);
    call.request.action = RequestedAction::kDirectDebiting;
    call.request.subscriber = {.type = kType, .data = identity};
    call.request.services[0].used = {{TokenKind::kOutput, 100}};
    call.request.services[0].has_used = true;
    m.Run(&call);
    REQUIRE(call.status.ok());
    CHECK(call.answer.code == ResultCode::kSuccess);
    CHECK(people.View(identity)->buckets.at(0).spent == 300);
    shards.insert(people.ShardOf(name));
  }
  CHECK(shards.size() == 4);
  m.Start();
  CHECK(m.engine->revisions().size() == 1);
}

TEST_CASE("another number of shards is refused, in every shard", "[engine][unit]") {
  Machine m(4);
  m.engine.reset();
  for (const size_t count : {size_t{1}, size_t{2}, size_t{3}, size_t{5}}) {
    Machine other(1);
    other.engine.reset();
    other.disks.assign(m.disks.begin(),
                       m.disks.begin() + static_cast<int>(std::min(count, size_t{4})));
    while (other.disks.size() < count) other.disks.push_back(balance::MakeMemStore());
    const absl::Status status = other.TryStart();
    CHECK(absl::IsFailedPrecondition(status));
    CHECK(status.message().find("start with as many shards as it was made with") !=
          std::string::npos);
  }
  // A store that was not made to its end is made to its end.
  Machine half(1);
  half.engine.reset();
  half.disks = {balance::MakeMemStore(), balance::MakeMemStore()};
  REQUIRE(balance::MarkShard(half.disks[1].get(), ShardId{1}, balance::ShardMap::Even(2)).ok());
  CHECK(half.TryStart().ok());
  CHECK(balance::ReadShardMap(*half.disks[0], ShardId{0}, 2)->has_value());
  // Nor are shards exchanged.
  std::swap(m.disks[1], m.disks[2]);
  CHECK(absl::IsFailedPrecondition(m.TryStart()));
}

TEST_CASE("while crossings are held nothing arrives, and it does afterwards", "[engine][unit]") {
  Machine m(4);
  People people(m);
  REQUIRE(people.Create("ann", {}) == "ok");
  REQUIRE(people.Create("bob", {"bob-1"}) == "ok");
  REQUIRE(people.TopUp("t1", "ann", 1'000) == "ok");
  Kept<TransferCall> call;
  call.change.key = "g1";
  call.account = people.accounts.at("ann");
  call.to = people.accounts.at("bob");
  call.amount = 400;
  m.engine->HoldCrossings();
  m.Run(&call);
  CHECK_FALSE(call.done);
  m.engine->ReleaseCrossings();
  m.executor.RunAll();
  CHECK(call.done);
  CHECK(call.status.ok());
  // A server that stops does not wait for a copy.
  Kept<TransferCall> late;
  late.change.key = "g2";
  late.account = people.accounts.at("ann");
  late.to = people.accounts.at("bob");
  late.amount = 1;
  m.engine->HoldCrossings();
  m.Run(&late);
  bool drained = false;
  m.engine->Drain([&] { drained = true; });
  m.executor.RunAll();
  CHECK(drained);
  CHECK(late.done);
  CHECK(absl::IsUnavailable(late.status));
  m.engine->ReleaseCrossings();
}

}  // namespace ocs::engine::tests
