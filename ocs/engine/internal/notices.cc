#include "ocs/engine/internal/notices.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "balance/ledger.h"
#include "ocs/base/check.h"
#include "ocs/base/exact.h"

namespace ocs::engine {
namespace {

using balance::Account;
using balance::Bucket;
using balance::Counter;
using balance::Limit;
using balance::Notice;
using balance::NoticeType;

constexpr std::array<uint8_t, 3> kBucketThresholds = {50, 80, 100};

// What a sliding window notes when it has fallen below its thresholds again: 0 would mean "as it
// was". So a threshold of 1 per cent is told once there.
constexpr uint8_t kForgotten = 1;

// What the main bucket, which has no thresholds, notes while a low balance has been told.
constexpr uint8_t kLowBalanceTold = 100;

struct Crossing {
  const Limit* limit = nullptr;  ///< Else of the bucket.
  const Bucket* bucket = nullptr;
  uint8_t percent = 0;
};
using Crossings = absl::InlinedVector<Crossing, 2>;

// The highest threshold of its use that is to be told when `more` is spent from what is available.
std::optional<uint8_t> BucketCrossing(const Bucket& bucket, int64_t more) {
  if (bucket.id == balance::kMainBucket || bucket.noticed_percent >= 100) return std::nullopt;
  // Of what refills, the present window counts.
  const bool refills = bucket.refill_amount > 0;
  const int64_t whole = refills ? bucket.refill_amount : bucket.granted;
  const int64_t used =
      (refills ? bucket.refill_amount - bucket.available - bucket.held : bucket.spent) + more;
  if (used < whole / 2 || used <= 0) return std::nullopt;
  return balance::CrossedThreshold(kBucketThresholds, used, whole, bucket.noticed_percent);
}

void FindBucketCrossings(const Account& account, Crossings* crossings) {
  for (const Bucket& bucket : account.buckets) {
    const auto crossed = BucketCrossing(bucket, /*more=*/0);
    if (crossed) crossings->push_back({.bucket = &bucket, .percent = *crossed});
  }
}

void FindLowBalance(const Account& account, int64_t low_balance_micros, Crossings* crossings) {
  if (low_balance_micros == 0) return;
  const Bucket& main = *account.FindBucket(balance::kMainBucket);
  const bool low = IsLow(account, main.available, low_balance_micros);
  const bool told = main.noticed_percent == kLowBalanceTold;
  if (low != told)
    crossings->push_back({.bucket = &main, .percent = low ? kLowBalanceTold : uint8_t{0}});
}

const Counter* CounterOf(const Account& account, const Limit& limit) {
  return account.FindCounter(limit.id, balance::CounterOwner(limit.node, BucketId{}));
}

void FindLimitCrossings(const Account& account, Instant now, Crossings* crossings) {
  for (const Limit& limit : account.limits) {
    if (limit.alerts.empty()) continue;
    const Counter* counter = CounterOf(account, limit);
    if (counter == nullptr) continue;
    const int64_t used = counter->CountedAt(now);
    const auto reached = balance::CrossedThreshold(limit.alerts, used, limit.amount, 0);
    const uint8_t told = counter->noticed_percent;
    if (reached && *reached > told) {
      crossings->push_back({.limit = &limit, .percent = *reached});
    } else if (!reached && told > kForgotten && limit.window.kind == WindowKind::kSliding) {
      crossings->push_back({.limit = &limit, .percent = kForgotten});
    }
  }
}

void WriteCrossing(const Account& account, const Crossing& crossing, Instant now,
                   balance::EntryBuilder* entry) {
  Notice notice;
  notice.percent = crossing.percent;
  notice.at = now;
  if (crossing.bucket != nullptr) {
    const Bucket& bucket = *crossing.bucket;
    notice.type = NoticeType::kBucketThreshold;
    notice.node = bucket.node;
    notice.subject = bucket.id.value;
    notice.unit = bucket.unit;
    notice.amount = bucket.available;
    entry->SetBucketNoticed(bucket.id, crossing.percent);
    if (bucket.id == balance::kMainBucket) {
      if (crossing.percent != kLowBalanceTold) return;  // It is over.
      notice.type = NoticeType::kLowBalance;
      notice.percent = 0;
      notice.amount = bucket.available + bucket.held;
    }
  } else {
    const Limit& limit = *crossing.limit;
    const Counter& counter = *CounterOf(account, limit);
    notice.type = crossing.percent >= 100 ? NoticeType::kLimitReached : NoticeType::kLimitThreshold;
    notice.node = limit.node;
    notice.subject = limit.id;
    notice.unit = limit.unit;
    notice.amount = counter.CountedAt(now);
    notice.name = limit.name;
    entry->Count({.id = counter.id,
                  .owner = counter.owner,
                  .window = counter.window,
                  .began_at = counter.began_at,
                  .ends_at = counter.ends_at,
                  .at = now,
                  .noticed_percent = crossing.percent});
    if (crossing.percent == kForgotten && counter.noticed_percent > kForgotten) return;
  }
  AttachNotice(notice, entry);
}

}  // namespace

void AttachNotice(const Notice& notice, balance::EntryBuilder* entry) {
  balance::EncodeNotice(notice, entry->Attach(balance::AttachmentType::kNotice));
}

bool IsLow(const Account& account, int64_t main_available, int64_t low_balance_micros) {
  Bucket main = *account.FindBucket(balance::kMainBucket);
  const bool had_none = main.granted == 0 && main.spent == 0 && main.transferred == 0 &&
                        main.available == 0 && main.held == 0;
  if (had_none && main_available == 0 && account.credit_limit_micros == 0) return false;
  main.available = main_available;
  // A promise is no use yet: what is held counts as there.
  const auto left = AddExact(account.Spendable(main), main.held);
  return left.has_value() && *left < low_balance_micros;
}

void EndLowBalance(const Account& account, int64_t main_available, int64_t low_balance_micros,
                   balance::EntryBuilder* entry) {
  const bool told = account.FindBucket(balance::kMainBucket)->noticed_percent == kLowBalanceTold;
  if (told && !IsLow(account, main_available, low_balance_micros))
    entry->SetBucketNoticed(balance::kMainBucket, 0);
}

bool HasBucketNotice(const Account& account) {
  return std::any_of(account.buckets.begin(), account.buckets.end(),
                     [](const Bucket& bucket) { return BucketCrossing(bucket, 0).has_value(); });
}

bool CrossesThreshold(const Bucket& bucket, int64_t more) {
  return BucketCrossing(bucket, more).has_value();
}

void GiveNotices(Shard& shard, Account* account) {
  Crossings crossings;
  FindBucketCrossings(*account, &crossings);
  FindLowBalance(*account, shard.options().low_balance_micros, &crossings);
  const Instant now = shard.logged_at();
  if (!account->limits.empty()) FindLimitCrossings(*account, now, &crossings);
  if (crossings.empty()) return;
  balance::EntryBuilder& entry = shard.entry();
  entry.Begin(balance::EntryKind::kNoticeGiven, account->id);
  int count = 0;
  for (const Crossing& crossing : crossings) {
    if (++count > kNoticesPerEntryMax) break;
    WriteCrossing(*account, crossing, now, &entry);
  }
  OCS_CHECK(Judge(*account, entry) == balance::Verdict::kAllowed);
  shard.Append(account);
}

void TellOfEnd(Shard& shard, Account* account, const Bucket& bucket) {
  balance::EntryBuilder& entry = shard.entry();
  entry.Begin(balance::EntryKind::kNoticeGiven, account->id);
  entry.SetBucketNotice(bucket.id, 0);
  AttachNotice({.type = NoticeType::kBucketEnding,
                .node = bucket.node,
                .subject = bucket.id.value,
                .unit = bucket.unit,
                .amount = bucket.available,
                .at = bucket.valid_until},
               &entry);
  OCS_CHECK(Judge(*account, entry) == balance::Verdict::kAllowed);
  shard.Append(account);
}

}  // namespace ocs::engine
