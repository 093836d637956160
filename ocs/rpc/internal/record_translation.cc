#include "ocs/rpc/internal/record_translation.h"

#include "absl/strings/str_split.h"
#include "cdr/explain.h"
#include "cdr/explain_zh.h"
#include "ocs/rpc/internal/type_translation.h"

namespace ocs::rpc::internal {
namespace {

std::string Text(std::string_view text) { return std::string(text); }

void WriteLine(const cdr::RecordLine& in, cdr::v1::RecordLine* out) {
  out->set_token_kind(ToWire(in.kind));
  out->set_quantity(in.quantity);
  out->set_unit(Text(in.unit.code()));
  out->set_amount(in.amount);
  out->set_price_numerator(in.price_numerator);
  out->set_price_denominator(in.price_denominator);
  out->set_carry_in(in.carry_in);
  out->set_carry_out(in.carry_out);
  out->set_carry_line(in.carry_line);
  out->set_bucket_id(in.bucket.value);
  out->set_revenue_micros(in.revenue_micros);
  out->set_overshoot(in.overshoot);
  out->set_charge_code(Text(in.charge_code));
  out->set_rule(Text(in.rule));
  out->set_form(static_cast<cdr::v1::LineForm>(in.form));
  out->set_tier(in.tier);
  out->set_tax_basis_points(in.tax_basis_points);
  out->set_applied(Text(in.applied));
}

void WriteReason(const cdr::BillReason& in, settlement::v1::BillReason* out) {
  out->set_token_kind(ToWire(in.kind));
  out->set_price_numerator(in.price_numerator);
  out->set_price_denominator(in.price_denominator);
  out->set_price(in.price);
  out->set_rule(in.rule);
  out->set_tariff_revision(in.tariff_revision);
  out->set_quantity(in.quantity);
  out->set_amount(in.amount);
}

void WriteTax(int32_t basis_points, int64_t gross_micros, const cdr::TaxSplit& in,
              settlement::v1::Tax* out) {
  out->set_tax_basis_points(basis_points);
  out->set_gross_micros(gross_micros);
  out->set_net_micros(in.net_micros);
  out->set_tax_micros(in.tax_micros);
  out->set_remainder(in.remainder);
}

void WriteItem(const cdr::BillItem& in, settlement::v1::BillItem* out) {
  out->set_charge_code(in.charge_code);
  out->set_record_type(static_cast<cdr::v1::RecordType>(in.type));
  out->set_description(in.description);
  out->set_currency(Text(in.currency.code()));
  out->set_amount_micros(in.amount_micros);
  out->set_covered_unit(Text(in.covered_unit.code()));
  out->set_covered_amount(in.covered_amount);
  ToWire(in.quantities, out->mutable_token_quantity());
  out->set_record_count(in.record_count);
  for (const cdr::BillReason& reason : in.reasons) WriteReason(reason, out->add_reason());
  if (in.currency.empty()) return;
  WriteTax(in.tax_basis_points, in.amount_micros, in.tax, out->mutable_tax());
}

void WriteCurrencyBill(const cdr::CurrencyBill& in, settlement::v1::CurrencyBill* out) {
  out->set_currency(Text(in.currency.code()));
  for (const cdr::BillItem& item : in.items) WriteItem(item, out->add_item());
  for (const cdr::ChargeCodeTotal& total : in.charge_codes) {
    auto* added = out->add_charge_code_total();
    added->set_charge_code(total.charge_code);
    added->set_amount_micros(total.amount_micros);
  }
  out->set_total_micros(in.total_micros);
  out->set_carried_in_micros(in.carried_in_micros);
  out->set_payable_fen(in.payable_fen);
  out->set_carried_out_micros(in.carried_out_micros);
  for (const cdr::TaxTotal& tax : in.taxes)
    WriteTax(tax.tax_basis_points, tax.gross_micros, tax.tax, out->add_tax());
}

}  // namespace

void ToWire(const cdr::RecordId& id, const cdr::Record& in, cdr::v1::Record* out) {
  out->set_record_id(cdr::FormatRecordId(id));
  out->set_shard(id.shard.value);
  ToWire(id.position, out->mutable_position());
  out->set_record_type(static_cast<cdr::v1::RecordType>(in.type));
  out->set_local_record_sequence_number(in.local_sequence);
  out->set_account_id(in.account.value);
  out->set_session_id(Text(in.session_id));
  out->set_cc_request_number(in.request_number);
  out->set_record_sequence_number(in.record_sequence);
  out->set_cause_for_record_closing(
      static_cast<cdr::v1::CauseForRecordClosing>(static_cast<int>(in.cause) + 1));
  out->set_incomplete_cdr_indication(in.incomplete);
  out->set_estimated(in.estimated);
  out->set_opened_at_unix_ms(in.opened_at.unix_ms);
  out->set_closed_at_unix_ms(in.closed_at.unix_ms);
  out->set_recorded_at_unix_ms(in.recorded_at.unix_ms);
  out->set_rating_group(in.rating_group);
  out->set_model(Text(in.model));
  out->set_provider(Text(in.provider));
  out->set_offer_id(Text(in.offer));
  out->set_tariff_revision(in.tariff_revision);
  if (in.refers_to.valid()) {
    out->set_refers_to(cdr::FormatRecordId({{in.refers_to_shard}, in.refers_to}));
  }
  out->set_served_model(Text(in.served_model));
  out->set_node(Text(in.node));
  out->set_product(Text(in.product));
  out->set_scenario(Text(in.scenario));
  out->set_service_tier(Text(in.service_tier));
  out->set_region(Text(in.region));
  out->set_channel(Text(in.channel));
  out->set_traceparent(Text(in.traceparent));
  out->set_prompt_tokens(in.prompt_tokens);
  out->set_tariff_change(in.tariff_change);
  out->set_reporting_reason(in.reporting_reason);
  out->set_call_outcome(in.call_outcome);
  out->set_late(in.late);
  out->set_billing_day(in.billing_day);
  for (const cdr::RecordLine& line : in.lines) WriteLine(line, out->add_line());
  for (const cdr::RecordLine& cost : in.costs) WriteLine(cost, out->add_cost());
}

void AddExplanation(const cdr::RecordId& id, const cdr::Record& in, absl::TimeZone zone,
                    cdr::v1::Record* out) {
  const std::string text = cdr::ExplainRecord(id, in, zone);
  for (const auto sentence : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    out->add_explanation(sentence.data(), sentence.size());
  }
  const std::string chinese = cdr::ExplainRecordZh(id, in, zone);
  for (const auto sentence : absl::StrSplit(chinese, '\n', absl::SkipEmpty())) {
    out->add_explanation_zh(sentence.data(), sentence.size());
  }
}

void ToWire(const cdr::Bill& in, absl::TimeZone zone, settlement::v1::Bill* out) {
  out->set_account_id(in.cycle.account.value);
  out->set_from_unix_ms(in.cycle.from.unix_ms);
  out->set_until_unix_ms(in.cycle.until.unix_ms);
  for (const cdr::CurrencyBill& bill : in.currencies) {
    WriteCurrencyBill(bill, out->add_currency_bill());
  }
  for (const cdr::BillItem& item : in.covered) WriteItem(item, out->add_covered());
  out->set_record_count(in.record_count);
  out->set_text(cdr::FormatBill(in, zone));
  for (const cdr::NodeTotal& node : in.nodes) {
    auto* total = out->add_node_total();
    total->set_node(Text(node.node));
    total->set_payable(node.kind == cdr::NodeAmountKind::kPayable);
    total->set_unit(Text(node.unit.code()));
    total->set_own_amount(node.own_amount);
    total->set_amount(node.amount);
  }
  for (const cdr::DayUse& use : in.days) {
    auto* day = out->add_day();
    day->set_day(use.day);
    day->set_tokens(use.tokens);
  }
}

}  // namespace ocs::rpc::internal
