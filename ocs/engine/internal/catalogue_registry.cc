#include "ocs/engine/internal/catalogue_registry.h"

#include <utility>

#include "ocs/base/check.h"

namespace ocs::engine {

void CatalogueRegistry::Add(std::shared_ptr<const Revision> revision) {
  absl::MutexLock lock(&mutex_);
  OCS_CHECK(revision->view.revision == revisions_->last_number() + 1);
  std::vector<std::shared_ptr<const Revision>> all = revisions_->all();
  all.push_back(std::move(revision));
  revisions_ = std::make_shared<Revisions>(std::move(all));
}

}  // namespace ocs::engine
