// THE place where a field of cdr/record.h enters the BER form: one line below, with the tag and
// the name that docs/format/cdr.asn1 gives it. Writer, reader, schema test and round-trip test all
// follow from it. A tag is stored in files for ever: never reused, never given another meaning.
// A field that holds its default is left out.
//
// Where else a new field goes: docs/HACKING.md, "A new field of the record".

#ifndef CDR_INTERNAL_RECORD_FIELDS_H_
#define CDR_INTERNAL_RECORD_FIELDS_H_

#include <cstdint>

#include "cdr/record.h"

namespace ocs::cdr::internal {

/// True for a cause that this release knows.
inline bool IsDeclared(ClosingCause cause) {
  switch (cause) {
    case ClosingCause::kNormalRelease:
    case ClosingCause::kPartialRecord:
    case ClosingCause::kAbnormalRelease:
    case ClosingCause::kVolumeLimit:
    case ClosingCause::kTimeLimit:
    case ClosingCause::kManagementIntervention:
      return true;
  }
  return false;
}

/// Where the lines and the costs stand: not fields like the others, because they are lists.
inline constexpr uint32_t kLinesTag = 30;
inline constexpr uint32_t kCostsTag = 31;

/// Calls `field(tag, name, member)` for each field of a record but its lists, in the schema's
/// order.
template <typename Field>
void ForEachRecordField(Field&& field) {
  // Tags 0 to 2 are the record's id: shard, group, index.
  field(3, "recordKind", &Record::type);
  field(4, "localSequence", &Record::local_sequence);
  field(5, "account", &Record::account);
  field(6, "session", &Record::session_id);
  field(7, "requestNumber", &Record::request_number);
  field(8, "recordSequence", &Record::record_sequence);
  field(9, "cause", &Record::cause);
  field(10, "incomplete", &Record::incomplete);
  field(11, "estimated", &Record::estimated);
  field(12, "openedAtMs", &Record::opened_at);
  field(13, "closedAtMs", &Record::closed_at);
  field(14, "recordedAtMs", &Record::recorded_at);
  field(15, "ratingGroup", &Record::rating_group);
  field(16, "model", &Record::model);
  field(17, "provider", &Record::provider);
  field(18, "offer", &Record::offer);
  field(19, "tariffRevision", &Record::tariff_revision);
  field(20, "refersToShard", &Record::refers_to_shard);
  field(21, "refersTo", &Record::refers_to);
  field(22, "servedModel", &Record::served_model);
  field(23, "node", &Record::node);
  field(24, "product", &Record::product);
  field(25, "scenario", &Record::scenario);
  field(26, "serviceTier", &Record::service_tier);
  field(27, "region", &Record::region);
  field(28, "channel", &Record::channel);
  field(29, "promptTokens", &Record::prompt_tokens);
  field(32, "traceparent", &Record::traceparent);
  field(33, "tariffChange", &Record::tariff_change);
  field(34, "reportingReason", &Record::reporting_reason);
  field(35, "callOutcome", &Record::call_outcome);
  field(36, "late", &Record::late);
  field(37, "billingDay", &Record::billing_day);
}

/// The same for a line.
template <typename Field>
void ForEachLineField(Field&& field) {
  field(0, "kind", &RecordLine::kind);
  field(1, "quantity", &RecordLine::quantity);
  field(2, "unit", &RecordLine::unit);
  field(3, "amount", &RecordLine::amount);
  field(4, "priceNumerator", &RecordLine::price_numerator);
  field(5, "priceDenominator", &RecordLine::price_denominator);
  field(6, "carryIn", &RecordLine::carry_in);
  field(7, "carryOut", &RecordLine::carry_out);
  field(8, "carryLine", &RecordLine::carry_line);
  field(9, "bucket", &RecordLine::bucket);
  field(10, "revenueMicros", &RecordLine::revenue_micros);
  field(11, "overshoot", &RecordLine::overshoot);
  field(12, "chargeCode", &RecordLine::charge_code);
  field(13, "rule", &RecordLine::rule);
  field(14, "form", &RecordLine::form);
  field(15, "tier", &RecordLine::tier);
  field(16, "taxBasisPoints", &RecordLine::tax_basis_points);
  field(17, "applied", &RecordLine::applied);
}

/// Does not compile when a field was added to cdr/record.h: add it above, then name it here.
inline void EveryFieldIsListed(const Record& record, const RecordLine& line) {
  [[maybe_unused]] const auto& [type, local_sequence, account, session_id, request_number,
                                record_sequence, cause, incomplete, estimated, opened_at, closed_at,
                                recorded_at, rating_group, model, provider, offer, tariff_revision,
                                refers_to_shard, refers_to, lines, served_model, node, product,
                                scenario, service_tier, region, channel, traceparent, prompt_tokens,
                                costs, tariff_change, reporting_reason, call_outcome, late,
                                billing_day] = record;
  [[maybe_unused]] const auto& [kind, quantity, unit, amount, price_numerator, price_denominator,
                                carry_in, carry_out, carry_line, bucket, revenue_micros, overshoot,
                                charge_code, rule, form, tier, tax_basis_points, applied] = line;
}

}  // namespace ocs::cdr::internal

#endif  // CDR_INTERNAL_RECORD_FIELDS_H_
