#include "tools/simulate/what_if_text.h"

#include <algorithm>

#include "ocs/base/text.h"
#include "ocs/base/unit.h"
#include "ocs/report/page.h"
#include "ocs/whatif/study_page.h"
#include "tools/text/table.h"

namespace ocs::simulate {
namespace {

// The page's tables, as they are on the page, up to so many rows.
std::string TableText(const report::Section& section, size_t rows_max) {
  std::string out = Cat("\n", section.title, "\n");
  for (const std::string& paragraph : section.paragraphs) out += Cat(paragraph, "\n");
  if (!section.table.has_value() || section.table->rows.empty()) return out;
  std::vector<tools::Table::Column> columns;
  for (const report::Column& column : section.table->columns) {
    columns.push_back(
        {.name = column.name, .align = column.number ? tools::Align::kRight : tools::Align::kLeft});
  }
  tools::Table table(std::move(columns));
  const size_t shown = std::min(rows_max, section.table->rows.size());
  for (size_t i = 0; i < shown; ++i) table.AddRow(section.table->rows[i]);
  out += table.Format();
  if (shown < section.table->rows.size()) {
    out += Cat("... and ", FormatGrouped(static_cast<int64_t>(section.table->rows.size() - shown)),
               " more\n");
  }
  return out;
}

}  // namespace

std::string DescribeStudy(const whatif::Study& study, const WhatIfTextOptions& options) {
  const report::Page page = whatif::StudyPage(study, {.title = "", .customers = options.customers});
  std::string out = Cat(page.verdict.headline, "\n\n");
  for (const std::string& sentence : page.verdict.sentences) out += Cat("- ", sentence, "\n");
  for (const report::Requirement& one : page.verdict.requirements) {
    out += Cat(one.tone == report::Tone::kGood ? "met      " : "NOT MET  ", one.text, "  (found ",
               one.found, ")\n");
  }
  constexpr size_t kRowsMax = 1'000'000;  // Each reason is short, or asked for.
  for (const report::Section& section : page.sections) {
    if (section.reason && section.table.has_value()) out += TableText(section, kRowsMax);
  }
  return out;
}

}  // namespace ocs::simulate
