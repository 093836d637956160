#include "ocs/engine/internal/life_renewal.h"

#include <algorithm>
#include <string>
#include <vector>

#include "balance/changes.h"
#include "balance/ledger.h"
#include "ocs/base/bytes.h"
#include "ocs/base/check.h"
#include "ocs/base/limits.h"
#include "ocs/base/text.h"
#include "ocs/engine/internal/life.h"
#include "ocs/engine/internal/notices.h"
#include "ocs/engine/internal/sale.h"

namespace ocs::engine {
namespace {

using balance::Account;
using balance::Bucket;
using balance::Subscription;

void WriteNote(std::string_view why, balance::EntryBuilder* entry) {
  ByteWriter note(entry->Attach(balance::AttachmentType::kNote));
  note.Text(kSystemActor);
  note.Text(why);
}

std::string_view WhyEnded(SaleOutcome outcome) {
  switch (outcome) {
    case SaleOutcome::kAccountState:
      return "the account is not active";
    case SaleOutcome::kNotEnoughMoney:
      return "the fee of the next cycle is more than the account has";
    case SaleOutcome::kNotEnoughPoints:
      return "the fee of the next cycle is more points than the account has";
    default:
      return "the account has no room for the next cycle";
  }
}

// It ends at `at`; what is due then takes it away.
void EndUnpaid(Shard& shard, Account* account, Subscription subscription, Instant at,
               SaleOutcome why) {
  balance::EntryBuilder& entry = shard.entry();
  entry.Begin(balance::EntryKind::kSubscriptionEnded, account->id);
  WriteNote(WhyEnded(why), &entry);
  AttachNotice({.type = balance::NoticeType::kRenewalFailed,
                .node = subscription.node,
                .subject = subscription.id,
                .at = at,
                .name = std::string(WhyEnded(why))},
               &entry);
  subscription.cancelled = true;
  subscription.valid_until = std::min(subscription.valid_until, at);
  subscription.renews_at = Instant::Never();
  entry.SetSubscription(subscription);
  shard.Append(account);
}

// What of the ending cycle goes on into the next.
struct Carried {
  BucketId from = {};
  Bucket to;  ///< Its id is given when it is written.
  int64_t amount = 0;
  bool drawn_last = false;
};

std::vector<Carried> FindCarried(const Shard& shard, const Account& account, const Sale& sale,
                                 uint32_t subscription) {
  std::vector<Carried> all;
  std::vector<std::pair<uint32_t, int64_t>> taken;  // By grant: so much is carried already.
  for (const Bucket& bucket : account.buckets) {
    const bool ends = bucket.subscription == subscription && bucket.valid_until <= sale.at;
    if (!ends || bucket.carried == 0 || bucket.available <= 0) continue;
    const Revision* bought = shard.revisions().Find(bucket.terms.revision);
    OCS_CHECK(bought != nullptr);
    const rating::CarryOver& terms =
        bought->tariff->offer({bucket.terms.offer}).grants[bucket.terms.grant].carry_over;
    auto of_grant = std::find_if(taken.begin(), taken.end(),
                                 [&](const auto& t) { return t.first == bucket.terms.grant; });
    if (of_grant == taken.end()) of_grant = taken.insert(taken.end(), {bucket.terms.grant, 0});
    int64_t amount = bucket.available;
    if (terms.amount_max > 0) {
      amount = std::min(amount, terms.amount_max * sale.quantity - of_grant->second);
    }
    if (amount <= 0) continue;
    of_grant->second += amount;
    Carried carried{.from = bucket.id, .to = {}, .amount = amount, .drawn_last = terms.drawn_last};
    carried.to.priority = bucket.priority;
    carried.to.covered_models = bucket.covered_models;
    carried.to.unit = bucket.unit;
    carried.to.valid_from = sale.at;
    carried.to.valid_until = sale.cycle_end;
    carried.to.terms = bucket.terms;
    carried.to.node = bucket.node;
    carried.to.shared = bucket.shared;
    carried.to.subscription = subscription;
    carried.to.carried = static_cast<uint8_t>(bucket.carried - 1);
    all.push_back(carried);
  }
  return all;
}

// Buckets of the same priority and end are drawn in the order of their ids: what is drawn first
// gets the lower one.
void WriteCarried(const Account& account, std::vector<Carried>* all, bool drawn_last,
                  uint32_t* next_bucket, balance::EntryBuilder* entry) {
  for (Carried& carried : *all) {
    if (carried.drawn_last != drawn_last) continue;
    carried.to.id = BucketId{(*next_bucket)++};
    balance::PostCarryOver(*account.FindBucket(carried.from), carried.to, carried.amount, entry);
  }
}

// The limits that the subscription gave go on with it.
void MoveLimits(const Account& account, const Sale& sale, const Subscription& before, Instant until,
                balance::EntryBuilder* entry) {
  std::vector<uint32_t> moved;
  for (const rating::LimitTerms& terms : sale.offer->limits) {
    for (const balance::NodeId node : NodesLimited(account, before.node, terms)) {
      const auto its = std::find_if(
          account.limits.begin(), account.limits.end(), [&](const balance::Limit& limit) {
            return limit.node == node && limit.name == terms.name && limit.unit == terms.unit &&
                   limit.until == before.renews_at &&
                   std::find(moved.begin(), moved.end(), limit.id) == moved.end();
          });
      if (its == account.limits.end()) continue;  // Taken away meanwhile.
      balance::Limit next = LimitOf(sale, terms, its->id, node);
      next.until = until;
      entry->SetLimit(next);
      moved.push_back(its->id);
    }
  }
}

Subscription NextCycle(const Sale& sale, Subscription subscription) {
  subscription.terms = {
      .revision = sale.revision->view.revision, .offer = sale.index.value, .grant = 0};
  ++subscription.cycles;
  const int cycles_max = sale.offer->cycles_max;
  const bool last = cycles_max > 0 && subscription.cycles >= static_cast<uint32_t>(cycles_max);
  if (last) subscription.valid_until = std::min(subscription.valid_until, sale.cycle_end);
  subscription.renews_at = last ? Instant::Never() : sale.cycle_end;
  return subscription;
}

}  // namespace

void Renew(Shard& shard, Account* account, uint32_t subscription, Instant at) {
  const Subscription before = *account->FindSubscription(subscription);
  Sale sale;
  const SaleOutcome outcome = FindRenewal(shard.revisions(), *account, before, at, &sale);
  if (outcome != SaleOutcome::kSold) return EndUnpaid(shard, account, before, at, outcome);
  std::vector<Carried> carried = FindCarried(shard, *account, sale, subscription);
  if (account->buckets.size() + sale.grants.size() + carried.size() >
      static_cast<size_t>(kBucketsPerAccountMax)) {
    carried.clear();  // No room but for the new cycle's own.
  }
  balance::EntryBuilder& entry = shard.entry();
  entry.Begin(balance::EntryKind::kOfferRenewed, account->id);
  DropWhatIsOver(sale, *account, &entry);
  Payment payment = WriteFee(sale, *account, &entry);
  uint32_t next_bucket = account->next_bucket;
  WriteCarried(*account, &carried, /*drawn_last=*/false, &next_bucket, &entry);
  WriteGrants(sale, *account, next_bucket, &payment, &entry);
  next_bucket += static_cast<uint32_t>(sale.grants.size());
  WriteCarried(*account, &carried, /*drawn_last=*/true, &next_bucket, &entry);
  const Subscription next = NextCycle(sale, before);
  entry.SetSubscription(next);
  AttachNotice({.type = balance::NoticeType::kRenewed,
                .node = next.node,
                .subject = next.id,
                .unit = sale.offer->currency,
                .amount = sale.fee_micros,
                .at = at,
                .name = sale.offer->id},
               &entry);
  MoveLimits(*account, sale, before, std::min(next.valid_until, next.renews_at), &entry);
  if (Judge(*account, entry) != balance::Verdict::kAllowed)
    return EndUnpaid(shard, account, before, at, SaleOutcome::kNoRoom);

  // Past this line the cycle begins.
  AttachFeeRecord(sale, *account, payment,
                  Cat("subscription ", subscription, " cycle ", next.cycles), shard);
  shard.Append(account);
}

void Refill(Shard& shard, Account* account, BucketId id, Instant at) {
  const Bucket& bucket = *account->FindBucket(id);
  const Revision* bought = shard.revisions().Find(bucket.terms.revision);
  OCS_CHECK(bought != nullptr);
  const Window& window =
      bought->tariff->offer({bucket.terms.offer}).grants[bucket.terms.grant].refill;
  const Subscription* subscription = account->FindSubscription(bucket.subscription);
  const Instant anchor = subscription != nullptr ? subscription->anchor : bucket.valid_from;
  const Instant next = WindowEnd(window, at, anchor, bought->tariff->zone());
  balance::EntryBuilder& entry = shard.entry();
  entry.Begin(balance::EntryKind::kBucketsRefilled, account->id);
  if (bucket.noticed_percent != 0) entry.SetBucketNoticed(id, 0);
  balance::PostRefill(bucket, next < bucket.valid_until ? next : Instant::Never(), &entry);
  OCS_CHECK(Judge(*account, entry) == balance::Verdict::kAllowed);
  shard.Append(account);
}

void EndSubscription(Shard& shard, Account* account, uint32_t subscription) {
  balance::EntryBuilder& entry = shard.entry();
  entry.Begin(balance::EntryKind::kSubscriptionEnded, account->id);
  const Subscription& ended = *account->FindSubscription(subscription);
  AttachNotice({.type = balance::NoticeType::kSubscriptionEnded,
                .node = ended.node,
                .subject = ended.id,
                .at = ended.valid_until},
               &entry);
  entry.DropSubscription(ended);
  shard.Append(account);
}

void WriteDropLimit(const Account& account, const balance::Limit& limit,
                    balance::EntryBuilder* entry) {
  entry->DropLimit(limit.id);
  const uint64_t owner = balance::CounterOwner(limit.node, BucketId{});
  const balance::Counter* counter = account.FindCounter(limit.id, owner);
  // What open sessions hold in it is still to be released there.
  if (counter != nullptr && counter->held == 0) entry->DropCounter(limit.id, owner);
}

void EndLimit(Shard& shard, Account* account, uint32_t limit) {
  balance::EntryBuilder& entry = shard.entry();
  entry.Begin(balance::EntryKind::kLimitChanged, account->id);
  WriteDropLimit(*account, *account->FindLimit(limit), &entry);
  shard.Append(account);
}

}  // namespace ocs::engine
