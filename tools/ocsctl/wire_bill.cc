#include "tools/ocsctl/wire_bill.h"

#include <utility>

#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "tools/ocsctl/values.h"

namespace ocs::tools {
namespace {

cdr::TaxSplit TaxFromWire(const settlement::v1::Tax& wire) {
  return {.net_micros = wire.net_micros(),
          .tax_micros = wire.tax_micros(),
          .remainder = wire.remainder()};
}

absl::StatusOr<cdr::BillReason> ReasonFromWire(const settlement::v1::BillReason& wire) {
  cdr::BillReason reason;
  OCS_ASSIGN_OR_RETURN(reason.kind, FromWire(wire.token_kind()));
  reason.price_numerator = wire.price_numerator();
  reason.price_denominator = wire.price_denominator();
  reason.price = wire.price();
  reason.rule = wire.rule();
  reason.tariff_revision = wire.tariff_revision();
  reason.quantity = wire.quantity();
  reason.amount = wire.amount();
  return reason;
}

absl::StatusOr<cdr::BillItem> ItemFromWire(const settlement::v1::BillItem& wire) {
  cdr::BillItem item;
  item.charge_code = wire.charge_code();
  if (wire.record_type() < cdr::v1::USAGE || wire.record_type() > cdr::v1::CORRECTION) {
    return absl::InvalidArgumentError(Cat("record type ", static_cast<int>(wire.record_type()),
                                          " is not known to this release of ocsctl"));
  }
  item.type = static_cast<cdr::RecordType>(wire.record_type());
  item.description = wire.description();
  if (!wire.currency().empty()) {
    OCS_ASSIGN_OR_RETURN(item.currency, Unit::Parse(wire.currency()));
  }
  item.amount_micros = wire.amount_micros();
  if (!wire.covered_unit().empty()) {
    OCS_ASSIGN_OR_RETURN(item.covered_unit, Unit::Parse(wire.covered_unit()));
  }
  item.covered_amount = wire.covered_amount();
  for (const auto& quantity : wire.token_quantity()) {
    OCS_ASSIGN_OR_RETURN(const TokenKind kind, FromWire(quantity.token_kind()));
    item.quantities.push_back({kind, quantity.quantity()});
  }
  item.record_count = wire.record_count();
  for (const auto& reason : wire.reason()) {
    OCS_ASSIGN_OR_RETURN(cdr::BillReason added, ReasonFromWire(reason));
    item.reasons.push_back(std::move(added));
  }
  item.tax_basis_points = wire.tax().tax_basis_points();
  item.tax = TaxFromWire(wire.tax());
  return item;
}

absl::StatusOr<cdr::CurrencyBill> CurrencyFromWire(const settlement::v1::CurrencyBill& wire) {
  cdr::CurrencyBill bill;
  OCS_ASSIGN_OR_RETURN(bill.currency, Unit::Parse(wire.currency()));
  for (const auto& item : wire.item()) {
    OCS_ASSIGN_OR_RETURN(cdr::BillItem added, ItemFromWire(item));
    bill.items.push_back(std::move(added));
  }
  for (const auto& code : wire.charge_code_total())
    bill.charge_codes.push_back({code.charge_code(), code.amount_micros()});
  bill.total_micros = wire.total_micros();
  bill.carried_in_micros = wire.carried_in_micros();
  bill.payable_fen = wire.payable_fen();
  bill.carried_out_micros = wire.carried_out_micros();
  for (const auto& tax : wire.tax())
    bill.taxes.push_back({tax.tax_basis_points(), tax.gross_micros(), TaxFromWire(tax)});
  return bill;
}

}  // namespace

absl::StatusOr<cdr::Bill> FromWire(const settlement::v1::Bill& wire) {
  cdr::Bill bill;
  bill.cycle = {.account = {wire.account_id()},
                .from = {wire.from_unix_ms()},
                .until = {wire.until_unix_ms()}};
  for (const auto& currency : wire.currency_bill()) {
    OCS_ASSIGN_OR_RETURN(cdr::CurrencyBill added, CurrencyFromWire(currency));
    bill.currencies.push_back(std::move(added));
  }
  for (const auto& item : wire.covered()) {
    OCS_ASSIGN_OR_RETURN(cdr::BillItem added, ItemFromWire(item));
    bill.covered.push_back(std::move(added));
  }
  bill.record_count = wire.record_count();
  for (const auto& node : wire.node_total()) {
    cdr::NodeTotal total{
        .node = node.node(),
        .kind = node.payable() ? cdr::NodeAmountKind::kPayable : cdr::NodeAmountKind::kCovered,
        .unit = {},
        .own_amount = node.own_amount(),
        .amount = node.amount()};
    if (!node.unit().empty()) {
      OCS_ASSIGN_OR_RETURN(total.unit, Unit::Parse(node.unit()));
    }
    bill.nodes.push_back(std::move(total));
  }
  for (const auto& day : wire.day()) bill.days.push_back({day.day(), day.tokens()});
  return bill;
}

}  // namespace ocs::tools
