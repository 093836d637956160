#include "ocs/whatif/answer.h"

#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"
#include "tests/whatif/samples.h"

using ocs::simulation::PopulationTerms;
using ocs::simulation::Result;
using ocs::simulation::Variant;
using ocs::simulation::VariantResult;
using ocs::whatif::Answer;
using ocs::whatif::AnswerQuestion;
using ocs::whatif::kVariantsPerRun;
using ocs::whatif::Question;
using ocs::whatif::testing::MadeResult;
using ocs::whatif::testing::MadeVariant;

namespace {

constexpr std::string_view kText = R"(catalogue: small
currency: CNY
time_zone: UTC
models: [{id: m1, provider: acme}]
price_books:
  - {id: list, rules: [{model: m1, per: 1M tokens, input: 2, output: 3}]}
offers:
  - {id: light, name: Light, charge_code: L, fee: 10, prices: list}
  - {id: heavy, name: Heavy, charge_code: H, fee: 30, prices: list}
)";

Question Asked() {
  Question question;
  question.before = {.label = "in force", .text = std::string(kText), .file_name = "small.yaml"};
  return question;
}

PopulationTerms Terms() {
  PopulationTerms terms;
  for (const char* name : {"light", "heavy"}) {
    ocs::simulation::Plan plan;
    plan.name = name;
    plan.offers = {name};
    terms.plans.push_back(plan);
  }
  return terms;
}

// Stands for a run: each customer pays the fee of what his plan buys, as the tariff has it.
class FeeRunner {
 public:
  absl::StatusOr<Result> operator()(std::vector<Variant> variants) {
    run_sizes.push_back(variants.size());
    std::vector<VariantResult> results;
    for (const Variant& variant : variants) {
      std::vector<ocs::whatif::testing::Paid> paid;
      for (uint8_t plan = 0; plan < 2; ++plan) {
        const std::string offer =
            variant.offers.empty() ? Terms().plans[plan].offers[0] : variant.offers[plan][0];
        const auto index = variant.tariff->FindOffer(offer);
        REQUIRE(index.has_value());
        paid.push_back({.fee = variant.tariff->offer(*index).fee_micros / 1'000'000, .plan = plan});
      }
      results.push_back(MadeVariant(variant.label, paid, {"light", "heavy"}));
      results.back().text_sha256 = variant.text_sha256;
    }
    Result result = MadeResult(std::move(results), {"light", "heavy"});
    result.cancelled = static_cast<int>(run_sizes.size()) == cancelled_run;
    return result;
  }

  std::vector<size_t> run_sizes;
  int cancelled_run = -1;  // The first is 1.
};

std::unique_ptr<Answer> Answered(const Question& question, FeeRunner* runner) {
  auto answer = AnswerQuestion(question, Terms(), std::ref(*runner));
  INFO(answer.status().ToString());
  REQUIRE(answer.ok());
  return *std::move(answer);
}

std::string FaultOf(const Question& question) {
  FeeRunner runner;
  const auto answer = AnswerQuestion(question, Terms(), std::ref(runner));
  REQUIRE(!answer.ok());
  CHECK(runner.run_sizes.empty());  // Nothing is run before all is read.
  return std::string(answer.status().message());
}

}  // namespace

TEST_CASE("a change makes the candidate that is compared", "[whatif][unit]") {
  Question question = Asked();
  question.changes = {"offers/light/fee = 12"};
  question.required = {"max-bill-increase<=10%"};
  FeeRunner runner;
  const auto answer = Answered(question, &runner);
  CHECK(runner.run_sizes == std::vector<size_t>{2});
  REQUIRE(answer->study.comparison.has_value());
  CHECK(answer->study.new_variant().label == "in force, changed");
  CHECK(answer->study.new_variant().text_sha256 ==
        ocs::simulation::TextSha256(answer->candidate_text));
  CHECK(answer->candidate_text.find("fee: 12, prices") != std::string::npos);
  CHECK(answer->places.size() == 1);
  CHECK(answer->study.catalogue_changes.size() == 1);
  CHECK(answer->study.comparison->customers[0].change_micros() == 2'000'000);
  CHECK(!answer->study.passed());
}

TEST_CASE("a catalogue alone is looked at, not compared", "[whatif][unit]") {
  FeeRunner runner;
  const auto answer = Answered(Asked(), &runner);
  CHECK(runner.run_sizes == std::vector<size_t>{1});
  CHECK(!answer->study.comparison.has_value());
}

TEST_CASE("everybody is tried on each plan, and each point of a grid is run", "[whatif][unit]") {
  Question question = Asked();
  question.plans = true;
  question.vary = {"offers/light/fee = 1,2,3,4,5,6", "offers/heavy/fee = 1,2,3"};
  FeeRunner runner;
  const auto answer = Answered(question, &runner);
  CHECK(runner.run_sizes == std::vector<size_t>{1, 2, kVariantsPerRun, 18 - kVariantsPerRun});
  REQUIRE(answer->study.choice.has_value());
  CHECK(answer->study.choice->customers[1].cheapest == 0);
  CHECK(answer->study.choice->customers[1].cheapest_micros == 10'000'000);
  REQUIRE(answer->study.sweep.size() == 18);
  CHECK(answer->study.sweep[0].better == 2);
  CHECK(answer->study.sweep[17].margin_micros == 9'000'000);
  CHECK(answer->study.sweep[17].frontier);
  CHECK(!answer->study.sweep[0].frontier);
}

TEST_CASE("a cancelled run ends the whole, and nothing passes", "[whatif][unit]") {
  Question question = Asked();
  question.plans = true;
  question.vary = {"offers/light/fee = 1,2"};
  question.required = {"margin>=0%"};
  for (int run = 1; run <= 3; ++run) {
    CAPTURE(run);
    FeeRunner runner;
    runner.cancelled_run = run;
    const auto answer = Answered(question, &runner);
    CHECK(answer->result.cancelled);
    CHECK(!answer->study.passed());
    CHECK(runner.run_sizes.size() == static_cast<size_t>(run == 2 ? 2 : run));
  }
}

TEST_CASE("a question that cannot be asked is refused before anything runs", "[whatif][unit]") {
  Question question = Asked();
  question.before.text += "nonsense: 1\n";
  CHECK(FaultOf(question).starts_with("small.yaml:10: nonsense: "));
  question = Asked();
  question.candidate = question.before;
  question.candidate.file_name = "other.yaml";
  question.candidate.text += "nonsense: 1\n";
  CHECK(FaultOf(question).starts_with("other.yaml:10: nonsense: "));
  question = Asked();
  question.changes = {"offers/none/fee = 1"};
  CHECK(FaultOf(question) == "path 'offers/none/fee': 'none' leads nowhere; there is light, heavy");
  question.changes = {"offers/light/fee = much"};
  CHECK(FaultOf(question).starts_with("in force, changed:8: offers[0].fee: "));
  question = Asked();
  question.required = {"profit>=1%"};
  CHECK(FaultOf(question).starts_with("requirement 'profit>=1%': there is no 'profit'"));
  question.required.assign(ocs::whatif::kRequirementsMax + 1, "margin>=1%");
  CHECK(FaultOf(question) == "65 requirements; at most 64");
  question = Asked();
  question.vary = {"offers/light/fee = 1,much"};
  FeeRunner runner;
  CHECK(!AnswerQuestion(question, Terms(), std::ref(runner)).ok());
}
