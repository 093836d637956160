#include "ocs/whatif/study.h"

#include "tests/support/catch.h"
#include "tests/whatif/samples.h"

using ocs::whatif::CustomerName;
using ocs::whatif::MakeStudy;
using ocs::whatif::ParseRequired;
using ocs::whatif::Required;
using ocs::whatif::Study;
using ocs::whatif::testing::SampleResult;

TEST_CASE("a study passes when all of what is required holds for the whole input",
          "[whatif][unit]") {
  auto result = SampleResult();
  const std::vector<Required> met = {*ParseRequired("margin>=40%"), *ParseRequired("worse<=50%")};
  std::vector<Required> unmet = met;
  unmet.push_back(*ParseRequired("better>=50%"));
  CHECK(MakeStudy(result, 0, 1, {}).passed());
  CHECK(MakeStudy(result, 0, 1, met).passed());
  CHECK(!MakeStudy(result, 0, 1, unmet).passed());
  result.cancelled = true;
  CHECK(!MakeStudy(result, 0, 1, met).passed());
  CHECK(MakeStudy(result, 0, 1, {}).passed());
}

TEST_CASE("a study of one catalogue compares nothing", "[whatif][unit]") {
  const auto result = SampleResult();
  const Study study = MakeStudy(result, 1, 1, {*ParseRequired("max-bill-increase<=0%")});
  CHECK(!study.comparison.has_value());
  CHECK(study.passed());
  CHECK(study.break_evens.size() == 2);
  CHECK(CustomerName(result, 4, 1) == "customer 4, plan payg");
}
