// The result of a simulation as evidence: one JSON text that names what it rests on by hash, says
// whether the candidate passed, and is attached to a publication
// (`ocsctl catalogue publish --simulation`). Pure.

#ifndef OCS_WHATIF_ARTEFACT_H_
#define OCS_WHATIF_ARTEFACT_H_

#include <cstddef>
#include <string>

#include "ocs/whatif/study.h"

namespace ocs::whatif {

/// Customers that an artefact lists: it is attached to a catalogue, and is to stay small.
inline constexpr size_t kArtefactCustomersMax = 1'000;

/// Members, in this order: format ("ocs-simulation/1"), catalogue_sha256 (of the candidate's text:
/// what a publication must name), passed, requirements, signed_by, basis (population, seed, period,
/// inputs, each by hash), variants (label, catalogue, text_sha256, totals), comparison,
/// catalogue_changes, break_even, plan_choice, sweep, largest_rises, and result_sha256 as given:
/// of the whole result with all customers. Amounts are micros as texts. The same study gives the
/// same bytes. `customers`: at most so many are listed, and never more than kArtefactCustomersMax.
std::string ArtefactJson(const Study& study, const std::string& result_sha256, size_t customers);

}  // namespace ocs::whatif

#endif  // OCS_WHATIF_ARTEFACT_H_
