// The windows of volume prices: kept use by use, settled at their end, asked about by refunds.
//
// A refund gives back what its charge has cost by then. While the window goes on that is all that
// it charged, and the window's excess is worked out anew: what is left of the use is charged as far
// as later use or the rebate covers it, never from the customer's money. After the rebate it is
// less by the charge's share of it: amount x rebate / all that the account's own money paid in the
// window, rounded up. So a charge is never given back twice, whichever of the two comes first.

#ifndef OCS_ENGINE_INTERNAL_VOLUME_H_
#define OCS_ENGINE_INTERNAL_VOLUME_H_

#include <cstdint>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "absl/types/span.h"
#include "balance/account.h"
#include "balance/book.h"
#include "balance/entry.h"
#include "cdr/record.h"
#include "ocs/engine/internal/counters.h"
#include "ocs/engine/internal/pots.h"
#include "ocs/engine/internal/shard.h"
#include "rating/rater.h"

namespace ocs::engine {

/// As the windows that a request touches are after it.
using VolumeChanges = absl::InlinedVector<balance::VolumeWindow, 1>;

/// Adds what lines at volume prices do to their windows; nothing where there are none. `counters`
/// are the request's, with these lines taken. False when a sum does not fit.
[[nodiscard]] bool TakeVolumes(const balance::Account& account, const rating::ChargeLines& lines,
                               const Pots& pots, const CounterChanges& counters,
                               VolumeChanges* changes);

/// How many windows the account would have.
size_t VolumeWindowsWith(const balance::Account& account, const VolumeChanges& changes);

/// Settles a window of the account: an entry that takes it off the account, begins its counter
/// anew, and gives back what is to be given back, with a record. Also where the account closes
/// before the window ends. REQUIRES: the shard has an open group; the account has the window.
/// Pointers into the account's lists are not good afterwards, and shard.entry() is used.
void SettleVolumeWindow(Shard& shard, balance::Account* account,
                        const balance::VolumeWindow& window);

/// Lowers the amounts of a charge's records by what rebates have given back of them. Such a line
/// has no price of its own any more. Errors: as Book::FindChange.
absl::Status TakeOffRebates(Shard& shard, const balance::StoredEntry& charged,
                            std::vector<cdr::Record>* records);

/// What a refund gives back of a line.
struct RefundOfLine {
  const cdr::RecordLine* line = nullptr;
  int64_t amount = 0;
  int64_t pieces = 0;  ///< That count no more; 0 where the use still counts.
};

/// Writes what a refund of parts of a charge does to windows that are still there. Call it before
/// the counters are moved. REQUIRES: the entry is begun.
void RefundVolumes(Shard& shard, const balance::Account& account,
                   const balance::StoredEntry& charged, absl::Span<const RefundOfLine> lines);

}  // namespace ocs::engine

#endif  // OCS_ENGINE_INTERNAL_VOLUME_H_
