#include "cdr/explain_zh.h"

#include <array>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "cdr/explain.h"
#include "cdr/internal/text.h"
#include "ocs/base/check.h"
#include "ocs/base/exact.h"
#include "ocs/base/text.h"

namespace ocs::cdr {
namespace {

using internal::AppendTo;

struct MeasureWord {
  std::string_view name;     // What is counted.
  std::string_view measure;  // The word between a number and it.
};

constexpr std::array<MeasureWord, kTokenKindCount> kMeasureWords = {{
    {"输入词元", "个"},
    {"缓存命中词元", "个"},
    {"缓存写入词元（5分钟）", "个"},
    {"缓存写入词元（1小时）", "个"},
    {"输出词元", "个"},
    {"推理词元", "个"},
    {"音频输入词元", "个"},
    {"音频输出词元", "个"},
    {"图片输入词元", "个"},
    {"图片输出词元", "个"},
    {"调用", "次"},
    {"搜索", "次"},
    {"图片", "张"},
    {"时长", "秒"},
}};

const MeasureWord& MeasureWordOf(TokenKind kind) {
  const auto index = static_cast<size_t>(kind);
  OCS_CHECK(index < kMeasureWords.size());
  return kMeasureWords[index];
}

std::string WhatInChinese(const Record& record, const RecordLine& line) {
  const MeasureWord& words = MeasureWordOf(line.kind);
  return Cat(record.model.empty() ? "" : Cat(record.model, "："), words.name, " ",
             FormatGrouped(line.quantity), " ", words.measure);
}

// "1.00 CNY / 250,000 个"; as in a price list, per million where that is exact.
std::string Price(const RecordLine& line) {
  if (line.price_denominator < 1) return "无价格";
  if (line.price_numerator == 0) return "免费";
  if (!line.unit.is_money() && line.price_numerator == line.price_denominator) return "1:1";
  constexpr int64_t kMillion = 1'000'000;
  constexpr int64_t kPerPiecesMin = 1'000;
  const std::string_view measure = MeasureWordOf(line.kind).measure;
  const bool token = line.kind < TokenKind::kRequest;
  if (line.unit.is_money() && token && line.price_denominator < kPerPiecesMin &&
      kMillion % line.price_denominator == 0) {
    const auto scaled = MultiplyExact(line.price_numerator, kMillion / line.price_denominator);
    if (scaled) return Cat(internal::AmountText(*scaled, line.unit), " / 1,000,000 ", measure);
  }
  return Cat(internal::AmountText(line.price_numerator, line.unit), " / ",
             line.price_denominator == 1 ? "" : Cat(FormatGrouped(line.price_denominator), " "),
             measure);
}

std::string BucketInChinese(std::string_view word, const RecordLine& line) {
  return line.bucket == BucketId{} ? "" : Cat("，", word, "账本 ", line.bucket.value);
}

std::string UsageInChinese(const Record& record, const RecordLine& line) {
  const std::string amount = internal::AmountText(line.amount, line.unit);
  switch (line.form) {
    case LineForm::kFlat:
      return Cat("进入第 ", line.tier, " 档的固定费用 ", amount, BucketInChinese("扣自", line));
    case LineForm::kMinimum:
      return Cat("补足单次最低消费 ", amount, BucketInChinese("扣自", line));
    case LineForm::kFree:
      return Cat(WhatInChinese(record, line), "，已达本周期封顶，计 ", amount,
                 BucketInChinese("扣自", line));
    case LineForm::kVolume:
      return Cat(WhatInChinese(record, line), "，全量按第 ", line.tier, " 档单价 ", Price(line),
                 "，减去本周期已计费用，计 ", amount, BucketInChinese("扣自", line));
    case LineForm::kPieces:
      break;
  }
  if (line.unit.is_money())
    return Cat(WhatInChinese(record, line), "，单价 ", Price(line), "，计 ", amount,
               BucketInChinese("扣自", line));
  return Cat(WhatInChinese(record, line), "，扣减系数 ", Price(line), "，扣减 ", amount,
             BucketInChinese("扣自", line));
}

std::string LineInChinese(const Record& record, const RecordLine& line) {
  const std::string amount = internal::AmountText(line.amount, line.unit);
  switch (record.type) {
    case RecordType::kUsage:
    case RecordType::kCorrection:
      return UsageInChinese(record, line);
    case RecordType::kFee:
      return Cat(record.offer.empty() ? "" : Cat("商品 ", record.offer, " "), "费用 ", amount,
                 BucketInChinese("扣自", line));
    case RecordType::kRefund:
      return Cat("退还 ", amount, BucketInChinese("退至", line),
                 line.quantity == 0 || !record.offer.empty()
                     ? ""
                     : Cat("，对应", WhatInChinese(record, line)));
    case RecordType::kRebate:
      return Cat("返还 ", amount, BucketInChinese("退至", line), "，即达到更低档价之前多计的金额");
  }
  OCS_CHECK(false);
}

std::string_view CauseInChinese(ClosingCause cause) {
  switch (cause) {
    case ClosingCause::kNormalRelease:
      return "正常结束";
    case ClosingCause::kPartialRecord:
      return "会话继续";
    case ClosingCause::kAbnormalRelease:
      return "超时结束";
    case ClosingCause::kVolumeLimit:
      return "会话继续，本记录已达用量上限";
    case ClosingCause::kTimeLimit:
      return "会话继续，本记录已达时长上限";
    case ClosingCause::kManagementIntervention:
      return "由运营商结束";
  }
  OCS_CHECK(false);
}

std::string_view TariffChangeInChinese(uint32_t change) {
  constexpr std::string_view kTexts[] = {"", "；资费切换前使用", "；资费切换后使用",
                                         "；资费切换前后使用，按较高资费计"};
  return change < std::size(kTexts) ? kTexts[change] : "";
}

std::string_view OutcomeInChinese(uint32_t outcome) {
  constexpr std::string_view kTexts[] = {"", "；调用失败", "；调用已取消", "；内容审核未通过"};
  return outcome < std::size(kTexts) ? kTexts[outcome] : "";
}

std::string_view TypeInChinese(RecordType type) {
  switch (type) {
    case RecordType::kUsage:
      return "使用";
    case RecordType::kFee:
      return "费用";
    case RecordType::kRefund:
      return "退还";
    case RecordType::kRebate:
      return "返还";
    case RecordType::kCorrection:
      return "更正";
  }
  OCS_CHECK(false);
}

std::string TotalInChinese(const Record& record) {
  if (record.lines.empty()) return "未计费。";
  std::vector<std::pair<Unit, std::optional<int64_t>>> totals;
  for (const RecordLine& line : record.lines) {
    size_t at = 0;
    while (at < totals.size() && totals[at].first != line.unit) ++at;
    if (at == totals.size()) totals.push_back({line.unit, 0});
    if (totals[at].second) totals[at].second = AddExact(*totals[at].second, line.amount);
  }
  std::string text = IsCredit(record.type) ? "共退还：" : "合计：";
  for (size_t i = 0; i < totals.size(); ++i) {
    AppendTo(
        &text, i == 0 ? "" : "，",
        totals[i].second ? internal::AmountText(*totals[i].second, totals[i].first) : "数额过大");
  }
  return text + "。";
}

std::string HeadInChinese(const RecordId& id, const Record& record, absl::TimeZone zone) {
  std::string text = Cat("话单 ", FormatRecordId(id), "：", TypeInChinese(record.type));
  if (!record.model.empty()) AppendTo(&text, "，模型 ", record.model);
  if (!record.offer.empty()) AppendTo(&text, "，商品 ", record.offer);
  AppendTo(&text, "，账户 ", record.account.value);
  if (!record.node.empty()) AppendTo(&text, "，使用者 ", record.node);
  if (!record.session_id.empty()) AppendTo(&text, "，会话 ", record.session_id);
  if (record.refers_to.valid()) {
    AppendTo(&text, "，对应话单 ",
             FormatRecordId({.shard = {record.refers_to_shard}, .position = record.refers_to}));
  }
  AppendTo(&text, "，时间 ", FormatInstant(record.closed_at, zone));
  if (record.type == RecordType::kUsage) AppendTo(&text, "，", CauseInChinese(record.cause));
  AppendTo(&text, TariffChangeInChinese(record.tariff_change),
           OutcomeInChinese(record.call_outcome));
  if (record.late) AppendTo(&text, "；会话结束后才上报");
  if (record.estimated) AppendTo(&text, "；用量为估计值");
  if (record.incomplete) AppendTo(&text, "；可能缺少部分用量");
  return text + "。";
}

}  // namespace

std::string ExplainLineZh(const Record& record, const RecordLine& line) {
  std::string text = LineInChinese(record, line);
  AppendTo(&text, "（", line.rule, line.rule.empty() ? "" : "，", "资费目录第 ",
           record.tariff_revision, " 版）");
  if (line.tier != 0 && line.form == LineForm::kPieces) AppendTo(&text, "；第 ", line.tier, " 档");
  if (!line.applied.empty()) AppendTo(&text, "；已计入 ", line.applied);
  if (line.tax_basis_points != 0)
    AppendTo(&text, "；含税 ", FormatBasisPoints(line.tax_basis_points));
  const auto carried = [&](int64_t carry) {
    return Cat(carry, "/", line.price_denominator, line.unit.is_money() ? " × 10⁻⁶ " : " ",
               line.unit.code());
  };
  if (line.carry_in != 0) AppendTo(&text, "；上次结转 ", carried(line.carry_in));
  if (line.carry_out != 0) AppendTo(&text, "；结转至下次 ", carried(line.carry_out));
  if (line.overshoot) AppendTo(&text, "；超出可用余量");
  if (!IsCredit(record.type) && !AddsUp(line)) AppendTo(&text, "；金额与数量和单价不符");
  return text;
}

std::string ExplainRecordZh(const RecordId& id, const Record& record, absl::TimeZone zone) {
  std::string text = Cat(HeadInChinese(id, record, zone), "\n");
  for (const RecordLine& line : record.lines)
    AppendTo(&text, "- ", ExplainLineZh(record, line), "。\n");
  AppendTo(&text, TotalInChinese(record), "\n");
  return text;
}

std::string PriceInChinese(TokenKind kind, std::string_view price) {
  constexpr std::string_view kPer = " per ";
  if (price == "no price") return "无价格";
  if (price == "no charge") return "免费";
  const size_t per = price.find(kPer);
  if (per == std::string_view::npos) return std::string(price);
  const std::string_view pieces = price.substr(per + kPer.size());
  const size_t number = pieces.find_first_not_of("0123456789,");
  return Cat(price.substr(0, per), " / ", pieces.substr(0, number), number == 0 ? "" : " ",
             MeasureWordOf(kind).measure);
}

}  // namespace ocs::cdr
