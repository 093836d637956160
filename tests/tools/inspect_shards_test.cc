// The inspector over the stores of several shards: what one keeps for accounts of another.

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "balance/book.h"
#include "ocs/base/bytes.h"
#include "ocs/base/text.h"
#include "ocs/base/voucher_code.h"
#include "ocs/engine/care_operation.h"
#include "ocs/engine/voucher_operation.h"
#include "tests/engine/machine.h"
#include "tools/inspect/other_shards.h"
#include "tools/inspect/prove.h"

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

}  // namespace ocs::tools
