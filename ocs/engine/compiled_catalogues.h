// What texts of catalogues came to, for whoever opens engines again and again in one process, as
// simulations and tests do: checking and compiling depends on nothing but text and number.
// Tested in: tests/engine/catalogue_operation_test.cc

#ifndef OCS_ENGINE_COMPILED_CATALOGUES_H_
#define OCS_ENGINE_COMPILED_CATALOGUES_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace ocs::engine {

struct Revision;

/// Holds texts without faults only, and forgets all when it has too many. Thread-safe.
class CompiledCatalogues final {
 public:
  explicit CompiledCatalogues(size_t count_max) : count_max_(count_max) {}

  /// The text as the revision of that number, without anything else; null when it is not known.
  std::shared_ptr<const Revision> Find(std::string_view text, uint32_t number) const
      ABSL_LOCKS_EXCLUDED(mutex_);
  void Add(std::shared_ptr<const Revision> compiled, uint32_t number) ABSL_LOCKS_EXCLUDED(mutex_);
  size_t count() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  const size_t count_max_;
  mutable absl::Mutex mutex_;
  std::map<std::pair<uint32_t, std::string>, std::shared_ptr<const Revision>> known_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace ocs::engine

#endif  // OCS_ENGINE_COMPILED_CATALOGUES_H_
