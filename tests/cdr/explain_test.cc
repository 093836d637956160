#include "cdr/explain.h"
#include "cdr/explain_zh.h"

#include <limits>
#include <string>

#include "tests/cdr/samples.h"
#include "tests/cdr/support.h"
#include "tests/support/catch.h"

namespace ocs::cdr {
namespace {

using testing::FeeSample;
using testing::IdOf;
using testing::kCny;
using testing::RefundSample;
using testing::UsageSample;

TEST_CASE("a line says what was used at which price and where it was taken", "[cdr][unit]") {
  const Record record = UsageSample();
  CHECK(ExplainLine(record, record.lines[0]) ==
        "1,234 input tokens of deepseek-v3.2 at 1.00 CNY per 250,000 tokens = 0.004936 CNY from "
        "bucket 1 (price book x, line 12, revision 3)");
  CHECK(ExplainLine(record, record.lines[1]) ==
        "1,234 cache-read tokens of deepseek-v3.2 at 0.10 CNY per 1,000,000 tokens = 0.000124 CNY "
        "from bucket 1 (price book x, line 12, revision 3); 700000/1000000 micro was left from "
        "before; 100000/1000000 micro carried to the next charge");
  CHECK(ExplainLine(record, record.lines[2]) ==
        "480 output tokens of deepseek-v3.2 drawn 1:1 from bucket 2, 'token' (offer ct-light, "
        "grant 1, revision 3)");
  CHECK(ExplainLine(record, record.lines[3]) ==
        "20 output tokens of deepseek-v3.2 drawn 1:1 from bucket 2, 'token' (offer ct-light, "
        "grant 1, revision 3); beyond what was available");
}

TEST_CASE("a weighted draw shows its weight", "[cdr][unit]") {
  Record record = UsageSample();
  RecordLine line = record.lines[2];
  line.unit = Unit::Of("quota_point");
  line.quantity = 12'000;
  line.price_numerator = 10;
  line.amount = 120'000;
  CHECK(ExplainLine(record, line) ==
        "12,000 output tokens of deepseek-v3.2 drawn at 10 quota_point per token = 120,000 "
        "quota_point from bucket 2 (offer ct-light, grant 1, revision 3)");
  line.price_numerator = 1;
  line.price_denominator = 7;
  line.amount = 1714;
  line.carry_out = 2;
  CHECK(ExplainLine(record, line) ==
        "12,000 output tokens of deepseek-v3.2 drawn at 1 quota_point per 7 tokens = 1,714 "
        "quota_point from bucket 2 (offer ct-light, grant 1, revision 3); 2/7 quota_point carried "
        "to the next charge");
}

TEST_CASE("tier, adjustments, tax and each form of a line are told", "[cdr][unit]") {
  Record record = testing::WideSample();
  CHECK(ExplainLine(record, record.lines[0])
            .ends_with("; tier 2; with night discount; USD to CNY at 7.1; 6 % tax contained"));
  RecordLine line = record.lines[1];
  CHECK(ExplainLine(record, line).find("flat amount of tier 2 = 60.00 CNY from bucket 1") == 0);
  line.form = LineForm::kMinimum;
  CHECK(ExplainLine(record, line).find("what the call is short of its minimum = 60.00") == 0);
  line.form = LineForm::kFree;
  CHECK(ExplainLine(record, line).find("beyond the most that the window costs = 60.00") !=
        std::string::npos);
  CHECK(AddsUp(line));
  line.form = LineForm::kVolume;
  CHECK(ExplainLine(record, line).find("of tier 2 less what it was charged before = 60.00") !=
        std::string::npos);
  line.carry_out = 1;
  CHECK_FALSE(AddsUp(line));
  CHECK(FormatBasisPoints(600) == "6 %");
  CHECK(FormatBasisPoints(625) == "6.25 %");
  CHECK(FormatBasisPoints(50) == "0.5 %");
}

TEST_CASE("what is free is said to be free", "[cdr][unit]") {
  Record record = UsageSample();
  RecordLine line = record.lines[0];
  line.price_numerator = 0;
  line.amount = 0;
  line.rule = "";
  CHECK(ExplainLine(record, line) ==
        "1,234 input tokens of deepseek-v3.2 at no charge = 0.00 CNY from bucket 1 (revision 3)");
  line.unit = Unit::Of("token");
  CHECK(ExplainLine(record, line) ==
        "1,234 input tokens of deepseek-v3.2 drawn at no charge = 0 token from bucket 1 (revision "
        "3)");
}

TEST_CASE("what nothing priced names no bucket", "[cdr][unit]") {
  const Record record = UsageSample();
  RecordLine line;
  line.kind = TokenKind::kSearch;
  line.quantity = 2;
  line.unit = kCny;
  line.rule = "no price and no package covers it";
  CHECK(ExplainLine(record, line) ==
        "2 searches of deepseek-v3.2 at no charge = 0.00 CNY (no price and no package covers it, "
        "revision 3)");
}

TEST_CASE("a line that does not add up says so", "[cdr][unit]") {
  Record record = UsageSample();
  record.lines[0].amount += 1;
  CHECK(ExplainLine(record, record.lines[0])
            .ends_with("; the amount does not follow from quantity and price"));
}

TEST_CASE("a line adds up by exact arithmetic", "[cdr][unit]") {
  RecordLine line;
  const auto set = [&](int64_t quantity, int64_t numerator, int64_t carry_in, int64_t amount,
                       int64_t denominator, int64_t carry_out) {
    line.quantity = quantity;
    line.price_numerator = numerator;
    line.carry_in = carry_in;
    line.amount = amount;
    line.price_denominator = denominator;
    line.carry_out = carry_out;
    return AddsUp(line);
  };
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
  CHECK(set(10, 1, 0, 3, 3, 1));
  CHECK(set(10, 1, 2, 4, 3, 0));
  CHECK_FALSE(set(10, 1, 0, 3, 3, 0));   // A remainder lost.
  CHECK_FALSE(set(10, 1, 0, 4, 3, -2));  // A remainder below 0.
  CHECK_FALSE(set(10, 1, 0, 2, 3, 4));   // A remainder that is a whole piece.
  CHECK_FALSE(set(10, 1, 3, 4, 3, 1));
  CHECK_FALSE(set(0, 0, 0, 0, 0, 0));  // No denominator.
  // Products that fit 128 bits only.
  CHECK(set(kMost, kMost, 0, kMost, kMost, 0));
  CHECK(set(kMost, kMost - 1, kMost - 1, kMost - 1, kMost, kMost - 1));
  CHECK_FALSE(set(kLeast, kLeast, 0, kMost, kMost, 0));
}

TEST_CASE("quantities have words", "[cdr][unit]") {
  CHECK(FormatQuantity(TokenKind::kInput, 1) == "1 input token");
  CHECK(FormatQuantity(TokenKind::kInput, 0) == "0 input tokens");
  CHECK(FormatQuantity(TokenKind::kCacheRead, 12'000) == "12,000 cache-read tokens");
  CHECK(FormatQuantity(TokenKind::kCacheWrite5m, 2) == "2 5-minute cache-write tokens");
  CHECK(FormatQuantity(TokenKind::kCacheWrite1h, 2) == "2 1-hour cache-write tokens");
  CHECK(FormatQuantity(TokenKind::kOutput, 2) == "2 output tokens");
  CHECK(FormatQuantity(TokenKind::kReasoning, 2) == "2 reasoning tokens");
  CHECK(FormatQuantity(TokenKind::kAudioInput, 2) == "2 audio input tokens");
  CHECK(FormatQuantity(TokenKind::kAudioOutput, 2) == "2 audio output tokens");
  CHECK(FormatQuantity(TokenKind::kImageInput, 2) == "2 image input tokens");
  CHECK(FormatQuantity(TokenKind::kImageOutput, 2) == "2 image output tokens");
  CHECK(FormatQuantity(TokenKind::kRequest, 1) == "1 request");
  CHECK(FormatQuantity(TokenKind::kSearch, 2) == "2 searches");
  CHECK(FormatQuantity(TokenKind::kImage, 2) == "2 images");
  CHECK(FormatQuantity(TokenKind::kSecond, 60) == "60 seconds");
}

TEST_CASE("prices read as in a price list", "[cdr][unit]") {
  const auto token = [](int64_t numerator, int64_t denominator) {
    return FormatPrice(TokenKind::kInput, kCny, numerator, denominator);
  };
  CHECK(token(1'000'000, 250'000) == "1.00 CNY per 250,000 tokens");
  CHECK(token(1'000'000, 1'000'000) == "1.00 CNY per 1,000,000 tokens");
  CHECK(token(1, 1) == "1.00 CNY per 1,000,000 tokens");
  CHECK(token(3, 2) == "1.50 CNY per 1,000,000 tokens");
  CHECK(token(20'000, 1'000) == "0.02 CNY per 1,000 tokens");
  CHECK(token(20, 3) == "0.00002 CNY per 3 tokens");  // Not exact for a million.
  CHECK(token(std::numeric_limits<int64_t>::max(), 1) == "9223372036854.775807 CNY per token");
  CHECK(token(0, 1) == "no charge");
  CHECK(token(5, 0) == "no price");
  CHECK(FormatPrice(TokenKind::kRequest, kCny, 50'000, 1) == "0.05 CNY per request");
  CHECK(FormatPrice(TokenKind::kSearch, kCny, 50'000, 10) == "0.05 CNY per 10 searches");
  CHECK(FormatPrice(TokenKind::kOutput, Unit::Of("credit"), 3, 1'000) ==
        "3 credit per 1,000 tokens");
  CHECK(FormatPrice(TokenKind::kOutput, Unit::Of("token"), 1, 1) == "1:1");
  CHECK(FormatPrice(TokenKind::kOutput, Unit(), 3, 1) == "3 per token");
}

TEST_CASE("a fee and a refund have their own sentences", "[cdr][unit]") {
  const Record fee = FeeSample();
  CHECK(ExplainLine(fee, fee.lines[0]) ==
        "fee of 9.90 CNY for offer ct-light from bucket 1 (offer ct-light, revision 3)");
  Record refund = RefundSample();
  CHECK(ExplainLine(refund, refund.lines[0]) ==
        "0.004936 CNY given back to bucket 1 for 1,234 input tokens of deepseek-v3.2 (price book "
        "x, line 12, revision 3)");
  refund.lines[0].quantity = 0;  // Goodwill: an amount without use. It need not add up.
  CHECK(ExplainLine(refund, refund.lines[0]) ==
        "0.004936 CNY given back to bucket 1 (price book x, line 12, revision 3)");
  Record fee_back = FeeSample();
  fee_back.type = RecordType::kRefund;
  CHECK(ExplainLine(fee_back, fee_back.lines[0]) ==
        "9.90 CNY given back to bucket 1 for offer ct-light (offer ct-light, revision 3)");
}

TEST_CASE("a record is a headline, its lines and what it comes to", "[cdr][unit][golden]") {
  std::string actual = ExplainRecord(IdOf(11, 4), UsageSample(), testing::Beijing()) + "\n" +
                       ExplainRecord(IdOf(11, 5), FeeSample(), testing::Beijing()) + "\n" +
                       ExplainRecord(IdOf(12, 0), RefundSample(), testing::Beijing()) + "\n";
  Record lost = UsageSample();
  lost.cause = ClosingCause::kAbnormalRelease;
  lost.incomplete = true;
  lost.estimated = true;
  lost.lines.clear();
  actual += ExplainRecord(IdOf(13, 0), lost, testing::Beijing());
  CHECK(actual == testing::Golden("explained.txt", actual));
}

TEST_CASE("how it was reported is told", "[cdr][unit]") {
  Record record = UsageSample();
  record.tariff_change = 1;
  record.call_outcome = 3;
  record.late = true;
  const std::string text = ExplainRecord(IdOf(11, 4), record, testing::Beijing());
  CHECK(text.find("; used before a change of tariff; the call was moderated; reported after its "
                  "session was closed") != std::string::npos);
  const std::string chinese = ExplainRecordZh(IdOf(11, 4), record, testing::Beijing());
  CHECK(chinese.find("；资费切换前使用；内容审核未通过；会话结束后才上报") != std::string::npos);
}

TEST_CASE("a total that does not fit is not invented", "[cdr][unit]") {
  Record record = FeeSample();
  record.lines.push_back(record.lines[0]);
  record.lines[0].amount = std::numeric_limits<int64_t>::max();
  CHECK(ExplainRecord(IdOf(1, 0), record, testing::Beijing())
            .ends_with("\nCharged: more than can be added up.\n"));
}

}  // namespace
}  // namespace ocs::cdr
