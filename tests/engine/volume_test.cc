// What a volume price charged before a cheaper tier was reached, given back when its window ends.

// tidy-allow internal: the engine's own tests
#include "ocs/engine/internal/volume.h"

#include <string>
#include <vector>

#include "ocs/engine/account_operation.h"
#include "ocs/engine/care_operation.h"
#include "tests/engine/books.h"
#include "tests/engine/harness.h"
#include "tests/engine/script.h"

namespace ocs::engine::tests {
namespace {

// 2 a token up to 100 tokens, above 1.2 for all of the month; in hours above 10 half.
constexpr char kCatalogue[] = R"(
catalogue: volume
currency: CNY
time_zone: Asia/Shanghai
taxes:
  - {tax: vat-6, name: VAT, rate: 6}
models:
  - {id: big, provider: acme}
  - {id: hourly, provider: acme}
price_books:
  - id: book
    rules:
      - model: big
        charge_code: BIG
        tax: vat-6
        per: 1M tokens
        tiers: {form: volume, per: month, steps: [{up_to: 100, tokens: 2}, {tokens: 1.2}]}
      - model: hourly
        per: 1M tokens
        tiers: {form: volume, per: hour, steps: [{up_to: 10, tokens: 2}, {tokens: 1}]}
offers:
  - {id: pay, name: Pay per use, charge_code: PAY, fee: 0, prices: book}
  - id: bonus
    name: Money that is given
    charge_code: BONUS
    fee: 0
    prices: book
    grants:
      - {name: bonus, unit: CNY, amount: 0.0001, validity: 2 months, covers: {any: true}, when_used_up: bill_on}
)";

struct VolumeWorld {
  VolumeWorld() : script(h) { h.Publish(kCatalogue); }

  int64_t Money(const std::string& name = "A") {
    for (const BucketView& bucket : h.View(script.account(name)).buckets) {
      if (bucket.id == balance::kMainBucket) return bucket.available;
    }
    return INT64_MIN;
  }
  /// "CODE amount tax", of each record of a type.
  std::string RecordsOf(cdr::RecordType type) {
    std::string text;
    for (const ReadRecord& read : script.Records()) {
      const auto record = cdr::DecodeRecord(read.bytes);
      REQUIRE(record.ok());
      if (record->type != type) continue;
      for (const cdr::RecordLine& line : record->lines)
        text += Cat(line.charge_code, " ", line.amount, " ", line.tax_basis_points, "; ");
    }
    return text;
  }
  /// What customer care gives back of the first record of use.
  int64_t CareRefund(int64_t amount = 0) {
    Kept<RefundChargeCall> call;
    call.change = {.key = Cat("care-", ++h.keys), .actor = "care", .reason = "it failed"};
    call.account = script.account("A");
    call.record_id = cdr::FormatRecordId(script.Records().front().id);
    call.amount = amount;
    if (amount != 0) call.line = 0;
    h.Run(&call);
    return call.status.ok() ? call.refunded_micros : -1;
  }

  Harness h;
  Script script;
};

constexpr char kUsed110[] = R"(
    account A money=1000
    buy A pay
    debit e 0 A 1/big/_/input:100           -> 2001 cost=200 | 1 2001 granted=input:100 charged=200
    debit e 1 A 1/big/_/output:10           -> 2001 cost=0 | 1 2001 granted=output:10
)";

TEST_CASE("110 at 2 and 1.2 end at 132: the rest is given back once, with a record and its tax",
          "[engine][unit]") {
  VolumeWorld w;
  w.script.Run(kUsed110);
  CHECK(w.Money() == 800);
  TickAt(w.h, "2026-05-31T23:59:59+08:00");
  CHECK(w.Money() == 800);
  TickAt(w.h, "2026-06-01T00:00:00+08:00");
  CHECK(w.Money() == 868);
  CHECK(w.RecordsOf(cdr::RecordType::kRebate) == "BIG 68 600; ");
  // Late ticks and a restart do it no second time.
  w.h.Open();
  TickAt(w.h, "2026-08-01T00:00:00+08:00");
  CHECK(w.Money() == 868);
  CHECK(w.RecordsOf(cdr::RecordType::kRebate) == "BIG 68 600; ");
  const Totals totals = TotalsOf(*w.h.store);
  CHECK(totals.Of(LedgerAccount::kRebate) == -68);
  CHECK(totals.Of(LedgerAccount::kEarned) == 200);

  Kept<BillCall> bill;
  bill.account = w.script.account("A");
  bill.from = Instant{};
  bill.until = w.h.clock.Now();
  w.h.Run(&bill);
  REQUIRE(bill.status.ok());
  REQUIRE(bill.bill.currencies.size() == 1);
  const cdr::CurrencyBill& part = bill.bill.currencies[0];
  CHECK(part.total_micros == 132);
  REQUIRE(part.items.size() == 2);
  CHECK(part.items[1].type == cdr::RecordType::kRebate);
  CHECK(part.items[1].amount_micros == -68);
  CHECK(part.items[1].tax == cdr::SplitTax(-68, 600));
}

TEST_CASE("a machine that was down over many windows settles each as if it had been there",
          "[engine][unit]") {
  std::vector<std::string> journals;
  for (const bool late : {false, true}) {
    VolumeWorld w;
    w.script.Run(R"(
      account A money=1000
      buy A pay
      debit e 0 A 1/hourly/_/input:10       -> 2001 cost=20 | 1 2001 granted=input:10 charged=20
      debit e 1 A 1/hourly/_/input:2        -> 2001 cost=0 | 1 2001 granted=input:2
      debit e 2 A 1/big/_/input:101         -> 2001 cost=200 | 1 2001 granted=input:101 charged=200
    )");
    if (late) w.h.Open();
    if (!late) TickAt(w.h, "2026-05-17T15:00:00+08:00");
    if (!late) TickAt(w.h, "2026-06-01T00:00:00+08:00");
    TickAt(w.h, "2026-07-10T00:00:00+08:00");
    // 12 at 1 are 12: 8 back. 101 at 1.2 are 121: 79 back.
    CHECK(w.Money() == 1000 - 12 - 121);
    w.script.Run(
        "debit e 3 A 1/hourly/_/input:1 -> 2001 cost=2 | 1 2001 granted=input:1 charged=2");
    journals.push_back(w.RecordsOf(cdr::RecordType::kRebate));
  }
  CHECK(journals[0] == journals[1]);
}

TEST_CASE("a refund and a rebate together give back what was paid, in either order",
          "[engine][unit]") {
  SECTION("the refund after the rebate is less by its share of it") {
    VolumeWorld w;
    w.script.Run(kUsed110);
    TickAt(w.h, "2026-06-01T00:00:00+08:00");
    w.script.Run(R"(
      refund r 0 A of=e.0                   -> 2001 cost=-132
      refund r 1 A of=e.0                   -> 5004 field=refund_information
    )");
    CHECK(w.Money() == 1000);
    TotalsOf(*w.h.store);
  }
  SECTION("so is one by customer care, whole or in parts") {
    VolumeWorld w;
    w.script.Run(kUsed110);
    TickAt(w.h, "2026-06-01T00:00:00+08:00");
    CHECK(w.CareRefund(133) == -1);
    CHECK(w.CareRefund(100) == 100);
    CHECK(w.CareRefund() == 32);
    CHECK(w.CareRefund() == -1);
    CHECK(w.Money() == 1000);
    TotalsOf(*w.h.store);
  }
  SECTION("within the window it is all, and the rebate is then none") {
    VolumeWorld w;
    w.script.Run(kUsed110);
    w.script.Run("refund r 0 A of=e.0 -> 2001 cost=-200");
    TickAt(w.h, "2026-06-01T00:00:00+08:00");
    CHECK(w.Money() == 1000);
    CHECK(w.RecordsOf(cdr::RecordType::kRebate).empty());
  }
  SECTION("so it is by customer care, which leaves the use counted") {
    VolumeWorld w;
    w.script.Run(kUsed110);
    CHECK(w.CareRefund() == 200);
    TickAt(w.h, "2026-06-01T00:00:00+08:00");
    CHECK(w.Money() == 1000);
  }
  SECTION("what a refund left unpaid, later use of the window pays") {
    VolumeWorld w;
    w.script.Run(kUsed110);
    w.script.Run(R"(
      refund r 0 A of=e.0                   -> 2001 cost=-200
      debit e 2 A 1/big/_/input:100         -> 2001 cost=180 | 1 2001 granted=input:100 charged=180
    )");
    TickAt(w.h, "2026-06-01T00:00:00+08:00");
    CHECK(w.Money() == 1000 - 132);
  }
  SECTION("shares are rounded so that all refunds together are never more than was paid") {
    VolumeWorld w;
    w.script.Run(R"(
      account A money=1000
      buy A pay
      debit e 0 A 1/big/_/input:33          -> 2001 cost=66 | 1 2001 granted=input:33 charged=66
      debit e 1 A 1/big/_/input:67          -> 2001 cost=134 | 1 2001 granted=input:67 charged=134
      debit e 2 A 1/big/_/input:4           -> 2001 cost=0 | 1 2001 granted=input:4
    )");
    TickAt(w.h, "2026-06-01T00:00:00+08:00");
    CHECK(w.Money() == 1000 - 124);  // 104 at 1.2 are 124.8.
    w.script.Run(R"(
      refund r 0 A of=e.0                   -> 2001 cost=-40
      refund r 1 A of=e.1                   -> 2001 cost=-83
    )");
    CHECK(w.Money() == 999);
  }
}

TEST_CASE("late use of a settled window counts in the present one", "[engine][unit]") {
  VolumeWorld w;
  w.script.Run(R"(
    account A money=1000
    buy A pay
    debit e 0 A 1/hourly/_/input:12         -> 2001 cost=20 | 1 2001 granted=input:12 charged=20
  )");
  TickAt(w.h, "2026-05-17T15:00:00+08:00");
  CHECK(w.Money() == 988);
  // Of 14:59, told at 15:00: the first of this hour.
  w.script.Run(R"(
    debit e 1 A 1/hourly/_/input:9 at=-60   -> 2001 cost=18 | 1 2001 granted=input:9 charged=18
    debit e 2 A 1/hourly/_/input:9          -> 2001 cost=2 | 1 2001 granted=input:9 charged=2
  )");
  TickAt(w.h, "2026-05-17T16:00:00+08:00");
  CHECK(w.Money() == 988 - 18);
  CHECK(w.RecordsOf(cdr::RecordType::kRebate) == "book/hourly 8 0; book/hourly 2 0; ");
}

TEST_CASE("an account that closes is given back what it would be at the window's end",
          "[engine][unit]") {
  VolumeWorld w;
  w.script.Run(kUsed110);
  Kept<SetStateCall> call;
  call.change = {.key = "close", .actor = "care", .reason = "moves away"};
  call.account = w.script.account("A");
  call.state = balance::AccountState::kClosed;
  call.settle = SetStateCall::Settle::kPayOut;
  w.h.Run(&call);
  INFO(call.status);
  REQUIRE(call.status.ok());
  CHECK(call.paid_out_micros == 868);
  TickAt(w.h, "2026-06-01T00:00:00+08:00");
  CHECK(w.Money() == 0);
  TotalsOf(*w.h.store);
}

TEST_CASE("money that came with an offer pays the first step's price and moves no window",
          "[engine][unit]") {
  VolumeWorld w;
  w.script.Run(R"(
    account A money=1000
    buy A pay
    buy A bonus
    debit e 0 A 1/big/_/input:110           -> 2001 cost=220 | 1 2001 granted=input:110 charged=220
    bucket A 2                              -> granted=100 available=0 held=0 spent=100 expired=0
    debit e 1 A 1/big/_/input:50            -> 2001 cost=80 | 1 2001 granted=input:50 charged=80
  )");
  // Of the account's own money 110 were bought, for 200.
  TickAt(w.h, "2026-06-01T00:00:00+08:00");
  CHECK(w.Money() == 1000 - 132);
}

}  // namespace
}  // namespace ocs::engine::tests
