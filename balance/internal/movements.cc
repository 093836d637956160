#include "balance/internal/movements.h"

#include <algorithm>

namespace ocs::balance::internal {
namespace {

// -amount, or false where it does not fit.
[[nodiscard]] bool Deduct(int64_t amount, int64_t* total) {
  return !__builtin_sub_overflow(*total, amount, total);
}

// Adds to what was counted, which stops at zero.
[[nodiscard]] bool AddCounted(int64_t amount, int64_t* total) {
  if (!Accumulate(amount, total)) return false;
  *total = std::max<int64_t>(*total, 0);
  return true;
}

Instant SlotBegin(const Window& window, Instant at) {
  const int64_t slot = SlotMillis(window);
  const int64_t into = ((at.unix_ms % slot) + slot) % slot;
  return at.PlusMillis(-into);
}

[[nodiscard]] bool ApplySliding(const CounterMove& move, Counter* counter) {
  const Instant began = SlotBegin(move.window, move.at);
  auto& slots = counter->slots;
  if (move.counted != 0) {
    auto at = std::lower_bound(
        slots.begin(), slots.end(), began,
        [](const Counter::Slot& slot, Instant wanted) { return slot.began_at < wanted; });
    if (at == slots.end() || at->began_at != began) at = slots.insert(at, {began, 0});
    if (!AddCounted(move.counted, &at->amount)) return false;
  }
  // Slots that no later window can meet leave; so there are never more than a window meets.
  const Instant newest = slots.empty() ? move.at : slots.back().began_at;
  const auto gone = [&](const Counter::Slot& slot) {
    const Instant left =
        slot.began_at.PlusMillis(SlotMillis(move.window)).PlusMillis(move.window.length_ms);
    return left <= newest || slot.amount == 0;
  };
  slots.erase(std::remove_if(slots.begin(), slots.end(), gone), slots.end());
  return true;
}

}  // namespace

bool ApplyPosting(const Posting& posting, Bucket* bucket) {
  switch (posting.account) {
    case LedgerAccount::kAvailable:
      return Accumulate(posting.amount, &bucket->available);
    case LedgerAccount::kHeld:
      return Accumulate(posting.amount, &bucket->held);
    case LedgerAccount::kCash:
    case LedgerAccount::kIssued:
    case LedgerAccount::kWrittenOff:
    case LedgerAccount::kGoodwill:
    case LedgerAccount::kCorrection:
      return Deduct(posting.amount, &bucket->granted);
    case LedgerAccount::kEarned:
    case LedgerAccount::kConsumed:
    case LedgerAccount::kDeferred:
    case LedgerAccount::kRebate:
      return Accumulate(posting.amount, &bucket->spent);
    case LedgerAccount::kTransferred:
      // What comes in is granted here; what goes out leaves its trace.
      return posting.amount < 0 ? Deduct(posting.amount, &bucket->granted)
                                : Accumulate(posting.amount, &bucket->transferred);
    case LedgerAccount::kExpired:
      return Accumulate(posting.amount, &bucket->expired);
    case LedgerAccount::kDeferredReleased:
      return Deduct(posting.amount, &bucket->released_micros);
    case LedgerAccount::kPackageEarned:
    case LedgerAccount::kBreakage:
    case LedgerAccount::kTax:
    case LedgerAccount::kVendorCost:
    case LedgerAccount::kVendorPayable:
    case LedgerAccount::kRounding:
    case LedgerAccount::kDeferredMoved:
      return true;  // A counterpart, or the house's own: nothing of the bucket's.
  }
  return false;
}

Counter MakeCounter(const CounterMove& move) {
  Counter counter;
  counter.id = move.id;
  counter.owner = move.owner;
  counter.window = move.window;
  if (move.window.kind == WindowKind::kSliding) return counter;
  counter.began_at = move.began_at;
  counter.ends_at = move.ends_at;
  return counter;
}

bool ApplyMove(const CounterMove& move, Counter* counter) {
  const bool sliding = move.window.kind == WindowKind::kSliding;
  const bool ended = !sliding && move.began_at > counter->began_at;
  if (ended || counter->window != move.window) {
    const int64_t held = counter->held;
    *counter = MakeCounter(move);
    counter->held = held;
  }
  if (!Accumulate(move.held, &counter->held) || counter->held < 0) return false;
  if (move.noticed_percent != 0) counter->noticed_percent = move.noticed_percent;
  if (sliding) return ApplySliding(move, counter);
  // Given back from a window that is over: the present one had no part in it.
  if (move.began_at < counter->began_at && move.counted < 0) return true;
  return AddCounted(move.counted, &counter->counted) &&
         AddCounted(move.charged_micros, &counter->charged_micros);
}

}  // namespace ocs::balance::internal
