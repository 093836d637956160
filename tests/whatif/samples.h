// Results made by hand: what each customer paid under two catalogues.

#ifndef TESTS_WHATIF_SAMPLES_H_
#define TESTS_WHATIF_SAMPLES_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "ocs/simulation/result.h"

namespace ocs::whatif::testing {

inline constexpr int64_t kOne = 1'000'000;  // Micros of 1 CNY.

/// What one customer did and paid, in whole CNY and calls.
struct Paid {
  int64_t fee = 0;
  int64_t usage = 0;
  int64_t overage = 0;
  int64_t cost = 0;
  int64_t calls = 10;
  int64_t blocked = 0;
  uint8_t plan = 0;
};

inline simulation::VariantResult MadeVariant(std::string label, const std::vector<Paid>& paid,
                                             const std::vector<std::string>& plans) {
  simulation::VariantResult variant;
  variant.label = std::move(label);
  variant.catalogue = "sample";
  variant.text_sha256 = std::string(64, variant.label.empty() ? '0' : variant.label[0]);
  variant.currency = Unit::Of("CNY");
  for (const std::string& plan : plans) variant.by_plan.push_back({.name = plan, .figures = {}});
  for (const Paid& one : paid) {
    simulation::Customer customer;
    customer.number = static_cast<uint32_t>(variant.customers.size());
    customer.plan = one.plan;
    customer.figures.calls = one.calls;
    customer.figures.blocked = one.blocked;
    customer.figures.fee_micros = one.fee * kOne;
    customer.figures.usage_micros = one.usage * kOne;
    customer.figures.overage_micros = one.overage * kOne;
    customer.figures.cost_micros = one.cost * kOne;
    customer.figures.billed_micros = (one.fee + one.usage + one.overage) * kOne;
    variant.total.Add(customer.figures);
    variant.by_plan[one.plan].figures.Add(customer.figures);
    ++variant.by_plan[one.plan].customers;
    variant.customers.push_back(customer);
  }
  simulation::Group hour = {.name = "00", .figures = variant.total};
  variant.by_hour.push_back(hour);
  hour.name = "deepseek-v3.2";
  variant.by_model.push_back(hour);
  hour.name = "";
  variant.by_product.push_back(hour);
  simulation::BillDistribution bills;
  bills.month = {1'785'513'600'000};  // 2026-08-01T00:00+08:00
  bills.bills = static_cast<int64_t>(paid.size());
  bills.sum_micros = variant.total.billed_micros;
  bills.shocks = 2;
  variant.bills.push_back(bills);
  return variant;
}

inline simulation::Result MadeResult(std::vector<simulation::VariantResult> variants,
                                     std::vector<std::string> plans) {
  simulation::Result result;
  result.population = "sample population";
  result.population_hash = std::string(64, 'b');
  result.seed = 7;
  result.begins = {1'785'513'600'000};
  result.ends = {1'788'192'000'000};
  result.reached = result.ends;
  result.plans = std::move(plans);
  simulation::InputRead input;
  input.name = "trace.csv";
  input.hash = std::string(64, 'c');
  input.events = 60;
  result.inputs.push_back(input);
  result.events = 60;
  result.variants = std::move(variants);
  return result;
}

/// Six customers: unchanged, better, worse, less for less, more for more, worse by fewer calls.
inline simulation::Result SampleResult() {
  const std::vector<std::string> plans = {"light", "payg"};
  const std::vector<Paid> before = {{.fee = 10, .cost = 4},
                                    {.fee = 10, .overage = 5, .cost = 9},
                                    {.usage = 10, .cost = 8, .plan = 1},
                                    {.fee = 10, .cost = 7},
                                    {.usage = 2, .cost = 1, .blocked = 5, .plan = 1},
                                    {.fee = 10, .cost = 5}};
  const std::vector<Paid> after = {{.fee = 10, .cost = 4},
                                   {.fee = 12, .cost = 9},
                                   {.usage = 13, .cost = 8, .plan = 1},
                                   {.fee = 9, .cost = 3, .blocked = 4},
                                   {.usage = 4, .cost = 2, .blocked = 1, .plan = 1},
                                   {.fee = 10, .cost = 5, .blocked = 1}};
  return MadeResult(
      {MadeVariant("in force", before, plans), MadeVariant("candidate", after, plans)}, plans);
}

}  // namespace ocs::whatif::testing

#endif  // TESTS_WHATIF_SAMPLES_H_
