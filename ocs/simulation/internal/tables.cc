#include "ocs/simulation/internal/tables.h"

#include <array>
#include <utility>

#include "absl/strings/str_format.h"
#include "ocs/base/exact.h"
#include "ocs/base/text.h"

namespace ocs::simulation {
namespace internal {
namespace {

struct FigureColumn {
  const char* name;
  CellType type;
  int64_t (*of)(const Figures&);
};

constexpr std::array<FigureColumn, 19> kFigureColumns = {{
    {"calls", CellType::kCount, [](const Figures& f) { return f.calls; }},
    {"blocked", CellType::kCount, [](const Figures& f) { return f.blocked; }},
    {"cut", CellType::kCount, [](const Figures& f) { return f.cut; }},
    {"not_sold", CellType::kCount, [](const Figures& f) { return f.not_sold; }},
    {"throttled", CellType::kCount, [](const Figures& f) { return f.throttled; }},
    {"overage", CellType::kCount, [](const Figures& f) { return f.overage; }},
    {"input_tokens", CellType::kCount, [](const Figures& f) { return f.input_tokens; }},
    {"cached_tokens", CellType::kCount, [](const Figures& f) { return f.cached_tokens; }},
    {"output_tokens", CellType::kCount, [](const Figures& f) { return f.output_tokens; }},
    {"revenue_micros", CellType::kMicros, [](const Figures& f) { return f.revenue_micros(); }},
    {"fee_micros", CellType::kMicros, [](const Figures& f) { return f.fee_micros; }},
    {"package_micros", CellType::kMicros, [](const Figures& f) { return f.package_micros; }},
    {"breakage_micros", CellType::kMicros, [](const Figures& f) { return f.breakage_micros; }},
    {"usage_micros", CellType::kMicros, [](const Figures& f) { return f.usage_micros; }},
    {"overage_micros", CellType::kMicros, [](const Figures& f) { return f.overage_micros; }},
    {"cost_micros", CellType::kMicros, [](const Figures& f) { return f.cost_micros; }},
    {"margin_micros", CellType::kMicros, [](const Figures& f) { return f.margin_micros(); }},
    {"margin_permille", CellType::kPermille,
     [](const Figures& f) { return Permille(f.margin_micros(), f.revenue_micros()); }},
    {"billed_micros", CellType::kMicros, [](const Figures& f) { return f.billed_micros; }},
}};

}  // namespace

void AddFigureColumns(ResultTable* table) {
  for (const FigureColumn& column : kFigureColumns)
    table->columns.push_back({column.name, column.type});
}

void AddFigureCells(const Figures& figures, std::vector<Cell>* row) {
  for (const FigureColumn& column : kFigureColumns)
    row->push_back({.text = {}, .number = column.of(figures)});
}

int64_t Permille(int64_t part, int64_t whole) {
  if (whole == 0) return 0;
  const int64_t up = whole < 0 ? -part : part;
  const int64_t down = whole < 0 ? -whole : whole;
  return MultiplyDivide(up, 1'000, down, Rounding::kHalfEven).value_or(0);
}

void AppendJsonText(std::string_view text, std::string* out) {
  *out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      *out += '\\';
      *out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      absl::StrAppendFormat(out, "\\u%04x", static_cast<unsigned>(c));
    } else {
      *out += c;
    }
  }
  *out += '"';
}

}  // namespace internal

namespace {

using internal::AppendJsonText;

constexpr std::string_view kMicrosEnding = "_micros";

void AppendCsv(const std::string& text, std::string* out) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) {
    *out += text;
    return;
  }
  *out += '"';
  for (const char c : text) {
    if (c == '"') *out += '"';
    *out += c;
  }
  *out += '"';
}

std::string PermilleText(int64_t permille) {
  return Cat(permille < 0 ? "-" : "", std::abs(permille) / 1'000, ".",
             absl::StrFormat("%03d", std::abs(permille) % 1'000));
}

void Member(std::string_view name, std::string* out) {
  if (!out->empty() && out->back() != '{' && out->back() != '[') *out += ',';
  AppendJsonText(name, out);
  *out += ':';
}

void AppendCell(const Column& column, const Cell& cell, std::string* out) {
  Member(column.name, out);
  if (column.type == CellType::kText) {
    AppendJsonText(cell.text, out);
  } else if (column.type == CellType::kPermille) {
    *out += Cat(cell.number);
  } else {
    AppendJsonText(Cat(cell.number), out);
  }
}

void AppendTable(const ResultTable& table, std::string* out) {
  Member(table.name, out);
  *out += "[";
  for (const std::vector<Cell>& row : table.rows) {
    *out += out->back() == '[' ? "\n{" : ",\n{";
    for (size_t i = 0; i < row.size(); ++i) AppendCell(table.columns[i], row[i], out);
    *out += "}";
  }
  *out += "]";
}

void TextMember(std::string_view name, std::string_view text, std::string* out) {
  Member(name, out);
  AppendJsonText(text, out);
}

void AppendInputs(const Result& result, std::string* out) {
  Member("inputs", out);
  *out += "[";
  for (const InputRead& input : result.inputs) {
    *out += out->back() == '[' ? "{" : ",{";
    TextMember("name", input.name, out);
    TextMember("sha256", input.hash, out);
    Member("generated", out);
    *out += input.generated ? "true" : "false";
    TextMember("events", Cat(input.events), out);
    *out += "}";
  }
  *out += "]";
}

void AppendCatalogues(const Result& result, std::string* out) {
  Member("variants", out);
  *out += "[";
  for (const VariantResult& variant : result.variants) {
    *out += out->back() == '[' ? "{" : ",{";
    TextMember("label", variant.label, out);
    TextMember("catalogue", variant.catalogue, out);
    TextMember("text_sha256", variant.text_sha256, out);
    TextMember("currency", variant.currency.code(), out);
    TextMember("decided_in_full", Cat(variant.decided_in_full), out);
    *out += "}";
  }
  *out += "]";
}

void AppendBadRows(const Result& result, std::string* out) {
  TextMember("bad_row_count", Cat(result.bad_row_count), out);
  Member("bad_rows", out);
  *out += "[";
  for (const BadRow& row : result.bad_rows) {
    *out += out->back() == '[' ? "{" : ",{";
    TextMember("file", row.file, out);
    TextMember("line", Cat(row.line), out);
    TextMember("why", row.why, out);
    *out += "}";
  }
  *out += "]";
}

}  // namespace

std::string TableCsv(const ResultTable& table) {
  std::string out;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    std::string_view name = table.columns[i].name;
    if (table.columns[i].type == CellType::kMicros && name.ends_with(kMicrosEnding))
      name.remove_suffix(kMicrosEnding.size());
    if (i > 0) out += ',';
    AppendCsv(std::string(name), &out);
  }
  out += '\n';
  for (const std::vector<Cell>& row : table.rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      if (i > 0) out += ',';
      switch (table.columns[i].type) {
        case CellType::kText:
          AppendCsv(row[i].text, &out);
          break;
        case CellType::kCount:
          out += Cat(row[i].number);
          break;
        case CellType::kMicros:
          out += FormatMicros(row[i].number);
          break;
        case CellType::kPermille:
          out += PermilleText(row[i].number);
          break;
      }
    }
    out += '\n';
  }
  return out;
}

std::string ResultJson(const Result& result, bool customers) {
  std::string out = "{";
  TextMember("population", result.population, &out);
  TextMember("population_sha256", result.population_hash, &out);
  TextMember("seed", Cat(result.seed), &out);
  TextMember("begins", FormatInstant(result.begins, absl::UTCTimeZone()), &out);
  TextMember("ends", FormatInstant(result.ends, absl::UTCTimeZone()), &out);
  Member("cancelled", &out);
  out += result.cancelled ? "true" : "false";
  TextMember("reached", FormatInstant(result.reached, absl::UTCTimeZone()), &out);
  TextMember("events", Cat(result.events), &out);
  TextMember("outside", Cat(result.outside), &out);
  AppendBadRows(result, &out);
  AppendInputs(result, &out);
  AppendCatalogues(result, &out);
  for (const ResultTable& table : TablesOf(result)) {
    if (customers || table.name != "customers") AppendTable(table, &out);
  }
  out += "}\n";
  return out;
}

}  // namespace ocs::simulation
