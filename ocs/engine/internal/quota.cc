#include "ocs/engine/internal/quota.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "ocs/base/check.h"
#include "ocs/base/exact.h"
#include "ocs/base/text.h"

namespace ocs::engine {
namespace {

using balance::Account;
using balance::Bucket;
using balance::Movement;
using balance::Subscription;

// Where its cycles began; written before there were anchors, where it began itself.
Instant AnchorOf(const Subscription& subscription) {
  return subscription.anchor == Instant{} ? subscription.valid_from : subscription.anchor;
}

const Movement* FindMovement(const Movements& movements, BucketId bucket) {
  for (const Movement& movement : movements) {
    if (movement.bucket == bucket) return &movement;
  }
  return nullptr;
}

// What of a bucket's purchase matters to its draws.
void FillSource(const PotQuestion& q, const Bucket& bucket, rating::UseContext* context,
                Pots::Source* source) {
  source->bucket = bucket.id;
  source->unit = bucket.unit;
  source->terms = bucket.terms;
  source->node = bucket.node;
  source->anchor = bucket.valid_from;
  source->more_at = bucket.refills_at;
  context->began_at = bucket.valid_from;
  context->switches = 0;
  const Subscription* subscription =
      bucket.subscription == 0 ? nullptr : q.account.FindSubscription(bucket.subscription);
  if (subscription == nullptr) return;
  source->anchor = AnchorOf(*subscription);
  source->switches = subscription->switches;
  if (!subscription->cancelled)
    source->more_at = std::min(source->more_at, subscription->renews_at);
  context->began_at = subscription->valid_from;
  context->switches = subscription->switches;
}

rating::Pot PricePot(const PotQuestion& q, const PriceFound& price, int64_t available) {
  rating::Pot pot{.row = price.row, .available = available};
  if (price.row->shape == 0) return pot;
  pot.shape = &price.tariff->shape(*price.row);
  const rating::CounterTerms& counter = pot.shape->counter;
  if (q.grant != nullptr) {
    pot.call_counted = q.grant->counted;
    pot.call_charged_micros = q.grant->charged_micros;
  }
  if (counter.window.kind == WindowKind::kCall) {
    pot.counted = pot.call_counted;
    pot.charged_micros = pot.call_charged_micros;
    return pot;
  }
  const CounterState state =
      StateOf(q.account, q.changes, counter.id, kPriceCounterOwner, q.context.at);
  pot.counted = std::max<int64_t>(state.counted, 0);
  pot.charged_micros = state.charged_micros;
  pot.held = std::max<int64_t>(state.held, 0);
  return pot;
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

// A package that goes on at its rates once another of the same purchase is used up, and that one is
// not: calls do not count in it yet.
bool IsBehindThrottled(const Pots& pots, size_t behind) {
  const balance::Terms& terms = pots.sources[behind].terms;
  for (size_t i = 0; i < behind; ++i) {
    const Pots::Source& source = pots.sources[i];
    if (source.grant == nullptr || source.grant->end.at_end != rating::AtEnd::kThrottle) continue;
    if (source.terms.revision == terms.revision && source.terms.offer == terms.offer &&
        pots.pots[i].available > 0) {
      return true;
    }
  }
  return false;
}

}  // namespace

const rating::RateRow* PriceIn(const Revision& revision, std::string_view offer_id,
                               std::string_view model, const rating::UseContext& context) {
  const auto offer = revision.tariff->FindOffer(offer_id);
  const auto index = revision.tariff->FindModel(model);
  if (!offer || !index) return nullptr;
  return revision.tariff->FindPrice(*offer, *index, context);
}

PriceFound FindPrice(const PotQuestion& q) {
  const Account& account = q.account;
  for (auto s = account.subscriptions.rbegin(); s != account.subscriptions.rend(); ++s) {
    if (q.context.at < s->valid_from || q.context.at >= s->valid_until) continue;
    if (!account.IsAtOrAbove(s->node, q.node)) continue;
    rating::UseContext context = q.context;
    context.began_at = s->valid_from;
    context.switches = s->switches;
    const Revision* bought = q.revisions.Find(s->terms.revision);
    OCS_CHECK(bought != nullptr);
    const std::string& offer_id = bought->tariff->offer({s->terms.offer}).id;
    const Revision& in = q.revision.tariff->FindOffer(offer_id).has_value() ? q.revision : *bought;
    const rating::RateRow* row = PriceIn(in, offer_id, q.model, context);
    if (row == nullptr) continue;
    return {.row = row,
            .tariff = in.tariff.get(),
            .anchor = AnchorOf(*s),
            .offer = *in.tariff->FindOffer(offer_id),
            .began_at = context.began_at,
            .switches = context.switches};
  }
  return {};
}

Movement& MovementOf(Movements& movements, BucketId bucket) {
  for (Movement& movement : movements) {
    if (movement.bucket == bucket) return movement;
  }
  return movements.emplace_back(Movement{.bucket = bucket, .released = 0, .spent = 0, .held = 0});
}

Pots CollectPots(const PotQuestion& q) {
  Pots pots;
  Pots ended;
  const Account& account = q.account;
  const Instant at = q.context.at;
  pots.zone = ended.zone = q.revision.tariff->zone();
  const PriceFound price = FindPrice(q);
  for (const Bucket& bucket : account.buckets) {
    const Movement* movement = FindMovement(q.movements, bucket.id);
    // The account's own money has no beginning: a call that was made just before the account is
    // paid, too.
    const bool open =
        (bucket.id == balance::kMainBucket || at >= bucket.valid_from) && at < bucket.valid_until;
    if (!MayDraw(account, bucket, q.node)) continue;
    // Money that came with an offer is drawn by that offer's terms, like any other grant.
    if (bucket.unit.is_money() && bucket.terms.revision == 0) {
      if (price.row == nullptr || !open) continue;
      pots.pots.push_back(PricePot(q, price, SpendableAfter(account, bucket, movement)));
      pots.sources.push_back({.bucket = bucket.id,
                              .unit = bucket.unit,
                              .tariff = price.tariff,
                              .final_units = &price.tariff->offer(price.offer).final_units,
                              .switches = price.switches,
                              .anchor = price.anchor,
                              .began_at = price.began_at,
                              .price = price.offer});
      continue;
    }
    const Revision* bought = q.revisions.Find(bucket.terms.revision);
    OCS_CHECK(bought != nullptr);
    const auto index = bought->tariff->FindModel(q.model);
    if (!index) continue;
    Pots::Source source;
    rating::UseContext context = q.context;
    FillSource(q, bucket, &context, &source);
    const rating::RateRow* row =
        bought->tariff->FindDraw({bucket.terms.offer}, bucket.terms.grant, *index, context);
    if (row == nullptr) continue;
    source.tariff = bought->tariff.get();
    source.began_at = context.began_at;
    source.grant = &bought->tariff->offer({bucket.terms.offer}).grants[bucket.terms.grant];
    source.final_units = &source.grant->end.final_units;
    source.ended = !open;
    const bool released = movement != nullptr && movement->released > movement->spent;
    if (!open && !released && at < bucket.valid_until) continue;
    Pots& to = open || released ? pots : ended;
    const int64_t available = open       ? SpendableAfter(account, bucket, movement)
                              : released ? movement->released - movement->spent
                                         : 0;
    to.pots.push_back({.row = row, .available = available});
    to.sources.push_back(source);
  }
  return pots.pots.empty() ? ended : pots;
}

Instant NextSwitch(const Pots& pots, std::string_view model, const rating::UseContext& context,
                   Instant until) {
  Instant next = until;
  for (const Pots::Source& source : pots.sources) {
    const auto index = source.tariff->FindModel(model);
    if (!index) continue;
    rating::UseContext of_source = context;
    of_source.began_at = source.began_at;
    of_source.switches = source.switches;
    next =
        std::min(next, source.grant == nullptr
                           ? source.tariff->NextPriceSwitch(source.price, *index, of_source, next)
                           : source.tariff->NextDrawSwitch({source.terms.offer}, source.terms.grant,
                                                           *index, of_source, next));
  }
  return next == until ? Instant::Never() : next;
}

bool MayDraw(const Account& account, const Bucket& bucket, balance::NodeId node) {
  if (bucket.node == node) return true;
  return bucket.shared && account.IsAtOrAbove(bucket.node, node);
}

int64_t FitRequests(const Pots& pots, FirstUse first, Quantities* quantities) {
  bool sold = false;
  bool waits = false;
  for (size_t i = 0; i < pots.pots.size() && !sold; ++i) {
    if (!pots.pots[i].row->of(TokenKind::kRequest).sold()) continue;
    sold = !IsBehindThrottled(pots, i);
    waits = true;
  }
  const auto stated = std::find_if(quantities->begin(), quantities->end(),
                                   [](const auto& q) { return q.kind == TokenKind::kRequest; });
  const bool is_stated = stated != quantities->end();
  if (sold && !is_stated && first == FirstUse::kYes)
    OCS_CHECK(AddQuantity(*quantities, TokenKind::kRequest, 1));
  if (sold || !waits || !is_stated) return 0;
  const int64_t taken_out = stated->quantity;
  quantities->erase(stated);
  return taken_out;
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

std::string NodePath(const Account& account, balance::NodeId node) {
  if (node == balance::kRootNode) return "";
  std::string path;
  for (const balance::NodeId id : account.PathOf(node)) {
    const balance::Node* at = account.FindNode(id);
    if (at == nullptr) continue;  // The root has no name.
    path = path.empty() ? at->name : Cat(at->name, "/", path);
  }
  return path;
}

}  // namespace ocs::engine
