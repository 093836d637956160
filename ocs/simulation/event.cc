#include "ocs/simulation/event.h"

#include "ocs/base/check.h"
#include "ocs/base/text.h"

namespace ocs::simulation {

Names::Names() {
  uses_.emplace_back();
  use_numbers_.emplace("\n\n\n\n", 0);
}

uint32_t Names::Model(std::string_view name) {
  const absl::MutexLock lock(&mutex_);
  const auto known = model_numbers_.find(ToAbsl(name));
  if (known != model_numbers_.end()) return known->second;
  if (models_.size() >= kNamesMax) return kNamesMax;
  const auto number = static_cast<uint32_t>(models_.size());
  models_.emplace_back(name);
  model_numbers_.emplace(std::string(name), number);
  return number;
}

uint32_t Names::Use(const UseNames& use) {
  const std::string key = Cat(use.product, "\n", use.scenario, "\n", use.service_tier, "\n",
                              use.region, "\n", use.channel);
  const absl::MutexLock lock(&mutex_);
  const auto known = use_numbers_.find(key);
  if (known != use_numbers_.end()) return known->second;
  if (uses_.size() >= kNamesMax) return kNamesMax;
  const auto number = static_cast<uint32_t>(uses_.size());
  uses_.push_back(use);
  use_numbers_.emplace(key, number);
  return number;
}

std::string Names::model(uint16_t number) const {
  const absl::MutexLock lock(&mutex_);
  OCS_CHECK(number < models_.size());
  return models_[number];
}

UseNames Names::use(uint16_t number) const {
  const absl::MutexLock lock(&mutex_);
  OCS_CHECK(number < uses_.size());
  return uses_[number];
}

size_t Names::model_count() const {
  const absl::MutexLock lock(&mutex_);
  return models_.size();
}

size_t Names::use_count() const {
  const absl::MutexLock lock(&mutex_);
  return uses_.size();
}

void EventBatch::Clear() {
  events.clear();
  more.clear();
  bad_rows.clear();
  bad_row_count = 0;
  lines = 0;
  unrated = 0;
}

}  // namespace ocs::simulation
