#include "cdr/csv.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "cdr/internal/csv_field.h"
#include "cdr/internal/text.h"
#include "cdr/internal/time_text.h"
#include "ocs/base/exact.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"

namespace ocs::cdr {
namespace {

using internal::AppendTo;

enum Column : size_t {
  kFormat,
  kRecordId,
  kLocalSequence,
  kType,
  kAccount,
  kSession,
  kRequestNumber,
  kRecordSequence,
  kCause,
  kIncomplete,
  kEstimated,
  kOpenedAt,
  kClosedAt,
  kRecordedAt,
  kRatingGroup,
  kModel,
  kProvider,
  kOffer,
  kTariffRevision,
  kRefersTo,
  kLineCount,
  kLine,
  kKind,
  kQuantity,
  kUnit,
  kAmount,
  kCharged,
  kPriceNumerator,
  kPriceDenominator,
  kCarryIn,
  kCarryOut,
  kCarryLine,
  kBucket,
  kRevenue,
  kOvershoot,
  kChargeCode,
  kRule,
  kColumnCount,
};

constexpr std::string_view kHeader =
    "format,record_id,local_sequence,type,account,session_id,request_number,record_sequence,cause,"
    "incomplete,estimated,"
    "opened_at,closed_at,recorded_at,rating_group,model,provider,offer,tariff_revision,refers_to,"
    "line_count,"
    "line,kind,quantity,unit,amount,charged,price_numerator,price_denominator,carry_in,carry_out,"
    "carry_line,bucket,"
    "revenue,overshoot,charge_code,rule\r\n";

void AppendTextColumn(std::string_view text, std::string* out) {
  out->push_back(',');
  internal::AppendCsvField(text, out);
}

std::string AmountText(int64_t amount, const Unit& unit) {
  return unit.is_money() ? FormatMicros(amount) : Cat(amount);
}

// The credit of a refund, as a number that can be summed with the charges. INT64_MIN has no
// opposite in 64 bits.
std::string ChargedText(RecordType type, int64_t amount, const Unit& unit) {
  std::string text = AmountText(amount, unit);
  if (type != RecordType::kRefund || amount == 0) return text;
  return amount < 0 ? text.substr(1) : Cat("-", text);
}

void AppendHead(const RecordId& id, const Record& record, internal::TimeText& times,
                std::string* out) {
  AppendTo(out, kCsvFormat, ",", FormatRecordId(id), ",", record.local_sequence, ",",
           RecordTypeName(record.type), ",", record.account.value);
  AppendTextColumn(record.session_id, out);
  AppendTo(out, ",", record.request_number, ",");
  if (record.record_sequence != 0) AppendTo(out, record.record_sequence);
  AppendTo(out, ",", static_cast<int>(record.cause), record.incomplete ? ",1" : ",0",
           record.estimated ? ",1," : ",0,");
  times.Append(record.opened_at, out);
  out->push_back(',');
  times.Append(record.closed_at, out);
  out->push_back(',');
  times.Append(record.recorded_at, out);
  AppendTo(out, ",", record.rating_group);
  AppendTextColumn(record.model, out);
  AppendTextColumn(record.provider, out);
  AppendTextColumn(record.offer, out);
  AppendTo(out, ",", record.tariff_revision, ",");
  if (record.refers_to.valid()) {
    out->append(FormatRecordId({.shard = {record.refers_to_shard}, .position = record.refers_to}));
  }
  AppendTo(out, ",", record.lines.size());
}

void AppendLine(RecordType type, size_t number, const RecordLine& line, std::string* out) {
  AppendTo(out, ",", number, ",", TokenKindName(line.kind), ",", line.quantity, ",",
           line.unit.code(), ",", AmountText(line.amount, line.unit), ",",
           ChargedText(type, line.amount, line.unit), ",");
  AppendTo(out, line.price_numerator, ",", line.price_denominator, ",", line.carry_in, ",",
           line.carry_out, ",");
  if (line.carry_line != 0) absl::StrAppend(out, absl::Hex(line.carry_line, absl::kZeroPad16));
  AppendTo(out, ",", line.bucket.value, ",", FormatMicros(line.revenue_micros),
           line.overshoot ? ",1" : ",0");
  AppendTextColumn(line.charge_code, out);
  AppendTextColumn(line.rule, out);
  out->append("\r\n");
}

std::optional<RecordType> ParseType(std::string_view name) {
  for (const RecordType type : {RecordType::kUsage, RecordType::kFee, RecordType::kRefund}) {
    if (RecordTypeName(type) == name) return type;
  }
  return std::nullopt;
}

absl::StatusOr<int64_t> ParseAmount(std::string_view text, const Unit& unit) {
  if (unit.is_money()) return ParseMicros(text);
  int64_t amount = 0;
  if (!absl::SimpleAtoi(ToAbsl(text), &amount)) {
    return absl::InvalidArgumentError(
        Cat("amount '", text.substr(0, 40), "': expected an integer"));
  }
  return amount;
}

// Adds rows up and checks that the rows of a record follow each other and are all there.
class RowAdder final {
 public:
  absl::Status Add(const std::vector<std::string>& row) {
    if (row.size() != kColumnCount) {
      return absl::InvalidArgumentError(
          Cat("has ", row.size(), " columns, expected ", static_cast<size_t>(kColumnCount)));
    }
    if (row[kFormat] != kCsvFormat) {
      return absl::InvalidArgumentError(
          Cat("format '", row[kFormat].substr(0, 40), "', expected ", kCsvFormat));
    }
    if (next_line_ == 0) OCS_RETURN_IF_ERROR(BeginRecord(row));
    if (row[kRecordId] != record_id_) {
      return absl::InvalidArgumentError(
          Cat("rows of record ", record_id_, " are missing before this one"));
    }
    if (row[kLineCount] != Cat(line_count_))
      return absl::InvalidArgumentError("line_count differs inside a record");
    if (line_count_ == 0) return EndRecordWithoutLines(row);
    if (row[kLine] != Cat(next_line_)) {
      return absl::InvalidArgumentError(
          Cat("line '", row[kLine].substr(0, 40), "', expected ", next_line_));
    }
    OCS_RETURN_IF_ERROR(AddLine(row));
    next_line_ = next_line_ == line_count_ ? 0 : next_line_ + 1;
    return absl::OkStatus();
  }

  absl::StatusOr<ControlTotals> Finish() && {
    if (next_line_ != 0) {
      return absl::InvalidArgumentError(Cat("the file ends inside record ", record_id_));
    }
    return std::move(totals_);
  }

 private:
  absl::Status BeginRecord(const std::vector<std::string>& row) {
    OCS_ASSIGN_OR_RETURN(const RecordId id, ParseRecordId(row[kRecordId]));
    uint64_t sequence = 0;
    if (!absl::SimpleAtoi(row[kLocalSequence], &sequence))
      return absl::InvalidArgumentError("local_sequence: expected a number");
    if (!absl::SimpleAtoi(row[kLineCount], &line_count_))
      return absl::InvalidArgumentError("line_count: expected a number");
    record_id_ = row[kRecordId];
    next_line_ = 1;
    totals_.CountRecord(id.shard, sequence);
    return absl::OkStatus();
  }

  absl::Status EndRecordWithoutLines(const std::vector<std::string>& row) {
    next_line_ = 0;
    for (size_t column = kLine; column < kColumnCount; ++column) {
      if (!row[column].empty())
        return absl::InvalidArgumentError("a record of no lines has something in its line");
    }
    return absl::OkStatus();
  }

  absl::Status AddLine(const std::vector<std::string>& row) {
    const auto type = ParseType(row[kType]);
    if (!type) return absl::InvalidArgumentError(Cat("type '", row[kType].substr(0, 40), "'"));
    Unit unit;
    if (!row[kUnit].empty()) {
      OCS_ASSIGN_OR_RETURN(unit, Unit::Parse(row[kUnit]));
    }
    OCS_ASSIGN_OR_RETURN(const int64_t amount, ParseAmount(row[kAmount], unit));
    if (row[kCharged] != ChargedText(*type, amount, unit)) {
      return absl::InvalidArgumentError("charged is not the amount (a refund's with a minus)");
    }
    return totals_.CountLine({unit, *type, row[kChargeCode]}, amount);
  }

  ControlTotals totals_;
  std::string record_id_;
  uint64_t line_count_ = 0;
  uint64_t next_line_ = 0;  // Of the record that is being read; 0 between records.
};

}  // namespace

std::string_view CsvHeader() { return kHeader; }

CsvEncoder::CsvEncoder(absl::TimeZone zone) : times_(std::make_unique<internal::TimeText>(zone)) {}
CsvEncoder::~CsvEncoder() = default;

void CsvEncoder::Append(const RecordId& id, const Record& record, std::string* out) {
  head_.clear();
  AppendHead(id, record, *times_, &head_);
  if (record.lines.empty()) {
    out->append(head_);
    out->append(kColumnCount - kLine, ',');
    out->append("\r\n");
    return;
  }
  for (size_t i = 0; i < record.lines.size(); ++i) {
    out->append(head_);
    AppendLine(record.type, i + 1, record.lines[i], out);
  }
}

absl::StatusOr<ControlTotals> ParseCsv(std::string_view text) {
  internal::CsvRowReader reader(text);
  RowAdder adder;
  std::vector<std::string> row;
  for (uint64_t number = 1; number == 1 || !reader.done(); ++number) {
    if (!reader.Read(&row)) {
      return absl::InvalidArgumentError(Cat("row ", number, ": its quoting is broken"));
    }
    if (number > 1) {
      const absl::Status status = adder.Add(row);
      if (!status.ok()) return Annotate(status, Cat("row ", number));
      continue;
    }
    std::string header;
    for (const std::string& field : row) AppendTo(&header, header.empty() ? "" : ",", field);
    if (Cat(header, "\r\n") != kHeader) {
      return absl::InvalidArgumentError(Cat("row 1: not the header of ", kCsvFormat));
    }
  }
  return std::move(adder).Finish();
}

}  // namespace ocs::cdr
