// From a catalogue's text to a revision.

#ifndef OCS_ENGINE_INTERNAL_CATALOGUE_TEXT_H_
#define OCS_ENGINE_INTERNAL_CATALOGUE_TEXT_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "balance/store.h"
#include "ocs/engine/internal/catalogue_registry.h"

namespace ocs::engine {

struct ParsedRevision {
  std::shared_ptr<Revision>
      revision;  ///< Without number, times and tariff; null when there are faults.
  std::vector<std::string> diagnostics;  ///< Every fault, "file:line: field: ...".
};

/// Checks a text.
ParsedRevision ParseRevision(std::string_view text, std::string_view file_name);

/// The compiled tariff. REQUIRES: the text has no faults.
std::unique_ptr<const rating::Tariff> CompileRevision(std::string_view text, uint32_t revision);

/// Every revision of a store, in order of number. Errors: DataLoss, Unavailable.
absl::StatusOr<std::vector<std::shared_ptr<const Revision>>> LoadRevisions(
    const balance::Store& store);

}  // namespace ocs::engine

#endif  // OCS_ENGINE_INTERNAL_CATALOGUE_TEXT_H_
