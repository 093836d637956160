#include "ocs/engine/internal/quota.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "ocs/base/check.h"
#include "ocs/base/exact.h"

namespace ocs::engine {
namespace {

using balance::Account;
using balance::Bucket;
using balance::Movement;
using balance::Subscription;

const Movement* FindMovement(const Movements& movements, BucketId bucket) {
  for (const Movement& movement : movements) {
    if (movement.bucket == bucket) return &movement;
  }
  return nullptr;
}

// The prices for a model: of the newest subscription that has one. A subscription follows the
// session's revision where that still has its offer, else it keeps the one it was bought in.
struct PriceFound {
  const rating::RateRow* row = nullptr;
  const rating::Tariff* tariff = nullptr;
};

PriceFound PriceIn(const Revision& revision, std::string_view offer_id, std::string_view model,
                   const rating::UseContext& context) {
  const auto offer = revision.tariff->FindOffer(offer_id);
  const auto index = revision.tariff->FindModel(model);
  if (!offer || !index) return {};
  return {.row = revision.tariff->FindPrice(*offer, *index, context),
          .tariff = revision.tariff.get()};
}

PriceFound FindPrice(const Account& account, const Revisions& revisions, const Revision& revision,
                     std::string_view model, const rating::UseContext& asked) {
  for (auto s = account.subscriptions.rbegin(); s != account.subscriptions.rend(); ++s) {
    if (asked.at < s->valid_from || asked.at >= s->valid_until) continue;
    rating::UseContext context = asked;
    context.began_at = s->valid_from;
    context.switches = s->switches;
    const Revision* bought = revisions.Find(s->terms.revision);
    OCS_CHECK(bought != nullptr);
    const std::string& offer_id = bought->tariff->offer({s->terms.offer}).id;
    const bool still_sold = revision.tariff->FindOffer(offer_id).has_value();
    const PriceFound found = PriceIn(still_sold ? revision : *bought, offer_id, model, context);
    if (found.row != nullptr) return found;
  }
  return {};
}

// The context for a bucket's own terms.
rating::UseContext AskedOf(const Account& account, const Bucket& bucket,
                           const rating::UseContext& asked) {
  rating::UseContext context = asked;
  const Subscription* subscription = nullptr;
  for (const Subscription& s : account.subscriptions) {
    if (bucket.subscription != 0 && s.id == bucket.subscription) subscription = &s;
  }
  context.began_at = subscription == nullptr ? bucket.valid_from : subscription->valid_from;
  context.switches = subscription == nullptr ? 0 : subscription->switches;
  return context;
}

int64_t SpendableAfter(const Account& account, const Bucket& bucket, const Movement* movement) {
  int64_t spendable = account.Spendable(bucket);
  if (movement == nullptr) return spendable;
  // What would not fit is far below zero: nothing can be drawn.
  constexpr int64_t kNothing = std::numeric_limits<int64_t>::min();
  spendable = AddExact(spendable, movement->released).value_or(spendable);
  spendable = SubtractExact(spendable, movement->spent).value_or(kNothing);
  return SubtractExact(spendable, movement->held).value_or(kNothing);
}

}  // namespace

Movement& MovementOf(Movements& movements, BucketId bucket) {
  for (Movement& movement : movements) {
    if (movement.bucket == bucket) return movement;
  }
  return movements.emplace_back(Movement{.bucket = bucket, .released = 0, .spent = 0, .held = 0});
}

Pots CollectPots(const Account& account, const Revisions& revisions, const Revision& revision,
                 std::string_view model, const rating::UseContext& context,
                 const Movements& movements) {
  Pots pots;
  Pots ended;
  const Instant at = context.at;
  const PriceFound price = FindPrice(account, revisions, revision, model, context);
  const auto add = [](Pots* to, const rating::RateRow* row, int64_t available,
                      const Pots::Source& source) {
    to->pots.push_back({.row = row, .available = available});
    to->sources.push_back(source);
  };
  for (const Bucket& bucket : account.buckets) {
    const Movement* movement = FindMovement(movements, bucket.id);
    // The account's own money has no beginning: a call that was made just before the account is
    // paid, too.
    const bool open =
        (bucket.id == balance::kMainBucket || at >= bucket.valid_from) && at < bucket.valid_until;
    // Money that came with an offer is drawn by that offer's terms, like any other grant.
    if (bucket.unit.is_money() && bucket.terms.revision == 0) {
      if (price.row == nullptr || !open) continue;
      add(&pots, price.row, SpendableAfter(account, bucket, movement),
          {bucket.id, bucket.unit, price.tariff, false});
      continue;
    }
    const Revision* bought = revisions.Find(bucket.terms.revision);
    OCS_CHECK(bought != nullptr);
    const auto index = bought->tariff->FindModel(model);
    if (!index) continue;
    const rating::RateRow* row = bought->tariff->FindDraw(
        {bucket.terms.offer}, bucket.terms.grant, *index, AskedOf(account, bucket, context));
    if (row == nullptr) continue;
    const Pots::Source source{bucket.id, bucket.unit, bought->tariff.get(), !open};
    if (open) {
      add(&pots, row, SpendableAfter(account, bucket, movement), source);
    } else if (movement != nullptr && movement->released > movement->spent) {
      add(&pots, row, movement->released - movement->spent, source);
    } else if (at >= bucket.valid_until) {
      add(&ended, row, 0, source);
    }
  }
  return pots.pots.empty() ? ended : pots;
}

void AddRequest(const Pots& pots, Quantities* quantities) {
  const bool sold = std::any_of(pots.pots.begin(), pots.pots.end(), [](const rating::Pot& pot) {
    return pot.row->of(TokenKind::kRequest).sold();
  });
  if (!sold) return;
  const bool stated = std::any_of(quantities->begin(), quantities->end(),
                                  [](const auto& q) { return q.kind == TokenKind::kRequest; });
  if (!stated) OCS_CHECK(AddQuantity(*quantities, TokenKind::kRequest, 1));
}

bool TakeCharges(const rating::ChargeLines& lines, Pots* pots, Movements* movements) {
  for (const rating::ChargeLine& line : lines) {
    rating::Pot& pot = pots->pots[line.pot];
    Movement& movement = MovementOf(*movements, pots->sources[line.pot].bucket);
    const auto rest = SubtractExact(pot.available, line.amount);
    const auto spent = AddExact(movement.spent, line.amount);
    if (!rest || !spent) return false;
    pot.available = *rest;
    movement.spent = *spent;
  }
  return true;
}

std::vector<Carry> WithLines(const std::vector<Carry>& carries, const rating::ChargeLines& lines) {
  std::vector<Carry> merged = carries;
  for (const rating::ChargeLine& line : lines) {
    if (line.rate.line == 0) continue;
    const Carry carry{
        .line = line.rate.line, .denominator = line.rate.denominator, .remainder = line.carry_out};
    const auto at =
        std::lower_bound(merged.begin(), merged.end(), carry,
                         [](const Carry& a, const Carry& b) { return a.line < b.line; });
    if (at != merged.end() && at->line == carry.line) {
      *at = carry;
    } else {
      merged.insert(at, carry);
    }
  }
  return merged;
}

}  // namespace ocs::engine
