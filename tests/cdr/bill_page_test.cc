#include "cdr/bill_page.h"

#include <string>

#include "tests/cdr/samples.h"
#include "tests/cdr/support.h"
#include "tests/support/catch.h"

namespace ocs::cdr {
namespace {

using testing::Beijing;
using testing::FeeSample;
using testing::IdOf;
using testing::kMayCycle;
using testing::UsageSample;
using testing::WideSample;

size_t CountOf(std::string_view text, std::string_view part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

Bill WideBill() {
  BillBuilder builder(kMayCycle, {{Unit::Of("CNY"), 7'000}});
  uint32_t index = 0;
  for (const Record& record : {UsageSample(), FeeSample(), WideSample()}) {
    REQUIRE(builder.Add(IdOf(1, index++), record) == BillAddOutcome::kAdded);
  }
  const auto bill = builder.Finish();
  REQUIRE(bill.ok());
  return *bill;
}

bool Has(const std::string& page, std::string_view part) {
  return page.find(part) != std::string::npos;
}

TEST_CASE("a page shows all that the bill has", "[cdr][unit][golden]") {
  const std::string page = BillPage(
      WideBill(), {.zone = Beijing(), .issuer = "Example Telecom", .document = "2026-05-00000001"});
  CHECK(page == testing::Golden("bill.html", page));
  for (const std::string_view part :
       {"<html lang=\"en\">", "Example Telecom", "2026-05-00000001", "2026-05-01 – 2026-05-31",
        "<b>69.91 CNY</b>", "<rect ", "sales/anna/key-7", "6 %", "-0.006996 CNY", "ct-light-tokens",
        "price book x, line 12", "Carried from the last bill"}) {
    CAPTURE(part);
    CHECK(Has(page, part));
  }
  // Nothing is loaded from anywhere.
  for (const std::string_view part : {"http", "<script", "src=", "@import", "url("})
    CHECK_FALSE(Has(page, part));
  CHECK(CountOf(page, "<table") == CountOf(page, "</table>"));
  CHECK(CountOf(page, "<tr") == CountOf(page, "</tr>"));
  CHECK(CountOf(page, "<thead>") == 4);
  CHECK(CountOf(page, "<thead>") == CountOf(page, "</thead>"));
  // A fee is no number of requests.
  CHECK(CountOf(page, "request<") == 0);
  CHECK(CountOf(page, "<td") == CountOf(page, "</td>"));
}

TEST_CASE("a page speaks Chinese", "[cdr][unit]") {
  const std::string page =
      BillPage(WideBill(), {.language = PageLanguage::kChinese, .zone = Beijing()});
  for (const std::string_view part :
       {"<html lang=\"zh-CN\">", "账单", "应付金额", "结转下期", "缓存读取 1,234", "单价 1.00 CNY",
        "每日用量", "部门、成员或密钥"}) {
    CAPTURE(part);
    CHECK(Has(page, part));
  }
  CHECK_FALSE(Has(page, "To pay"));
  CHECK(ParsePageLanguage("zh") == PageLanguage::kChinese);
  CHECK(ParsePageLanguage("en") == PageLanguage::kEnglish);
  CHECK_FALSE(ParsePageLanguage("fr").has_value());
}

TEST_CASE("nothing in a bill becomes markup", "[cdr][unit]") {
  BillBuilder builder(kMayCycle, {});
  Record record = UsageSample();
  record.model = "<b>\"x\"&'y'";
  record.node = "<i>";
  record.lines[0].charge_code = "</td>";
  record.lines[0].rule = "<script>";
  REQUIRE(builder.Add(IdOf(1, 0), record) == BillAddOutcome::kAdded);
  const std::string page = BillPage(*builder.Finish(), {.issuer = "<u>", .document = "<s>"});
  CHECK(Has(page, "&lt;b&gt;&quot;x&quot;&amp;&#39;y&#39;"));
  for (const std::string_view part : {"<script>", "<i>", "<u>", "<s>"})
    CHECK_FALSE(Has(page, part));
}

TEST_CASE("a page of nothing, and of what is given back", "[cdr][unit]") {
  const auto empty = BillBuilder(kMayCycle, {}).Finish();
  CHECK(Has(BillPage(*empty, {}), "Nothing was charged in this period."));
  CHECK_FALSE(Has(BillPage(*empty, {}), "<svg"));
  BillBuilder builder(kMayCycle, {});
  Record refund = FeeSample();
  refund.type = RecordType::kRefund;
  REQUIRE(builder.Add(IdOf(1, 0), refund) == BillAddOutcome::kAdded);
  const std::string page = BillPage(*builder.Finish(), {});
  CHECK(Has(page, "Credit note"));
  CHECK(Has(page, "<b>9.90 CNY</b>"));
}

}  // namespace
}  // namespace ocs::cdr
