// The journal's postings on the ledger accounts of revenue, entry by entry.

#include <algorithm>
#include <string>
#include <utility>

#include "absl/container/btree_map.h"
#include "balance/journal.h"
#include "ocs/base/exact.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "ocs/engine/engine.h"
#include "ocs/engine/internal/engine_state.h"

namespace ocs::engine {
namespace {

using balance::LedgerAccount;

// What a charge moves out of a bucket goes to one of these: money to kEarned, or to kDeferred where
// a package was sold; pieces of packages to kConsumed.
bool IsEarning(LedgerAccount account) {
  return account == LedgerAccount::kEarned || account == LedgerAccount::kDeferred ||
         account == LedgerAccount::kConsumed;
}

absl::StatusOr<absl::InlinedVector<Earned, 4>> EarnedOf(const balance::EntryView& entry) {
  absl::btree_map<BucketId, int64_t> sums;
  balance::EffectReader effects(entry.effects);
  while (effects.Next()) {
    if (effects.effect() != balance::Effect::kPost || !IsEarning(effects.posting().account))
      continue;
    int64_t& sum = sums[effects.posting().bucket];
    const auto added = AddExact(sum, effects.posting().amount);
    if (!added) return absl::DataLossError("its postings do not fit 64 bits");
    sum = *added;
  }
  if (!effects.ok()) return absl::DataLossError("its effects are damaged");
  absl::InlinedVector<Earned, 4> earned;
  for (const auto& [bucket, amount] : sums) {
    if (amount != 0) earned.push_back({bucket, amount});
  }
  return earned;
}

}  // namespace

absl::StatusOr<EarningsPage> Engine::ReadEarnings(ShardId shard, Position after,
                                                  int entries_max) const {
  if (shard.value >= state_->shards.size())
    return absl::InvalidArgumentError("there is no such shard");
  const Shard& from = *state_->shards[shard.value];
  const uint64_t durable = from.durable_group();
  const uint64_t first = std::max<uint64_t>(after.group, 1);
  EarningsPage page;
  page.last = after;
  auto cursor = from.store().Seek(balance::Table::kJournal, balance::GroupKey(first));
  // From the beginning means from what is there.
  uint64_t number = first;
  if (cursor->valid() && cursor->key() != balance::GroupKey(first)) {
    if (after.valid())
      return absl::OutOfRangeError(Cat("journal group ", first, " was trimmed away"));
    ByteReader key(cursor->key());
    number = key.Big64();
  }
  int looked_at = 0;
  for (; cursor->valid() && number <= durable; cursor->Next(), ++number) {
    OCS_ASSIGN_OR_RETURN(balance::GroupReader group,
                         balance::GroupReader::Open(cursor->value(), number));
    while (true) {
      OCS_ASSIGN_OR_RETURN(const std::optional<balance::EntryView> entry, group.Next());
      if (!entry) break;
      if (after.valid() && entry->position <= after) continue;
      if (looked_at++ == entries_max) return page;
      auto earned = EarnedOf(*entry);
      if (!earned.ok()) {
        return Annotate(earned.status(),
                        Cat("entry ", entry->position.group, ".", entry->position.index));
      }
      page.last = entry->position;
      if (earned->empty()) continue;
      page.entries.push_back(
          {entry->position, entry->account, group.logged_at(), *std::move(earned)});
    }
  }
  OCS_RETURN_IF_ERROR(cursor->status());
  page.at_end = true;
  return page;
}

}  // namespace ocs::engine
