#include "cdr/bill.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/numeric/int128.h"
#include "cdr/explain.h"
#include "ocs/base/exact.h"
#include "ocs/base/random.h"
#include "ocs/base/text.h"
#include "tests/cdr/samples.h"
#include "tests/cdr/support.h"
#include "tests/support/catch.h"
#include "tests/support/seed.h"
#include "tests/support/table.h"

namespace ocs::cdr {
namespace {

using testing::Beijing;
using testing::FeeSample;
using testing::IdOf;
using testing::kCny;
using testing::kMayCycle;
using testing::kNoon;
using testing::kUsd;
using testing::RefundSample;
using testing::UsageSample;

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr int64_t kMin = std::numeric_limits<int64_t>::min();

Bill Finish(const BillBuilder& builder) {
  auto bill = builder.Finish();
  REQUIRE(bill.ok());
  return *std::move(bill);
}

Record WithAmount(Record record, int64_t amount) {
  record.lines[0].amount = amount;
  return record;
}

// A charge of so many micros under that code.
Record Charge(std::string_view code, int64_t amount, const Unit& currency) {
  Record record = WithAmount(FeeSample(), amount);
  record.lines[0].price_numerator = amount;
  record.lines[0].unit = currency;
  record.lines[0].charge_code = code;
  return record;
}

TEST_CASE("a bill has fees, usage, refunds and what packages covered", "[cdr][unit][golden]") {
  BillBuilder builder(kMayCycle, {{kCny, 7'000}});
  REQUIRE(builder.Add(IdOf(11, 4), UsageSample()) == BillAddOutcome::kAdded);
  REQUIRE(builder.Add(IdOf(11, 5), FeeSample()) == BillAddOutcome::kAdded);
  REQUIRE(builder.Add(IdOf(11, 6), UsageSample()) == BillAddOutcome::kAdded);
  REQUIRE(builder.Add(IdOf(12, 0), RefundSample()) == BillAddOutcome::kAdded);
  const Bill bill = Finish(builder);

  REQUIRE(bill.currencies.size() == 1);
  const CurrencyBill& cny = bill.currencies[0];
  CHECK(cny.currency == kCny);
  // Fee 9,900,000; usage twice 4,936 + 124; refund 4,936.
  CHECK(cny.total_micros == 9'900'000 + 10'120 - 4'936);
  CHECK(cny.carried_in_micros == 7'000);
  // 9,905,184 + 7,000 = 991 fen and 2,184 micros.
  CHECK(cny.payable_fen == 991);
  CHECK(cny.carried_out_micros == 2'184);

  REQUIRE(cny.items.size() == 3);
  const BillItem& fee = cny.items[0];
  CHECK(fee.charge_code == "ct-light");
  CHECK(fee.type == RecordType::kFee);
  CHECK(fee.description == "ct-light");
  CHECK(fee.currency == kCny);
  CHECK(fee.covered_unit.empty());
  CHECK(fee.amount_micros == 9'900'000);
  CHECK(fee.record_count == 1);
  const BillItem& usage = cny.items[1];
  CHECK(usage.charge_code == "ds-usage");
  CHECK(usage.type == RecordType::kUsage);
  CHECK(usage.description == "deepseek-v3.2");
  CHECK(usage.amount_micros == 10'120);
  CHECK(usage.record_count == 2);
  CHECK(QuantityOf(usage.quantities, TokenKind::kInput) == 2'468);
  CHECK(QuantityOf(usage.quantities, TokenKind::kCacheRead) == 2'468);
  REQUIRE(usage.reasons.size() == 2);
  CHECK(usage.reasons[0].price == "1.00 CNY per 250,000 tokens");
  CHECK(usage.reasons[0].rule == "price book x, line 12");
  CHECK(usage.reasons[0].tariff_revision == 3);
  CHECK(usage.reasons[0].quantity == 2'468);
  CHECK(usage.reasons[0].amount == 9'872);
  CHECK(usage.reasons[1].amount == 248);
  const BillItem& refund = cny.items[2];
  CHECK(refund.type == RecordType::kRefund);
  CHECK(refund.amount_micros == -4'936);

  REQUIRE(cny.charge_codes.size() == 2);
  CHECK(cny.charge_codes[0] == ChargeCodeTotal{"ct-light", 9'900'000});
  CHECK(cny.charge_codes[1] == ChargeCodeTotal{"ds-usage", 5'184});

  REQUIRE(bill.covered.size() == 1);
  const BillItem& covered = bill.covered[0];
  CHECK(covered.charge_code == "ct-light-tokens");
  CHECK(covered.currency.empty());
  CHECK(covered.amount_micros == 0);
  CHECK(covered.covered_unit == Unit::Of("token"));
  CHECK(covered.covered_amount == 1'000);
  CHECK(covered.record_count == 2);  // Each with two lines of it.
  CHECK(bill.record_count == 4);

  const std::string text = FormatBill(bill, Beijing());
  CHECK(text == testing::Golden("bill.txt", text));
}

TEST_CASE("a tax is taken out of the price exactly", "[cdr][unit]") {
  //          gross  basis points -> net tax remainder
  for (const auto& row : ocs::testing::ParseTable(R"(
    split        0     600  -> 0 0 0
    split  1060000     600  -> 1000000 60000 0
    split  1090000     900  -> 1000000 90000 0
    split  9900000     600  -> 9339623 560377 3800     # 560,377.358...
    split        1     600  -> 1 0 600
    split       -1     600  -> 0 -1 10000              # down, also below zero
    split -1060000     600  -> -1000000 -60000 0
    split  1234567       0  -> 1234567 0 0
    split  9223372036854775807 900 -> 8461809208123647530 761562828731128277 7000
  )")) {
    INFO(row.Describe());
    const int64_t gross = row.Number(0);
    const auto rate = static_cast<int32_t>(row.Number(1));
    const TaxSplit split = SplitTax(gross, rate);
    CHECK(Cat(split.net_micros, " ", split.tax_micros, " ", split.remainder) == row.expected());
    CHECK(split.net_micros + split.tax_micros == gross);
    CHECK(absl::int128(split.tax_micros) * (10'000 + rate) + split.remainder ==
          absl::int128(gross) * rate);
  }
}

TEST_CASE("each item has its tax, each rate its total", "[cdr][unit]") {
  BillBuilder builder(kMayCycle, {});
  Record record = Charge("service", 1'060'000, kCny);
  record.lines[0].tax_basis_points = 600;
  record.lines.push_back(record.lines[0]);
  record.lines[1].tax_basis_points = 900;  // Of the same charge code: still an item of its own.
  record.lines[1].amount = 1'090'000;
  record.lines.push_back(record.lines[0]);
  record.lines[2].charge_code = "untaxed";
  record.lines[2].tax_basis_points = 0;
  REQUIRE(builder.Add(IdOf(1, 0), record) == BillAddOutcome::kAdded);
  const Bill bill = Finish(builder);
  REQUIRE(bill.currencies.size() == 1);
  const CurrencyBill& cny = bill.currencies[0];
  REQUIRE(cny.items.size() == 3);
  CHECK(cny.items[0].tax == TaxSplit{1'000'000, 60'000, 0});
  CHECK(cny.items[1].tax == TaxSplit{1'000'000, 90'000, 0});
  REQUIRE(cny.charge_codes.size() == 2);
  REQUIRE(cny.taxes.size() == 3);
  CHECK(cny.taxes[0] == TaxTotal{0, 1'060'000, {1'060'000, 0, 0}});
  CHECK(cny.taxes[1] == TaxTotal{600, 1'060'000, {1'000'000, 60'000, 0}});
  CHECK(cny.taxes[2] == TaxTotal{900, 1'090'000, {1'000'000, 90'000, 0}});
  CHECK(FormatBill(bill, Beijing()).find("tax of 6 %: 0.06 CNY in 1.06 CNY, net 1.00 CNY") !=
        std::string::npos);
}

TEST_CASE("nodes are added up to the account", "[cdr][unit]") {
  BillBuilder builder(kMayCycle, {});
  uint32_t index = 0;
  for (const auto& [node, amount] : std::vector<std::pair<std::string_view, int64_t>>{
           {"sales/anna/key-7", 5}, {"sales/anna", 3}, {"sales/ben", 2}, {"", 100}, {"it", 1}}) {
    Record record = Charge("x", amount, kCny);
    record.node = node;
    REQUIRE(builder.Add(IdOf(1, index++), record) == BillAddOutcome::kAdded);
  }
  const Bill bill = Finish(builder);
  std::string told;
  for (const NodeTotal& node : bill.nodes) {
    CHECK(node.kind == NodeAmountKind::kPayable);
    told += Cat(node.node, "=", node.own_amount, ",", node.amount, " ");
  }
  CHECK(told == "=100,111 it=1,1 sales=0,10 sales/anna=3,8 sales/anna/key-7=5,5 sales/ben=2,2 ");
  CHECK(FormatBill(bill, Beijing()).find("  sales: 0.00001 CNY, itself 0.00 CNY") !=
        std::string::npos);
}

TEST_CASE("days are counted from the beginning of the cycle", "[cdr][unit]") {
  BillBuilder builder(kMayCycle, {});
  Record record = UsageSample();  // 2,968 tokens on the 19th.
  REQUIRE(builder.Add(IdOf(1, 0), record) == BillAddOutcome::kAdded);
  record.recorded_at = kMayCycle.from;
  REQUIRE(builder.Add(IdOf(1, 1), record) == BillAddOutcome::kAdded);
  record.recorded_at = kMayCycle.until.PlusMillis(-1);
  REQUIRE(builder.Add(IdOf(1, 2), record) == BillAddOutcome::kAdded);
  REQUIRE(builder.Add(IdOf(1, 3), record) == BillAddOutcome::kAdded);
  REQUIRE(builder.Add(IdOf(1, 4), FeeSample()) == BillAddOutcome::kAdded);  // No tokens.
  CHECK(Finish(builder).days == std::vector<DayUse>{{0, 2'968}, {18, 2'968}, {30, 5'936}});
}

TEST_CASE("less than the least that is asked for is carried whole", "[cdr][unit]") {
  //        total  minimum fen -> payable, carried
  for (const auto& row : ocs::testing::ParseTable(R"(
    carry   990000     100  -> 0 990000
    carry  1000000     100  -> 100 0
    carry  1005000     100  -> 100 5000
    carry     5000       0  -> 0 5000
    carry   -12000     100  -> -2 8000          # what is given back is given back
  )")) {
    INFO(row.Describe());
    CurrencyBill bill{.currency = kCny, .items = {}, .charge_codes = {}, .taxes = {}};
    bill.total_micros = row.Number(0);
    const auto split = SplitFen(bill.total_micros, 0);
    REQUIRE(split.has_value());
    bill.payable_fen = split->payable_fen;
    bill.carried_out_micros = split->carried_out_micros;
    CarryBelow(row.Number(1), &bill);
    CHECK(Cat(bill.payable_fen, " ", bill.carried_out_micros) == row.expected());
    CHECK(bill.payable_fen * kMicrosPerFen + bill.carried_out_micros == bill.total_micros);
  }
}

TEST_CASE("a bill says what it is", "[cdr][unit]") {
  BillBuilder none(kMayCycle, {{kCny, 5'000}});
  CHECK(KindOf(Finish(none)) == BillKind::kNone);
  BillBuilder builder(kMayCycle, {});
  REQUIRE(builder.Add(IdOf(1, 0), UsageSample()) == BillAddOutcome::kAdded);
  CHECK(BillKindName(KindOf(Finish(builder))) == "zero_bill");  // Half a fen.
  REQUIRE(builder.Add(IdOf(1, 1), FeeSample()) == BillAddOutcome::kAdded);
  CHECK(BillKindName(KindOf(Finish(builder))) == "bill");
  for (uint32_t i = 2; i < 2'100; ++i) {
    REQUIRE(builder.Add(IdOf(1, i), RefundSample()) == BillAddOutcome::kAdded);
  }
  CHECK(BillKindName(KindOf(Finish(builder))) == "credit_note");
}

TEST_CASE("a sum is split into fen and what is carried", "[cdr][unit]") {
  //          total      carried in -> fen, carried out
  for (const auto& row : ocs::testing::ParseTable(R"(
    split         0              0  -> 0 0
    split      9999              0  -> 0 9999
    split     10000              0  -> 1 0
    split      9999              1  -> 1 0
    split     25000           9999  -> 3 4999
    split        -1              0  -> -1 9999    # down, also below zero
    split    -10000              0  -> -1 0
    split    -10001              0  -> -2 9999
    split     -5000           5000  -> 0 0
    split     -5001           5000  -> -1 9999
    split  9223372036854775807   0  -> 922337203685477 5807
    split -9223372036854775807  -1  -> -922337203685478 4192
  )")) {
    INFO(row.Describe());
    const auto split = SplitFen(row.Number(0), row.Number(1));
    REQUIRE(split.has_value());
    CHECK(Cat(split->payable_fen, " ", split->carried_out_micros) == row.expected());
  }
  CHECK_FALSE(SplitFen(kMax, 1).has_value());
  CHECK_FALSE(SplitFen(kMin, -1).has_value());
}

TEST_CASE("splitting a sum loses nothing", "[cdr][property]") {
  OCS_SEEDED_RANDOM(random, 6);
  for (int i = 0; i < 100'000; ++i) {
    const int64_t total = testing::AnyNumber(random);
    const int64_t carried_in = random.Below(kMicrosPerFen);
    const auto split = SplitFen(total, carried_in);
    REQUIRE(split.has_value() == AddExact(total, carried_in).has_value());
    if (!split) continue;
    REQUIRE(split->carried_out_micros >= 0);
    REQUIRE(split->carried_out_micros < kMicrosPerFen);
    // The smallest sums: the product alone would not fit.
    if (split->payable_fen < kMin / kMicrosPerFen) continue;
    REQUIRE(split->payable_fen * kMicrosPerFen + split->carried_out_micros == total + carried_in);
  }
}

TEST_CASE("what rounding leaves goes through three cycles", "[cdr][unit]") {
  struct Month {
    std::vector<Record> records;
    int64_t total;
    int64_t payable_fen;
    int64_t carried_out;
  };
  const std::vector<Month> months = {
      {{UsageSample()}, 5'060, 0, 5'060},
      {{UsageSample()}, 5'060, 1, 120},
      // 5,060 - 2 x 4,936 = -4,812; with 120 it is -4,692: one fen back, 5,308 carried.
      {{UsageSample(), RefundSample(), RefundSample()}, -4'812, -1, 5'308},
  };
  int64_t carried = 0;
  int64_t all = 0;
  int64_t paid = 0;
  for (const Month& month : months) {
    BillBuilder builder(kMayCycle, {{kCny, carried}});
    uint32_t index = 0;
    for (const Record& record : month.records) {
      REQUIRE(builder.Add(IdOf(1, index++), record) == BillAddOutcome::kAdded);
    }
    const Bill bill = Finish(builder);
    REQUIRE(bill.currencies.size() == 1);
    CHECK(bill.currencies[0].total_micros == month.total);
    CHECK(bill.currencies[0].carried_in_micros == carried);
    CHECK(bill.currencies[0].payable_fen == month.payable_fen);
    CHECK(bill.currencies[0].carried_out_micros == month.carried_out);
    carried = bill.currencies[0].carried_out_micros;
    all += month.total;
    paid += bill.currencies[0].payable_fen * kMicrosPerFen;
  }
  CHECK(paid + carried == all);
}

TEST_CASE("a million small charges come to the price of the whole", "[cdr][unit]") {
  // One micro for three tokens; each charge is of one token, and carries what is left.
  Record record = UsageSample();
  record.lines.resize(1);
  RecordLine& line = record.lines[0];
  line.quantity = 1;
  line.price_numerator = 1;
  line.price_denominator = 3;
  line.carry_out = 0;
  BillBuilder builder(kMayCycle, {});
  constexpr uint32_t kCharges = 1'000'000;
  for (uint32_t i = 0; i < kCharges; ++i) {
    line.carry_in = line.carry_out;
    const auto charged = MultiplyDivideCarry(1, 1, 3, line.carry_in);
    REQUIRE(charged.has_value());
    line.amount = charged->whole;
    line.carry_out = charged->remainder;
    if (builder.Add(IdOf(1, i), record) != BillAddOutcome::kAdded) FAIL("refused");
  }
  const Bill bill = Finish(builder);
  REQUIRE(bill.currencies.size() == 1);
  REQUIRE(bill.currencies[0].items.size() == 1);
  const BillItem& item = bill.currencies[0].items[0];
  CHECK(item.record_count == kCharges);
  CHECK(QuantityOf(item.quantities, TokenKind::kInput) == kCharges);
  CHECK(item.amount_micros == 333'333);
  CHECK(line.carry_out == 1);
  CHECK(item.reasons.size() == 1);
  CHECK(bill.currencies[0].payable_fen == 33);
  CHECK(bill.currencies[0].carried_out_micros == 3'333);
}

TEST_CASE("each currency has its own bill", "[cdr][unit]") {
  const Unit eur = Unit::Of("EUR");
  BillBuilder builder(kMayCycle, {{kUsd, 1}, {eur, 9'999}});
  REQUIRE(builder.Add(IdOf(1, 0), Charge("b", 20'000, kUsd)) == BillAddOutcome::kAdded);
  REQUIRE(builder.Add(IdOf(1, 1), Charge("a", 15'000, kCny)) == BillAddOutcome::kAdded);
  REQUIRE(builder.Add(IdOf(1, 2), Charge("a", 5'000, kUsd)) == BillAddOutcome::kAdded);
  const Bill bill = Finish(builder);
  REQUIRE(bill.currencies.size() == 3);
  CHECK(bill.currencies[0].currency == kCny);
  CHECK(bill.currencies[0].payable_fen == 1);
  CHECK(bill.currencies[0].carried_out_micros == 5'000);
  CHECK(bill.currencies[1].currency == eur);  // Nothing but what is carried on.
  CHECK(bill.currencies[1].items.empty());
  CHECK(bill.currencies[1].payable_fen == 0);
  CHECK(bill.currencies[1].carried_out_micros == 9'999);
  CHECK(bill.currencies[2].currency == kUsd);
  CHECK(bill.currencies[2].total_micros == 25'000);
  CHECK(bill.currencies[2].payable_fen == 2);
  CHECK(bill.currencies[2].carried_out_micros == 5'001);
  REQUIRE(bill.currencies[2].items.size() == 2);
  CHECK(bill.currencies[2].items[0].charge_code == "a");
  CHECK(bill.currencies[2].items[1].charge_code == "b");
}

TEST_CASE("tokens given back to a package are negative there", "[cdr][unit]") {
  Record refund = RefundSample();
  refund.lines[0] = UsageSample().lines[2];
  BillBuilder builder(kMayCycle, {});
  REQUIRE(builder.Add(IdOf(1, 0), UsageSample()) == BillAddOutcome::kAdded);
  REQUIRE(builder.Add(IdOf(1, 1), refund) == BillAddOutcome::kAdded);
  const Bill bill = Finish(builder);
  REQUIRE(bill.covered.size() == 2);
  CHECK(bill.covered[0].covered_amount == 500);
  CHECK(bill.covered[1].type == RecordType::kRefund);
  CHECK(bill.covered[1].covered_amount == -480);
  CHECK(QuantityOf(bill.covered[1].quantities, TokenKind::kOutput) == 480);
}

TEST_CASE("prices and revisions that differ are different reasons of one item", "[cdr][unit]") {
  BillBuilder builder(kMayCycle, {});
  Record record = UsageSample();
  record.lines.resize(1);
  REQUIRE(builder.Add(IdOf(1, 0), record) == BillAddOutcome::kAdded);
  record.tariff_revision = 4;
  REQUIRE(builder.Add(IdOf(1, 1), record) == BillAddOutcome::kAdded);
  record.lines[0].price_numerator = 2'000'000;
  record.lines[0].amount = 9'872;
  REQUIRE(builder.Add(IdOf(1, 2), record) == BillAddOutcome::kAdded);
  const Bill bill = Finish(builder);
  REQUIRE(bill.currencies[0].items.size() == 1);
  const BillItem& item = bill.currencies[0].items[0];
  REQUIRE(item.reasons.size() == 3);
  CHECK(item.reasons[0].tariff_revision == 3);
  CHECK(item.reasons[1].tariff_revision == 4);
  CHECK(item.reasons[2].price == "2.00 CNY per 250,000 tokens");
  CHECK(item.amount_micros == 4'936 + 4'936 + 9'872);
}

TEST_CASE("records are refused in order of precedence", "[cdr][unit]") {
  BillBuilder builder(kMayCycle, {});
  REQUIRE(builder.Add(IdOf(5, 5), FeeSample()) == BillAddOutcome::kAdded);
  const Bill before = Finish(builder);

  // Each record has the faults of all that come after it in the order too.
  Record record = WithAmount(FeeSample(), -1);
  record.recorded_at = kMayCycle.until;
  record.account = {43};
  CHECK(builder.Add(IdOf(5, 5), record) == BillAddOutcome::kOtherAccount);
  record.account = {42};
  CHECK(builder.Add(IdOf(5, 5), record) == BillAddOutcome::kOutsideCycle);
  record.recorded_at = kMayCycle.from.PlusMillis(-1);
  CHECK(builder.Add(IdOf(5, 5), record) == BillAddOutcome::kOutsideCycle);
  record.recorded_at = kMayCycle.from;
  CHECK(builder.Add(IdOf(5, 5), record) == BillAddOutcome::kNotAfterPrevious);
  CHECK(builder.Add(IdOf(5, 4), record) == BillAddOutcome::kNotAfterPrevious);
  CHECK(builder.Add(IdOf(4, 9), record) == BillAddOutcome::kNotAfterPrevious);
  CHECK(builder.Add(IdOf(5, 6), record) == BillAddOutcome::kNegative);
  record.lines[0].amount = 1;
  record.lines[0].quantity = -1;
  CHECK(builder.Add(IdOf(5, 6), record) == BillAddOutcome::kNegative);
  CHECK(Finish(builder) == before);

  record.lines[0].quantity = 1;
  record.recorded_at = kMayCycle.until.PlusMillis(-1);
  CHECK(builder.Add(IdOf(5, 6), record) == BillAddOutcome::kAdded);
  // Another shard counts for itself: the account may have moved.
  CHECK(builder.Add({.shard = {1}, .position = {1, 0}}, record) == BillAddOutcome::kAdded);
  CHECK(Finish(builder).record_count == 3);
}

TEST_CASE("a bill belongs to the time of recording, not of use", "[cdr][unit]") {
  Record late = FeeSample();
  late.closed_at = kMayCycle.from.PlusMillis(-1);
  late.recorded_at = kMayCycle.from;
  BillBuilder builder(kMayCycle, {});
  CHECK(builder.Add(IdOf(1, 0), late) == BillAddOutcome::kAdded);
}

TEST_CASE("a sum that does not fit gives no bill", "[cdr][unit]") {
  SECTION("of one item") {
    BillBuilder builder(kMayCycle, {});
    REQUIRE(builder.Add(IdOf(1, 0), Charge("a", kMax, kCny)) == BillAddOutcome::kAdded);
    CHECK(builder.Add(IdOf(1, 1), Charge("a", 1, kCny)) == BillAddOutcome::kOverflow);
    CHECK(builder.Finish().status().code() == absl::StatusCode::kOutOfRange);
  }
  SECTION("of quantities") {
    BillBuilder builder(kMayCycle, {});
    Record record = Charge("a", 1, kCny);
    record.lines[0].quantity = kMax;
    REQUIRE(builder.Add(IdOf(1, 0), record) == BillAddOutcome::kAdded);
    CHECK(builder.Add(IdOf(1, 1), record) == BillAddOutcome::kOverflow);
  }
  SECTION("of two items") {
    BillBuilder builder(kMayCycle, {});
    REQUIRE(builder.Add(IdOf(1, 0), Charge("a", kMax, kCny)) == BillAddOutcome::kAdded);
    CHECK(builder.Add(IdOf(1, 1), Charge("b", 1, kCny)) == BillAddOutcome::kOverflow);
    CHECK(builder.Finish().status().code() == absl::StatusCode::kOutOfRange);
  }
  SECTION("with what was carried in") {
    BillBuilder builder(kMayCycle, {{kCny, 1}});
    REQUIRE(builder.Add(IdOf(1, 0), Charge("a", kMax, kCny)) == BillAddOutcome::kAdded);
    CHECK(builder.Finish().status().code() == absl::StatusCode::kOutOfRange);
  }
}

TEST_CASE("a bill has a bounded number of reasons", "[cdr][unit]") {
  BillBuilder builder(kMayCycle, {});
  Record record = FeeSample();
  for (uint32_t i = 0; i < kBillReasonsMax; ++i) {
    record.tariff_revision = i;
    if (builder.Add(IdOf(1, i), record) != BillAddOutcome::kAdded) FAIL("refused");
  }
  record.tariff_revision = 0;  // A known reason is no new one.
  CHECK(builder.Add(IdOf(2, 0), record) == BillAddOutcome::kAdded);
  CHECK(builder.Finish().ok());
  record.tariff_revision = kBillReasonsMax;
  CHECK(builder.Add(IdOf(2, 1), record) == BillAddOutcome::kTooManyReasons);
  CHECK(builder.Finish().status().code() == absl::StatusCode::kResourceExhausted);
}

TEST_CASE("an empty bill is a bill", "[cdr][unit]") {
  const Bill bill = Finish(BillBuilder(kMayCycle, {}));
  CHECK(bill.currencies.empty());
  CHECK(bill.covered.empty());
  CHECK(FormatBill(bill, Beijing()) ==
        "bill of account 42 from 2026-05-01T00:00:00+08:00 until 2026-06-01T00:00:00+08:00, 0 "
        "records\n");
}

// A charge, or a refund of one, with small numbers.
Record AnyCharge(Random& random) {
  static const std::vector<std::string> kCodes = {"a", "b", "c"};
  Record record = random.OneIn(3) ? FeeSample() : random.OneIn(4) ? RefundSample() : UsageSample();
  for (RecordLine& line : record.lines) {
    line.quantity = random.Below(1'000);
    line.amount = random.Below(100'000);
    line.charge_code = kCodes[static_cast<size_t>(random.Below(3))];
    if (random.OneIn(5)) line.unit = kUsd;
  }
  return record;
}

TEST_CASE("money of a bucket that was bought is covered: its fee has been billed", "[cdr][unit]") {
  Random random(1);
  Record record = AnyCharge(random);
  record.type = RecordType::kUsage;
  record.lines.resize(1);
  record.lines[0].unit = kCny;
  record.lines[0].amount = 50;
  record.lines[0].bucket = kOwnMoneyBucket;
  record.lines.push_back(record.lines[0]);
  record.lines[1].amount = 70;
  record.lines[1].bucket = {2};
  BillBuilder builder(kMayCycle, {});
  REQUIRE(builder.Add({.shard = {0}, .position = {1, 0}}, record) == BillAddOutcome::kAdded);
  const Bill bill = Finish(builder);
  REQUIRE(bill.currencies.size() == 1);
  CHECK(bill.currencies[0].total_micros == 50);
  REQUIRE(bill.covered.size() == 1);
  CHECK(bill.covered[0].covered_unit == kCny);
  CHECK(bill.covered[0].covered_amount == 70);
}

TEST_CASE("a bill sums to its records whatever shard comes first", "[cdr][property]") {
  OCS_SEEDED_RANDOM(random, 7);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::pair<RecordId, Record>> records;
    std::vector<std::pair<Unit, int64_t>> expected = {{kCny, 0}, {kUsd, 0}};
    for (uint32_t i = 0; i < 30; ++i) {
      const RecordId id{.shard = {static_cast<uint16_t>(random.Below(2))}, .position = {1, i}};
      records.emplace_back(id, AnyCharge(random));
      const Record& record = records.back().second;
      for (const RecordLine& line : record.lines) {
        for (auto& [unit, sum] : expected) {
          if (line.unit != unit || line.bucket > kOwnMoneyBucket) continue;
          sum += record.type == RecordType::kRefund ? -line.amount : line.amount;
        }
      }
    }
    BillBuilder as_it_came(kMayCycle, {});
    for (const auto& [id, record] : records) {
      REQUIRE(as_it_came.Add(id, record) == BillAddOutcome::kAdded);
    }
    const Bill bill = Finish(as_it_came);
    for (const auto& [unit, sum] : expected) {
      int64_t total = 0;
      int64_t items = 0;
      int64_t codes = 0;
      for (const CurrencyBill& part : bill.currencies) {
        if (part.currency != unit) continue;
        total = part.total_micros;
        for (const BillItem& item : part.items) {
          int64_t reasons = 0;
          for (const BillReason& reason : item.reasons) reasons += reason.amount;
          REQUIRE(reasons == item.amount_micros);
          items += item.amount_micros;
        }
        for (const ChargeCodeTotal& code : part.charge_codes) codes += code.amount_micros;
      }
      REQUIRE(total == sum);
      REQUIRE(items == sum);
      REQUIRE(codes == sum);
    }
    std::ranges::stable_sort(records, {}, [](const auto& each) { return each.first.shard; });
    BillBuilder by_shard(kMayCycle, {});
    for (const auto& [id, record] : records) {
      REQUIRE(by_shard.Add(id, record) == BillAddOutcome::kAdded);
    }
    REQUIRE(Finish(by_shard) == bill);
  }
}

}  // namespace
}  // namespace ocs::cdr
