#include "ocs/whatif/plan_choice.h"

#include <algorithm>

#include "ocs/base/check.h"

namespace ocs::whatif {
namespace {

using simulation::Customer;
using simulation::Figures;

CustomerChoice Choose(const Customer& now, size_t index, uint8_t own,
                      const std::vector<PlanTrial>& trials) {
  CustomerChoice choice = {.number = now.number,
                           .plan = now.plan,
                           .cheapest = own,
                           .now_micros = now.figures.billed_micros,
                           .cheapest_micros = now.figures.billed_micros};
  for (size_t i = 0; i < trials.size(); ++i) {
    const Customer& tried = trials[i].result->customers[index];
    OCS_CHECK(tried.number == now.number);
    if (tried.figures.completed() < now.figures.completed()) continue;
    if (tried.figures.billed_micros >= choice.cheapest_micros) continue;
    choice.cheapest = static_cast<uint8_t>(i);
    choice.cheapest_micros = tried.figures.billed_micros;
  }
  return choice;
}

}  // namespace

PlanChoice ChoosePlans(const std::vector<std::string>& plans, const simulation::VariantResult& now,
                       const std::vector<PlanTrial>& trials) {
  OCS_CHECK(!trials.empty() && trials.size() <= 255);
  PlanChoice choice;
  std::vector<uint8_t> own;
  for (const PlanTrial& trial : trials) {
    OCS_CHECK(trial.result->customers.size() == now.customers.size());
    choice.trials.push_back(trial.plan);
  }
  for (const std::string& plan : plans) {
    const auto found = std::find(choice.trials.begin(), choice.trials.end(), plan);
    OCS_CHECK(found != choice.trials.end());
    own.push_back(static_cast<uint8_t>(found - choice.trials.begin()));
  }
  choice.counts.assign(plans.size(), std::vector<int64_t>(trials.size()));
  choice.savings_micros = choice.counts;
  for (size_t i = 0; i < now.customers.size(); ++i) {
    const Customer& customer = now.customers[i];
    choice.customers.push_back(Choose(customer, i, own[customer.plan], trials));
    const CustomerChoice& chosen = choice.customers.back();
    if (chosen.cheapest_micros == chosen.now_micros) ++choice.best_already;
    ++choice.counts[customer.plan][chosen.cheapest];
    choice.savings_micros[customer.plan][chosen.cheapest] +=
        chosen.now_micros - chosen.cheapest_micros;
  }
  return choice;
}

}  // namespace ocs::whatif
