#include "ocs/simulation/population.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/tariff_simulation/samples.h"

namespace ocs::simulation::tests {
namespace {

constexpr char kGood[] = R"(population: p
seed: 3
accounts: 1000
begins: 2026-08-01T00:00:00+08:00
ends: 2026-11-01T00:00:00+08:00
growth: 0.1
skew: 1
models: [{model: a, share: 3}, {model: b, share: 1}]
uses: [{share: 1, product: chat}, {share: 1, product: code, service_tier: batch}]
plans:
  - {plan: one, share: 3, offers: [x], credit_limit: 100.5}
  - {plan: two, share: 1, offers: [], use: 4, money: 20, top_up: {below: 5, amount: 10}}
)";

}  // namespace

TEST_CASE("a population is read with all its terms", "[tariff_simulation][unit]") {
  const auto population = MakePopulation(kGood);
  const PopulationTerms& terms = population->terms();
  CHECK(terms.name == "p");
  CHECK(terms.seed == 3);
  CHECK(terms.growth_permille == 100);
  REQUIRE(terms.plans.size() == 2);
  CHECK(terms.plans[0].credit_limit_micros == 100'500'000);
  CHECK(terms.plans[1].use_permille == 4'000);
  CHECK(terms.plans[1].top_up.amount_micros == 10'000'000);
  CHECK(terms.plans[1].top_up.most_per_month == 4);
  CHECK(terms.uses[1].use.service_tier == "batch");
  CHECK(population->hash().size() == 64);
  // A hundred new ones a month for three months.
  CHECK(population->account_count() == 1'300);
  CHECK(population->joins_at(0) == terms.begins);
  CHECK(population->joins_at(1'299) > population->joins_at(1'000));
  CHECK(population->joins_at(1'299) < terms.ends);
}

TEST_CASE("plans get their shares of the accounts, and large ones more conversations",
          "[tariff_simulation][unit]") {
  const auto population = MakePopulation(kGood);
  const Instant late = population->terms().ends.PlusMillis(-1);
  std::map<int, int> accounts;
  for (uint32_t n = 0; n < population->account_count(); ++n) ++accounts[population->plan_of(n)];
  CHECK(accounts[0] == 975);
  CHECK(accounts[1] == 325);
  std::map<int, int> conversations;
  std::map<uint32_t, int> models;
  constexpr int kDraws = 200'000;
  for (uint64_t c = 0; c < kDraws; ++c) {
    const uint32_t account = population->AccountOf(c * 0x9e3779b97f4a7c15ULL, late);
    ++conversations[population->plan_of(account)];
    ++models[population->ModelOf(c * 0x9e3779b97f4a7c15ULL, population->plan_of(account))];
  }
  // A quarter of the accounts uses four times as much as each of the others: 4 to 3. Ranks are
  // dealt by chance, and the first ranks weigh much.
  CHECK(conversations[1] > kDraws * 3 / 10);
  CHECK(models[0] > kDraws * 74 / 100);
  CHECK(models[0] < kDraws * 76 / 100);
}

TEST_CASE("a conversation keeps its account, and nobody is dealt to before he comes",
          "[tariff_simulation][unit]") {
  const auto population = MakePopulation(kGood);
  const PopulationTerms& terms = population->terms();
  int later = 0;
  for (uint64_t c = 1; c < 20'000; ++c) {
    const uint32_t first = population->AccountOf(c << 20U, terms.begins);
    CHECK(first < 1'000);
    const Instant end = terms.ends.PlusMillis(-1);
    const uint32_t last = population->AccountOf(c << 20U, end);
    CHECK(population->AccountOf(c << 20U, end) == last);
    if (last >= 1'000) ++later;
  }
  CHECK(later > 1'000);
}

TEST_CASE("another seed deals otherwise", "[tariff_simulation][unit]") {
  const auto one = MakePopulation(kGood);
  std::string text = kGood;
  text.replace(text.find("seed: 3"), 7, "seed: 4");
  const auto other = MakePopulation(text);
  CHECK(one->hash() != other->hash());
  int same = 0;
  for (uint64_t c = 0; c < 1'000; ++c)
    same += one->AccountOf(c, one->terms().begins) == other->AccountOf(c, one->terms().begins);
  CHECK(same < 200);
}

TEST_CASE("every fault of a population is told with file, line and field",
          "[tariff_simulation][unit]") {
  const auto faults = [](const std::string& text) {
    const PopulationCheck check = ParsePopulation(text, "p.yaml");
    CHECK(check.population == nullptr);
    return check.diagnostics;
  };
  CHECK(faults("- a\n") == std::vector<std::string>{"p.yaml:1: expected a map of fields"});
  CHECK(faults("a: [").size() == 1);
  const std::vector<std::string> many = faults(R"(population: p
accounts: 0
begins: yesterday
ends: 2026-08-01T00:00:00+08:00
skew: -1
colour: red
plans:
  - {plan: a, share: 1, currency: yuan}
  - {plan: a, share: 0, credit_limit: 1.23456789}
)");
  const auto has = [&](const std::string& part) {
    for (const std::string& fault : many) {
      if (fault.find(part) != std::string::npos) return true;
    }
    for (const std::string& fault : many) UNSCOPED_INFO(fault);
    return false;
  };
  CHECK(has("p.yaml:2: accounts: is '0', expected a whole number from 1 to 20000000"));
  CHECK(has("p.yaml:3: begins: is 'yesterday', expected a time such as"));
  CHECK(has("p.yaml:5: skew: is '-1', expected a decimal number from 0"));
  CHECK(has("p.yaml:6: colour: is not known: expected one of population"));
  CHECK(has("p.yaml:8: plans[0].currency: is 'yuan'"));
  CHECK(has("p.yaml:9: plans[1].share: is '0'"));
  CHECK(has("p.yaml:9: plans[1].credit_limit: is '1.23456789'"));
  CHECK(has("plans: the plan 'a' is there twice"));
  CHECK(has("models: expected the models of the plan 'a', or of the population"));
}

}  // namespace ocs::simulation::tests
