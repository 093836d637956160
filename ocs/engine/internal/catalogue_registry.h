// The catalogue revisions, published or proposed: immutable, found by number or by time.

#ifndef OCS_ENGINE_INTERNAL_CATALOGUE_REGISTRY_H_
#define OCS_ENGINE_INTERNAL_CATALOGUE_REGISTRY_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "ocs/base/time.h"
#include "ocs/engine/messages.h"
#include "rating/tariff.h"

namespace ocs::engine {

/// A catalogue as it was published or proposed. Immutable once it is in the registry; a decision
/// puts another in its place.
struct Revision {
  RevisionView view;  ///< All but the state, which is a matter of the time.
  Position entry;     ///< Where its text stands in the journal, while that is kept.
  std::string text;
  std::string simulation;  ///< The attached result; "" without.
  /// Null while it was never published. Shared: a cancelled revision keeps that of the published
  /// one, as a session whose gateway's clock ran ahead may have been opened with it.
  std::shared_ptr<const rating::Tariff> tariff;

  bool published() const { return view.decision == RevisionDecision::kPublished; }
};

/// All revisions at some moment, in order of number. Immutable.
class Revisions final {
 public:
  Revisions() = default;
  explicit Revisions(std::vector<std::shared_ptr<const Revision>> all) : all_(std::move(all)) {}

  /// The revision of that number, or null.
  const Revision* Find(uint32_t number) const {
    // Numbers count from 1 without gaps.
    return number >= 1 && number <= all_.size() ? all_[number - 1].get() : nullptr;
  }
  /// The newest revision in force at that instant, or null. It is published and has a tariff.
  const Revision* EffectiveAt(Instant at) const {
    for (auto r = all_.rbegin(); r != all_.rend(); ++r) {
      if ((*r)->published() && (*r)->view.effective_from <= at) return r->get();
    }
    return nullptr;
  }
  /// The revision by which a session that was opened with that one is charged at that instant: its
  /// own, or the newest since that then is in force and takes open sessions over. Null: there is no
  /// such revision.
  const Revision* ForSession(uint32_t opened_with, Instant at) const {
    for (uint32_t number = last_number(); number > opened_with; --number) {
      const Revision& revision = *all_[number - 1];
      if (revision.published() && revision.view.effective_from <= at &&
          revision.tariff->switches_sessions()) {
        return &revision;
      }
    }
    return Find(opened_with);
  }
  /// The first instant after `at` and before `until` at which that is another one; Never().
  Instant NextForSession(uint32_t opened_with, Instant at, Instant until) const;
  /// In force or pending; null when none is.
  const Revision* NewestPublished() const { return EffectiveAt(Instant::Never()); }
  /// What a revision of these is at that instant.
  RevisionState StateOf(const Revision& revision, Instant at) const;
  const std::vector<std::shared_ptr<const Revision>>& all() const { return all_; }
  uint32_t last_number() const { return static_cast<uint32_t>(all_.size()); }

 private:
  std::vector<std::shared_ptr<const Revision>> all_;
};

/// Holds the present revisions. Thread-safe. A reader takes a snapshot once and uses it as long as
/// it decides with it.
class CatalogueRegistry final {
 public:
  std::shared_ptr<const Revisions> snapshot() const {
    absl::MutexLock lock(&mutex_);
    return revisions_;
  }

  /// Adds the next revision. REQUIRES: its number is last_number() + 1.
  void Add(std::shared_ptr<const Revision> revision);
  /// Puts it in the place of the revision of its number. Who has a snapshot goes on with what was.
  /// REQUIRES: there is one of its number.
  void Replace(std::shared_ptr<const Revision> revision);

 private:
  mutable absl::Mutex mutex_;
  std::shared_ptr<const Revisions> revisions_ ABSL_GUARDED_BY(mutex_) =
      std::make_shared<Revisions>();
};

}  // namespace ocs::engine

#endif  // OCS_ENGINE_INTERNAL_CATALOGUE_REGISTRY_H_
