#include "cdr/json_lines.h"

#include <span>

#include "absl/strings/str_cat.h"
#include "cdr/internal/json_string.h"
#include "cdr/internal/text.h"
#include "cdr/internal/time_text.h"

namespace ocs::cdr {
namespace {

using internal::AppendJsonString;
using internal::AppendTo;

void AppendText(std::string_view name, std::string_view text, std::string* out) {
  if (text.empty()) return;
  AppendTo(out, ",\"", name, "\":");
  AppendJsonString(text, out);
}

template <typename Integer>
void AppendNumber(std::string_view name, Integer number, std::string* out) {
  if (number != 0) AppendTo(out, ",\"", name, "\":", number);
}

void AppendFlag(std::string_view name, bool value, std::string* out) {
  if (value) AppendTo(out, ",\"", name, "\":true");
}

void AppendTime(std::string_view name, Instant instant, internal::TimeText& times,
                std::string* out) {
  AppendTo(out, ",\"", name, "\":\"");
  times.Append(instant, out);
  out->push_back('"');
}

void AppendLine(const RecordLine& line, std::string* out) {
  AppendTo(out, "{\"kind\":\"", TokenKindName(line.kind), "\",\"quantity\":", line.quantity);
  AppendText("unit", line.unit.code(), out);
  if (line.unit.is_money()) {
    AppendTo(out, ",\"amount\":\"", FormatMicros(line.amount), "\"");
  } else {
    AppendTo(out, ",\"amount\":", line.amount);
  }
  AppendTo(out, ",\"price_numerator\":", line.price_numerator,
           ",\"price_denominator\":", line.price_denominator);
  AppendNumber("carry_in", line.carry_in, out);
  AppendNumber("carry_out", line.carry_out, out);
  if (line.carry_line != 0) {
    absl::StrAppend(out, ",\"carry_line\":\"", absl::Hex(line.carry_line, absl::kZeroPad16), "\"");
  }
  AppendNumber("bucket", line.bucket.value, out);
  if (line.revenue_micros != 0)
    AppendTo(out, ",\"revenue\":\"", FormatMicros(line.revenue_micros), "\"");
  AppendFlag("overshoot", line.overshoot, out);
  AppendText("charge_code", line.charge_code, out);
  AppendText("rule", line.rule, out);
  if (line.form != LineForm::kPieces) AppendText("form", LineFormName(line.form), out);
  AppendNumber("tier", line.tier, out);
  AppendNumber("tax_basis_points", line.tax_basis_points, out);
  AppendText("applied", line.applied, out);
  out->push_back('}');
}

void AppendLines(std::string_view name, std::span<const RecordLine> lines, std::string* out) {
  AppendTo(out, ",\"", name, "\":[");
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) out->push_back(',');
    AppendLine(lines[i], out);
  }
  out->push_back(']');
}

}  // namespace

JsonLinesEncoder::JsonLinesEncoder(absl::TimeZone zone)
    : times_(std::make_unique<internal::TimeText>(zone)) {}
JsonLinesEncoder::~JsonLinesEncoder() = default;

void JsonLinesEncoder::Append(const RecordId& id, const Record& record, std::string* out) {
  AppendTo(out, "{\"format\":\"", kJsonLinesFormat, "\",\"record_id\":\"", FormatRecordId(id),
           "\",\"local_sequence\":", record.local_sequence, ",\"type\":\"",
           RecordTypeName(record.type), "\",\"account\":", record.account.value);
  AppendText("session_id", record.session_id, out);
  AppendNumber("request_number", record.request_number, out);
  AppendNumber("record_sequence", record.record_sequence, out);
  AppendTo(out, ",\"cause\":", static_cast<int>(record.cause));
  AppendFlag("incomplete", record.incomplete, out);
  AppendFlag("estimated", record.estimated, out);
  AppendTime("opened_at", record.opened_at, *times_, out);
  AppendTime("closed_at", record.closed_at, *times_, out);
  AppendTime("recorded_at", record.recorded_at, *times_, out);
  AppendNumber("rating_group", record.rating_group, out);
  AppendText("model", record.model, out);
  AppendText("provider", record.provider, out);
  AppendText("offer", record.offer, out);
  AppendNumber("tariff_revision", record.tariff_revision, out);
  if (record.refers_to.valid()) {
    AppendTo(out, ",\"refers_to\":\"",
             FormatRecordId({.shard = {record.refers_to_shard}, .position = record.refers_to}),
             "\"");
  }
  AppendText("served_model", record.served_model, out);
  AppendText("node", record.node, out);
  AppendText("product", record.product, out);
  AppendText("scenario", record.scenario, out);
  AppendText("service_tier", record.service_tier, out);
  AppendText("region", record.region, out);
  AppendText("channel", record.channel, out);
  AppendText("traceparent", record.traceparent, out);
  AppendNumber("prompt_tokens", record.prompt_tokens, out);
  AppendNumber("tariff_change", record.tariff_change, out);
  AppendNumber("reporting_reason", record.reporting_reason, out);
  AppendNumber("call_outcome", record.call_outcome, out);
  AppendFlag("late", record.late, out);
  AppendNumber("billing_day", record.billing_day, out);
  AppendLines("lines", record.lines, out);
  if (!record.costs.empty()) AppendLines("costs", record.costs, out);
  out->append("}\n");
}

}  // namespace ocs::cdr
