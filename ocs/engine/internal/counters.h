// The counters that limits and prices keep, as a request finds and moves them.

#ifndef OCS_ENGINE_INTERNAL_COUNTERS_H_
#define OCS_ENGINE_INTERNAL_COUNTERS_H_

#include <cstdint>

#include "absl/container/inlined_vector.h"
#include "absl/time/time.h"
#include "balance/account.h"
#include "balance/entry.h"
#include "ocs/base/time.h"
#include "ocs/base/window.h"

namespace ocs::engine {

/// What one request does to a counter so far, before it is written.
struct CounterChange {
  uint64_t id = 0;
  uint64_t owner = 0;
  Window window = {};
  Instant began_at = {};
  Instant ends_at = Instant::Never();
  int64_t released = 0;
  int64_t counted = 0;
  int64_t charged_micros = 0;
  int64_t held = 0;
};
/// A price's counter is one for the whole account.
inline constexpr uint64_t kPriceCounterOwner =
    balance::CounterOwner(balance::kRootNode, BucketId{});
using CounterChanges = absl::InlinedVector<CounterChange, 1>;

/// Where a counter's window lies.
struct CounterPlace {
  uint64_t id = 0;
  uint64_t owner = 0;
  Window window = {};
  Instant anchor = {};  ///< Of kCycle.
};

/// A counter as it stands: in the account, with what the request has done to it.
struct CounterState {
  int64_t counted = 0;
  int64_t charged_micros = 0;
  int64_t held = 0;
};
CounterState StateOf(const balance::Account& account, const CounterChanges& changes, uint64_t id,
                     uint64_t owner, Instant at);

/// The change of a counter, made when it is not there yet, with the window that holds `at`.
CounterChange& ChangeOf(const balance::Account& account, const CounterPlace& place, Instant at,
                        absl::TimeZone zone, CounterChanges* changes);

/// What the grant holds of counters is free again.
void ReleaseCounters(const balance::Account& account, const balance::Grant& grant,
                     CounterChanges* changes);

/// Writes what was done, as moves of use at `at`.
void WriteCounters(const CounterChanges& changes, Instant at, balance::EntryBuilder* entry);

}  // namespace ocs::engine

#endif  // OCS_ENGINE_INTERNAL_COUNTERS_H_
