#include "cdr/focus.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "cdr/internal/csv_field.h"
#include "ocs/base/random.h"
#include "ocs/base/text.h"
#include "tests/cdr/samples.h"
#include "tests/support/catch.h"
#include "tests/support/seed.h"

namespace ocs::cdr {
namespace {

using testing::Beijing;
using testing::FeeSample;
using testing::IdOf;
using testing::RefundSample;
using testing::UsageSample;

using Row = std::map<std::string, std::string>;

std::string Text(const std::vector<Record>& records) {
  FocusEncoder encoder(Beijing(), {.issuer = "Operator, Ltd", .currency = "CNY"});
  std::string text(FocusHeader());
  uint32_t index = 0;
  for (const Record& record : records) encoder.Append(IdOf(11, index++), record, &text);
  return text;
}

std::vector<Row> RowsOf(const std::vector<Record>& records) {
  const std::string text = Text(records);
  internal::CsvRowReader reader(text);
  std::vector<std::string> names;
  REQUIRE(reader.Read(&names));
  std::vector<Row> rows;
  while (!reader.done()) {
    std::vector<std::string> fields;
    REQUIRE(reader.Read(&fields));
    REQUIRE(fields.size() == names.size());
    Row& row = rows.emplace_back();
    for (size_t i = 0; i < names.size(); ++i) row[names[i]] = fields[i];
  }
  return rows;
}

TEST_CASE("records as FOCUS are those of the golden file", "[cdr][unit][golden]") {
  const std::string text = Text({UsageSample(), FeeSample(), RefundSample()});
  CHECK(text == testing::Golden("records.focus.csv", text));
}

TEST_CASE("the columns are those of FOCUS 1.0 in order, then ours", "[cdr][unit]") {
  internal::CsvRowReader reader(FocusHeader());
  std::vector<std::string> names;
  REQUIRE(reader.Read(&names));
  const auto ours = std::find_if(names.begin(), names.end(),
                                 [](const std::string& name) { return name.starts_with("x_"); });
  CHECK(ours - names.begin() == 43);
  CHECK(std::is_sorted(names.begin(), ours));
  CHECK(std::all_of(ours, names.end(),
                    [](const std::string& name) { return name.starts_with("x_"); }));
}

TEST_CASE("the page of FOCUS names the columns in their order", "[cdr][unit]") {
  const std::string page = ocs::testing::ReadFile(OCS_FOCUS_PAGE);
  std::string shown;
  for (size_t at = page.find("\n| `"); at != std::string::npos; at = page.find("\n| `", at + 1)) {
    const size_t begin = at + 4;
    shown += (shown.empty() ? "" : ",") + page.substr(begin, page.find('`', begin) - begin);
  }
  CHECK(shown + "\r\n" == FocusHeader());
}

TEST_CASE("money costs what was charged", "[cdr][unit]") {
  const Row row = RowsOf({UsageSample()})[0];
  CHECK(row.at("BilledCost") == "0.004936");
  CHECK(row.at("EffectiveCost") == "0.004936");
  CHECK(row.at("ContractedCost") == "0.004936");
  CHECK(row.at("ListCost") == "0.004936");
  CHECK(row.at("BillingCurrency") == "CNY");
  CHECK(row.at("ChargeCategory") == "Usage");
  CHECK(row.at("ChargeFrequency") == "Usage-Based");
  CHECK(row.at("ConsumedQuantity") == "1234");
  CHECK(row.at("ConsumedUnit") == "Tokens");
  CHECK(row.at("PricingQuantity") == "0.001234");
  CHECK(row.at("PricingUnit") == "1000000 Tokens");
  CHECK(row.at("ListUnitPrice") == "4.00");  // 1 CNY for 250,000.
  CHECK(row.at("PricingCategory") == "Standard");
  CHECK(row.at("InvoiceIssuerName") == "Operator, Ltd");
  CHECK(row.at("PublisherName") == "deepseek");
  CHECK(row.at("ResourceId") == "deepseek-v3.2");
  CHECK(row.at("SkuId") == "ds-usage");
  CHECK(row.at("CommitmentDiscountId").empty());
  // Times are UTC; the period is the month of the zone.
  CHECK(row.at("ChargePeriodStart") == "2026-05-19T04:00:00Z");
  CHECK(row.at("ChargePeriodEnd") == "2026-05-19T04:00:02Z");
  CHECK(row.at("BillingPeriodStart") == "2026-04-30T16:00:00Z");
  CHECK(row.at("BillingPeriodEnd") == "2026-05-31T16:00:00Z");
}

TEST_CASE("a draw from a package bills nothing and costs what it earns of the fee", "[cdr][unit]") {
  const Row row = RowsOf({UsageSample()})[2];
  CHECK(row.at("BilledCost") == "0.00");
  CHECK(row.at("EffectiveCost") == "0.000475");
  CHECK(row.at("ContractedCost") == "0.000475");
  CHECK(row.at("ListUnitPrice").empty());
  CHECK(row.at("PricingCategory") == "Committed");
  CHECK(row.at("CommitmentDiscountId") == "42/2");
  CHECK(row.at("CommitmentDiscountStatus") == "Used");
  CHECK(row.at("BillingCurrency") == "CNY");
}

TEST_CASE("a fee is a purchase whose cost shows where it is used", "[cdr][unit]") {
  const Row row = RowsOf({FeeSample()})[0];
  CHECK(row.at("ChargeCategory") == "Purchase");
  CHECK(row.at("BilledCost") == "9.90");
  CHECK(row.at("EffectiveCost") == "0.00");
  CHECK(row.at("ConsumedQuantity").empty());
  CHECK(row.at("PricingQuantity") == "1");
  CHECK(row.at("PricingUnit") == "Requests");
  CHECK(row.at("ResourceId").empty());
}

TEST_CASE("a refund is a credit", "[cdr][unit]") {
  const Row row = RowsOf({RefundSample()})[0];
  CHECK(row.at("ChargeCategory") == "Credit");
  CHECK(row.at("BilledCost") == "-0.004936");
  CHECK(row.at("EffectiveCost") == "-0.004936");
  CHECK(row.at("x_RefersTo") == "0.11.4");
}

TEST_CASE("a record without lines has a row without cost", "[cdr][unit]") {
  Record nothing = UsageSample();
  nothing.lines.clear();
  const auto rows = RowsOf({nothing});
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].at("BilledCost") == "0.00");
  CHECK(rows[0].at("x_Line") == "0");
  CHECK(rows[0].at("x_LocalSequence") == "7");
}

TEST_CASE("a draw alone is in the currency that is told", "[cdr][unit]") {
  Record draw = UsageSample();
  draw.lines.erase(draw.lines.begin(), draw.lines.begin() + 2);
  FocusEncoder encoder(Beijing(), {.issuer = "o", .currency = "USD"});
  std::string text;
  encoder.Append(IdOf(1, 0), draw, &text);
  CHECK(text.find(",42,,USD,") != std::string::npos);
}

TEST_CASE("what is billed adds up to what the records charge", "[cdr][property]") {
  OCS_SEEDED_RANDOM(random, 41);
  for (int round = 0; round < 100; ++round) {
    std::vector<Record> records;
    int64_t expected = 0;
    for (int i = 0; i < 10; ++i) {
      Record& record = records.emplace_back(testing::AnyRecord(random));
      for (RecordLine& line : record.lines) {
        line.amount %= 1'000'000'000;
        if (!line.unit.is_money()) continue;
        expected += record.type == RecordType::kRefund ? -line.amount : line.amount;
      }
    }
    int64_t billed = 0;
    for (const Row& row : RowsOf(records)) {
      const auto cost = ParseMicros(row.at("BilledCost"));
      REQUIRE(cost.ok());
      billed += *cost;
    }
    REQUIRE(billed == expected);
  }
}

}  // namespace
}  // namespace ocs::cdr
