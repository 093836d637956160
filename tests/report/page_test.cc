#include "ocs/report/page.h"

#include <string>
#include <string_view>

#include "tests/report/samples.h"
#include "tests/support/catch.h"

using ocs::report::Page;
using ocs::report::PageHtml;
using ocs::report::testing::SamplePage;
using ocs::report::testing::TableSection;

namespace {

std::string Html(const Page& page) {
  auto html = PageHtml(page);
  INFO(html.status().ToString());
  REQUIRE(html.ok());
  return *std::move(html);
}

std::string FaultOf(const Page& page) {
  const auto html = PageHtml(page);
  REQUIRE(!html.ok());
  return std::string(html.status().message());
}

int CountOf(std::string_view text, std::string_view what) {
  int count = 0;
  for (size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) {
    ++count;
  }
  return count;
}

// Without the chart library, whose bytes are not ours.
std::string OwnParts(const std::string& html) {
  const size_t begin = html.find("<script>\n");
  const size_t end = html.find("</script>", begin);
  return html.substr(0, begin) + html.substr(end);
}

}  // namespace

TEST_CASE("the answer stands before the reasons, and these before the tables", "[report][unit]") {
  const std::string html = Html(SamplePage());
  const size_t verdict = html.find("The candidate fails");
  const size_t reasons = html.find("The reasons");
  const size_t chart = html.find("<canvas");
  const size_t tables = html.find("The tables");
  const size_t basis = html.find("What this rests on");
  CHECK(verdict < reasons);
  CHECK(reasons < chart);
  CHECK(chart < tables);
  CHECK(tables < basis);
  CHECK(basis < html.size());
}

TEST_CASE("the page needs nothing from elsewhere", "[report][unit]") {
  const std::string html = Html(SamplePage());
  const std::string own = OwnParts(html);
  for (const std::string_view loader : {" src=", " href=", "@import", "url(", "fetch(", "http:"}) {
    CAPTURE(loader);
    CHECK(CountOf(own, loader) == 0);
  }
  CHECK(CountOf(html, "default-src 'none'") == 1);
  CHECK(html.find("Chart.js v3") != std::string::npos);  // The library's own licence line stays.
  CHECK(html.find("MIT licence") != std::string::npos);
}

TEST_CASE("text stays text wherever it comes in", "[report][unit]") {
  const std::string evil = "</script><img src=x onerror=alert(1)>\"'&\n";
  Page page = SamplePage();
  const std::string plain = OwnParts(Html(page));
  page.title = page.subtitle = page.verdict.headline = page.footnote = evil;
  page.verdict.sentences = {evil};
  page.verdict.requirements = {{evil, evil}};
  page.tiles = {{evil, evil, evil}};
  page.basis = {{evil, evil}};
  for (auto& section : page.sections) {
    section.title = evil;
    section.paragraphs = {evil};
    if (section.chart.has_value()) {
      section.chart->x_title = section.chart->y_title = section.chart->summary = evil;
      for (auto& label : section.chart->labels) label = evil;
      for (auto& series : section.chart->series) {
        series.name = evil;
        for (auto& label : series.point_labels) label = evil;
      }
    }
    if (section.table.has_value()) {
      section.table->columns[0].name = evil;
      for (auto& row : section.table->rows) row = {evil, evil};
    }
  }
  const std::string html = OwnParts(Html(page));
  CHECK(CountOf(html, "<img") == 0);
  CHECK(CountOf(html, "</script>") == CountOf(plain, "</script>"));
  CHECK(CountOf(html, "&lt;img") > 80);
}

TEST_CASE("a long table shows its first rows and tells of the rest", "[report][unit]") {
  Page page = {.title = "t"};
  page.sections = {TableSection(40), TableSection(12)};
  const std::string html = OwnParts(Html(page));
  CHECK(CountOf(html, "<tr><td>customer-") == 52);
  CHECK(CountOf(html, "<tbody class=\"folded\">") == 1);
  CHECK(CountOf(html, "Show 28 more") == 1);
}

TEST_CASE("the same page always gives the same bytes", "[report][property]") {
  CHECK(Html(SamplePage()) == Html(SamplePage()));
}

TEST_CASE("a page that cannot be right is refused with its section", "[report][unit]") {
  Page page = SamplePage();
  for (const char* bad : {"1e6", "1,5", "+1", "", "01", "1.", "NaN", "--1", "1;alert(1)"}) {
    CAPTURE(bad);
    page = SamplePage();
    page.sections[0].chart->series[0].values[1] = bad;
    if (std::string_view(bad).empty()) {
      CHECK(PageHtml(page).ok());  // A gap.
    } else {
      CHECK(FaultOf(page) == std::string("section 'Bars': '") + bad + "' is no decimal number");
    }
  }
  page = SamplePage();
  page.sections[0].chart->labels.pop_back();
  CHECK(FaultOf(page) == "section 'Bars': series 'before' has 4 values beside 3");
  page = SamplePage();
  page.sections[4].chart->series[1].x.clear();
  CHECK(FaultOf(page) ==
        "section 'Margin against customers better off': series 'frontier' has 1 values beside 0");
  page = SamplePage();
  page.sections[5].table->rows[3].pop_back();
  CHECK(FaultOf(page) == "section 'Who loses most': a row has 1 cells under 2 columns");
  page = SamplePage();
  page.sections[5] = TableSection(ocs::report::kPageRowsMax + 1);
  CHECK(FaultOf(page) == "20001 rows in all tables; a page holds 20000");
}
