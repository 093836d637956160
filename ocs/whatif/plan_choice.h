// Which of several plans would have been the cheapest for each customer, for the use that he had.
// Pure.

#ifndef OCS_WHATIF_PLAN_CHOICE_H_
#define OCS_WHATIF_PLAN_CHOICE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "ocs/simulation/result.h"

namespace ocs::whatif {

/// What everybody would have paid on one plan.
struct PlanTrial {
  std::string plan;
  const simulation::VariantResult* result = nullptr;  ///< All customers bought this plan's offers.
};

struct CustomerChoice {
  uint32_t number = 0;
  uint8_t plan = 0;        ///< The one that he has: index into Result::plans.
  uint8_t cheapest = 0;    ///< Index into the trials.
  int64_t now_micros = 0;  ///< Billed, as it is.
  int64_t cheapest_micros = 0;
  friend bool operator==(const CustomerChoice&, const CustomerChoice&) = default;
};

struct PlanChoice {
  std::vector<std::string> trials;        ///< Names of the plans that were tried.
  std::vector<CustomerChoice> customers;  ///< By number.
  /// [plan that he has][cheapest]: how many, and what they would save together.
  std::vector<std::vector<int64_t>> counts;
  std::vector<std::vector<int64_t>> savings_micros;
  int64_t best_already = 0;  ///< Customers whom no trial serves for less.
};

/// For each customer the trial with the smallest bill among those on which at least as many of his
/// calls ran as now; of equal ones his own plan, else the first. A customer whom no trial serves as
/// well keeps his plan; it must be one of the trials. REQUIRES: at least one trial and at most 255;
/// all charged the same customers; trial i is plan i where `plans` and trials have the same names.
PlanChoice ChoosePlans(const std::vector<std::string>& plans, const simulation::VariantResult& now,
                       const std::vector<PlanTrial>& trials);

}  // namespace ocs::whatif

#endif  // OCS_WHATIF_PLAN_CHOICE_H_
