// The catalogue revisions that are in force: immutable, found by number or by time.

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

/// A published catalogue. Immutable once it is in the registry.
struct Revision {
  RevisionView view;
  std::string text;
  std::unique_ptr<const rating::Tariff> tariff;
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
  /// The newest revision in force at that instant, or null.
  const Revision* EffectiveAt(Instant at) const {
    for (auto r = all_.rbegin(); r != all_.rend(); ++r) {
      if ((*r)->view.effective_from <= at) return r->get();
    }
    return nullptr;
  }
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

 private:
  mutable absl::Mutex mutex_;
  std::shared_ptr<const Revisions> revisions_ ABSL_GUARDED_BY(mutex_) =
      std::make_shared<Revisions>();
};

}  // namespace ocs::engine

#endif  // OCS_ENGINE_INTERNAL_CATALOGUE_REGISTRY_H_
