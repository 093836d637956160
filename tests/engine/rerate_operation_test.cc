#include "ocs/engine/rerate_operation.h"

#include <string>
#include <vector>

#include "ocs/engine/account_operation.h"
#include "ocs/engine/care_operation.h"
#include "tests/engine/books.h"
#include "tests/engine/script.h"

namespace ocs::engine::tests {
namespace {

// Revision 1 is ten times too dear, draws twice too much, and has no price for `free`.
constexpr char kWrong[] = R"(
catalogue: shop
currency: CNY
time_zone: Asia/Shanghai
taxes:
  - {tax: vat-6, name: VAT, rate: 6}
models:
  - {id: chat, provider: acme, class: all}
  - {id: free, provider: acme, class: all}
  - {id: tiered, provider: acme}
price_books:
  - id: book
    rules:
      - {model: chat, charge_code: CHAT, tax: vat-6, per: 7M tokens, input: 140, output: 280}
      - model: tiered
        per: 1M tokens
        tiers: {form: graduated, per: month, steps: [{up_to: 100, tokens: 2}, {tokens: 1}]}
offers:
  - {id: pay, name: Pay per use, charge_code: PAY, fee: 0, prices: book}
  - id: pack
    name: A pack
    charge_code: PACK
    fee: 0.000100
    grants:
      - {name: tokens, unit: token, amount: 1000, validity: 1 month, covers: {class: all}, when_used_up: stop, weights: [{any: true, tokens: 2}]}
)";

std::string Right() {
  std::string text = kWrong;
  const auto put = [&text](std::string_view from, std::string_view to) {
    const size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    text.replace(at, from.size(), to);
  };
  put("input: 140, output: 280}",
      "input: 14, output: 28}\n      - {model: free, per: 1M tokens, tokens: 3}");
  put("{any: true, tokens: 2}", "{any: true, tokens: 1}");
  return text;
}

struct ReRateWorld {
  ReRateWorld() : script(h) {
    h.Publish(kWrong);
    script.Run("account A money=10000");
  }

  /// "corrected money 70>7 token 0>0"; the record is the n-th of use or correction of all.
  std::string ReRate(size_t n, bool apply, const std::string& run = "may", uint32_t revision = 2) {
    Kept<ReRateCall> call;
    call.change = {.key = run, .actor = "finance", .reason = "the price was wrong"};
    call.account = script.account("A");
    call.record_id = cdr::FormatRecordId(IdOf(n));
    call.revision = revision;
    call.apply = apply;
    h.Run(&call);
    REQUIRE(call.done);
    if (!call.status.ok())
      return Cat(absl::StatusCodeToString(call.status.code()), " ", call.failed_field);
    std::string text(ReRateOutcomeName(call.outcome));
    for (const ReRatedAmount& amount : call.amounts) {
      text += Cat(" ", amount.own_money ? "money" : amount.unit.code(), " ", amount.before, ">",
                  amount.after);
    }
    return text;
  }
  cdr::RecordId IdOf(size_t n) {
    size_t found = 0;
    for (const ReadRecord& read : script.Records()) {
      const auto record = cdr::DecodeRecord(read.bytes);
      REQUIRE(record.ok());
      const bool charges =
          record->type == cdr::RecordType::kUsage || record->type == cdr::RecordType::kCorrection;
      if (charges && found++ == n) return read.id;
    }
    FAIL("there is no such record");
    return {};
  }
  /// The types of all records, each with its sum.
  std::string Records() {
    std::string text;
    for (const ReadRecord& read : script.Records()) {
      const auto record = cdr::DecodeRecord(read.bytes);
      REQUIRE(record.ok());
      int64_t sum = 0;
      for (const cdr::RecordLine& line : record->lines) sum += line.amount;
      text += Cat(text.empty() ? "" : ", ", cdr::RecordTypeName(record->type), " ", sum);
      if (record->refers_to.valid()) text += " refers";
    }
    return text;
  }
  int64_t Money() {
    for (const BucketView& bucket : h.View(script.account("A")).buckets) {
      if (bucket.id == balance::kMainBucket) return bucket.available;
    }
    return INT64_MIN;
  }

  Harness h;
  Script script;
};

TEST_CASE("a preview tells what a correction would come to, and changes nothing",
          "[engine][unit]") {
  ReRateWorld w;
  w.script.Run(R"(
    buy A pay
    debit e 0 A 1/chat/_/input:7,output:7   -> 2001 cost=420 | 1 2001 granted=input:7,output:7 charged=420
  )");
  w.h.Publish(Right());
  CHECK(w.ReRate(0, false) == "corrected money 420>42");
  CHECK(w.Money() == 9580);
  CHECK(w.Records() == "usage 420");
}

TEST_CASE(
    "a correction gives back the old charge and makes it anew, once a run, also after a restart",
    "[engine][unit]") {
  ReRateWorld w;
  w.script.Run(R"(
    buy A pay
    debit e 0 A 1/chat/_/input:7,output:7   -> 2001 cost=420 | 1 2001 granted=input:7,output:7 charged=420
  )");
  w.h.Publish(Right());
  CHECK(w.ReRate(0, true) == "corrected money 420>42");
  CHECK(w.Money() == 10'000 - 42);
  CHECK(w.Records() == "usage 420, refund 420 refers, correction 42 refers");
  CHECK(w.ReRate(0, true) == "corrected before money 420>42");
  w.h.Open();
  CHECK(w.ReRate(0, true) == "corrected before money 420>42");
  CHECK(w.ReRate(0, true, "may", 1) == "ALREADY_EXISTS tariff_revision");
  // Another run finds it given back; the correction is what it may correct.
  CHECK(w.ReRate(0, true, "june") == "given back");
  CHECK(w.ReRate(1, true, "june") == "unchanged money 42>42");
  CHECK(w.ReRate(1, true, "june", 1) == "corrected money 42>420");
  CHECK(w.Money() == 9580);
  const Totals totals = TotalsOf(*w.h.store);
  CHECK(totals.Of(LedgerAccount::kEarned) == 420);
}

TEST_CASE("what rounding leaves of corrections is carried as of any charge", "[engine][property]") {
  ReRateWorld w;
  w.script.Run("buy A pay");
  for (int i = 0; i < 7; ++i)
    w.script.Run(Cat("debit e ", i,
                     " A 1/chat/_/input:1 -> 2001 cost=20 | 1 2001 granted=input:1 charged=20"));
  std::string tenth = Right();
  tenth.replace(tenth.find("input: 14,"), 10, "input: 15,");
  w.h.Publish(tenth);
  for (size_t i = 0; i < 7; ++i) CHECK(w.ReRate(i, true).substr(0, 9) == "corrected");
  CHECK(w.Money() == 10'000 - 15);  // Seven at 15 for seven, to the micro.
  TotalsOf(*w.h.store);
}

TEST_CASE("a package is drawn on as its offer says now, with the revenue of what is drawn",
          "[engine][unit]") {
  ReRateWorld w;
  w.script.Run(R"(
    buy A pack                              -> ok fee=100 bucket=2
    debit e 0 A 1/chat/_/input:100          -> 2001 cost=0 | 1 2001 granted=input:100 drawn=200
    bucket A 2                              -> granted=1000 available=800 held=0 spent=200 expired=0
  )");
  w.h.Publish(Right());
  CHECK(w.ReRate(0, true) == "corrected token 200>100");
  w.script.Run("bucket A 2 -> granted=1000 available=900 held=0 spent=100 expired=0");
  const Totals totals = TotalsOf(*w.h.store);
  CHECK(totals.Of(LedgerAccount::kPackageEarned) == 10);
}

TEST_CASE("use that nothing had priced is charged by a revision that does", "[engine][unit]") {
  ReRateWorld w;
  w.script.Run(R"(
    buy A pay
    initial s 0 A 1/chat/input:10/_         -> 2001 | 1 2001 granted=input:10
    terminate s 1 A 2/free/_/input:5        -> 2001 cost=0 | 2 5031 field=multiple_services_credit_control.used_service_unit
  )");
  w.h.Publish(Right());
  CHECK(w.ReRate(0, true) == "corrected money 0>15");
  CHECK(w.Money() == 10'000 - 15);
  CHECK(w.ReRate(0, true, "june") == "given back");
  TotalsOf(*w.h.store);
}

TEST_CASE("what cannot be worked out anew is told and left alone", "[engine][unit]") {
  ReRateWorld w;
  w.script.Run(R"(
    buy A pay
    debit e 0 A 1/chat/_/input:7            -> 2001 cost=140 | 1 2001 granted=input:7 charged=140
    debit e 1 A 1/tiered/_/input:7          -> 2001 cost=14 | 1 2001 granted=input:7 charged=14
    debit e 2 A 1/chat/_/input:7            -> 2001 cost=140 | 1 2001 granted=input:7 charged=140
    debit e 3 A 1/chat/_/input:7            -> 2001 cost=140 | 1 2001 granted=input:7 charged=140
    refund r 0 A of=e.0                     -> 2001 cost=-140
  )");
  CHECK(w.ReRate(1, true, "may", 1) == "needs its window");
  CHECK(w.ReRate(2, true, "may", 1) == "unchanged money 140>140");
  CHECK(w.ReRate(0, true, "may", 1) == "given back");
  CHECK(w.ReRate(2, true, "may", 7) == "NOT_FOUND tariff_revision");
  CHECK(w.ReRate(2, true, std::string(65, 'x'), 1) == "INVALID_ARGUMENT idempotency_key");
  Kept<RefundChargeCall> part;
  part.change = {.key = "part", .actor = "care", .reason = "it was slow"};
  part.account = w.script.account("A");
  part.record_id = cdr::FormatRecordId(w.IdOf(3));
  part.line = 0;
  part.amount = 5;
  w.h.Run(&part);
  REQUIRE(part.status.ok());
  CHECK(w.ReRate(3, true, "may", 1) == "partly given back");
  std::string without = kWrong;
  without.replace(without.find("  - {id: pay,"), 13, "  - {id: other,");
  w.h.Publish(without);
  CHECK(w.ReRate(2, true) == "not sold");
  CHECK(w.Money() == 10'000 - 140 - 14 - 140 - 140 + 140 + 5);
}

TEST_CASE("a correction is refunded like any charge", "[engine][unit]") {
  ReRateWorld w;
  w.script.Run(R"(
    buy A pay
    debit e 0 A 1/chat/_/input:7            -> 2001 cost=140 | 1 2001 granted=input:7 charged=140
  )");
  w.h.Publish(Right());
  CHECK(w.ReRate(0, true) == "corrected money 140>14");
  Kept<RefundChargeCall> call;
  call.change = {.key = "back", .actor = "care", .reason = "it failed"};
  call.account = w.script.account("A");
  call.record_id = cdr::FormatRecordId(w.IdOf(1));
  w.h.Run(&call);
  INFO(call.status);
  REQUIRE(call.status.ok());
  CHECK(call.refunded_micros == 14);
  CHECK(w.Money() == 10'000);
  CHECK(w.ReRate(1, true, "june", 1) == "given back");
  TotalsOf(*w.h.store);
}

TEST_CASE("outcomes have names", "[engine][unit]") {
  CHECK(ReRateOutcomeName(ReRateOutcome::kCorrected) == "corrected");
  CHECK(ReRateOutcomeName(ReRateOutcome::kUnchanged) == "unchanged");
}

}  // namespace
}  // namespace ocs::engine::tests
