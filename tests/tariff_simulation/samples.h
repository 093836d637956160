// Catalogues and populations of the tests.

#ifndef TESTS_TARIFF_SIMULATION_SAMPLES_H_
#define TESTS_TARIFF_SIMULATION_SAMPLES_H_

#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "ocs/simulation/event_source.h"
#include "ocs/simulation/population.h"
#include "ocs/simulation/run.h"
#include "rating/catalogue.h"
#include "tests/support/catch.h"

namespace ocs::simulation::tests {

/// A hundred accounts without offers.
inline constexpr char kTinyPopulation[] = R"(
population: p
begins: 2026-08-01T00:00:00+08:00
ends: 2026-09-01T00:00:00+08:00
accounts: 100
models: [{model: small, share: 1}]
plans: [{plan: a, share: 1, offers: []}]
)";

/// Packages that stop, bill on, are bought again, are throttled, refilled and carried over; prices
/// by day and night, by steps, by the request, with a minimum; limits; wholesale prices that leave
/// remainders.
inline constexpr char kMixedCatalogue[] = R"(
catalogue: mixed
currency: CNY
time_zone: Asia/Shanghai
models:
  - {id: small, provider: acme, class: basic}
  - {id: large, provider: acme, class: dear}
units:
  - unit: request
price_books:
  - id: book
    rules:
      - {model: small, per: 1M tokens, input: 1.3, cache_read: 0.13, output: 3.7}
      - {model: large, per: 1M tokens, input: 7, cache_read: 0.7, output: 21}
    adjustments:
      - {name: night, any: true, hours: 22:00-07:30, percent: -35}
  - id: stepped
    rules:
      - {model: small, per: 1M tokens, tiers: {form: graduated, per: month, steps: [{up_to: 1M, tokens: 5},
         {up_to: 3M, tokens: 3}, {tokens: 1.1}]}}
      - {model: large, per: 1M tokens, input: 7, output: 21, minimum: 0.02}
  - id: by-call
    rules:
      - {any: true, per: 1M tokens, request: 0.013 per 1 request, tokens: 0.1}
  - id: wholesale
    kind: wholesale
    rules:
      - {model: small, per: 3M tokens, input: 1, cache_read: 0.1, output: 5}
      - {model: large, per: 7M tokens, input: 20, output: 60}
offers:
  - {id: pay, name: Pay, charge_code: PAY, fee: 0, prices: book}
  - {id: steps, name: Steps, charge_code: STEPS, fee: 2, renews: month, prices: stepped}
  - {id: calls, name: Calls, charge_code: CALLS, fee: 0, prices: by-call}
  - id: stop
    name: Stops
    charge_code: STOP
    fee: 9.9
    renews: month
    grants:
      - {name: half a million, unit: token, amount: 500_000, validity: cycle, covers: {class: basic},
         carry_over: {cycles: 1, drawn: first}, when_used_up: stop}
  - id: on
    name: Bills on
    charge_code: "ON"
    fee: 29.9
    renews: month
    prices: book
    grants:
      - {name: a million, unit: token, amount: 1M, validity: cycle, covers: {any: true},
         weights: [{model: large, input: 3.5, output: 10.5, cache_read: 0.35}], when_used_up: bill_on}
  - id: again
    name: Bought again
    charge_code: AGAIN
    fee: 3
    grants:
      - {name: a hundred thousand, unit: token, amount: 100_000, validity: 10 days, starts: first_use,
         covers: {any: true}, when_used_up: {then: buy, at_most: 5 per month}}
  - id: limited
    name: Limited
    charge_code: LIMITED
    fee: 19
    renews: month
    grants:
      - {name: requests, unit: request, amount: 60, validity: cycle, covers: {any: true},
         limits: [{name: five hours, amount: 9, per: sliding 5 hours}], when_used_up: wait}
  - id: daily
    name: Daily
    charge_code: DAILY
    fee: 12
    prices: book
    grants:
      - {name: a day's tokens, unit: token, amount: 40_000, validity: 30 days, refill: day,
         covers: {class: basic}, when_used_up: wait}
)";

/// Each offer of the mixed catalogue, as a plan; `begins` and `ends` are given.
inline std::string MixedPopulation(int accounts, const std::string& begins,
                                   const std::string& ends) {
  return "population: mixed\nseed: 5\naccounts: " + std::to_string(accounts) +
         "\nbegins: " + begins + "\nends: " + ends + R"(
skew: 0.7
models: [{model: small, share: 3}, {model: large, share: 1}]
plans:
  - {plan: pay, share: 2, offers: [pay], money: 3}
  - {plan: pay later, share: 1, offers: [pay], credit_limit: 4}
  - {plan: steps, share: 1, offers: [steps], credit_limit: 300}
  - {plan: calls, share: 1, offers: [calls], credit_limit: 300}
  - {plan: stop, share: 2, offers: [stop], credit_limit: 300, models: [{model: small, share: 1}]}
  - {plan: "on", share: 2, offers: ["on"], credit_limit: 300}
  - {plan: again, share: 1, offers: [again], credit_limit: 300}
  - {plan: limited, share: 1, offers: [limited], credit_limit: 300}
  - {plan: daily, share: 1, offers: [daily], credit_limit: 300}
  - {plan: stop and pay, share: 1, offers: [stop, pay], money: 20, money_each_month: 10}
)";
}

inline std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  REQUIRE(file.good());
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

inline Variant MakeVariant(const std::string& label, const std::string& text) {
  const rating::CatalogueCheck check = rating::ParseCatalogue(text, label);
  for (const rating::Diagnostic& diagnostic : check.diagnostics)
    UNSCOPED_INFO(diagnostic.ToString());
  REQUIRE(check.catalogue.has_value());
  return {.label = label,
          .tariff = rating::Tariff::Compile(*check.catalogue, 1),
          .text_sha256 = TextSha256(text),
          .offers = {}};
}

inline std::unique_ptr<const Population> MakePopulation(const std::string& text) {
  PopulationCheck check = ParsePopulation(text, "population.yaml");
  for (const std::string& fault : check.diagnostics) UNSCOPED_INFO(fault);
  REQUIRE(check.population != nullptr);
  return std::move(check.population);
}

}  // namespace ocs::simulation::tests

#endif  // TESTS_TARIFF_SIMULATION_SAMPLES_H_
