// From a catalogue's text to a revision.

#ifndef OCS_ENGINE_INTERNAL_CATALOGUE_TEXT_H_
#define OCS_ENGINE_INTERNAL_CATALOGUE_TEXT_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "balance/book.h"
#include "balance/store.h"
#include "ocs/engine/engine.h"
#include "ocs/engine/internal/catalogue_registry.h"

namespace ocs::engine {

struct ParsedRevision {
  std::shared_ptr<Revision>
      revision;  ///< Without number and times, with its tariff; null when there are faults.
  std::vector<std::string> diagnostics;  ///< Every fault, "file:line: field: ...".
};

/// Checks a text and compiles it as the revision of that number.
/// `compiled`, which may be null, may know it already.
ParsedRevision ParseRevision(std::string_view text, std::string_view file_name, uint32_t number,
                             CompiledCatalogues* compiled);

/// The compiled tariff. REQUIRES: the text has no faults.
std::shared_ptr<const rating::Tariff> CompileRevision(std::string_view text, uint32_t revision);

/// The faults of a text and, when it has none, what it changes against `before`, which may be null.
CatalogueCheck CompareTexts(std::string_view text, std::string_view file_name,
                            const Revision* before);

/// Attaches a simulation's result; "" for none.
void Attach(std::string_view simulation, Revision* revision);

/// Of a text, 64 hexadecimal digits.
std::string TextSha256(std::string_view text);

/// Revisions belong to no payer: their entries live in the first
/// partition.
inline constexpr PartitionId kCataloguePartition{0};

/// Writes a revision's row beside the open group. The text stands in it, too: the journal's front
/// is trimmed, a revision stays.
void WriteRevisionRow(const Revision& revision, balance::StoreBatch* batch);

/// Every revision of a store, in order of number. Errors: DataLoss, Unavailable.
absl::StatusOr<std::vector<std::shared_ptr<const Revision>>> LoadRevisions(
    const balance::Store& store, CompiledCatalogues* compiled);

}  // namespace ocs::engine

#endif  // OCS_ENGINE_INTERNAL_CATALOGUE_TEXT_H_
