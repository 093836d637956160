// The inspector proves what happened to vouchers, and names every fault that is planted.

// tidy-allow arrow: the tools' own tests
#include "tools/inspect/voucher_check.h"

#include <array>
#include <memory>
#include <string>

#include "balance/changes.h"
#include "ocs/base/text.h"
#include "ocs/base/voucher_code.h"
#include "ocs/engine/voucher_operation.h"
#include "tests/tools/world.h"
#include "tools/inspect/prove.h"

namespace ocs::tools::tests {
namespace {

using balance::AttachmentType;
using balance::EntryBuilder;
using balance::EntryKind;
using balance::Table;

std::string CodeOf(uint8_t n) { return VoucherCodeOf(std::array<uint8_t, 12>{0, n, 7}); }

// Two batches of three; one voucher of each is redeemed, the second batch is cancelled then.
class VoucherWorld final {
 public:
  VoucherWorld() {
    account = h_.Create(0);
    Issue("may", 0);
    Issue("june", 3);
    Redeem(CodeOf(0));
    Redeem(CodeOf(3));
    engine::tests::Kept<engine::CancelVouchersCall> cancel;
    cancel.change = {.key = "cancel", .actor = "", .reason = "test"};
    cancel.batch = "june";
    h_.Run(&cancel);
    REQUIRE(cancel.status.ok());
    h_.engine->Drain([] {});
    h_.executor.RunAll();
    h_.engine.reset();
    h_.executor.DropAll();
  }

  balance::Store* store() const { return h_.store.get(); }
  AccountId account;

 private:
  void Issue(const std::string& batch, uint8_t first) {
    engine::tests::Kept<engine::IssueVouchersCall> call;
    call.change.key = batch;
    call.batch = batch;
    call.terms = {.value = balance::VoucherValue::kMoney,
                  .sold = true,
                  .currency = Unit::Of("CNY"),
                  .amount_micros = 5,
                  .expires_at = h_.clock.Now().PlusSeconds(100)};
    for (uint8_t i = 0; i < 3; ++i)
      call.vouchers.push_back(balance::HashOfVoucher(CodeOf(static_cast<uint8_t>(first + i))));
    h_.Run(&call);
    REQUIRE(call.status.ok());
  }
  void Redeem(const std::string& code) {
    engine::tests::Kept<engine::RedeemVoucherCall> call;
    call.change.key = Cat("redeem ", code);
    call.account = account;
    call.code = code;
    h_.Run(&call);
    INFO(call.status);
    REQUIRE(call.status.ok());
  }

  engine::tests::Harness h_;
};

// What the voucher check found first; "" when nothing. Nothing else may be found but in `also`.
std::string Found(const VoucherWorld& world, const std::string& also = "") {
  const auto report = Prove(*world.store(), {});
  INFO(report.status());
  REQUIRE(report.ok());
  for (int i = 0; i < kCheckCount; ++i) {
    const auto check = static_cast<Check>(i);
    const std::string name(InfoOf(check).name);
    CAPTURE(name);
    if (check != Check::kVouchers && name != also) CHECK(report->checks[i].failed == 0);
  }
  const CheckResult& vouchers = report->checks[static_cast<size_t>(Check::kVouchers)];
  return vouchers.failed == 0 ? "" : vouchers.first[0].place + ": " + vouchers.first[0].what;
}

void ForgeRedemption(const VoucherWorld& world, const std::string& batch, const std::string& code) {
  Forger forger(world.store());
  EntryBuilder entry;
  entry.Begin(EntryKind::kVoucherRedeemed, world.account);
  entry.SetKey({.type = balance::EntryKey::Type::kChange, .text = "forged", .number = 0});
  balance::PostTopUp(5, &entry);
  balance::EncodeVoucherUse({.batch = batch, .voucher = balance::HashOfVoucher(code)},
                            entry.Attach(AttachmentType::kVoucher));
  forger.Add(&entry, Rebuild(*world.store(), world.account).last);
  forger.Write();
}

TEST_CASE("vouchers that were used as they should pass", "[tools][inspect][unit]") {
  const VoucherWorld world;
  CHECK(Found(world).empty());
}

TEST_CASE("a voucher that was redeemed twice, after its end, or never issued, is found",
          "[tools][inspect][unit]") {
  const VoucherWorld world;
  SECTION("twice") {
    ForgeRedemption(world, "may", CodeOf(0));
    CHECK(Contains(Found(world), "redeemed already"));
  }
  SECTION("cancelled") {
    ForgeRedemption(world, "june", CodeOf(4));
    CHECK(Contains(Found(world), "which was cancelled"));
  }
  SECTION("never issued") {
    ForgeRedemption(world, "may", CodeOf(99));
    CHECK(Contains(Found(world), "never issued"));
  }
  SECTION("of another batch") {
    ForgeRedemption(world, "june", CodeOf(1));
    CHECK(Contains(Found(world), "names batch june, issued in may"));
  }
}

TEST_CASE("a table of vouchers that does not say what the journal says is found",
          "[tools][inspect][unit]") {
  const VoucherWorld world;
  balance::StoreBatch batch;
  const auto put = [&](uint8_t code, const balance::Voucher& voucher) {
    std::string row;
    balance::EncodeVoucher(voucher, &row);
    batch.Put(Table::kVouchers, balance::VoucherKey(balance::HashOfVoucher(CodeOf(code))), row);
  };
  SECTION("redeemed, which it was not") {
    put(1, {.batch = "may", .redeemed = {.group = 1, .index = 0}});
    REQUIRE(world.store()->Write(batch).ok());
    CHECK(Contains(Found(world), "the journal that it was not redeemed"));
  }
  SECTION("good again") {
    put(0, {.batch = "may"});
    REQUIRE(world.store()->Write(batch).ok());
    CHECK(Contains(Found(world), "says that it was not redeemed"));
  }
  SECTION("gone") {
    batch.Delete(Table::kVouchers, balance::VoucherKey(balance::HashOfVoucher(CodeOf(1))));
    REQUIRE(world.store()->Write(batch).ok());
    CHECK(Contains(Found(world), "counts 3 issued and 1 redeemed, the table has 2 and 1"));
  }
  SECTION("one too many") {
    put(50, {.batch = "may"});
    REQUIRE(world.store()->Write(batch).ok());
    CHECK(Contains(Found(world), "the journal does not have"));
  }
  SECTION("a batch that is not cancelled any more") {
    const auto row = world.store()->Get(Table::kVouchers, balance::VoucherBatchKey("june"));
    REQUIRE(row.ok());
    auto june = balance::DecodeVoucherBatch(**row);
    REQUIRE(june.ok());
    june->cancelled = false;
    std::string changed;
    balance::EncodeVoucherBatch(*june, &changed);
    batch.Put(Table::kVouchers, balance::VoucherBatchKey("june"), changed);
    REQUIRE(world.store()->Write(batch).ok());
    CHECK(Contains(Found(world), "is not cancelled, the journal says that it was"));
  }
  SECTION("a damaged row") {
    batch.Put(Table::kVouchers, balance::VoucherBatchKey("may"), "x");
    REQUIRE(world.store()->Write(batch).ok());
    CHECK(Contains(Found(world), "damaged"));
  }
}

}  // namespace
}  // namespace ocs::tools::tests
