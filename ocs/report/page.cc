#include "ocs/report/page.h"

#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "ocs/report/internal/assets.h"
#include "ocs/report/internal/chart_data.h"
#include "ocs/report/internal/markup.h"

namespace ocs::report {
namespace {

using internal::Escaped;

// Nothing is loaded, nothing is sent; what runs is in the page.
constexpr std::string_view kPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";

absl::Status CheckTables(const Page& page) {
  size_t rows = 0;
  for (const Section& section : page.sections) {
    if (!section.table.has_value()) continue;
    rows += section.table->rows.size();
    for (const auto& row : section.table->rows) {
      if (row.size() != section.table->columns.size()) {
        return absl::InvalidArgumentError(Cat("section '", section.title, "': a row has ",
                                              row.size(), " cells under ",
                                              section.table->columns.size(), " columns"));
      }
    }
  }
  if (rows <= kPageRowsMax) return absl::OkStatus();
  return absl::InvalidArgumentError(Cat(rows, " rows in all tables; a page holds ", kPageRowsMax));
}

absl::Status AppendSection(const Section& section, std::string* out) {
  *out += Cat("<section class=\"part\">\n<h3>", Escaped(section.title), "</h3>\n");
  for (const std::string& paragraph : section.paragraphs) {
    *out += Cat("<p>", Escaped(paragraph), "</p>\n");
  }
  if (section.chart.has_value()) {
    absl::StatusOr<std::string> json = internal::ChartJson(*section.chart);
    if (!json.ok()) return Annotate(json.status(), Cat("section '", section.title, "'"));
    *out += Cat("<div class=\"chart\"><canvas role=\"img\" aria-label=\"",
                Escaped(section.chart->summary), "\"></canvas>",
                "<script type=\"application/json\">", *json, "</script></div>\n");
  }
  if (section.table.has_value()) internal::AppendTable(*section.table, out);
  *out += "</section>\n";
  return absl::OkStatus();
}

absl::Status AppendSections(const Page& page, bool reasons, std::string_view title,
                            std::string* out) {
  bool begun = false;
  for (const Section& section : page.sections) {
    if (section.reason != reasons) continue;
    if (!begun) *out += Cat("<h2 class=\"group\">", title, "</h2>\n");
    begun = true;
    OCS_RETURN_IF_ERROR(AppendSection(section, out));
  }
  return absl::OkStatus();
}

void AppendBasis(const Page& page, std::string* out) {
  if (page.basis.empty()) return;
  *out += "<h2 class=\"group\">What this rests on</h2>\n<dl class=\"basis\">\n";
  for (const auto& [name, value] : page.basis) {
    *out += Cat("<div><dt>", Escaped(name), "</dt><dd>", Escaped(value), "</dd></div>\n");
  }
  *out += "</dl>\n";
}

void AppendHead(const Page& page, std::string* out) {
  *out +=
      Cat("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"",
          kPolicy,
          "\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
          Escaped(page.title), "</title>\n<style>\n", internal::PageStyle(),
          "</style>\n</head>\n<body>\n<header><h1>", Escaped(page.title), "</h1><p>",
          Escaped(page.subtitle), "</p></header>\n<main>\n");
}

}  // namespace

absl::StatusOr<std::string> PageHtml(const Page& page) {
  OCS_RETURN_IF_ERROR(CheckTables(page));
  std::string out;
  AppendHead(page, &out);
  internal::AppendVerdict(page.verdict, &out);
  internal::AppendTiles(page.tiles, &out);
  OCS_RETURN_IF_ERROR(AppendSections(page, /*reasons=*/true, "The reasons", &out));
  OCS_RETURN_IF_ERROR(AppendSections(page, /*reasons=*/false, "The tables", &out));
  AppendBasis(page, &out);
  out += Cat("</main>\n<footer><p>", Escaped(page.footnote),
             "</p><p>Charts by Chart.js (MIT licence, Copyright Chart.js Contributors), inside "
             "this file.</p></footer>\n<script>\n",
             internal::ChartLibrary(), "\n</script>\n<script>\n", internal::PageScript(),
             "</script>\n</body>\n</html>\n");
  return out;
}

}  // namespace ocs::report
