#include "cdr/json_lines.h"

#include <span>

#include "absl/strings/str_cat.h"
#include "cdr/internal/text.h"
#include "cdr/internal/time_text.h"

namespace ocs::cdr {
namespace {

using internal::AppendTo;

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD.

// The length of the UTF-8 character that `text` begins with, or 0 when it begins with none:
// overlong forms, surrogates and numbers above U+10FFFF are none (RFC 3629).
size_t CharacterLength(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  if (first == 0xe0 && byte(1) < 0xa0) return 0;
  if (first == 0xed && byte(1) > 0x9f) return 0;
  if (first == 0xf0 && byte(1) < 0x90) return 0;
  if (first == 0xf4 && byte(1) > 0x8f) return 0;
  return length;
}

void AppendJsonString(std::string_view text, std::string* out) {
  out->push_back('"');
  while (!text.empty()) {
    const char c = text.front();
    const size_t length = CharacterLength(text);
    if (length == 0) {
      out->append(kReplacement);
    } else if (c == '"' || c == '\\') {
      out->push_back('\\');
      out->push_back(c);
    } else if (length == 1 && c < 0x20) {
      absl::StrAppend(out, "\\u", absl::Hex(c, absl::kZeroPad4));
    } else {
      out->append(text.substr(0, length));
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out->push_back('"');
}

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
  AppendLines("lines", record.lines, out);
  if (!record.costs.empty()) AppendLines("costs", record.costs, out);
  out->append("}\n");
}

}  // namespace ocs::cdr
