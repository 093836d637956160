#include "ocs/simulation/run.h"

#include <atomic>
#include <map>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/tariff_simulation/samples.h"
#include "tests/tariff_simulation/server_side.h"

namespace ocs::simulation::tests {
namespace {

const std::string kTrace = std::string(OCS_TRACE_FOLDER) + "/mooncake_conversation_part1.csv";

// A shipped trace, played so slowly that it fills `days`.
TraceOptions Slow(const Population& population, int64_t days) {
  constexpr int64_t kTraceMs = 45 * 60'000;
  return {.begins = population.terms().begins,
          .stretch_permille = days * 86'400'000 * 1'000 / kTraceMs};
}

struct Ran {
  Result result;
  std::vector<Event> events;
};

Result Simulate(const Population& population, const std::vector<Variant>& variants,
                const TraceOptions& trace, const RunOptions& options, Names* names) {
  auto source = OpenTrace(kTrace, trace, &population, names);
  REQUIRE(source.ok());
  auto result = Run(population, variants, {source->get()}, *names, options);
  INFO(result.status());
  REQUIRE(result.ok());
  return *std::move(result);
}

// What a journal tells of a customer.
Figures AsJournal(Figures figures) {
  figures.usage_micros += figures.overage_micros;
  figures.overage_micros = 0;
  figures.overage = 0;
  figures.throttled = 0;
  return figures;
}

Figures CompareWithServer(const Population& population, const std::string& catalogue,
                          int64_t days) {
  Names names;
  const Variant variant = MakeVariant("v", catalogue);
  const TraceOptions trace = Slow(population, days);
  RunOptions options;
  options.threads = 2;
  const Result result = Simulate(population, {variant}, trace, options, &names);

  auto source = OpenTrace(kTrace, trace, &population, &names);
  REQUIRE(source.ok());
  ServerSide server(population, names, catalogue, *variant.tariff);
  for (const Event& event : EventsOf(source->get())) server.Charge(event);
  const std::map<uint32_t, Figures> charged = server.Finish();

  const VariantResult& simulated = result.variants.at(0);
  REQUIRE(simulated.customers.size() == population.account_count());
  Figures sum;
  for (const Customer& customer : simulated.customers) {
    INFO("customer " << customer.number << ", plan " << result.plans[customer.plan]);
    const auto at = charged.find(customer.number);
    const Figures server_figures = at == charged.end() ? Figures{} : at->second;
    const Figures figures = AsJournal(customer.figures);
    CHECK(figures.calls == server_figures.calls);
    CHECK(figures.blocked == server_figures.blocked);
    CHECK(figures.cut == server_figures.cut);
    CHECK(figures.output_tokens == server_figures.output_tokens);
    CHECK(figures.billed_micros == server_figures.billed_micros);
    CHECK(figures.usage_micros == server_figures.usage_micros);
    CHECK(figures.package_micros == server_figures.package_micros);
    CHECK(figures.breakage_micros == server_figures.breakage_micros);
    CHECK(figures.cost_micros == server_figures.cost_micros);
    CHECK((figures == server_figures));
    sum.Add(customer.figures);
  }
  CHECK((sum == simulated.total));
  CHECK(sum.calls == 8'940);
  return sum;
}

// Sums over the groups of each table are the total; what was sold is earned or deferred.
void CheckTables(const VariantResult& variant) {
  for (const auto* groups : {&variant.by_plan, &variant.by_model, &variant.by_product,
                             &variant.by_hour, &variant.by_day, &variant.by_decile}) {
    Figures sum;
    for (const Group& group : *groups) sum.Add(group.figures);
    CHECK((sum == variant.total));
  }
  const Figures& t = variant.total;
  CHECK(t.billed_micros == t.fee_micros + t.package_micros + t.breakage_micros +
                               variant.deferred_end_micros + t.usage_micros + t.overage_micros);
  for (const PackageUse& package : variant.packages) {
    INFO(package.offer << " " << package.grant);
    CHECK(package.sold > 0);
    CHECK(package.used_up <= package.sold);
  }
}

}  // namespace

TEST_CASE("a simulated trace is charged what the server charges: operators' packages",
          "[tariff_simulation][property]") {
  // So few customers that packages run out, and two months, so that they renew.
  const auto population = MakePopulation(R"(
population: few
seed: 6
begins: 2026-08-11T09:00:00+08:00
ends: 2026-10-01T00:00:00+08:00
accounts: 7
plans:
  - {plan: light, share: 4, offers: [ct-personal-light], credit_limit: 500,
     models: [{model: xingchen, share: 1}, {model: deepseek-v3.2, share: 1}]}
  - {plan: standard, share: 4, offers: [ct-personal-standard], credit_limit: 500,
     models: [{model: deepseek-v3.2, share: 1}]}
  - {plan: pay, share: 2, offers: [sh-pay-per-use], money: 12,
     models: [{model: deepseek-v3.2, share: 1}, {model: qwen3-max, share: 1}]}
)");
  const Figures sum = CompareWithServer(*population, ReadFile(OCS_OPERATORS_CATALOGUE), 50);
  CHECK(sum.blocked > 20);
  CHECK(sum.breakage_micros > 0);
}

TEST_CASE("a simulated trace is charged what the server charges: stops, limits, steps, nights",
          "[tariff_simulation][property]") {
  const auto population =
      MakePopulation(MixedPopulation(60, "2026-08-11T09:00:00+08:00", "2026-10-05T00:00:00+08:00"));
  const Figures sum = CompareWithServer(*population, kMixedCatalogue, 52);
  CHECK(sum.blocked > 20);
  CHECK(sum.cut > 0);
  CHECK(sum.throttled == 0);
  CHECK(sum.overage > 20);
  CHECK(sum.breakage_micros > 0);
}

TEST_CASE("tables agree with each other and with the ledger", "[tariff_simulation][unit]") {
  const auto population =
      MakePopulation(MixedPopulation(60, "2026-08-11T09:00:00+08:00", "2026-10-05T00:00:00+08:00"));
  Names names;
  const Result result =
      Simulate(*population, {MakeVariant("v", kMixedCatalogue)}, Slow(*population, 52), {}, &names);
  CheckTables(result.variants.at(0));
  CHECK(result.events == 8'940);
  CHECK(result.outside == 0);
  CHECK_FALSE(result.cancelled);
}

TEST_CASE("the same seed gives the same result on any number of threads",
          "[tariff_simulation][property]") {
  const auto population = MakePopulation(
      MixedPopulation(3'000, "2026-08-11T09:00:00+08:00", "2026-10-05T00:00:00+08:00"));
  std::vector<std::string> results;
  for (const int threads : {1, 2, 5}) {
    Names names;
    RunOptions options;
    options.threads = threads;
    TraceOptions trace = Slow(*population, 13);
    trace.repeat = 4;
    const Result result = Simulate(
        *population, {MakeVariant("a", kMixedCatalogue), MakeVariant("b", kMixedCatalogue)}, trace,
        options, &names);
    results.push_back(ResultJson(result, /*customers=*/true));
    CHECK(result.events == 4 * 8'940);
    // Two variants of one text: side by side they do not disturb each other.
    CHECK((result.variants[0].customers == result.variants[1].customers));
  }
  CHECK((results[0] == results[1]));
  CHECK((results[0] == results[2]));
}

TEST_CASE("calls that are decided at once come to what they come to step by step",
          "[tariff_simulation][property]") {
  const auto population =
      MakePopulation(MixedPopulation(90, "2026-08-11T09:00:00+08:00", "2026-10-05T00:00:00+08:00"));
  std::vector<Result> results;
  for (const bool full : {false, true}) {
    Names names;
    RunOptions options;
    options.full = full;
    TraceOptions trace = Slow(*population, 13);
    trace.repeat = 4;
    results.push_back(
        Simulate(*population, {MakeVariant("v", kMixedCatalogue)}, trace, options, &names));
  }
  VariantResult& at_once = results[0].variants.at(0);
  VariantResult& in_full = results[1].variants.at(0);
  CHECK(in_full.decided_in_full == 4 * 8'940);
  CHECK(at_once.decided_in_full > 4'000);
  CHECK(at_once.decided_in_full < 2 * 8'940);
  at_once.decided_in_full = in_full.decided_in_full = 0;
  CHECK((at_once.customers == in_full.customers));
  CHECK(ResultJson(results[0], /*customers=*/true) == ResultJson(results[1], /*customers=*/true));
}

TEST_CASE("a variant that does not fit the population is refused with every reason",
          "[tariff_simulation][unit]") {
  const auto population = MakePopulation(R"(
population: p
begins: 2026-08-01T00:00:00+08:00
ends: 2026-09-01T00:00:00+08:00
accounts: 1
plans:
  - {plan: a, share: 1, offers: [pay, nowhere], models: [{model: small, share: 1}]}
  - {plan: b, share: 1, offers: [pay], models: [{model: unheard, share: 1}]}
)");
  const std::vector<Variant> variants = {MakeVariant("v", kMixedCatalogue)};
  const std::vector<std::string> faults = CheckVariants(*population, variants);
  REQUIRE(faults.size() == 2);
  CHECK(faults[0] == "variant v: plan a: offer: the catalogue has no 'nowhere'");
  CHECK(faults[1] == "variant v: plan b: model: the catalogue has no 'unheard'");
  const Names names;
  CHECK(absl::IsInvalidArgument(Run(*population, variants, {}, names, {}).status()));
}

TEST_CASE("a cancelled simulation keeps what was done", "[tariff_simulation][unit]") {
  const auto population =
      MakePopulation(MixedPopulation(60, "2026-08-11T09:00:00+08:00", "2026-10-05T00:00:00+08:00"));
  Names names;
  std::atomic<bool> cancel = false;
  RunOptions options;
  options.cancel = &cancel;
  options.progress = [&](const RunProgress& progress) {
    CHECK(progress.weight_done <= progress.weight_total);
    cancel = true;
  };
  TraceOptions trace = Slow(*population, 1);
  trace.repeat = 2'000;
  const Result result =
      Simulate(*population, {MakeVariant("v", kMixedCatalogue)}, trace, options, &names);
  CHECK(result.cancelled);
  CHECK(result.events > 0);
  CHECK(result.events < 2'000 * 8'940);
  CHECK(result.variants.at(0).total.calls == result.events);
  CHECK(result.reached < population->terms().ends);
}

TEST_CASE("one customer's life is told line by line", "[tariff_simulation][unit]") {
  const auto population =
      MakePopulation(MixedPopulation(60, "2026-08-11T09:00:00+08:00", "2026-10-05T00:00:00+08:00"));
  Names names;
  RunOptions options;
  options.explain = 3;
  const Result result = Simulate(*population, {MakeVariant("v", kMixedCatalogue)},
                                 Slow(*population, 52), options, &names);
  const Customer& customer = result.variants.at(0).customers.at(3);
  int64_t calls = 0;
  Instant last = population->terms().begins;
  for (const ExplainLine& line : result.explained) {
    CHECK(line.at >= last);
    last = line.at;
    if (line.what == "call" || line.what == "call refused") ++calls;
    if (line.what == "call") CHECK_FALSE(line.charges.empty());
  }
  CHECK(calls > 0);
  CHECK(calls == customer.figures.calls);
  options.explain = 60;
  auto source = OpenTrace(kTrace, {}, population.get(), &names);
  CHECK(absl::IsInvalidArgument(
      Run(*population, {MakeVariant("v", kMixedCatalogue)}, {source->get()}, names, options)
          .status()));
}

}  // namespace ocs::simulation::tests
