#include "ocs/engine/internal/counters.h"

#include <algorithm>
#include <limits>

#include "ocs/base/check.h"
#include "ocs/base/exact.h"

namespace ocs::engine {
namespace {

using balance::Account;
using balance::Counter;

const CounterChange* FindChange(const CounterChanges& changes, uint64_t id, uint64_t owner) {
  for (const CounterChange& change : changes) {
    if (change.id == id && change.owner == owner) return &change;
  }
  return nullptr;
}

}  // namespace

CounterState StateOf(const Account& account, const CounterChanges& changes, uint64_t id,
                     uint64_t owner, Instant at) {
  CounterState state;
  if (const Counter* counter = account.FindCounter(id, owner)) {
    state.counted = counter->CountedAt(at);
    state.charged_micros = at < counter->ends_at ? counter->charged_micros : 0;
    state.held = counter->held;
  }
  if (const CounterChange* change = FindChange(changes, id, owner)) {
    state.counted = AddWithin(state.counted, change->counted);
    state.charged_micros = AddWithin(state.charged_micros, change->charged_micros);
    state.held = AddWithin(state.held, change->held - change->released);
  }
  return state;
}

CounterChange& ChangeOf(const Account& account, const CounterPlace& place, Instant at,
                        absl::TimeZone zone, CounterChanges* changes) {
  const Counter* counter = account.FindCounter(place.id, place.owner);
  const bool current = counter != nullptr && counter->window == place.window &&
                       counter->began_at <= at && at < counter->ends_at;
  const bool sliding = place.window.kind == WindowKind::kSliding;
  // Use that comes late counts in the window that is there by now, so that is where it is of.
  const bool late =
      counter != nullptr && counter->window == place.window && !sliding && at < counter->began_at;
  const Instant began_at = current || late || sliding
                               ? (counter != nullptr ? counter->began_at : Instant{})
                               : WindowBegin(place.window, at, place.anchor, zone);
  const Instant ends_at = current || late ? counter->ends_at
                          : sliding       ? Instant::Never()
                                          : WindowEnd(place.window, at, place.anchor, zone);
  for (CounterChange& change : *changes) {
    if (change.id != place.id || change.owner != place.owner) continue;
    // Made by a release, with the window that was.
    change.window = place.window;
    change.began_at = began_at;
    change.ends_at = ends_at;
    return change;
  }
  return changes->emplace_back(CounterChange{.id = place.id,
                                             .owner = place.owner,
                                             .window = place.window,
                                             .began_at = began_at,
                                             .ends_at = ends_at});
}

void ReleaseCounters(const Account& account, const balance::Grant& grant, CounterChanges* changes) {
  for (const balance::CounterHold& hold : grant.counter_holds) {
    auto change = std::find_if(changes->begin(), changes->end(), [&](const CounterChange& c) {
      return c.id == hold.id && c.owner == hold.owner;
    });
    if (change == changes->end()) {
      const Counter* counter = account.FindCounter(hold.id, hold.owner);
      OCS_CHECK(counter != nullptr);  // A counter in which something is held does not go.
      changes->push_back({.id = hold.id,
                          .owner = hold.owner,
                          .window = counter->window,
                          .began_at = counter->began_at,
                          .ends_at = counter->ends_at});
      change = changes->end() - 1;
    }
    change->released += hold.amount;
  }
}

void WriteCounters(const CounterChanges& changes, Instant at, balance::EntryBuilder* entry) {
  for (const CounterChange& change : changes) {
    const int64_t held = change.held - change.released;
    if (held == 0 && change.counted == 0 && change.charged_micros == 0) continue;
    entry->Count({.id = change.id,
                  .owner = change.owner,
                  .window = change.window,
                  .began_at = change.began_at,
                  .ends_at = change.ends_at,
                  .at = at,
                  .counted = change.counted,
                  .charged_micros = change.charged_micros,
                  .held = held});
  }
}

}  // namespace ocs::engine
