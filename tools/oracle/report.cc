#include "tools/oracle/report.h"

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <variant>

#include "ocs/base/text.h"
#include "tools/text/table.h"

namespace ocs::tools {
namespace {

using usage::ProviderUsage;
using usage::UsageError;
using usage::UsageErrorKind;
using usage::UsageMark;

struct Tally {
  int64_t records = 0;
  int64_t read = 0;
  int64_t without = 0;
  int64_t with_total = 0;
  int64_t agreeing = 0;
  std::map<std::string, int64_t> marks;
};

void Count(const ProviderUsage& usage, Tally& tally) {
  ++tally.read;
  if (usage.provider_total.has_value()) {
    ++tally.with_total;
    if (!usage.marks.Has(UsageMark::kTotalDisagrees)) ++tally.agreeing;
  }
  for (int i = 0; i < usage::kUsageMarkCount; ++i) {
    const auto mark = static_cast<UsageMark>(i);
    if (usage.marks.Has(mark)) ++tally.marks[std::string(UsageMarkName(mark))];
  }
  if (!usage.apart.empty()) ++tally.marks["apart"];
  if (usage.cost_usd.has_value()) ++tally.marks["cost"];
}

std::string MarksText(const Tally& tally) {
  std::string text;
  for (const auto& [mark, count] : tally.marks) {
    text += Cat(text.empty() ? "" : ", ", mark, " ", count);
  }
  return text;
}

std::string Number(int64_t number) { return std::to_string(number); }

std::string FormatTallies(const std::map<std::pair<std::string, std::string>, Tally>& tallies) {
  Table table({{.name = "provider"},
               {.name = "api"},
               {.name = "records", .align = Align::kRight},
               {.name = "read", .align = Align::kRight},
               {.name = "no usage", .align = Align::kRight},
               {.name = "failed", .align = Align::kRight},
               {.name = "with total", .align = Align::kRight},
               {.name = "agrees", .align = Align::kRight},
               {.name = "marks"}});
  Tally all;
  const auto row = [&](const std::string& provider, const std::string& api, const Tally& tally) {
    table.AddRow({provider, api, Number(tally.records), Number(tally.read), Number(tally.without),
                  Number(tally.records - tally.read - tally.without), Number(tally.with_total),
                  Number(tally.agreeing), MarksText(tally)});
  };
  for (const auto& [origin, tally] : tallies) {
    row(origin.first, origin.second, tally);
    all.records += tally.records;
    all.read += tally.read;
    all.without += tally.without;
    all.with_total += tally.with_total;
    all.agreeing += tally.agreeing;
    for (const auto& [mark, count] : tally.marks) all.marks[mark] += count;
  }
  row("all", "", all);
  return table.Format();
}

/// "clamped cache_read 30 to 20": what a reader looks at first.
std::string ClampsText(const ProviderUsage& usage) {
  std::string text;
  for (const usage::Clamp& clamp : usage.clamps) {
    text += Cat(text.empty() ? "" : ", ", TokenKindName(clamp.kind), " ", clamp.reported, " to ",
                clamp.kept);
  }
  for (const std::string& path : usage.unread) {
    text += Cat(text.empty() ? "" : ", ", "unread ", path);
  }
  if (usage.marks.Has(UsageMark::kTotalDisagrees)) {
    text += Cat(text.empty() ? "" : ", ", "total ", *usage.provider_total, ", sum ",
                usage.prompt_tokens + usage.output_tokens);
  }
  return text;
}

}  // namespace

OracleReport ReportRecords(const std::vector<Record>& records) {
  OracleReport report;
  std::map<std::pair<std::string, std::string>, Tally> tallies;
  Table failed({{.name = "line", .align = Align::kRight},
                {.name = "provider"},
                {.name = "api"},
                {.name = "kind"},
                {.name = "why"},
                {.name = "source"}});
  Table marked({{.name = "line", .align = Align::kRight},
                {.name = "provider"},
                {.name = "api"},
                {.name = "what"},
                {.name = "source"}});
  for (const Record& record : records) {
    Tally& tally = tallies[{record.provider, record.api}];
    ++tally.records;
    const usage::UsageAnswer answer = ReadRecord(record);
    if (const auto* usage = std::get_if<ProviderUsage>(&answer)) {
      Count(*usage, tally);
      const std::string what = ClampsText(*usage);
      if (!what.empty()) {
        marked.AddRow({Number(static_cast<int64_t>(record.line)), record.provider, record.api, what,
                       record.source});
      }
      continue;
    }
    const auto& error = std::get<UsageError>(answer);
    const bool without = error.kind == UsageErrorKind::kNoUsage;
    if (without) ++tally.without;
    report.ok = report.ok && without;
    failed.AddRow({Number(static_cast<int64_t>(record.line)), record.provider, record.api,
                   std::string(UsageErrorKindName(error.kind)), error.Describe(), record.source});
  }
  report.text = FormatTallies(tallies);
  if (!failed.empty()) report.text += Cat("\nNot read:\n\n", failed.Format());
  if (!marked.empty()) report.text += Cat("\nMarked:\n\n", marked.Format());
  return report;
}

OracleReport ReportComparisons(const std::vector<Comparison>& comparisons) {
  OracleReport report;
  std::map<std::pair<std::string, std::string>, std::map<Verdict, int64_t>> tallies;
  std::map<std::string, int64_t> causes;
  std::map<MatchedBy, int64_t> matched;
  Table list({{.name = "entry", .align = Align::kRight},
              {.name = "reading"},
              {.name = "matched by"},
              {.name = "verdict"},
              {.name = "what"},
              {.name = "file"}});
  for (const Comparison& comparison : comparisons) {
    const std::string flavour = comparison.flavour == nullptr ? "-" : comparison.flavour->name();
    ++tallies[{Cat(comparison.provider, " ", comparison.api), flavour}][comparison.verdict];
    ++matched[comparison.matched];
    if (comparison.verdict == Verdict::kEqual) continue;
    if (comparison.verdict == Verdict::kUnexplained || comparison.verdict == Verdict::kNotRead) {
      report.ok = false;
    }
    std::string what = comparison.cause;
    for (const FieldDifference& difference : comparison.differences) {
      what += Cat(what.empty() ? "" : ", ", difference.field, " ", difference.ours, " (theirs ",
                  difference.theirs, ")");
    }
    if (const auto* error = std::get_if<UsageError>(&comparison.answer)) what = error->Describe();
    if (!comparison.cause.empty()) ++causes[comparison.cause];
    list.AddRow({Number(static_cast<int64_t>(comparison.entry->index)), flavour,
                 std::string(MatchedByName(comparison.matched)),
                 std::string(VerdictName(comparison.verdict)), what, comparison.entry->file});
  }
  Table table({{.name = "provider, api"},
               {.name = "reading"},
               {.name = "equal", .align = Align::kRight},
               {.name = "explained", .align = Align::kRight},
               {.name = "unexplained", .align = Align::kRight},
               {.name = "not read", .align = Align::kRight},
               {.name = "no reading", .align = Align::kRight}});
  std::map<Verdict, int64_t> all;
  const auto row = [&](const std::string& origin, const std::string& flavour,
                       std::map<Verdict, int64_t> tally) {
    table.AddRow({origin, flavour, Number(tally[Verdict::kEqual]),
                  Number(tally[Verdict::kExplained]), Number(tally[Verdict::kUnexplained]),
                  Number(tally[Verdict::kNotRead]), Number(tally[Verdict::kNoFlavour])});
  };
  for (const auto& [key, tally] : tallies) {
    row(key.first, key.second, tally);
    for (const auto& [verdict, count] : tally) all[verdict] += count;
  }
  row("all", "", all);
  report.text = table.Format();
  report.text += Cat("\nProvider known by: record ", matched[MatchedBy::kRecord], ", file ",
                     matched[MatchedBy::kFile], ", shape ", matched[MatchedBy::kShape], "\n");
  for (const auto& [cause, count] : causes) report.text += Cat("Cause ", cause, ": ", count, "\n");
  if (!list.empty()) report.text += Cat("\nNot equal:\n\n", list.Format());
  return report;
}

namespace {

std::string PriceText(const std::optional<PriceParts>& price) {
  if (!price) return "-";
  std::string text = Cat(price->input.ToString(), " + ", price->output.ToString());
  if (price->rest != ExactUsd{}) text += Cat(" + ", price->rest.ToString());
  return text;
}

std::string FormatPriceTallies(
    const std::map<std::string, std::map<PriceVerdict, int64_t>>& tallies) {
  Table table({{.name = "whose"},
               {.name = "compared", .align = Align::kRight},
               {.name = "equal", .align = Align::kRight},
               {.name = "explained", .align = Align::kRight},
               {.name = "unexplained", .align = Align::kRight},
               {.name = "no price", .align = Align::kRight}});
  std::map<PriceVerdict, int64_t> all;
  const auto row = [&](const std::string& origin, std::map<PriceVerdict, int64_t> tally) {
    const int64_t compared = tally[PriceVerdict::kEqual] + tally[PriceVerdict::kExplained] +
                             tally[PriceVerdict::kUnexplained];
    table.AddRow({origin, Number(compared), Number(tally[PriceVerdict::kEqual]),
                  Number(tally[PriceVerdict::kExplained]),
                  Number(tally[PriceVerdict::kUnexplained]),
                  Number(tally[PriceVerdict::kNeither])});
  };
  for (const auto& [origin, tally] : tallies) {
    row(origin, tally);
    for (const auto& [verdict, count] : tally) all[verdict] += count;
  }
  row("all", all);
  return table.Format();
}

}  // namespace

OracleReport ReportPrices(const std::vector<PriceComparison>& prices, int minimum_equal_percent) {
  OracleReport report;
  std::map<std::string, std::map<PriceVerdict, int64_t>> tallies;
  std::map<std::string, int64_t> causes;
  int64_t equal = 0;
  int64_t compared = 0;
  Table list({{.name = "entry", .align = Align::kRight},
              {.name = "model of the list"},
              {.name = "verdict"},
              {.name = "cause"},
              {.name = "ours, USD"},
              {.name = "theirs, USD"},
              {.name = "file"}});
  for (const PriceComparison& price : prices) {
    ++tallies[price.origin][price.verdict];
    if (price.verdict == PriceVerdict::kNeither) {
      ++causes[Cat("no price on either side: ", price.cause)];
      continue;
    }
    ++compared;
    if (price.verdict == PriceVerdict::kEqual) {
      ++equal;
      continue;
    }
    if (price.verdict == PriceVerdict::kUnexplained) report.ok = false;
    ++causes[Cat(PriceVerdictName(price.verdict), ": ", price.cause)];
    list.AddRow({Number(static_cast<int64_t>(price.entry->index)), price.model,
                 std::string(PriceVerdictName(price.verdict)), price.cause, PriceText(price.ours),
                 PriceText(price.theirs), price.entry->file});
  }
  const bool enough = minimum_equal_percent == 0 ||
                      (compared > 0 && equal * 100 >= compared * minimum_equal_percent);
  if (!enough) report.ok = false;
  report.text = FormatPriceTallies(tallies);
  report.text += "\n";
  for (const auto& [cause, count] : causes) report.text += Cat(cause, ": ", count, "\n");
  if (!enough) {
    report.text += Cat("Fewer than ", minimum_equal_percent, " per cent are equal: ", equal, " of ",
                       compared, "\n");
  }
  if (!list.empty()) report.text += Cat("\nPrices not equal:\n\n", list.Format());
  return report;
}

}  // namespace ocs::tools
