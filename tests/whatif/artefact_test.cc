#include "ocs/whatif/artefact.h"

#include <string>

#include "ocs/engine/operation.h"
#include "tests/support/catch.h"
#include "tests/whatif/samples.h"

using ocs::whatif::ArtefactJson;
using ocs::whatif::MakeStudy;
using ocs::whatif::ParseAxis;
using ocs::whatif::ParseRequired;
using ocs::whatif::PlanChoice;
using ocs::whatif::Study;
using ocs::whatif::SummarisePoint;
using ocs::whatif::testing::MadeResult;
using ocs::whatif::testing::MadeVariant;
using ocs::whatif::testing::Paid;
using ocs::whatif::testing::SampleResult;

TEST_CASE("an artefact names its candidate, its basis and its verdict", "[whatif][unit]") {
  const auto result = SampleResult();
  Study study = MakeStudy(result, 0, 1, {*ParseRequired("margin>=90%")});
  study.signed_by = "A. \"Person\"";
  study.catalogue_changes.push_back({.kind = ocs::rating::ChangeKind::kPriceRises,
                                     .where = "offer light, fee",
                                     .before = "9.9",
                                     .after = "12.9"});
  study.sweep.push_back(
      SummarisePoint(ParseAxis("a/fee = 1")->edits, result.variants[0], result.variants[1]));
  PlanChoice choice;
  choice.trials = {"light", "payg"};
  choice.counts = {{3, 1}, {0, 2}};
  choice.savings_micros = {{0, 5}, {0, 0}};
  study.choice = choice;
  const std::string json = ArtefactJson(study, std::string(64, 'f'), 10);
  CHECK(json.starts_with(
      R"({"format":"ocs-simulation/1","catalogue_sha256":")" + std::string(64, 'c') +
      R"(","passed":"no","requirements":[{"required":)"
      R"("margin>=90%","found":"46.5517 %","passed":"no"}],)"
      R"("signed_by":"A. \"Person\"","basis":{"population":"sample population")"));
  for (const std::string part :
       {R"("seed":"7")", R"("name":"trace.csv","sha256":"cccc)", R"("result_sha256":"ffff)",
        R"("label":"in force")", R"("margin_micros":"27000000")", R"("unchanged":"1","better":"1")",
        R"("customer":"2","plan":"payg","before_micros":"10000000","after_micros":"13000000",)"
        R"("why":"use paid by the call +3.00 CNY")",
        R"("catalogue_changes":["price_rises: offer light, fee: 9.9 -> 12.9)",
        R"("plan":"light","cheapest":"payg","customers":"1","saving_micros":"5")",
        R"("changes":["a/fee = 1"])"}) {
    CAPTURE(part);
    CHECK(json.find(part) != std::string::npos);
  }
  CHECK(json == ArtefactJson(study, std::string(64, 'f'), 10));
}

TEST_CASE("an artefact fits what may be attached, however many customers lose", "[whatif][unit]") {
  std::vector<Paid> before(5000);
  std::vector<Paid> after;
  for (int64_t i = 0; i < 5000; ++i) {
    after.push_back({.fee = i, .usage = i, .overage = i, .blocked = i % 10});
  }
  const std::string plan(128, 'p');  // As long as a name may be.
  const auto result =
      MadeResult({MadeVariant("a", before, {plan}), MadeVariant("b", after, {plan})}, {plan});
  const Study study = MakeStudy(result, 0, 1, {});
  const std::string json = ArtefactJson(study, "", 1'000'000);
  CHECK(json.size() < static_cast<size_t>(ocs::engine::kSimulationResultBytesMax));
  size_t listed = 0;
  for (size_t at = json.find("\"why\""); at != std::string::npos;
       at = json.find("\"why\"", at + 1)) {
    ++listed;
  }
  CHECK(listed == ocs::whatif::kArtefactCustomersMax);
}
