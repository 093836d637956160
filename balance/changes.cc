#include "balance/changes.h"

#include <algorithm>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "balance/internal/deferred.h"
#include "balance/ledger.h"
#include "ocs/base/check.h"
#include "ocs/base/exact.h"
#include "ocs/base/text.h"

namespace ocs::balance {
namespace {

using internal::DeferredWith;

const Bucket& Added(const EntryBuilder& entry, BucketId id) {
  const auto& added = entry.added_buckets();
  const auto at =
      std::find_if(added.begin(), added.end(), [&](const Bucket& b) { return b.id == id; });
  OCS_CHECK(at != added.end());
  return *at;
}

// Use of the main bucket is revenue itself; of all others, what was paid for them.
LedgerAccount UseOf(const Bucket& bucket) {
  return bucket.id == kMainBucket ? LedgerAccount::kEarned : LedgerAccount::kConsumed;
}

void PostReleased(BucketId bucket, int64_t micros, LedgerAccount to, EntryBuilder* entry) {
  entry->Post(LedgerAccount::kDeferredReleased, bucket, -micros);
  entry->Post(to, bucket, micros);
}

// Adds the bucket with deferred revenue that it takes over: released before, and no more so now.
void AddWithRevenue(Bucket bucket, int64_t deferred_micros, EntryBuilder* entry) {
  bucket.deferred_micros = deferred_micros;
  bucket.released_micros = deferred_micros;
  entry->AddBucket(bucket);
  entry->Post(LedgerAccount::kDeferredReleased, bucket.id, deferred_micros);
}

}  // namespace

int64_t PostMovement(const Account& account, const Movement& movement, EntryBuilder* entry) {
  const Bucket* bucket = account.FindBucket(movement.bucket);
  OCS_CHECK(bucket != nullptr);
  OCS_CHECK(movement.released >= 0);
  OCS_CHECK(movement.held >= 0);
  entry->Post(LedgerAccount::kAvailable, bucket->id,
              movement.released - movement.spent - movement.held);
  entry->Post(LedgerAccount::kHeld, bucket->id, movement.held - movement.released);
  entry->Post(UseOf(*bucket), bucket->id, movement.spent);
  const int64_t earned = DeferredWith(*bucket, movement.spent);
  PostReleased(bucket->id, earned, LedgerAccount::kPackageEarned, entry);
  return earned;
}

void PostTopUp(int64_t amount_micros, EntryBuilder* entry) {
  entry->Post(LedgerAccount::kCash, kMainBucket, -amount_micros);
  entry->Post(LedgerAccount::kAvailable, kMainBucket, amount_micros);
}

void PostFee(int64_t fee_micros, int64_t deferred_micros, EntryBuilder* entry) {
  OCS_CHECK(deferred_micros >= 0);
  OCS_CHECK(deferred_micros <= fee_micros);
  entry->Post(LedgerAccount::kAvailable, kMainBucket, -fee_micros);
  entry->Post(LedgerAccount::kDeferred, kMainBucket, deferred_micros);
  entry->Post(LedgerAccount::kEarned, kMainBucket, fee_micros - deferred_micros);
}

std::vector<int64_t> SplitFee(int64_t fee_micros, std::span<const int64_t> weights) {
  OCS_CHECK(fee_micros >= 0);
  int64_t sum = 0;
  for (const int64_t weight : weights) {
    OCS_CHECK(weight >= 0);
    OCS_CHECK(!__builtin_add_overflow(sum, weight, &sum));
  }
  std::vector<int64_t> parts(weights.size(), 0);
  int64_t rest = fee_micros;
  size_t last = 0;
  for (size_t i = 0; i < weights.size() && sum != 0; ++i) {
    if (weights[i] == 0) continue;
    parts[i] = MultiplyDivide(fee_micros, weights[i], sum, Rounding::kDown).value();
    rest -= parts[i];
    last = i;
  }
  if (sum != 0) parts[last] += rest;
  return parts;
}

bool MayDraw(const Account& account, const Bucket& bucket, const Drawer& drawer) {
  if (bucket.valid_from > drawer.at || bucket.valid_until <= drawer.at) return false;
  return bucket.node == drawer.node ||
         (bucket.shared && account.IsAtOrAbove(bucket.node, drawer.node));
}

std::optional<int64_t> PostFeeInPieces(const Account& account, const Unit& unit, int64_t amount,
                                       const Drawer& drawer, EntryBuilder* entry) {
  OCS_CHECK(amount >= 0);
  absl::InlinedVector<Movement, 4> movements;
  int64_t wanted = amount;
  for (const Bucket& bucket : account.buckets) {
    if (wanted == 0) break;
    if (bucket.unit != unit || bucket.available <= 0) continue;
    if (WaitsForFirstUse(bucket) || !MayDraw(account, bucket, drawer)) continue;
    const int64_t taken = std::min(wanted, bucket.available);
    movements.push_back({.bucket = bucket.id, .spent = taken});
    wanted -= taken;
  }
  if (wanted != 0) return std::nullopt;
  int64_t revenue = 0;
  for (const Movement& movement : movements) revenue += PostMovement(account, movement, entry);
  return revenue;
}

void PostIssue(BucketId bucket, int64_t amount, EntryBuilder* entry) {
  const Bucket& added = Added(*entry, bucket);
  const int64_t paid = added.unit.is_money() ? std::min(amount, added.deferred_micros) : amount;
  entry->Post(LedgerAccount::kIssued, bucket, -paid);
  entry->Post(LedgerAccount::kGoodwill, bucket, paid - amount);
  entry->Post(LedgerAccount::kAvailable, bucket, amount);
}

int64_t PostRecovery(const Account& account, const Bucket& fresh, EntryBuilder* entry) {
  int64_t left = fresh.available;
  int64_t recovered = 0;
  for (const Bucket& bucket : account.buckets) {
    if (left <= 0) break;
    if (bucket.id == kMainBucket || bucket.id == fresh.id || bucket.unit != fresh.unit) continue;
    if (bucket.available >= 0) continue;
    // -available fits: it was brought below zero by use that fits.
    const int64_t paid = bucket.available < -left ? left : -bucket.available;
    entry->Post(LedgerAccount::kTransferred, fresh.id, paid);
    entry->Post(LedgerAccount::kAvailable, fresh.id, -paid);
    entry->Post(LedgerAccount::kTransferred, bucket.id, -paid);
    entry->Post(LedgerAccount::kAvailable, bucket.id, paid);
    left -= paid;
    recovered += paid;
  }
  // What pays for use that has happened is earned.
  const int64_t earned = DeferredWith(fresh, recovered);
  PostReleased(fresh.id, earned, LedgerAccount::kPackageEarned, entry);
  return earned;
}

bool WaitsForFirstUse(const Bucket& bucket) {
  return bucket.valid_until == Instant::Never() &&
         (bucket.lasts_ms != 0 || bucket.lasts_months != 0);
}

Instant EndAfterFirstUse(const Bucket& bucket, Instant at, absl::TimeZone zone) {
  OCS_CHECK(WaitsForFirstUse(bucket));
  const Instant months = bucket.lasts_months == 0 ? at : AddMonths(at, bucket.lasts_months, zone);
  return months.PlusMillis(bucket.lasts_ms);
}

void PostFirstUse(const Bucket& bucket, Instant at, Instant until, EntryBuilder* entry) {
  entry->SetTimes({.bucket = bucket.id,
                   .valid_from = at,
                   .valid_until = until,
                   .refills_at = bucket.refills_at});
}

void PostRefill(const Bucket& bucket, Instant next, EntryBuilder* entry) {
  OCS_CHECK(bucket.refill_amount > 0);
  const int64_t expired = std::max<int64_t>(bucket.available, 0);
  entry->Post(LedgerAccount::kAvailable, bucket.id, -expired);
  entry->Post(LedgerAccount::kExpired, bucket.id, expired);
  PostReleased(bucket.id, DeferredWith(bucket, expired), LedgerAccount::kBreakage, entry);
  const int64_t issued = std::max<int64_t>(bucket.refill_amount - bucket.held, 0);
  entry->Post(LedgerAccount::kIssued, bucket.id, -issued);
  entry->Post(LedgerAccount::kAvailable, bucket.id, issued);
  entry->SetTimes({.bucket = bucket.id,
                   .valid_from = bucket.valid_from,
                   .valid_until = bucket.valid_until,
                   .refills_at = next});
}

int PostExpiries(const Account& account, Instant now, EntryBuilder* entry) {
  int touched = 0;
  for (const Bucket& bucket : account.buckets) {
    if (bucket.valid_until > now) continue;
    if (bucket.available == 0 && bucket.held != 0) continue;
    ++touched;
    entry->Post(LedgerAccount::kAvailable, bucket.id, -bucket.available);
    entry->Post(bucket.available > 0 ? LedgerAccount::kExpired : LedgerAccount::kWrittenOff,
                bucket.id, bucket.available);
    if (bucket.held != 0) continue;
    const int64_t rest = bucket.deferred_micros - bucket.released_micros;
    PostReleased(bucket.id, rest, LedgerAccount::kBreakage, entry);
    entry->DropBucket(bucket.id);
  }
  return touched;
}

void PostCarryOver(const Bucket& from, Bucket to, int64_t amount, EntryBuilder* entry) {
  OCS_CHECK(amount > 0);
  OCS_CHECK(amount <= from.available);
  OCS_CHECK(from.unit == to.unit);
  OCS_CHECK(to.deferred_micros == 0);
  const BucketId id = to.id;
  const int64_t deferred = DeferredWith(from, amount);
  entry->Post(LedgerAccount::kAvailable, from.id, -amount);
  entry->Post(LedgerAccount::kTransferred, from.id, amount);
  entry->Post(LedgerAccount::kDeferredReleased, from.id, -deferred);
  AddWithRevenue(std::move(to), deferred, entry);
  entry->Post(LedgerAccount::kTransferred, id, -amount);
  entry->Post(LedgerAccount::kAvailable, id, amount);
}

void PostNextCycle(const Subscription& subscription, Instant renews_at, EntryBuilder* entry) {
  Subscription next = subscription;
  ++next.cycles;
  next.renews_at = renews_at;
  entry->SetSubscription(next);
}

bool MayAdjust(const Bucket& bucket) { return bucket.deferred_micros == 0 || bucket.planned != 0; }

void PostAdjustment(const Bucket& bucket, int64_t amount, AdjustmentReason reason,
                    EntryBuilder* entry) {
  OCS_CHECK(MayAdjust(bucket));
  entry->Post(
      reason == AdjustmentReason::kGoodwill ? LedgerAccount::kGoodwill : LedgerAccount::kCorrection,
      bucket.id, -amount);
  entry->Post(LedgerAccount::kAvailable, bucket.id, amount);
}

void PostWriteOff(const Bucket& bucket, int64_t amount, EntryBuilder* entry) {
  OCS_CHECK(amount > 0);
  OCS_CHECK(bucket.available <= -amount);
  entry->Post(LedgerAccount::kWrittenOff, bucket.id, -amount);
  entry->Post(LedgerAccount::kAvailable, bucket.id, amount);
}

void PostRebate(const Bucket& bucket, int64_t amount, EntryBuilder* entry) {
  OCS_CHECK(amount > 0);
  entry->Post(LedgerAccount::kRebate, bucket.id, -amount);
  entry->Post(LedgerAccount::kAvailable, bucket.id, amount);
}

void PostVendorCost(int64_t cost_micros, EntryBuilder* entry) {
  entry->Post(LedgerAccount::kVendorCost, kMainBucket, cost_micros);
  entry->Post(LedgerAccount::kVendorPayable, kMainBucket, -cost_micros);
}

std::string TransferKey(std::string_view transfer_id) { return Cat("transfer/", transfer_id); }

void PostTransferOut(const Bucket& from, Transfer transfer, EntryBuilder* entry) {
  OCS_CHECK(transfer.amount > 0);
  OCS_CHECK(transfer.amount <= from.available);
  OCS_CHECK(transfer.bucket.unit == from.unit);
  OCS_CHECK(transfer.bucket.deferred_micros == 0);
  OCS_CHECK((transfer.bucket.id == kMainBucket) == (from.id == kMainBucket));
  const int64_t deferred = DeferredWith(from, transfer.amount);
  entry->Post(LedgerAccount::kAvailable, from.id, -transfer.amount);
  entry->Post(LedgerAccount::kTransferred, from.id, transfer.amount);
  PostReleased(from.id, deferred, LedgerAccount::kDeferredMoved, entry);
  transfer.bucket.deferred_micros = deferred;
  entry->SetTransfer(transfer);
}

BucketId PostTransferIn(const Account& receiver, const Transfer& transfer, EntryBuilder* entry) {
  BucketId id = kMainBucket;
  if (transfer.bucket.id != kMainBucket) {
    Bucket bucket = transfer.bucket;
    id = {receiver.next_bucket};
    bucket.id = id;
    AddWithRevenue(bucket, transfer.bucket.deferred_micros, entry);
    entry->Post(LedgerAccount::kDeferredMoved, id, -transfer.bucket.deferred_micros);
  }
  entry->Post(LedgerAccount::kTransferred, id, -transfer.amount);
  entry->Post(LedgerAccount::kAvailable, id, transfer.amount);
  return id;
}

void PostRefundAnew(const Bucket& to, int64_t amount, EntryBuilder* entry) {
  OCS_CHECK(amount > 0);
  OCS_CHECK(to.deferred_micros == 0);
  OCS_CHECK(to.id != kMainBucket);
  entry->AddBucket(to);
  entry->Post(LedgerAccount::kConsumed, to.id, -amount);
  entry->Post(LedgerAccount::kAvailable, to.id, amount);
}

}  // namespace ocs::balance
