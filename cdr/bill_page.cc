#include "cdr/bill_page.h"

#include <algorithm>
#include <array>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/time/time.h"
#include "cdr/explain_zh.h"
#include "cdr/internal/text.h"
#include "ocs/base/check.h"
#include "ocs/base/text.h"

namespace ocs::cdr {
namespace {

using internal::AppendTo;

constexpr int64_t kDaySeconds = 86'400;

// Every word of a page, in the order of Word.
enum Word : size_t {
  kTitle,
  kCreditNoteTitle,
  kAccount,
  kDocument,
  kPeriod,
  kPayable,
  kGivenBack,
  kUseByDay,
  kTokens,
  kItems,
  kWhat,
  kQuantity,
  kNet,
  kTax,
  kAmount,
  kCovered,
  kDrawn,
  kTotal,
  kCarriedIn,
  kCarriedOut,
  kTaxByRate,
  kRate,
  kGross,
  kNode,
  kItself,
  kWithBelow,
  kAll,
  kWhy,
  kAt,
  kRevision,
  kFee,
  kUsage,
  kRefund,
  kRebate,
  kCorrection,
  kNothing,
  kFootnote,
  kWordCount,
};
using PageWords = std::array<std::string_view, kWordCount>;

constexpr PageWords kEnglishWords = {
    "Bill",
    "Credit note",
    "Account",
    "Number",
    "Period",
    "To pay",
    "To your credit",
    "Tokens used each day",
    "tokens",
    "What was charged",
    "Item",
    "Quantity",
    "Net",
    "Tax",
    "Amount",
    "Covered by your packages, at no further charge",
    "Drawn",
    "Total",
    "Carried from the last bill",
    "Carried to the next bill",
    "Tax contained in the amounts",
    "Rate",
    "Gross",
    "Department, member or key",
    "Itself",
    "With those below",
    "All",
    "Why these amounts",
    "at",
    "price list revision",
    "fee",
    "usage",
    "given back",
    "given back: cheaper tier reached",
    "corrected",
    "Nothing was charged in this period.",
    "Amounts are exact to a millionth. What is to be paid is rounded down to two decimals; the "
    "rest "
    "is carried to the next bill and never lost. Use that was reported after the end of a period "
    "is "
    "on the next bill.",
};
constexpr PageWords kChineseWords = {
    "账单",
    "贷记通知单",
    "账户",
    "编号",
    "账期",
    "应付金额",
    "退还金额",
    "每日用量",
    "词元",
    "费用明细",
    "项目",
    "数量",
    "不含税金额",
    "税额",
    "金额",
    "套餐内用量（不再另外收费）",
    "抵扣",
    "合计",
    "上期结转",
    "结转下期",
    "价内税",
    "税率",
    "含税金额",
    "部门、成员或密钥",
    "自身",
    "含下级",
    "全部",
    "计费依据",
    "单价",
    "价目表版本",
    "套餐费",
    "用量",
    "退费",
    "返还：达到更低档价",
    "更正",
    "本账期没有费用。",
    "金额精确到百万分之一元。应付金额舍去到分，余额结转下期，不会丢失。账期结束后才上报的用量计入下"
    "期账单。",
};

// What stands before a number, and behind it.
struct KindAffixes {
  std::string_view before;
  std::string_view behind = "";
};
constexpr std::array<KindAffixes, kTokenKindCount> kChineseKinds = {{
    {"输入 "},
    {"缓存读取 "},
    {"缓存写入（5 分钟） "},
    {"缓存写入（1 小时） "},
    {"输出 "},
    {"推理 "},
    {"音频输入 "},
    {"音频输出 "},
    {"图像输入 "},
    {"图像输出 "},
    {"", " 次"},
    {"搜索 ", " 次"},
    {"图像 ", " 张"},
    {"", " 秒"},
}};

// Only what printing programs understand too: no variables, no grid.
constexpr std::string_view kStyle = R"(
*{box-sizing:border-box}
body{margin:0;background:#eceff3;color:#1d2733;font:15px/1.5 "Noto Sans",system-ui,sans-serif}
body:lang(zh){font-family:"Noto Sans CJK SC","PingFang SC","Microsoft YaHei","WenQuanYi Micro Hei",sans-serif}
main{max-width:920px;margin:24px auto;padding:40px 48px;background:#fff;border-radius:6px}
header{display:table;width:100%;border-bottom:3px solid #0a5fa8;padding-bottom:16px}
header>div,header>dl{display:table-cell;vertical-align:top}
header>dl{width:1%}
h1{font-size:28px;margin:0}
h2{font-size:16px;margin:32px 0 8px}
.issuer{color:#5b6875}
dl{margin:0}
dl div{display:table-row}
dt,dd{display:table-cell;padding:1px 0}
dt{color:#5b6875;white-space:nowrap}
dd{padding-left:16px;margin:0;text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.pay{display:flex;justify-content:space-between;align-items:baseline;background:#f4f7fa;padding:16px 20px;margin-top:20px;border-left:4px solid #0a5fa8}
.pay b{font-size:30px;font-variant-numeric:tabular-nums}
table{width:100%;border-collapse:collapse}
th{color:#5b6875;font-weight:500;font-size:13px;text-align:left;border-bottom:1px solid #1d2733;padding:4px 8px}
td{border-bottom:1px solid #dfe4ea;padding:7px 8px;vertical-align:top}
th:first-child,td:first-child{padding-left:0}
th:last-child,td:last-child{padding-right:0}
.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.s{color:#5b6875;font-size:13px}
tr.sum td{border-bottom:0;padding-bottom:1px}
tr.due td{font-weight:700;border-top:1px solid #1d2733}
.pay b,tr.due .n{font-family:"Noto Sans",system-ui,sans-serif}
svg{width:100%;height:auto;display:block}
details{margin-top:16px}
summary{cursor:pointer;color:#0a5fa8}
footer{margin-top:32px;padding-top:12px;border-top:1px solid #dfe4ea;color:#5b6875;font-size:13px}
@media(max-width:640px){main{margin:0;padding:20px 16px}header,header>div,header>dl{display:block;width:auto}dl{margin-top:12px}.q{display:none}}
@media print{body{background:#fff;font-size:13px}main{margin:0;max-width:none;padding:0}tr,.pay,svg,footer{break-inside:avoid}h2,thead,summary{break-after:avoid}details{margin-top:32px}tr.sum,footer{break-before:avoid}summary{color:#1d2733;font-size:16px;font-weight:700}}
@page{size:A4;margin:18mm 16mm 20mm;@bottom-right{content:counter(page) " / " counter(pages);font:11px "Noto Sans",system-ui,sans-serif;color:#5b6875}}
)";

// Text as HTML. Quotes too, so that it may stand in an attribute.
std::string Html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20) out.push_back(c);
    }
  }
  return out;
}

std::string MoneyText(int64_t micros, const Unit& currency) {
  return FormatAmount(micros, currency);
}

class Page final {
 public:
  Page(const Bill& bill, const BillPageOptions& options)
      : bill_(bill),
        options_(options),
        words_(options.language == PageLanguage::kChinese ? kChineseWords : kEnglishWords) {}

  std::string Build() {
    AppendTo(&out_, "<!doctype html>\n<html lang=\"", Chinese() ? "zh-CN" : "en",
             "\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
             "content=\"width=device-width,initial-scale=1\"><title>",
             Title(), "</title><style>", kStyle, "</style></head><body><main>\n");
    Head();
    for (const CurrencyBill& part : bill_.currencies) Payable(part);
    Chart();
    for (const CurrencyBill& part : bill_.currencies) Items(part);
    if (bill_.currencies.empty()) AppendTo(&out_, "<p>", words_[kNothing], "</p>\n");
    Covered();
    Nodes();
    Reasons();
    AppendTo(&out_, "<footer>", words_[kFootnote], "</footer>\n</main></body></html>\n");
    return std::move(out_);
  }

 private:
  bool Chinese() const { return options_.language == PageLanguage::kChinese; }

  std::string_view Title() const {
    return words_[KindOf(bill_) == BillKind::kCreditNote ? kCreditNoteTitle : kTitle];
  }

  std::string Day(Instant instant) const {
    return absl::FormatTime("%Y-%m-%d", instant.ToTime(), options_.zone);
  }

  void Head() {
    AppendTo(&out_, "<header><div><h1>", Title(), "</h1>");
    if (!options_.issuer.empty())
      AppendTo(&out_, "<div class=\"issuer\">", Html(options_.issuer), "</div>");
    AppendTo(&out_, "</div><dl><div><dt>", words_[kAccount], "</dt><dd>", bill_.cycle.account.value,
             "</dd></div>");
    if (!options_.document.empty()) {
      AppendTo(&out_, "<div><dt>", words_[kDocument], "</dt><dd>", Html(options_.document),
               "</dd></div>");
    }
    // The last day is shown, not the first one after it.
    AppendTo(&out_, "<div><dt>", words_[kPeriod], "</dt><dd>", Day(bill_.cycle.from), " – ",
             Day(bill_.cycle.until.PlusMillis(-1)), "</dd></div></dl></header>\n");
  }

  void Payable(const CurrencyBill& part) {
    const bool back = part.payable_fen < 0;
    const int64_t micros = part.payable_fen * kMicrosPerFen;
    AppendTo(&out_, "<div class=\"pay\"><span>", words_[back ? kGivenBack : kPayable], "</span><b>",
             MoneyText(back ? -micros : micros, part.currency), "</b></div>\n");
  }

  // Bars, a day each, with a line at the highest.
  void Chart() {
    if (bill_.days.empty()) return;
    constexpr int64_t kWidth = 820, kHeight = 130, kTop = 18, kBase = 110;
    const int64_t days =
        (bill_.cycle.until.unix_ms - bill_.cycle.from.unix_ms + kDaySeconds * 1000 - 1) /
        (kDaySeconds * 1000);
    int64_t most = 0;
    for (const DayUse& use : bill_.days) most = std::max(most, use.tokens);
    AppendTo(&out_, "<h2>", words_[kUseByDay], "</h2><svg viewBox=\"0 0 ", kWidth, " ", kHeight,
             "\" fill=\"#5b6875\" font-size=\"13\" role=\"img\" aria-label=\"", words_[kUseByDay],
             "\"><line x1=\"0\" x2=\"", kWidth, "\" y1=\"", kTop, "\" y2=\"", kTop,
             "\" stroke=\"#dfe4ea\"/><text x=\"0\" y=\"", kTop - 5, "\">", FormatGrouped(most), " ",
             words_[kTokens], "</text>");
    constexpr int64_t kBarMax = 60;  // A day alone is no wall.
    const int64_t bar = std::clamp<int64_t>(kWidth / days * 7 / 10, 1, kBarMax);
    for (const DayUse& use : bill_.days) {
      // At least a line, so that a day with little use is seen.
      const auto height = static_cast<int64_t>(
          std::max(absl::int128(1), absl::int128(use.tokens) * (kBase - kTop) / most));
      AppendTo(&out_, "<rect x=\"", int64_t{use.day} * kWidth / days, "\" y=\"", kBase - height,
               "\" width=\"", bar, "\" height=\"", height, "\" fill=\"#0a5fa8\"><title>",
               Day(bill_.cycle.from.PlusSeconds(use.day * kDaySeconds)), ": ",
               FormatGrouped(use.tokens), " ", words_[kTokens], "</title></rect>");
    }
    AppendTo(&out_, "<line x1=\"0\" x2=\"", kWidth, "\" y1=\"", kBase, "\" y2=\"", kBase,
             "\" stroke=\"#1d2733\"/>");
    const int64_t step = std::max<int64_t>(1, (days + 6) / 7);
    constexpr int64_t kLabelWidth = 40;
    for (int64_t day = 0; day < days; day += step) {
      const int64_t x = day * kWidth / days;
      // The last one ends where the chart does.
      const bool last = x + kLabelWidth > kWidth;
      AppendTo(&out_, "<text x=\"", last ? kWidth : x, "\" y=\"", kBase + 15,
               last ? "\" text-anchor=\"end\">" : "\">",
               absl::FormatTime("%m-%d", bill_.cycle.from.PlusSeconds(day * kDaySeconds).ToTime(),
                                options_.zone),
               "</text>");
    }
    out_ += "</svg>\n";
  }

  std::string UnitAmount(int64_t amount, const Unit& unit) const {
    if (unit.empty()) return FormatGrouped(amount);
    if (unit.code() == "token") return Cat(FormatGrouped(amount), " ", words_[kTokens]);
    return FormatAmount(amount, unit);
  }

  std::string KindText(const KindQuantity& q) const {
    const std::string number = FormatGrouped(q.quantity);
    if (Chinese()) {
      const KindAffixes& words = kChineseKinds[static_cast<size_t>(q.kind)];
      return Cat(words.before, number, words.behind);
    }
    std::string name(TokenKindName(q.kind));
    std::ranges::replace(name, '_', ' ');
    return Cat(number, " ", name);
  }

  // A fee is for so many of the offer; its kind is of no use to the reader.
  std::string QuantityText(RecordType type, const KindQuantity& q) const {
    return type == RecordType::kFee ? FormatGrouped(q.quantity) : KindText(q);
  }

  std::string QuantitiesText(const BillItem& item) const {
    std::string text;
    for (const KindQuantity& q : item.quantities)
      AppendTo(&text, text.empty() ? "" : "<br>", QuantityText(item.type, q));
    return text;
  }

  std::string_view TypeText(RecordType type) const {
    switch (type) {
      case RecordType::kUsage:
        return words_[kUsage];
      case RecordType::kFee:
        return words_[kFee];
      case RecordType::kRefund:
        return words_[kRefund];
      case RecordType::kRebate:
        return words_[kRebate];
      case RecordType::kCorrection:
        return words_[kCorrection];
    }
    OCS_CHECK(false);
  }

  void ItemName(const BillItem& item) {
    AppendTo(&out_, "<tr><td>",
             Html(item.description.empty() ? item.charge_code : item.description),
             "<div class=\"s\">", TypeText(item.type), " · ", Html(item.charge_code),
             "</div></td><td class=\"n q s\">", QuantitiesText(item), "</td>");
  }

  void SumRow(Word word, int64_t micros, const Unit& currency, std::string_view style) {
    AppendTo(&out_, "<tr class=\"", style, "\"><td colspan=\"4\">", words_[word],
             "</td><td class=\"n\">", MoneyText(micros, currency), "</td></tr>");
  }

  void Items(const CurrencyBill& part) {
    AppendTo(&out_, "<h2>", words_[kItems], "</h2><table><thead><tr><th>", words_[kWhat],
             "</th><th class=\"n q\">", words_[kQuantity], "</th><th class=\"n\">", words_[kNet],
             "</th><th class=\"n\">", words_[kTax], "</th><th class=\"n\">", words_[kAmount],
             "</th></tr></thead>\n");
    for (const BillItem& item : part.items) {
      ItemName(item);
      AppendTo(&out_, "<td class=\"n\">", FormatMicros(item.tax.net_micros),
               "</td><td class=\"n\">", FormatMicros(item.tax.tax_micros),
               item.tax_basis_points == 0
                   ? ""
                   : Cat("<div class=\"s\">", internal::RateText(item.tax_basis_points), "</div>"),
               "</td><td class=\"n\">", FormatMicros(item.amount_micros), "</td></tr>\n");
    }
    SumRow(kTotal, part.total_micros, part.currency, "sum");
    SumRow(kCarriedIn, part.carried_in_micros, part.currency, "sum");
    SumRow(kCarriedOut, -part.carried_out_micros, part.currency, "sum");
    SumRow(part.payable_fen < 0 ? kGivenBack : kPayable, part.payable_fen * kMicrosPerFen,
           part.currency, "due");
    out_ += "</table>\n";
    Taxes(part);
  }

  void Taxes(const CurrencyBill& part) {
    if (part.taxes.empty() || part.taxes.back().tax_basis_points == 0) return;
    AppendTo(&out_, "<h2>", words_[kTaxByRate], "</h2><table><thead><tr><th>", words_[kRate],
             "</th><th class=\"n\">", words_[kGross], "</th><th class=\"n\">", words_[kNet],
             "</th><th class=\"n\">", words_[kTax], "</th></tr></thead>");
    for (const TaxTotal& tax : part.taxes) {
      AppendTo(&out_, "<tr><td>", internal::RateText(tax.tax_basis_points), "</td><td class=\"n\">",
               MoneyText(tax.gross_micros, part.currency), "</td><td class=\"n\">",
               MoneyText(tax.tax.net_micros, part.currency), "</td><td class=\"n\">",
               MoneyText(tax.tax.tax_micros, part.currency), "</td></tr>");
    }
    out_ += "</table>\n";
  }

  void Covered() {
    if (bill_.covered.empty()) return;
    AppendTo(&out_, "<h2>", words_[kCovered], "</h2><table><thead><tr><th>", words_[kWhat],
             "</th><th class=\"n q\">", words_[kQuantity], "</th><th class=\"n\">", words_[kDrawn],
             "</th></tr></thead>\n");
    for (const BillItem& item : bill_.covered) {
      ItemName(item);
      AppendTo(&out_, "<td class=\"n\">", UnitAmount(item.covered_amount, item.covered_unit),
               "</td></tr>\n");
    }
    out_ += "</table>\n";
  }

  void Nodes() {
    if (bill_.nodes.empty()) return;
    AppendTo(&out_, "<h2>", words_[kNode], "</h2><table><thead><tr><th>", words_[kNode],
             "</th><th class=\"n\">", words_[kItself], "</th><th class=\"n\">", words_[kWithBelow],
             "</th></tr></thead>\n");
    for (const NodeTotal& node : bill_.nodes) {
      AppendTo(&out_, "<tr><td>", node.node.empty() ? std::string(words_[kAll]) : Html(node.node),
               "</td><td class=\"n\">", UnitAmount(node.own_amount, node.unit),
               "</td><td class=\"n\">", UnitAmount(node.amount, node.unit), "</td></tr>\n");
    }
    out_ += "</table>\n";
  }

  std::string PriceText(RecordType type, const BillReason& reason) const {
    if (type == RecordType::kFee) return "";  // It is the amount beside it.
    return Cat(words_[kAt], " ",
               Html(Chinese() ? PriceInChinese(reason.kind, reason.price) : reason.price));
  }

  void ReasonsOf(const BillItem& item) {
    const Unit& unit = item.currency.empty() ? item.covered_unit : item.currency;
    for (const BillReason& reason : item.reasons) {
      AppendTo(&out_, "<tr><td>", Html(item.description), "<div class=\"s\">", Html(reason.rule),
               reason.rule.empty() ? "" : ", ", words_[kRevision], " ", reason.tariff_revision,
               "</div></td><td class=\"n\">",
               QuantityText(item.type, {reason.kind, reason.quantity}), "<div class=\"s\">",
               PriceText(item.type, reason), "</div></td><td class=\"n\">",
               UnitAmount(reason.amount, unit), "</td></tr>\n");
    }
  }

  void Reasons() {
    if (bill_.currencies.empty() && bill_.covered.empty()) return;
    AppendTo(&out_, "<details><summary>", words_[kWhy], "</summary><table>\n");
    for (const CurrencyBill& part : bill_.currencies) {
      for (const BillItem& item : part.items) ReasonsOf(item);
    }
    for (const BillItem& item : bill_.covered) ReasonsOf(item);
    out_ += "</table></details>\n";
  }

  const Bill& bill_;
  const BillPageOptions& options_;
  const PageWords& words_;
  std::string out_;
};

}  // namespace

std::optional<PageLanguage> ParsePageLanguage(std::string_view name) {
  if (name == "en") return PageLanguage::kEnglish;
  if (name == "zh") return PageLanguage::kChinese;
  return std::nullopt;
}

std::string BillPage(const Bill& bill, const BillPageOptions& options) {
  return Page(bill, options).Build();
}

}  // namespace ocs::cdr
