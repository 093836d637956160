#include "ocs/engine/compiled_catalogues.h"

#include "ocs/base/check.h"
#include "ocs/engine/internal/catalogue_registry.h"

namespace ocs::engine {

std::shared_ptr<const Revision> CompiledCatalogues::Find(std::string_view text,
                                                         uint32_t number) const {
  const absl::MutexLock lock(&mutex_);
  const auto found = known_.find({number, std::string(text)});
  return found == known_.end() ? nullptr : found->second;
}

void CompiledCatalogues::Add(std::shared_ptr<const Revision> compiled, uint32_t number) {
  OCS_CHECK(compiled->tariff != nullptr);
  const absl::MutexLock lock(&mutex_);
  if (known_.size() >= count_max_) known_.clear();
  std::string text = compiled->text;
  known_.insert_or_assign({number, std::move(text)}, std::move(compiled));
}

size_t CompiledCatalogues::count() const {
  const absl::MutexLock lock(&mutex_);
  return known_.size();
}

}  // namespace ocs::engine
