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

constexpr std::string_view kHeader1 =
    "format,record_id,local_sequence,type,account,session_id,request_number,record_sequence,cause,"
    "incomplete,estimated,opened_at,closed_at,recorded_at,rating_group,model,provider,offer,"
    "tariff_revision,refers_to,line_count,line,kind,quantity,unit,amount,charged,price_numerator,"
    "price_denominator,carry_in,carry_out,carry_line,bucket,revenue,overshoot,charge_code,rule"
    "\r\n";

// The columns of the record, then those of the line: "list" is the first of these.
constexpr std::string_view kCsvHeader =
    "format,record_id,local_sequence,type,account,session_id,request_number,record_sequence,cause,"
    "incomplete,estimated,opened_at,closed_at,recorded_at,rating_group,model,provider,offer,"
    "tariff_revision,refers_to,served_model,node,product,scenario,service_tier,region,channel,"
    "traceparent,prompt_tokens,tariff_change,reporting_reason,call_outcome,late,line_count,line,"
    "list,kind,quantity,unit,amount,charged,price_numerator,price_denominator,carry_in,carry_out,"
    "carry_line,bucket,revenue,overshoot,charge_code,rule,form,tier,tax_basis_points,applied\r\n";
constexpr size_t kLineColumns = 21;  // Those behind line_count.

constexpr std::string_view kChargeList = "charge";
constexpr std::string_view kCostList = "cost";

void AppendTextColumn(std::string_view text, std::string* out) {
  out->push_back(',');
  internal::AppendCsvField(text, out);
}

std::string PlainAmount(int64_t amount, const Unit& unit) {
  return unit.is_money() ? FormatMicros(amount) : Cat(amount);
}

// The credit of a refund, as a number that can be summed with the charges. INT64_MIN has no
// opposite in 64 bits.
std::string ChargedText(RecordType type, int64_t amount, const Unit& unit) {
  std::string text = PlainAmount(amount, unit);
  if (!IsCredit(type) || amount == 0) return text;
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
  for (const std::string_view text :
       {record.served_model, record.node, record.product, record.scenario, record.service_tier,
        record.region, record.channel, record.traceparent}) {
    AppendTextColumn(text, out);
  }
  AppendTo(out, ",", record.prompt_tokens, ",", record.tariff_change, ",", record.reporting_reason,
           ",", record.call_outcome, record.late ? ",1" : ",0", ",",
           record.lines.size() + record.costs.size());
}

// One of the record's lines or costs. Only what is charged has a column to be summed.
void AppendLine(const Record& record, std::string_view list, size_t number, const RecordLine& line,
                std::string* out) {
  AppendTo(out, ",", number, ",", list, ",", TokenKindName(line.kind), ",", line.quantity, ",",
           line.unit.code(), ",", PlainAmount(line.amount, line.unit), ",");
  if (list == kChargeList) out->append(ChargedText(record.type, line.amount, line.unit));
  AppendTo(out, ",", line.price_numerator, ",", line.price_denominator, ",", line.carry_in, ",",
           line.carry_out, ",");
  if (line.carry_line != 0) absl::StrAppend(out, absl::Hex(line.carry_line, absl::kZeroPad16));
  AppendTo(out, ",", line.bucket.value, ",", FormatMicros(line.revenue_micros),
           line.overshoot ? ",1" : ",0");
  AppendTextColumn(line.charge_code, out);
  AppendTextColumn(line.rule, out);
  AppendTo(out, ",", LineFormName(line.form), ",");
  if (line.tier != 0) AppendTo(out, line.tier);
  AppendTo(out, ",", line.tax_basis_points);
  AppendTextColumn(line.applied, out);
  out->append("\r\n");
}

std::optional<RecordType> ParseType(std::string_view name) {
  for (const RecordType type : {RecordType::kUsage, RecordType::kFee, RecordType::kRefund,
                                RecordType::kRebate, RecordType::kCorrection}) {
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

// Where the columns stand that are read.
struct Columns {
  std::string_view format;
  size_t count = 0;
  size_t record_id = 0;
  size_t local_sequence = 0;
  size_t type = 0;
  size_t provider = 0;
  size_t line_count = 0;
  size_t line = 0;
  std::optional<size_t> list;
  size_t unit = 0;
  size_t amount = 0;
  size_t charged = 0;
  size_t charge_code = 0;
};

size_t PlaceOf(std::string_view header, std::string_view name) {
  size_t place = 0;
  header.remove_suffix(2);  // Its line end.
  for (size_t at = 0; at <= header.size(); ++place) {
    const size_t end = std::min(header.find(',', at), header.size());
    if (header.substr(at, end - at) == name) return place;
    at = end + 1;
  }
  return place;
}

Columns ColumnsOf(std::string_view format, std::string_view header) {
  Columns columns{.format = format,
                  .count = static_cast<size_t>(std::count(header.begin(), header.end(), ',')) + 1,
                  .record_id = PlaceOf(header, "record_id"),
                  .local_sequence = PlaceOf(header, "local_sequence"),
                  .type = PlaceOf(header, "type"),
                  .provider = PlaceOf(header, "provider"),
                  .line_count = PlaceOf(header, "line_count"),
                  .line = PlaceOf(header, "line"),
                  .list = {},
                  .unit = PlaceOf(header, "unit"),
                  .amount = PlaceOf(header, "amount"),
                  .charged = PlaceOf(header, "charged"),
                  .charge_code = PlaceOf(header, "charge_code")};
  if (format == kCsvFormat) columns.list = PlaceOf(header, "list");
  return columns;
}

// Adds rows up and checks that the rows of a record follow each other and are all there.
class RowAdder final {
 public:
  explicit RowAdder(const Columns& columns) : at_(columns) {}

  absl::Status Add(const std::vector<std::string>& row) {
    if (row.size() != at_.count) {
      return absl::InvalidArgumentError(Cat("has ", row.size(), " columns, expected ", at_.count));
    }
    if (row[0] != at_.format) {
      return absl::InvalidArgumentError(
          Cat("format '", row[0].substr(0, 40), "', expected ", at_.format));
    }
    if (next_line_ == 0) OCS_RETURN_IF_ERROR(BeginRecord(row));
    if (row[at_.record_id] != record_id_) {
      return absl::InvalidArgumentError(
          Cat("rows of record ", record_id_, " are missing before this one"));
    }
    if (row[at_.line_count] != Cat(line_count_))
      return absl::InvalidArgumentError("line_count differs inside a record");
    if (line_count_ == 0) return EndRecordWithoutLines(row);
    if (row[at_.line] != Cat(next_line_)) {
      return absl::InvalidArgumentError(
          Cat("line '", row[at_.line].substr(0, 40), "', expected ", next_line_));
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
    OCS_ASSIGN_OR_RETURN(const RecordId id, ParseRecordId(row[at_.record_id]));
    uint64_t sequence = 0;
    if (!absl::SimpleAtoi(row[at_.local_sequence], &sequence))
      return absl::InvalidArgumentError("local_sequence: expected a number");
    if (!absl::SimpleAtoi(row[at_.line_count], &line_count_))
      return absl::InvalidArgumentError("line_count: expected a number");
    record_id_ = row[at_.record_id];
    next_line_ = 1;
    costs_begun_ = false;
    totals_.CountRecord(id.shard, sequence);
    return absl::OkStatus();
  }

  absl::Status EndRecordWithoutLines(const std::vector<std::string>& row) {
    next_line_ = 0;
    for (size_t column = at_.line; column < at_.count; ++column) {
      if (!row[column].empty())
        return absl::InvalidArgumentError("a record of no lines has something in its line");
    }
    return absl::OkStatus();
  }

  absl::Status AddLine(const std::vector<std::string>& row) {
    const auto type = ParseType(row[at_.type]);
    if (!type) return absl::InvalidArgumentError(Cat("type '", row[at_.type].substr(0, 40), "'"));
    Unit unit;
    if (!row[at_.unit].empty()) {
      OCS_ASSIGN_OR_RETURN(unit, Unit::Parse(row[at_.unit]));
    }
    OCS_ASSIGN_OR_RETURN(const int64_t amount, ParseAmount(row[at_.amount], unit));
    const std::string_view list = at_.list ? std::string_view(row[*at_.list]) : kChargeList;
    if (list == kCostList) {
      costs_begun_ = true;
      if (!row[at_.charged].empty())
        return absl::InvalidArgumentError("charged is not empty, but what it costs is no charge");
      return totals_.CountCost(unit, row[at_.provider], amount);
    }
    if (list != kChargeList || costs_begun_)
      return absl::InvalidArgumentError("list: expected charge, then cost");
    if (row[at_.charged] != ChargedText(*type, amount, unit)) {
      return absl::InvalidArgumentError("charged is not the amount (a refund's with a minus)");
    }
    return totals_.CountLine({unit, *type, row[at_.charge_code]}, amount);
  }

  const Columns at_;
  ControlTotals totals_;
  std::string record_id_;
  uint64_t line_count_ = 0;
  uint64_t next_line_ = 0;  // Of the record that is being read; 0 between records.
  bool costs_begun_ = false;
};

// Which format a header is of; nothing for others.
std::optional<Columns> ColumnsOfHeader(const std::vector<std::string>& row) {
  std::string header;
  for (const std::string& field : row) AppendTo(&header, header.empty() ? "" : ",", field);
  header += "\r\n";
  if (header == kCsvHeader) return ColumnsOf(kCsvFormat, kCsvHeader);
  if (header == kHeader1) return ColumnsOf(kCsvFormat1, kHeader1);
  return std::nullopt;
}

}  // namespace

std::string_view CsvHeader() { return kCsvHeader; }
std::string_view CsvHeader1() { return kHeader1; }

CsvEncoder::CsvEncoder(absl::TimeZone zone) : times_(std::make_unique<internal::TimeText>(zone)) {}
CsvEncoder::~CsvEncoder() = default;

void CsvEncoder::Append(const RecordId& id, const Record& record, std::string* out) {
  head_.clear();
  AppendHead(id, record, *times_, &head_);
  if (record.lines.empty() && record.costs.empty()) {
    out->append(head_);
    out->append(kLineColumns, ',');
    out->append("\r\n");
    return;
  }
  size_t number = 0;
  for (const RecordLine& line : record.lines) {
    out->append(head_);
    AppendLine(record, kChargeList, ++number, line, out);
  }
  for (const RecordLine& cost : record.costs) {
    out->append(head_);
    AppendLine(record, kCostList, ++number, cost, out);
  }
}

absl::StatusOr<ControlTotals> ParseCsv(std::string_view text) {
  internal::CsvRowReader reader(text);
  std::vector<std::string> row;
  const bool quoted = reader.Read(&row);
  const auto columns = quoted ? ColumnsOfHeader(row) : std::nullopt;
  if (!quoted) return absl::InvalidArgumentError("row 1: its quoting is broken");
  if (!columns) {
    return absl::InvalidArgumentError(
        Cat("row 1: not the header of ", kCsvFormat, " or ", kCsvFormat1));
  }
  RowAdder adder(*columns);
  for (uint64_t number = 2; !reader.done(); ++number) {
    if (!reader.Read(&row)) {
      return absl::InvalidArgumentError(Cat("row ", number, ": its quoting is broken"));
    }
    const absl::Status status = adder.Add(row);
    if (!status.ok()) return Annotate(status, Cat("row ", number));
  }
  return std::move(adder).Finish();
}

}  // namespace ocs::cdr
