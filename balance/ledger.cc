#include "balance/ledger.h"

#include <algorithm>
#include <tuple>

#include "absl/container/inlined_vector.h"
#include "balance/internal/movements.h"
#include "ocs/base/limits.h"

namespace ocs::balance {
namespace {

const Bucket* FindAdded(const EntryBuilder& entry, BucketId id) {
  for (const Bucket& bucket : entry.added_buckets()) {
    if (bucket.id == id) return &bucket;
  }
  return nullptr;
}

using internal::Accumulate;
using internal::ApplyPosting;

using UnitSums = absl::InlinedVector<std::pair<Unit, int64_t>, 4>;

[[nodiscard]] bool AddToUnit(const Unit& unit, int64_t amount, UnitSums* sums) {
  for (auto& [known, sum] : *sums) {
    if (known == unit) return Accumulate(amount, &sum);
  }
  sums->push_back({unit, amount});
  return true;
}

// Counters as they would be afterwards: what is held fits and never falls below zero.
Verdict JudgeCounters(const Account& account, const EntryBuilder& entry) {
  std::vector<Counter> moved;
  size_t made = 0;
  for (const CounterMove& move : entry.counter_moves()) {
    auto at = std::find_if(moved.begin(), moved.end(), [&](const Counter& c) {
      return c.id == move.id && c.owner == move.owner;
    });
    if (at == moved.end()) {
      const Counter* known = account.FindCounter(move.id, move.owner);
      if (known == nullptr) ++made;
      moved.push_back(known != nullptr ? *known : internal::MakeCounter(move));
      at = moved.end() - 1;
    }
    // Of what may fail, only the sign of what is held is not an overflow.
    Counter after = *at;
    if (!internal::ApplyMove(move, &after)) {
      return after.held < 0 && move.held < 0 ? Verdict::kExceedsHeld : Verdict::kOverflow;
    }
    *at = after;
  }
  if (account.counters.size() + made > static_cast<size_t>(kCountersPerAccountMax))
    return Verdict::kTooManyCounters;
  return Verdict::kAllowed;
}

}  // namespace

std::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kAllowed:
      return "allowed";
    case Verdict::kUnknownBucket:
      return "unknown bucket";
    case Verdict::kOverflow:
      return "overflow";
    case Verdict::kUnbalanced:
      return "unbalanced";
    case Verdict::kExceedsHeld:
      return "exceeds held";
    case Verdict::kExceedsAvailable:
      return "exceeds available";
    case Verdict::kTooManyCounters:
      return "too many counters";
  }
  return "unknown";
}

Verdict Judge(const Account& account, const EntryBuilder& entry) {
  // The buckets touched, as they would be afterwards.
  absl::InlinedVector<std::pair<Bucket, int64_t>, 3> touched;  // With what was held before.
  UnitSums sums;
  for (const Posting& posting : entry.postings()) {
    auto at = std::find_if(touched.begin(), touched.end(),
                           [&](const auto& t) { return t.first.id == posting.bucket; });
    if (at == touched.end()) {
      const Bucket* bucket = account.FindBucket(posting.bucket);
      if (bucket == nullptr) bucket = FindAdded(entry, posting.bucket);
      if (bucket == nullptr) return Verdict::kUnknownBucket;
      touched.push_back({*bucket, bucket->held});
      at = touched.end() - 1;
    }
    if (!ApplyPosting(posting, &at->first)) return Verdict::kOverflow;
    const Unit& unit = CountsInCurrency(posting.account) ? account.currency : at->first.unit;
    if (!AddToUnit(unit, posting.amount, &sums)) return Verdict::kOverflow;
  }
  for (const auto& [unit, sum] : sums) {
    if (sum != 0) return Verdict::kUnbalanced;
  }
  for (const auto& [bucket, held_before] : touched) {
    if (bucket.held < 0) return Verdict::kExceedsHeld;
    if (bucket.held > held_before && account.Spendable(bucket) < 0)
      return Verdict::kExceedsAvailable;
  }
  return entry.counter_moves().empty() ? Verdict::kAllowed : JudgeCounters(account, entry);
}

bool DrawnBefore(const Bucket& a, const Bucket& b) {
  const auto rank = [](const Bucket& bucket) {
    // Scope 0 means everything: the widest.
    return std::tuple(bucket.priority, bucket.valid_until, bucket.covered_models - 1U, bucket.id);
  };
  return rank(a) < rank(b);
}

}  // namespace ocs::balance
