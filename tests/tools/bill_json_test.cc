// Bills that a run wrote, read again: all but their nodes and the prices' ratios, which are not in
// the lines.

#include "tools/ocsctl/bill_json.h"

#include <string>
#include <vector>

#include "cdr/bill_run.h"
#include "tests/cdr/samples.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"
#include "tools/ocsctl/wire_bill.h"

namespace ocs::tools {
namespace {

using cdr::testing::IdOf;

constexpr Instant kBillFrom{1'779'000'000'000};
constexpr Instant kBillUntil{1'780'000'000'000};

std::vector<cdr::Record> SomeRecords() {
  std::vector<cdr::Record> records = {cdr::testing::FeeSample(), cdr::testing::UsageSample(),
                                      cdr::testing::WideSample(), cdr::testing::RefundSample()};
  for (size_t i = 0; i < records.size(); ++i) {
    records[i].local_sequence = i + 1;
    records[i].account = {42};
    records[i].recorded_at = kBillFrom.PlusSeconds(static_cast<int64_t>(i) * 100'000);
  }
  return records;
}

// What is not in a line of JSON.
void Reduce(std::vector<cdr::BillItem>* items) {
  for (cdr::BillItem& item : *items) {
    for (cdr::BillReason& reason : item.reasons) {
      reason.price_numerator = 0;
      reason.price_denominator = 0;
    }
  }
}

TEST_CASE("a bill in a folder is read back as it was made", "[tools][unit]") {
  const ocs::testing::TempDir folder;
  cdr::BillRunOptions options{.cycle = "2026-05", .from = kBillFrom, .until = kBillUntil};
  options.kind = cdr::BillRunKind::kFinal;
  auto run = cdr::BillRun::Open(folder.path(), options);
  REQUIRE(run.ok());
  cdr::BillBuilder builder({AccountId{42}, kBillFrom, kBillUntil}, {});
  uint64_t group = 0;
  for (const cdr::Record& record : SomeRecords()) {
    ++group;
    REQUIRE((*run)->Add(IdOf(group, 0), record).ok());
    REQUIRE(builder.Add(IdOf(group, 0), record) == cdr::BillAddOutcome::kAdded);
  }
  REQUIRE((*run)->Finish().ok());
  std::vector<settlement::v1::BillDocument> documents;
  const absl::Status read =
      ForEachBillIn(folder.Path("2026-05"), [&](const settlement::v1::BillDocument& document) {
        documents.push_back(document);
        return absl::OkStatus();
      });
  INFO(read);
  REQUIRE(read.ok());
  REQUIRE(documents.size() == 1);
  CHECK(documents[0].number() == 1);
  CHECK(documents[0].document() == "2026-05-00000001");
  const auto bill = FromWire(documents[0].bill());
  REQUIRE(bill.ok());
  CHECK(documents[0].kind() == cdr::BillKindName(cdr::KindOf(*bill)));
  auto expected = builder.Finish();
  REQUIRE(expected.ok());
  expected->nodes.clear();
  for (cdr::CurrencyBill& part : expected->currencies) Reduce(&part.items);
  Reduce(&expected->covered);
  REQUIRE(expected->currencies.size() >= 1);
  CHECK(bill->currencies == expected->currencies);
  CHECK(bill->covered == expected->covered);
  CHECK(*bill == *expected);
}

TEST_CASE("what is no bill is refused with what is wrong", "[tools][unit]") {
  CHECK(absl::IsInvalidArgument(ParseBillLine("").status()));
  CHECK(absl::IsInvalidArgument(ParseBillLine("{}").status()));
  const absl::Status wrong =
      ParseBillLine("{\"format\":\"ocs-bill-json-1\",\"document\":\"x\"}").status();
  CHECK(absl::IsInvalidArgument(wrong));
  CHECK(std::string(wrong.message()).find("kind") != std::string::npos);
  CHECK(absl::IsNotFound(ForEachBillIn(
      "/nowhere", [](const settlement::v1::BillDocument&) { return absl::OkStatus(); })));
}

}  // namespace
}  // namespace ocs::tools
