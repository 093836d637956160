#include "cdr/reconcile.h"

#include "ocs/base/random.h"
#include "ocs/base/text.h"
#include "tests/cdr/support.h"
#include "tests/support/catch.h"
#include "tests/support/seed.h"

namespace ocs::cdr {
namespace {

using testing::kCny;

CostItem Ours(std::string_view model, int64_t quantity, int64_t amount) {
  return {"vendor", std::string(model), TokenKind::kInput, kCny, 1, 1, quantity, amount, 1};
}
InvoiceLine Theirs(std::string_view model, int64_t quantity, int64_t amount) {
  return {std::string(model), TokenKind::kInput, kCny, quantity, amount};
}

TEST_CASE("each difference has its cause", "[cdr][unit]") {
  const auto found =
      Reconcile({Ours("same", 100, 1'000), Ours("only-ours", 10, 20), Ours("fewer", 100, 1'000'000),
                 Ours("dearer", 100, 1'000'000), Ours("rounded", 100, 1'000'001),
                 Ours("both", 50, 500'000), Ours("both", 50, 500'000)},
                {Theirs("same", 100, 1'000), Theirs("only-theirs", 5, 30),
                 Theirs("fewer", 90, 900'000), Theirs("dearer", 100, 1'100'000),
                 Theirs("rounded", 100, 1'000'000), Theirs("both", 110, 1'150'000)},
                10'000);
  REQUIRE(found.ok());
  std::string told;
  for (const InvoiceDifference& d : found->differences) {
    told += Cat(d.model, " ", DifferenceCauseName(d.cause), " ", d.our_quantity, " ",
                d.invoice_quantity, " ", d.amount_micros, "\n");
  }
  CHECK(told ==
        "both quantity 100 110 100000\n"
        "both price 100 110 50000\n"
        "dearer price 100 100 100000\n"
        "fewer quantity 100 90 -100000\n"
        "only-ours missing 10 0 -20\n"
        "only-theirs extra 0 5 30\n"
        "rounded rounding 100 100 -1\n");
  CHECK(found->matched == 1);
}

TEST_CASE("differences sum to what the totals differ by", "[cdr][property]") {
  OCS_SEEDED_RANDOM(random, 72);
  for (int round = 0; round < 2'000; ++round) {
    std::vector<CostItem> ours;
    std::vector<InvoiceLine> invoice;
    int64_t all = 0;
    for (const std::string_view model : {"a", "b", "c"}) {
      if (random.OneIn(3)) continue;
      ours.push_back(Ours(model, random.Below(50), random.Below(100'000)));
      all -= ours.back().amount_micros;
    }
    for (const std::string_view model : {"a", "b", "c"}) {
      if (random.OneIn(3)) continue;
      invoice.push_back(Theirs(model, random.Below(50), random.Below(100'000)));
      all += invoice.back().amount_micros;
    }
    const auto found = Reconcile(ours, invoice, 10'000);
    REQUIRE(found.ok());
    for (const InvoiceDifference& d : found->differences) all -= d.amount_micros;
    REQUIRE(all == 0);
  }
}

TEST_CASE("an invoice is read by the names of its columns", "[cdr][unit]") {
  const auto lines = ParseInvoice(
      "\xef\xbb\xbf"
      "currency,note,model,kind,quantity,amount\r\n"
      "CNY,\"a, b\",deepseek-v3.2,cache_read,1000,0.05\r\n"
      "USD,,qwen,output,5,1\r\n");
  REQUIRE(lines.ok());
  REQUIRE(lines->size() == 2);
  CHECK((*lines)[0] == InvoiceLine{"deepseek-v3.2", TokenKind::kCacheRead, kCny, 1'000, 50'000});
  CHECK((*lines)[1].amount_micros == 1'000'000);
  for (const std::string_view bad :
       {"", "model,kind,quantity,amount\n", "model,kind,quantity,amount,currency\nx\n",
        "model,kind,quantity,amount,currency\nx,y,1,1,CNY\n",
        "model,kind,quantity,amount,currency\nx,input,-1,1,CNY\n",
        "model,kind,quantity,amount,currency\nx,input,1,1.0000001,CNY\n",
        "model,kind,quantity,amount,currency\nx,input,1,1,token\n",
        "model,kind,quantity,amount,currency\n\"x\n"}) {
    CAPTURE(bad);
    CHECK(ParseInvoice(bad).status().code() == absl::StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace ocs::cdr
