#include "tools/ocsctl/wire_record.h"

#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "tools/ocsctl/values.h"

namespace ocs::tools {
namespace {

absl::StatusOr<cdr::RecordLine> LineFromWire(const cdr::v1::RecordLine& wire) {
  cdr::RecordLine line;
  OCS_ASSIGN_OR_RETURN(line.kind, FromWire(wire.token_kind()));
  OCS_ASSIGN_OR_RETURN(line.unit, Unit::Parse(wire.unit()));
  line.quantity = wire.quantity();
  line.amount = wire.amount();
  line.price_numerator = wire.price_numerator();
  line.price_denominator = wire.price_denominator();
  line.carry_in = wire.carry_in();
  line.carry_out = wire.carry_out();
  line.carry_line = wire.carry_line();
  line.bucket.value = wire.bucket_id();
  line.revenue_micros = wire.revenue_micros();
  line.overshoot = wire.overshoot();
  line.charge_code = wire.charge_code();
  line.rule = wire.rule();
  if (wire.form() < cdr::v1::PIECES || wire.form() > cdr::v1::VOLUME) {
    return absl::InvalidArgumentError(Cat("line form ", static_cast<int>(wire.form()),
                                          " is not known to this release of ocsctl"));
  }
  line.form = static_cast<cdr::LineForm>(wire.form());
  line.tier = static_cast<uint16_t>(wire.tier());
  line.tax_basis_points = wire.tax_basis_points();
  line.applied = wire.applied();
  return line;
}

absl::StatusOr<cdr::ClosingCause> CauseFromWire(cdr::v1::CauseForRecordClosing cause) {
  switch (cause) {
    case cdr::v1::NORMAL_RELEASE:
      return cdr::ClosingCause::kNormalRelease;
    case cdr::v1::PARTIAL_RECORD:
      return cdr::ClosingCause::kPartialRecord;
    case cdr::v1::ABNORMAL_RELEASE:
      return cdr::ClosingCause::kAbnormalRelease;
    case cdr::v1::VOLUME_LIMIT:
      return cdr::ClosingCause::kVolumeLimit;
    case cdr::v1::TIME_LIMIT:
      return cdr::ClosingCause::kTimeLimit;
    case cdr::v1::MANAGEMENT_INTERVENTION:
      return cdr::ClosingCause::kManagementIntervention;
    default:
      return absl::InvalidArgumentError(Cat("closing cause ", static_cast<int>(cause),
                                            " is not known to this release of ocsctl"));
  }
}

}  // namespace

absl::StatusOr<ReceivedRecord> FromWire(const cdr::v1::Record& wire) {
  ReceivedRecord received;
  OCS_ASSIGN_OR_RETURN(received.id, cdr::ParseRecordId(wire.record_id()));
  cdr::Record& record = received.record;
  if (wire.record_type() < cdr::v1::USAGE || wire.record_type() > cdr::v1::CORRECTION) {
    return absl::InvalidArgumentError(Cat("record type ", static_cast<int>(wire.record_type()),
                                          " is not known to this release of ocsctl"));
  }
  record.type = static_cast<cdr::RecordType>(wire.record_type());
  OCS_ASSIGN_OR_RETURN(record.cause, CauseFromWire(wire.cause_for_record_closing()));
  record.local_sequence = wire.local_record_sequence_number();
  record.account.value = wire.account_id();
  record.session_id = wire.session_id();
  record.request_number = wire.cc_request_number();
  record.record_sequence = wire.record_sequence_number();
  record.incomplete = wire.incomplete_cdr_indication();
  record.estimated = wire.estimated();
  record.opened_at.unix_ms = wire.opened_at_unix_ms();
  record.closed_at.unix_ms = wire.closed_at_unix_ms();
  record.recorded_at.unix_ms = wire.recorded_at_unix_ms();
  record.rating_group = wire.rating_group();
  record.model = wire.model();
  record.provider = wire.provider();
  record.offer = wire.offer_id();
  record.tariff_revision = wire.tariff_revision();
  if (!wire.refers_to().empty()) {
    OCS_ASSIGN_OR_RETURN(const cdr::RecordId refers, cdr::ParseRecordId(wire.refers_to()));
    record.refers_to_shard = refers.shard.value;
    record.refers_to = refers.position;
  }
  for (const auto& line : wire.line()) {
    OCS_ASSIGN_OR_RETURN(cdr::RecordLine added, LineFromWire(line));
    record.lines.push_back(added);
  }
  record.served_model = wire.served_model();
  record.node = wire.node();
  record.product = wire.product();
  record.scenario = wire.scenario();
  record.service_tier = wire.service_tier();
  record.region = wire.region();
  record.channel = wire.channel();
  record.traceparent = wire.traceparent();
  record.prompt_tokens = wire.prompt_tokens();
  record.tariff_change = wire.tariff_change();
  record.reporting_reason = wire.reporting_reason();
  record.call_outcome = wire.call_outcome();
  record.late = wire.late();
  record.billing_day = wire.billing_day();
  for (const auto& cost : wire.cost()) {
    OCS_ASSIGN_OR_RETURN(cdr::RecordLine added, LineFromWire(cost));
    record.costs.push_back(added);
  }
  return received;
}

}  // namespace ocs::tools
