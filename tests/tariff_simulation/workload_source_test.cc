#include "ocs/simulation/workload_source.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "tests/support/catch.h"

using ocs::simulation::Event;
using ocs::simulation::EventBatch;
using ocs::simulation::EventSource;
using ocs::simulation::Names;
using ocs::simulation::OpenWorkload;
using ocs::simulation::ParsePopulation;
using ocs::simulation::Piece;
using ocs::simulation::Population;
using ocs::simulation::WorkloadSourceOptions;

namespace {

constexpr std::string_view kRates =
    "client,window_start_s,rate_rps,cv,arrival_dist,dist_param1,dist_param2\n"
    "1,0,5,1,Gamma,1,0.1\n1,600,3,1,Gamma,0.1,0.1\n2,0,2,1,Weibull,0.4,0.1\n2,600,2,1,,,\n";
constexpr std::string_view kLengths =
    R"({"client":1,"window_start_s":0,"input_tokens":{"100":1},"output_tokens":{"10":1}})";
constexpr std::string_view kPopulation = R"(
population: drawn
seed: 3
begins: 2026-08-01T00:00:00+08:00
ends: 2026-08-02T01:00:00+08:00
accounts: 50
models: [{model: m1, share: 1}]
plans:
  - {plan: p, share: 1, offers: [o], credit_limit: 5}
)";

std::vector<Event> Drawn(const Population& population, Names* names, WorkloadSourceOptions options,
                         std::string* hash) {
  auto source = OpenWorkload("drawn", kRates, kLengths, std::move(options), &population, names);
  INFO(source.status().ToString());
  REQUIRE(source.ok());
  CHECK((*source)->generated());
  *hash = (*source)->hash();
  EventBatch batch;
  Piece piece;
  int64_t weight = 0;
  for (uint64_t number = 0;; ++number) {
    auto more = (*source)->Read(&piece);
    REQUIRE(more.ok());
    if (!*more) break;
    CHECK(piece.number == number);
    weight += piece.weight;
    (*source)->Parse(piece, &batch);
  }
  CHECK(weight == (*source)->total_weight());
  CHECK(batch.bad_row_count == 0);
  return batch.events;
}

}  // namespace

TEST_CASE("drawn events come in order of time and fill the population's time",
          "[tariff_simulation][unit]") {
  const auto check = ParsePopulation(kPopulation, "population");
  INFO((check.diagnostics.empty() ? "" : check.diagnostics[0]));
  REQUIRE(check.population != nullptr);
  const Population& population = *check.population;
  Names names;
  std::string hash;
  const std::vector<Event> events = Drawn(population, &names, {}, &hash);
  // 150 windows of ten minutes, of two kinds by turns: 7 and 5 calls a second.
  CHECK(events.size() == 75 * 600 * (7 + 5));
  CHECK(std::is_sorted(events.begin(), events.end(),
                       [](const Event& a, const Event& b) { return a.at < b.at; }));
  CHECK(events.front().at >= population.terms().begins);
  CHECK(events.back().at < population.terms().ends);
  std::set<uint32_t> accounts;
  for (const Event& event : events) accounts.insert(event.account);
  CHECK(accounts.size() == 50);
  CHECK(hash.size() == 64);

  std::string again;
  Names other_names;
  CHECK(Drawn(population, &other_names, {}, &again).size() == events.size());
  CHECK(again == hash);
  WorkloadSourceOptions scaled;
  scaled.draws.scale_ppm = 500'000;
  CHECK(Drawn(population, &other_names, scaled, &again).size() == events.size() / 2);
  CHECK(again != hash);
}

TEST_CASE("a client's calls may belong to a few customers", "[tariff_simulation][unit]") {
  const auto check = ParsePopulation(kPopulation, "population");
  REQUIRE(check.population != nullptr);
  Names names;
  std::string hash;
  WorkloadSourceOptions options;
  options.conversations_per_client = 2;
  options.draws.mix.parts = {{"m2", 1}, {"m3", 1}};
  std::set<uint32_t> accounts;
  std::set<std::string> models;
  for (const Event& event : Drawn(*check.population, &names, options, &hash)) {
    accounts.insert(event.account);
    models.insert(names.model(event.model));
  }
  CHECK(accounts.size() <= 4);
  CHECK(accounts.size() >= 2);
  CHECK(models == std::set<std::string>{"m2", "m3"});
}

TEST_CASE("what cannot be drawn is refused", "[tariff_simulation][unit]") {
  const auto check = ParsePopulation(kPopulation, "population");
  REQUIRE(check.population != nullptr);
  Names names;
  const auto fault = [&](std::string_view lengths, int64_t conversations) {
    WorkloadSourceOptions options;
    options.conversations_per_client = conversations;
    const auto source =
        OpenWorkload("drawn", kRates, lengths, options, check.population.get(), &names);
    return std::string(source.status().message());
  };
  CHECK(fault("", 0) == "drawn: lengths: no client has any");
  CHECK(fault(kLengths, -1) == "conversations of a client: expected 0 to 1000000000");
}
