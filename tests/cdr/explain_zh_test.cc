#include "cdr/explain_zh.h"

#include <string>

#include "cdr/explain.h"
#include "tests/cdr/samples.h"
#include "tests/support/catch.h"

namespace ocs::cdr {
namespace {

using testing::FeeSample;
using testing::IdOf;
using testing::RefundSample;
using testing::UsageSample;
using testing::WideSample;

TEST_CASE("a line says in Chinese what was used and at which price", "[cdr][unit]") {
  const Record record = UsageSample();
  CHECK(ExplainLineZh(record, record.lines[0]) ==
        "deepseek-v3.2：输入词元 1,234 个，单价 1.00 CNY / 250,000 个，计 0.004936 CNY，扣自账本 "
        "1（price book x, line 12，资费目录第 3 版）");
  CHECK(ExplainLineZh(record, record.lines[3]) ==
        "deepseek-v3.2：输出词元 20 个，扣减系数 1:1，扣减 20 token，扣自账本 2（offer ct-light, "
        "grant 1，资费目录第 3 版）；超出可用余量");
}

TEST_CASE("the record in Chinese is that of the golden file", "[cdr][unit][golden]") {
  std::string text;
  uint32_t index = 0;
  for (const Record& record : {UsageSample(), FeeSample(), RefundSample(), WideSample()})
    text += ExplainRecordZh(IdOf(11, ++index), record, testing::Beijing()) + "\n";
  CHECK(text == testing::Golden("explained_zh.txt", text));
  // What it costs us is not for customers.
  CHECK(text.find("USD 0") == std::string::npos);
  CHECK(text.find("wholesale") == std::string::npos);
}

TEST_CASE("each form of a line has its sentence in Chinese", "[cdr][unit]") {
  Record record = WideSample();
  RecordLine line = record.lines[1];
  line.form = LineForm::kMinimum;
  CHECK(ExplainLineZh(record, line).find("补足单次最低消费 60.00 CNY") == 0);
  line.form = LineForm::kFree;
  CHECK(ExplainLineZh(record, line).find("已达本周期封顶") != std::string::npos);
  line.form = LineForm::kVolume;
  CHECK(ExplainLineZh(record, line).find("全量按第 2 档单价") != std::string::npos);
  line.form = LineForm::kPieces;
  line.carry_in = line.carry_out = 1;
  CHECK(ExplainLineZh(record, line).find("金额与数量和单价不符") != std::string::npos);
  record.lines.clear();
  CHECK(ExplainRecordZh(IdOf(1, 1), record, testing::Beijing()).find("未计费。") !=
        std::string::npos);
}

TEST_CASE("a price that was written in English is told in Chinese", "[cdr][unit]") {
  const Unit cny = Unit::Of("CNY");
  const auto told = [](TokenKind kind, const Unit& unit, int64_t numerator, int64_t denominator) {
    return PriceInChinese(kind, FormatPrice(kind, unit, numerator, denominator));
  };
  CHECK(told(TokenKind::kInput, cny, 4, 1) == "4.00 CNY / 1,000,000 个");
  CHECK(told(TokenKind::kOutput, cny, 1'000'000, 250'000) == "1.00 CNY / 250,000 个");
  CHECK(told(TokenKind::kImage, cny, 40'000, 1) == "0.04 CNY / 张");
  CHECK(told(TokenKind::kInput, cny, 0, 1) == "免费");
  CHECK(told(TokenKind::kInput, cny, 1, 0) == "无价格");
  CHECK(told(TokenKind::kInput, Unit::Of("token"), 1, 1) == "1:1");
}

}  // namespace
}  // namespace ocs::cdr
