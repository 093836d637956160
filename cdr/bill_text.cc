#include <string>

#include "cdr/bill.h"
#include "cdr/explain.h"
#include "cdr/internal/text.h"
#include "ocs/base/text.h"

namespace ocs::cdr {
namespace {

using internal::AppendTo;

std::string QuantitiesText(const Quantities& quantities) {
  std::string text;
  for (const KindQuantity& q : quantities) {
    AppendTo(&text, text.empty() ? "" : ", ", FormatQuantity(q.kind, q.quantity));
  }
  return text;
}

std::string TaxText(int32_t basis_points, const TaxSplit& tax, const Unit& currency) {
  if (basis_points == 0) return "";
  return Cat("of it tax of ", internal::RateText(basis_points), " ",
             FormatAmount(tax.tax_micros, currency), ", ");
}

void AppendTax(const TaxTotal& tax, const Unit& currency, std::string* out) {
  if (tax.tax_basis_points == 0) return;
  AppendTo(out, "  tax of ", internal::RateText(tax.tax_basis_points), ": ",
           FormatAmount(tax.tax.tax_micros, currency), " in ",
           FormatAmount(tax.gross_micros, currency), ", net ",
           FormatAmount(tax.tax.net_micros, currency), ", and ", tax.tax.remainder, "/",
           10'000 + int64_t{tax.tax_basis_points}, " of a millionth more tax\n");
}

void AppendNode(const NodeTotal& node, std::string* out) {
  AppendTo(out, "  ", node.node.empty() ? "all" : node.node, ": ",
           node.kind == NodeAmountKind::kPayable ? "" : "drew ",
           internal::AmountText(node.amount, node.unit), ", itself ",
           internal::AmountText(node.own_amount, node.unit), "\n");
}

void AppendItem(const BillItem& item, std::string* out) {
  const bool is_money = !item.currency.empty();
  const Unit& unit = is_money ? item.currency : item.covered_unit;
  AppendTo(out, "  ", item.charge_code, " ", RecordTypeName(item.type), " ", item.description, ": ",
           QuantitiesText(item.quantities), is_money ? " = " : " drew ",
           internal::AmountText(is_money ? item.amount_micros : item.covered_amount, unit), ", ",
           TaxText(item.tax_basis_points, item.tax, unit), FormatGrouped(item.record_count),
           item.record_count == 1 ? " record\n" : " records\n");
  for (const BillReason& reason : item.reasons) {
    AppendTo(out, "    ", FormatQuantity(reason.kind, reason.quantity), " at ", reason.price, " = ",
             internal::AmountText(reason.amount, unit), " (", reason.rule,
             reason.rule.empty() ? "" : ", ", "revision ", reason.tariff_revision, ")\n");
  }
}

// A whole number of fen as money: "-0.01 CNY".
std::string FenText(int64_t fen, const Unit& currency) {
  const uint64_t magnitude = fen < 0 ? 0 - static_cast<uint64_t>(fen) : static_cast<uint64_t>(fen);
  const uint64_t cents = magnitude % 100;
  return Cat(fen < 0 ? "-" : "", magnitude / 100, cents < 10 ? ".0" : ".", cents, " ",
             currency.code());
}

}  // namespace

std::string FormatBill(const Bill& bill, absl::TimeZone zone) {
  std::string out = Cat(
      "bill of account ", bill.cycle.account.value, " from ", FormatInstant(bill.cycle.from, zone),
      " until ", FormatInstant(bill.cycle.until, zone), ", ", FormatGrouped(bill.record_count),
      bill.record_count == 1 ? " record\n" : " records\n");
  for (const CurrencyBill& part : bill.currencies) {
    AppendTo(&out, part.currency.code(), "\n");
    for (const BillItem& item : part.items) AppendItem(item, &out);
    for (const ChargeCodeTotal& code : part.charge_codes) {
      AppendTo(&out, "  sub-total ", code.charge_code, ": ",
               FormatAmount(code.amount_micros, part.currency), "\n");
    }
    for (const TaxTotal& tax : part.taxes) AppendTax(tax, part.currency, &out);
    AppendTo(&out, "  total: ", FormatAmount(part.total_micros, part.currency),
             "\n  carried in: ", FormatAmount(part.carried_in_micros, part.currency),
             "\n  payable: ", FenText(part.payable_fen, part.currency),
             "\n  carried out: ", FormatAmount(part.carried_out_micros, part.currency), "\n");
  }
  if (!bill.covered.empty()) out.append("covered by packages\n");
  for (const BillItem& item : bill.covered) AppendItem(item, &out);
  if (!bill.nodes.empty()) out.append("by node\n");
  for (const NodeTotal& node : bill.nodes) AppendNode(node, &out);
  return out;
}

}  // namespace ocs::cdr
