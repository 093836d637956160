#include "ocs/simulation/internal/dealer.h"

#include "ocs/base/check.h"
#include "ocs/base/text.h"

namespace ocs::simulation::internal {

Dealer::Dealer(const Population* population, Names* names)
    : population_(population), names_(names) {
  const PopulationTerms& terms = population->terms();
  for (size_t plan = 0; plan < terms.plans.size(); ++plan) {
    std::vector<uint16_t>& numbers = models_.emplace_back();
    for (const ModelMix& mix : population->ModelsOf(static_cast<uint8_t>(plan))) {
      const uint32_t number = names->Model(mix.model);
      OCS_CHECK(number < Names::kNamesMax);  // A population names far fewer.
      numbers.push_back(static_cast<uint16_t>(number));
    }
  }
  for (const UseMix& mix : terms.uses) uses_.push_back(static_cast<uint16_t>(names->Use(mix.use)));
}

bool Dealer::Deal(uint64_t conversation, std::string_view model, Cache* cache, Event* event) const {
  event->account = population_->AccountOf(conversation, event->at);
  if (!uses_.empty()) event->use = uses_[population_->UseOf(conversation)];
  if (model.empty()) {
    const uint8_t plan = population_->plan_of(event->account);
    event->model = models_[plan][population_->ModelOf(conversation, plan)];
    return true;
  }
  const auto known = cache->models.find(ToAbsl(model));
  if (known != cache->models.end()) {
    event->model = known->second;
    return true;
  }
  const uint32_t number = names_->Model(model);
  if (number >= Names::kNamesMax) return false;
  event->model = static_cast<uint16_t>(number);
  cache->models.emplace(std::string(model), event->model);
  return true;
}

}  // namespace ocs::simulation::internal
