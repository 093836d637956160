#include "ocs/whatif/study_page.h"

#include <string>

#include "tests/support/catch.h"
#include "tests/whatif/samples.h"

using ocs::report::PageHtml;
using ocs::report::Tone;
using ocs::whatif::MakeStudy;
using ocs::whatif::ParseAxis;
using ocs::whatif::ParseRequired;
using ocs::whatif::Study;
using ocs::whatif::StudyHeadline;
using ocs::whatif::StudyPage;
using ocs::whatif::StudySentences;
using ocs::whatif::SummarisePoint;
using ocs::whatif::testing::SampleResult;

namespace {

std::vector<std::string> Titles(const Study& study) {
  std::vector<std::string> titles;
  for (const auto& section : StudyPage(study, {}).sections) titles.push_back(section.title);
  return titles;
}

}  // namespace

TEST_CASE("the answer is told in sentences", "[whatif][unit]") {
  auto result = SampleResult();
  const Study study = MakeStudy(result, 0, 1, {});
  CHECK(StudyHeadline(study) ==
        "candidate changes the margin by +4.00 CNY; customers better off: 1, worse off: 2");
  const auto sentences = StudySentences(study);
  REQUIRE(sentences.size() == 4);
  CHECK(sentences[0] ==
        "Margin: 23.00 CNY (40.4 % of revenue) becomes 27.00 CNY (46.6 %). Revenue: 57.00 CNY "
        "becomes 58.00 CNY.");
  CHECK(
      sentences[1] ==
      "Better off: 1 of 6 customers (16.7 %). Worse off: 2 of 6 customers (33.3 %). Less for less: "
      "1; more for more: 1; unchanged: 1.");
  CHECK(sentences[2] ==
        "The largest rise: customer 2, plan payg, 10.00 CNY becomes 13.00 CNY (use paid by the "
        "call +3.00 CNY).");
  CHECK(sentences[3] == "Calls that do not run: 5 become 6 of 60.");
  result.inputs[0].generated = true;
  result.cancelled = true;
  result.bad_row_count = 3;
  CHECK(StudySentences(MakeStudy(result, 0, 1, {})).size() == 7);
}

TEST_CASE("a requirement decides the headline and the colour", "[whatif][unit]") {
  auto result = SampleResult();
  const Study passed = MakeStudy(result, 0, 1, {*ParseRequired("margin>=40%")});
  CHECK(StudyHeadline(passed) == "candidate passes: every requirement is met");
  CHECK(StudyPage(passed, {}).verdict.tone == Tone::kGood);
  const Study failed =
      MakeStudy(result, 0, 1, {*ParseRequired("margin>=40%"), *ParseRequired("worse<=1%")});
  CHECK(StudyHeadline(failed) == "candidate fails: worse<=1% is not met, it is 50.00 %");
  CHECK(StudyPage(failed, {}).verdict.tone == Tone::kBad);
  result.cancelled = true;
  CHECK(StudyHeadline(MakeStudy(result, 0, 1, {*ParseRequired("margin>=40%")})) ==
        "candidate does not pass: the run was cancelled");
}

TEST_CASE("every page of a study can be written", "[whatif][unit]") {
  const auto result = SampleResult();
  Study study = MakeStudy(result, 0, 1, {*ParseRequired("margin>=40%")});
  study.sweep.push_back(
      SummarisePoint(ParseAxis("a/fee = 1")->edits, result.variants[0], result.variants[1]));
  study.choice =
      ocs::whatif::ChoosePlans(result.plans, result.variants[0],
                               {{"light", &result.variants[0]}, {"payg", &result.variants[1]}});
  const auto page = StudyPage(study, {.title = "", .customers = 1});
  CHECK(page.title == "Tariff simulation: candidate against in force");
  const auto html = PageHtml(page);
  INFO(html.status().ToString());
  CHECK(html.ok());
  CHECK(Titles(study).front() == "Margin against customers better off");
  for (const auto& section : page.sections) {
    if (section.title == "Who loses most, and why") CHECK(section.table->rows.size() == 1);
    if (section.title == "Bills of each month") CHECK(section.table->rows[0][0] == "2026-08");
  }
  const Study single = MakeStudy(result, 1, 1, {});
  CHECK(PageHtml(StudyPage(single, {})).ok());
  CHECK(StudyHeadline(single) == "candidate earns 27.00 CNY after vendors are paid");
  CHECK(Titles(single).front() == "Where the money comes from");
}
