// The inspector over the stores of several shards: what one keeps for accounts of another.

#include <array>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "balance/book.h"
#include "balance/changes.h"
#include "balance/journal.h"
#include "balance/trial.h"
#include "ocs/base/bytes.h"
#include "ocs/base/text.h"
#include "ocs/base/voucher_code.h"
#include "ocs/engine/account_operation.h"
#include "ocs/engine/care_operation.h"
#include "ocs/engine/voucher_operation.h"
#include "tests/engine/machine.h"
#include "tools/inspect/other_shards.h"
#include "tools/inspect/prove.h"
#include "tools/inspect/transfer_check.h"
#include "tools/inspect/trial_text.h"

namespace ocs::tools {
namespace {

using engine::IdentityType;
using engine::tests::Kept;
using engine::tests::Machine;

constexpr int kShards = 4;

std::string CodeOf(uint8_t n) {
  std::array<uint8_t, 12> bytes{};
  bytes[3] = n;
  return VoucherCodeOf(bytes);
}

// Accounts in all shards, each with an identity and a voucher's money.
struct Town {
  Town() : machine(kShards) {
    Kept<engine::IssueVouchersCall> issue;
    issue.change.key = "issue";
    issue.batch = "spring";
    issue.terms = {.currency = Unit::Of("CNY"), .amount_micros = 50};
    for (uint8_t i = 0; i < kAccounts; ++i)
      issue.vouchers.push_back(balance::HashOfVoucher(CodeOf(i)));
    Run(&issue);
    for (uint8_t i = 0; i < kAccounts; ++i) {
      Kept<engine::CreateAccountCall> create;
      create.change.key = Cat("account-", i);
      create.currency = Unit::Of("CNY");
      create.identities = {{IdentityType::kPrivate, Cat("customer-", i)}};
      Run(&create);
      accounts.push_back(create.account);
      Kept<engine::RedeemVoucherCall> redeem;
      redeem.change.key = Cat("redeem-", i);
      redeem.account = create.account;
      redeem.code = CodeOf(i);
      Run(&redeem);
    }
    // So that the states are written, too.
    machine.engine->Drain([] {});
    machine.executor.RunAll();
    machine.engine.reset();
  }
  void Run(engine::Operation* call) {
    machine.Run(call);
    INFO(call->status);
    REQUIRE(call->status.ok());
  }
  std::vector<const balance::Store*> Stores() const {
    std::vector<const balance::Store*> stores;
    for (const auto& disk : machine.disks) stores.push_back(disk.get());
    return stores;
  }
  // How many checks failed over all shards, by check.
  int Failed(Check check, const std::vector<const balance::Store*>& stores) const {
    int failed = 0;
    for (const auto& disk : machine.disks) {
      const auto report = Prove(*disk, {.shards = stores});
      INFO(report.status());
      REQUIRE(report.ok());
      failed += static_cast<int>(report->checks[static_cast<size_t>(check)].failed);
    }
    return failed;
  }

  // Gives to accounts of all shards.
  void Give() {
    machine.Start();
    for (uint8_t i = 0; i < kAccounts; ++i) {
      Kept<engine::TransferCall> give;
      give.change.key = Cat("give-", i);
      give.account = accounts[i];
      give.to = accounts[(i + 1) % kAccounts];
      give.amount = 10 + i;
      Run(&give);
    }
  }

  static constexpr uint8_t kAccounts = 12;
  Machine machine;
  std::vector<AccountId> accounts;
};

}  // namespace

TEST_CASE("the stores of several shards are proved together", "[inspect][unit]") {
  const Town town;
  const auto stores = town.Stores();
  for (size_t i = 0; i < stores.size(); ++i) {
    const auto report = Prove(*stores[i], {.shards = stores});
    REQUIRE(report.ok());
    CHECK(report->ok());
    CHECK(report->shard_count == kShards);
    CHECK(report->notes.empty());
    // Alone it is proved but for what others keep.
    const auto alone = Prove(*stores[i], {});
    REQUIRE(alone.ok());
    CHECK(alone->ok());
    CHECK(alone->notes.size() == 1);
  }
}

TEST_CASE("an identity that leads to another account in its shard is found", "[inspect][unit]") {
  Town town;
  const std::string key =
      balance::Book::IdentityKey(static_cast<uint8_t>(IdentityType::kPrivate), "customer-3");
  const auto keeper =
      balance::Book::IdentityPartition(static_cast<uint8_t>(IdentityType::kPrivate), "customer-3");
  balance::StoreBatch batch;
  std::string row;
  ByteWriter(&row).Varint(town.accounts[4].value);
  batch.Put(balance::Table::kIdentities, key, row);
  REQUIRE(town.machine.disks[keeper.value % kShards]->Write(batch).ok());
  CHECK(town.Failed(Check::kIdentities, town.Stores()) == 1);
}

TEST_CASE("a voucher that another account has claimed is found", "[inspect][unit]") {
  Town town;
  uint8_t n = 0;  // Of an account that is not in the first shard.
  while (town.accounts[n].partition().value % kShards == 0) ++n;
  const balance::VoucherHash hash = balance::HashOfVoucher(CodeOf(n));
  const auto row = town.machine.disks[0]->Get(balance::Table::kVouchers, balance::VoucherKey(hash));
  auto voucher = balance::DecodeVoucher(**row);
  REQUIRE(voucher.ok());
  REQUIRE(voucher->claimed_by == town.accounts[n]);
  voucher->claimed_by = town.accounts[n + 1];
  std::string bytes;
  balance::EncodeVoucher(*voucher, &bytes);
  balance::StoreBatch batch;
  batch.Put(balance::Table::kVouchers, balance::VoucherKey(hash), bytes);
  REQUIRE(town.machine.disks[0]->Write(batch).ok());
  // The account's shard does not find its claim, and the table is not what the journal says.
  CHECK(town.Failed(Check::kVouchers, town.Stores()) == 2);
}

namespace {

// What all stores together say of transfers, proved and as a trial balance.
struct Inspected {
  TransferReport transfers;
  bool proved = true;     // Of each shard, and of the transfers.
  bool balanced = false;  // Of the trial balance of all.
  std::string text;       // That in words.
};

Inspected Inspect(const std::vector<const balance::Store*>& stores) {
  Inspected found;
  TransferCheck check;
  std::vector<balance::TrialBalance> trials;
  for (const balance::Store* store : stores) {
    const auto report = Prove(*store, {.shards = stores, .transfers = &check});
    REQUIRE(report.ok());
    found.proved = found.proved && report->ok();
    trials.push_back(*balance::ReadTrialBalance(*store, {}));
  }
  found.transfers = check.Finish();
  found.proved = found.proved && found.transfers.ok();
  found.text = AllShardsInWords(balance::SumOf(trials), found.transfers, &found.balanced);
  return found;
}

// Two accounts of two shards, and a gift that stops after so many tasks of the machine.
struct Gift {
  explicit Gift(bool receiver_closes) : machine(kShards) {
    for (AccountId* account : {&from, &to}) {
      do {  // Another shard than the other's.
        Kept<engine::CreateAccountCall> create;
        create.change.key = Cat("account-", ++made);
        create.currency = Unit::Of("CNY");
        machine.Run(&create);
        REQUIRE(create.status.ok());
        *account = create.account;
      } while (to.valid() && ShardOf(from) == ShardOf(to));
    }
    Kept<engine::TopUpCall> top_up;
    top_up.change.key = "money";
    top_up.account = from;
    top_up.currency = Unit::Of("CNY");
    top_up.amount_micros = 1'000;
    machine.Run(&top_up);
    REQUIRE(top_up.status.ok());
    give.change.key = "give";
    give.account = from;
    give.to = to;
    give.amount = 400;
    if (!receiver_closes) return;
    Kept<engine::SetStateCall> close;
    close.change.key = "close";
    close.account = to;
    close.state = balance::AccountState::kClosed;
    machine.Run(&close);
    REQUIRE(close.status.ok());
  }
  static uint64_t ShardOf(AccountId account) { return account.partition().value % kShards; }

  // False: it was done before so many tasks were.
  bool GiveUntil(int tasks) {
    machine.engine->Submit(&give);
    for (int i = 0; i < tasks; ++i)
      if (!machine.executor.RunOne()) return false;
    return true;
  }
  std::vector<const balance::Store*> Stores() const {
    std::vector<const balance::Store*> stores;
    for (const auto& disk : machine.disks)
      if (disk->Get(balance::Table::kMeta, balance::meta_key::kFormat)->has_value())
        stores.push_back(disk.get());
    return stores;
  }

  Machine machine;
  AccountId from;
  AccountId to;
  Kept<engine::TransferCall> give;
  int made = 0;
};

// Entries that no engine would write.
class Forgery final {
 public:
  void Add(balance::EntryKind kind, AccountId account,
           const std::function<void(balance::EntryBuilder&)>& fill) {
    balance::EntryBuilder entry;
    entry.Begin(kind, account);
    fill(entry);
    balance::Group group;
    group.Begin({0}, ++groups_, Instant{0});
    group.offsets.push_back(static_cast<uint32_t>(group.bytes.size()));
    entry.AppendTo(&group.bytes, groups_, {});
    const auto view = balance::ParseEntry(group.entry(0), {.group = groups_, .index = 0});
    REQUIRE(view.ok());
    check.Add(*view);
  }
  void Sent(const std::string& id, int64_t amount, int64_t left) {
    Add(balance::EntryKind::kTransferSent, kFrom, [&](balance::EntryBuilder& entry) {
      entry.Post(balance::LedgerAccount::kAvailable, balance::kMainBucket, -left);
      entry.Post(balance::LedgerAccount::kTransferred, balance::kMainBucket, left);
      balance::Transfer transfer;
      transfer.id = id;
      transfer.to = kTo;
      transfer.amount = amount;
      transfer.bucket.id = balance::kMainBucket;
      transfer.bucket.unit = Unit::Of("CNY");
      entry.SetTransfer(transfer);
    });
  }
  void Received(const std::string& id, AccountId account, int64_t amount) {
    const std::string key = balance::TransferKey(id);
    Add(balance::EntryKind::kTransferReceived, account, [&](balance::EntryBuilder& entry) {
      entry.SetKey({.type = balance::EntryKey::Type::kChange, .text = key, .number = 0});
      entry.Post(balance::LedgerAccount::kTransferred, balance::kMainBucket, -amount);
      entry.Post(balance::LedgerAccount::kAvailable, balance::kMainBucket, amount);
    });
  }
  void Refused(const std::string& id) {
    const std::string key = balance::TransferKey(id);
    Add(balance::EntryKind::kTransferRefused, kTo, [&](balance::EntryBuilder& entry) {
      entry.SetKey({.type = balance::EntryKey::Type::kChange, .text = key, .number = 0});
    });
  }
  void Settled(const std::string& id, AccountId account, int64_t back) {
    Add(balance::EntryKind::kTransferSettled, account, [&](balance::EntryBuilder& entry) {
      if (back != 0) {
        entry.Post(balance::LedgerAccount::kTransferred, balance::kMainBucket, -back);
        entry.Post(balance::LedgerAccount::kAvailable, balance::kMainBucket, back);
      }
      entry.DropTransfer(id);
    });
  }
  // The first failure: "place: what".
  std::string First() {
    const TransferReport report = check.Finish();
    if (report.ok()) return "";
    return Cat(report.check.first[0].place, ": ", report.check.first[0].what);
  }

  static constexpr AccountId kFrom{11};
  static constexpr AccountId kTo{22};
  TransferCheck check;

 private:
  uint64_t groups_ = 0;
};

}  // namespace

TEST_CASE("what left accounts of several shards has reached others", "[inspect][unit]") {
  Town town;
  town.Give();
  const Inspected found = Inspect(town.Stores());
  INFO(found.text);
  CHECK(found.proved);
  CHECK(found.balanced);
  CHECK(found.transfers.sent == Town::kAccounts);
  CHECK(found.transfers.arrived == Town::kAccounts);
  CHECK(found.transfers.on_their_way.empty());
  CHECK(FormatTransfers(found.transfers) ==
        "transfers between accounts: 12 sent, 12 arrived, 0 came back, 0 on their way\n"
        "what left one account has reached another, come back, or is on its way\n");
  // Without one of the shards, what its accounts received is missing.
  auto stores = town.Stores();
  stores.pop_back();
  CHECK_FALSE(Inspect(stores).balanced);
}

TEST_CASE("a transfer is on its way from one moment to another, and nothing is amiss meanwhile",
          "[inspect][unit]") {
  using Where = TransferOnItsWay::Where;
  for (const bool closed : {false, true}) {
    std::set<Where> seen;
    bool goes_on = true;
    for (int tasks = 0; goes_on; ++tasks) {
      INFO("after " << tasks << " tasks, the receiver is " << (closed ? "closed" : "open"));
      Gift gift(closed);
      goes_on = gift.GiveUntil(tasks);
      const Inspected found = Inspect(gift.Stores());
      INFO(found.text << FormatTransfers(found.transfers));
      CHECK(found.proved);
      CHECK(found.balanced);
      if (!goes_on) {
        CHECK(found.transfers.on_their_way.empty());
        CHECK(found.transfers.arrived == (closed ? 0 : 1));
        CHECK(found.transfers.came_back == (closed ? 1 : 0));
      }
      if (found.transfers.on_their_way.empty()) continue;
      const TransferOnItsWay& transfer = found.transfers.on_their_way[0];
      CHECK(transfer.id == gift.give.transfer_id);
      CHECK(transfer.from == gift.from);
      CHECK(transfer.to == gift.to);
      CHECK(FormatAmount(transfer.amount, transfer.unit) == "0.0004 CNY");
      seen.insert(transfer.where);
    }
    CHECK(seen == (closed ? std::set<Where>{Where::kLeft, Where::kRefused}
                          : std::set<Where>{Where::kLeft, Where::kReceived}));
  }
}

TEST_CASE("transfers that were lost, doubled or changed are found", "[inspect][unit]") {
  const auto first = [](const std::function<void(Forgery&)>& forge) {
    Forgery forgery;
    forge(forgery);
    return forgery.First();
  };
  const AccountId from = Forgery::kFrom;
  const AccountId to = Forgery::kTo;
  CHECK(first([&](Forgery& f) {
          f.Received("a", to, 5);  // The receiver's shard may be walked first.
          f.Sent("a", 5, 5);
          f.Settled("a", from, 0);
          f.Sent("b", 7, 7);
          f.Refused("b");
          f.Settled("b", from, 7);
          f.Sent("c", 9, 9);
        }) == "");
  CHECK(first([&](Forgery& f) { f.Sent("a", 5, 4); }) ==
        "entry 1.0: what account 11 sent is not what left it: they differ by -1, and 0 of "
        "deferred revenue");
  CHECK(first([&](Forgery& f) {
          f.Sent("a", 5, 5);
          f.Received("a", to, 6);
        }) ==
        "transfer a: 5 left account 11 with 0 of deferred revenue, account 22 received 6 "
        "with 0");
  CHECK(first([&](Forgery& f) {
          f.Sent("a", 5, 5);
          f.Received("a", from, 5);
        }) == "transfer a: was sent to account 22, account 11 has it");
  CHECK(first([&](Forgery& f) {
          f.Sent("a", 5, 5);
          f.Received("a", to, 5);
          f.Received("a", to, 5);
        }) == "transfer a: was received 2 times");
  CHECK(first([&](Forgery& f) {
          f.Sent("a", 5, 5);
          f.Received("a", to, 5);
          f.Settled("a", from, 0);
          f.Received("a", to, 5);
        }) == "transfer a: account 22 has received it, but it was on its way from nobody");
  CHECK(first([&](Forgery& f) {
          f.Sent("a", 5, 5);
          f.Settled("a", from, 0);
        }) == "transfer a: its sender was told that it has arrived, but nobody has received it");
  CHECK(first([&](Forgery& f) {
          f.Sent("a", 5, 5);
          f.Received("a", to, 5);
          f.Settled("a", from, 5);
        }) == "transfer a: was received, and came back too");
  CHECK(first([&](Forgery& f) {
          f.Sent("a", 5, 5);
          f.Refused("a");
          f.Received("a", to, 5);
        }) == "transfer a: was received, and refused too");
  CHECK(first([&](Forgery& f) {
          f.Sent("a", 5, 5);
          f.Settled("a", from, 4);
        }) == "transfer a: 5 left account 11 with 0 of deferred revenue, 4 with 0 came back");
  CHECK(first([&](Forgery& f) {
          f.Sent("a", 5, 5);
          f.Settled("a", from, 5);
          f.Settled("a", from, 5);
        }) == "transfer a: was settled 2 times");
  CHECK(first([&](Forgery& f) {
          f.Sent("a", 5, 5);
          f.Settled("a", to, 5);
        }) == "transfer a: was sent by account 11, but settled by account 22");
  CHECK(first([&](Forgery& f) {
          f.Sent("a", 5, 5);
          f.Sent("a", 5, 5);
        }) == "transfer a: was sent twice");
  CHECK(first([&](Forgery& f) {
          f.Add(balance::EntryKind::kToppedUp, to, [](balance::EntryBuilder& entry) {
            entry.Post(balance::LedgerAccount::kTransferred, balance::kMainBucket, -8);
            entry.Post(balance::LedgerAccount::kAvailable, balance::kMainBucket, 8);
          });
        }) ==
        "entry 1.0: moves -8 out of account 22, and 0 of deferred revenue, without a transfer");
}

TEST_CASE("what cannot be seen of transfers is not judged", "[inspect][unit]") {
  Forgery trimmed;
  trimmed.check.Trimmed();
  trimmed.Received("old", Forgery::kTo, 5);
  trimmed.Settled("older", Forgery::kFrom, 0);
  CHECK(trimmed.First() == "");
  Forgery partly;
  partly.check.Incomplete("not all");
  partly.Received("a", Forgery::kTo, 5);
  const TransferReport report = partly.check.Finish();
  CHECK(report.ok());
  CHECK(FormatTransfers(report) == "note: transfers between accounts were not compared: not all\n");
}

}  // namespace ocs::tools
