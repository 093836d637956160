#include "cdr/costs.h"

#include <limits>

#include "ocs/base/random.h"
#include "tests/cdr/samples.h"
#include "tests/cdr/support.h"
#include "tests/support/catch.h"
#include "tests/support/seed.h"

namespace ocs::cdr {
namespace {

using testing::FeeSample;
using testing::kCny;
using testing::kUsd;
using testing::RefundSample;
using testing::UsageSample;
using testing::WideSample;

TEST_CASE("the vendors' statement is the sum of the cost lines", "[cdr][unit]") {
  VendorStatement statement;
  REQUIRE(statement.Add(WideSample()).ok());
  REQUIRE(statement.Add(WideSample()).ok());
  Record other = WideSample();
  other.served_model = "";
  other.costs[0].price_numerator = 8;
  REQUIRE(statement.Add(other).ok());
  Record refund = WideSample();  // The vendor is owed all the same.
  refund.type = RecordType::kRefund;
  REQUIRE(statement.Add(refund).ok());
  REQUIRE(statement.Add(UsageSample()).ok());
  const auto items = statement.Items();
  REQUIRE(items.size() == 2);
  CHECK(items[0] ==
        CostItem{"deepseek", "deepseek-v3.2", TokenKind::kInput, kUsd, 8, 100, 1'234, 86, 1});
  CHECK(items[1] ==
        CostItem{"deepseek", "qwen3-235b", TokenKind::kInput, kUsd, 7, 100, 2'468, 172, 2});
  CHECK(statement.records_without_cost() == 1);
}

TEST_CASE("margin is what use earned less what it cost", "[cdr][unit]") {
  MarginBook book(kCny);
  Record record = UsageSample();  // Own money 4,936 + 124; a package earns 475.
  record.lines[0].tax_basis_points = 600;
  record.costs = WideSample().costs;
  record.costs[0].unit = kCny;
  record.costs[0].amount = 2'969;  // A micro for each of 2,968 pieces, and one more.
  REQUIRE(book.Add(record).ok());
  REQUIRE(book.Add(FeeSample()).ok());
  const auto items = book.Items();
  REQUIRE(items.ok());
  REQUIRE(items->size() == 3);
  const MarginItem& fee = (*items)[0];
  CHECK(fee.type == RecordType::kFee);
  CHECK(fee.billed_gross_micros == 9'900'000);
  CHECK(fee.margin_micros == 0);
  const MarginItem& package = (*items)[1];
  CHECK(package.charge_code == "ct-light-tokens");
  CHECK(package.package_gross_micros == 475);
  CHECK(package.cost_micros == 501);  // 500 pieces, and what rounding left.
  CHECK(package.margin_micros == -26);
  const MarginItem& usage = (*items)[2];
  CHECK(usage.billed_gross_micros == 5'060);
  CHECK(usage.billed_tax_micros == 279);  // 4,936 x 6 / 106 = 279.4
  CHECK(usage.cost_micros == 2'468);
  CHECK(usage.margin_micros == 5'060 - 279 - 2'468);
}

TEST_CASE("a refund takes revenue back, not cost", "[cdr][unit]") {
  MarginBook book(kCny);
  REQUIRE(book.Add(UsageSample()).ok());
  Record refund = RefundSample();
  refund.costs = WideSample().costs;
  REQUIRE(book.Add(refund).ok());
  const auto items = book.Items();
  REQUIRE(items.ok());
  for (const MarginItem& item : *items) {
    CHECK(item.cost_micros == 0);
    CHECK(item.currency == kCny);
    if (item.charge_code == "ds-usage") CHECK(item.billed_gross_micros == 124);
  }
}

TEST_CASE("no cost is lost among charge codes", "[cdr][property]") {
  OCS_SEEDED_RANDOM(random, 71);
  for (int round = 0; round < 500; ++round) {
    MarginBook book(kCny);
    VendorStatement statement;
    for (int64_t records = random.Between(1, 5); records > 0; --records) {
      Record record = WideSample();
      record.lines = UsageSample().lines;
      for (RecordLine& line : record.lines) line.quantity = random.Below(1'000);
      record.costs[0].amount = random.Below(1'000'000);
      REQUIRE(book.Add(record).ok());
      REQUIRE(statement.Add(record).ok());
    }
    int64_t divided = 0;
    const auto margins = book.Items();
    REQUIRE(margins.ok());
    for (const MarginItem& item : *margins) divided += item.cost_micros;
    int64_t owed = 0;
    for (const CostItem& item : statement.Items()) owed += item.amount_micros;
    REQUIRE(divided == owed);
  }
}

TEST_CASE("a statement that does not fit is told", "[cdr][unit]") {
  Record record = WideSample();
  record.costs[0].amount = std::numeric_limits<int64_t>::max();
  VendorStatement statement;
  REQUIRE(statement.Add(record).ok());
  CHECK(statement.Add(record).code() == absl::StatusCode::kOutOfRange);
  MarginBook book(kCny);
  REQUIRE(book.Add(record).ok());
  CHECK(book.Add(record).code() == absl::StatusCode::kOutOfRange);
}

}  // namespace
}  // namespace ocs::cdr
