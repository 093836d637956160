#include "ocs/engine/internal/catalogue_registry.h"

#include <utility>

#include "ocs/base/check.h"

namespace ocs::engine {

RevisionState Revisions::StateOf(const Revision& revision, Instant at) const {
  const RevisionView& view = revision.view;
  switch (view.decision) {
    case RevisionDecision::kProposed:
      return view.expires_at <= at ? RevisionState::kExpired : RevisionState::kProposed;
    case RevisionDecision::kRejected:
      return RevisionState::kRejected;
    case RevisionDecision::kCancelled:
      return RevisionState::kCancelled;
    case RevisionDecision::kPublished:
      break;
  }
  if (view.effective_from > at) return RevisionState::kPending;
  const Revision* in_force = EffectiveAt(at);
  return in_force == &revision ? RevisionState::kInForce : RevisionState::kPast;
}

Instant Revisions::NextForSession(uint32_t opened_with, Instant at, Instant until) const {
  const Revision* now = ForSession(opened_with, at);
  if (now == nullptr) return Instant::Never();
  Instant next = until;
  for (uint32_t number = last_number(); number > now->view.revision; --number) {
    const Revision& revision = *all_[number - 1];
    const Instant from = revision.view.effective_from;
    if (revision.published() && from > at && from < next && revision.tariff->switches_sessions())
      next = from;
  }
  return next == until ? Instant::Never() : next;
}

void CatalogueRegistry::Replace(std::shared_ptr<const Revision> revision) {
  absl::MutexLock lock(&mutex_);
  const uint32_t number = revision->view.revision;
  OCS_CHECK(revisions_->Find(number) != nullptr);
  std::vector<std::shared_ptr<const Revision>> all = revisions_->all();
  all[number - 1] = std::move(revision);
  revisions_ = std::make_shared<Revisions>(std::move(all));
}

void CatalogueRegistry::Add(std::shared_ptr<const Revision> revision) {
  absl::MutexLock lock(&mutex_);
  OCS_CHECK(revision->view.revision == revisions_->last_number() + 1);
  std::vector<std::shared_ptr<const Revision>> all = revisions_->all();
  all.push_back(std::move(revision));
  revisions_ = std::make_shared<Revisions>(std::move(all));
}

}  // namespace ocs::engine
