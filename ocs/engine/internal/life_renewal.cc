#include "ocs/engine/internal/life_renewal.h"

#include <algorithm>
#include <string>
#include <vector>

#include "balance/ledger.h"
#include "ocs/base/bytes.h"
#include "ocs/base/check.h"
#include "ocs/base/limits.h"
#include "ocs/base/text.h"
#include "ocs/engine/internal/sale.h"

namespace ocs::engine {
namespace {

using balance::Account;
using balance::Bucket;
using balance::Subscription;

constexpr std::string_view kActor = "charging system";

void WriteNote(std::string_view why, balance::EntryBuilder* entry) {
  ByteWriter note(entry->Attach(balance::AttachmentType::kNote));
  note.Text(kActor);
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
  subscription.cancelled = true;
  subscription.valid_until = std::min(subscription.valid_until, at);
  subscription.renews_at = Instant::Never();
  entry.SetSubscription(subscription);
  shard.Append(account);
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
  balance::EntryBuilder& entry = shard.entry();
  entry.Begin(balance::EntryKind::kOfferRenewed, account->id);
  DropWhatIsOver(sale, *account, &entry);
  const std::vector<PaidPoints> points = WriteFee(sale, *account, &entry);
  WriteGrants(sale, account->next_bucket, subscription, &entry);
  const Subscription next = NextCycle(sale, before);
  entry.SetSubscription(next);
  MoveLimits(*account, sale, before, std::min(next.valid_until, next.renews_at), &entry);
  if (Judge(*account, entry) != balance::Verdict::kAllowed)
    return EndUnpaid(shard, account, before, at, SaleOutcome::kNoRoom);

  // Past this line the cycle begins.
  AttachFeeRecord(sale, *account, points,
                  Cat("subscription ", subscription, " cycle ", next.cycles), shard);
  shard.Append(account);
}

void EndSubscription(Shard& shard, Account* account, uint32_t subscription) {
  balance::EntryBuilder& entry = shard.entry();
  entry.Begin(balance::EntryKind::kSubscriptionEnded, account->id);
  entry.DropSubscription(*account->FindSubscription(subscription));
  shard.Append(account);
}

void EndLimit(Shard& shard, Account* account, uint32_t limit) {
  balance::EntryBuilder& entry = shard.entry();
  entry.Begin(balance::EntryKind::kLimitChanged, account->id);
  entry.DropLimit(limit);
  shard.Append(account);
}

}  // namespace ocs::engine
