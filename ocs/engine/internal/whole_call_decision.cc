#include "ocs/engine/internal/whole_call_decision.h"

#include <algorithm>

#include "balance/changes.h"
#include "balance/direct.h"
#include "ocs/base/check.h"
#include "ocs/base/limits.h"
#include "ocs/engine/internal/notices.h"

namespace ocs::engine {
namespace {

using balance::Account;
using balance::Bucket;
using End = WholeCallOutcome::End;
using rating::AtEnd;
using rating::RateRow;

// One piece costs one of the pot at least, whatever is carried: where nothing is left, none is
// paid.
bool TakesWhole(const rating::Rate& rate) { return rate.numerator >= rate.denominator; }

bool OwnMoney(const Bucket& bucket) { return bucket.unit.is_money() && bucket.terms.revision == 0; }

// Of so much time ahead it is known whether prices stay. Tariff::NextPriceSwitch looks at 32 times
// at most, and few rules have more than four times a day.
constexpr int64_t kLookAheadSeconds = int64_t{7} * 86'400;

rating::UseContext OfPackage(const WholeCall& call, const Account& account, const Bucket& bucket) {
  rating::UseContext context = call.context;
  context.began_at = bucket.valid_from;
  if (bucket.subscription == 0) return context;
  if (const auto* subscription = account.FindSubscription(bucket.subscription)) {
    context.began_at = subscription->valid_from;
    context.switches = subscription->switches;
  }
  return context;
}

}  // namespace

void WholeCallDecision::Look(Account* account, PlainAccount* plain) const {
  plain->account_ = account;
  plain->due_ = account->NextDue();
  const Bucket* main = account->FindBucket(balance::kMainBucket);
  plain->main_ = static_cast<uint32_t>(main - account->buckets.data());
  plain->plain_ = account->state == balance::AccountState::kActive && account->nodes.empty() &&
                  account->limits.empty() && account->sessions.empty() &&
                  options_->low_balance_micros == 0 && !HasBucketNotice(*account) &&
                  options_->credit.final_units.action == rating::FinalUnits::Action::kTerminate &&
                  !options_->credit.opens_without_credit;
  plain->steady_ = {};
}

WholeCallOutcome WholeCallDecision::Decide(const WholeCall& call, PlainAccount* plain) {
  WholeCallOutcome outcome;
  Account* account = plain->account_;
  if (!plain->plain_ || call.context.at >= plain->due_ || call.used.empty()) return outcome;
  if (!IsSteady(call, plain) || !Collect(call, account)) return outcome;
  bool declined = false;
  const Payer* payer = FirstToPay(call, &declined);
  if (declined) return outcome;
  if (payer == nullptr) {
    outcome.end = WithoutPayer(call);
    return outcome;
  }
  charge_.Begin();
  for (const KindQuantity& q : call.used) {
    if (!charge_.Add(q.kind, q.quantity, *payer->row, account->carries)) return outcome;
  }
  if (charge_.hold_max() >= payer->available) {
    outcome.end = WhenTight(call);
    return outcome;
  }
  if (!RateCost(call, *account, &outcome) || !Take(*payer, account, &outcome))
    return WholeCallOutcome{};
  return outcome;
}

const RateRow* WholeCallDecision::FindPrice(const WholeCall& call, const Account& account,
                                            rating::OfferIndex* offer) const {
  rating::UseContext context = call.context;
  for (auto s = account.subscriptions.rbegin(); s != account.subscriptions.rend(); ++s) {
    if (context.at < s->valid_from || context.at >= s->valid_until) continue;
    context.began_at = s->valid_from;
    context.switches = s->switches;
    *offer = {s->terms.offer};
    if (const RateRow* row = tariff_->FindPrice(*offer, call.model, context)) return row;
  }
  return nullptr;
}

// Of all that the account has, also of what does not cover the use now.
Instant WholeCallDecision::NextSwitch(const WholeCall& call, const Account& account,
                                      Instant until) const {
  Instant next = until;
  rating::UseContext context = call.context;
  for (const balance::Subscription& subscription : account.subscriptions) {
    if (context.at < subscription.valid_from) next = std::min(next, subscription.valid_from);
    if (context.at < subscription.valid_until) next = std::min(next, subscription.valid_until);
    context.began_at = subscription.valid_from;
    context.switches = subscription.switches;
    next = std::min(
        next, tariff_->NextPriceSwitch({subscription.terms.offer}, call.model, context, next));
  }
  for (const Bucket& bucket : account.buckets) {
    if (context.at < bucket.valid_from) next = std::min(next, bucket.valid_from);
    if (OwnMoney(bucket)) continue;
    context = OfPackage(call, account, bucket);
    next = std::min(next, tariff_->NextDrawSwitch({bucket.terms.offer}, bucket.terms.grant,
                                                  call.model, context, next));
  }
  return next;
}

bool WholeCallDecision::IsSteady(const WholeCall& call, PlainAccount* plain) const {
  uint64_t use = uint64_t{call.model.value} + 1;
  for (const rating::Symbol value : call.context.values) use = use * 0x9e3779b97f4a7c15ULL + value;
  PlainAccount::Steady& known = plain->steady_[call.model.value % plain->steady_.size()];
  const Instant at = call.context.at;
  const Instant ends = at.PlusSeconds(options_->validity_seconds);
  if (known.use != use || at < known.from || ends > known.until) {
    known = {.use = use,
             .from = at,
             .until = NextSwitch(call, *plain->account_, at.PlusSeconds(kLookAheadSeconds))};
  }
  return ends <= known.until;
}

bool WholeCallDecision::AddPackage(const WholeCall& call, const Account& account, Bucket* bucket) {
  const rating::UseContext context = OfPackage(call, account, *bucket);
  const RateRow* row =
      tariff_->FindDraw({bucket->terms.offer}, bucket->terms.grant, call.model, context);
  if (row == nullptr) return true;
  const rating::GrantTerms& grant =
      tariff_->offer({bucket->terms.offer}).grants[bucket->terms.grant];
  if (!grant.limits.empty() || grant.end.at_end == AtEnd::kThrottle) return false;
  if (bucket->held != 0 || balance::WaitsForFirstUse(*bucket)) return false;
  payers_.push_back({.bucket = bucket,
                     .row = row,
                     .grant = &grant,
                     .final_units = &grant.end.final_units,
                     .available = account.Spendable(*bucket)});
  return true;
}

bool WholeCallDecision::Collect(const WholeCall& call, Account* account) {
  payers_.clear();
  const RateRow* price = nullptr;
  rating::OfferIndex price_of = {};
  bool price_found = false;
  for (Bucket& bucket : account->buckets) {
    // What has ended is due, and due work is none of ours.
    if (call.context.at < bucket.valid_from && bucket.id != balance::kMainBucket) continue;
    if (!OwnMoney(bucket)) {
      if (!AddPackage(call, *account, &bucket)) return false;
      continue;
    }
    if (!price_found) price = FindPrice(call, *account, &price_of);
    price_found = true;
    if (price == nullptr) continue;
    if (price->shape != 0 || bucket.held != 0) return false;
    payers_.push_back({.bucket = &bucket,
                       .row = price,
                       .grant = nullptr,
                       .final_units = &tariff_->offer(price_of).final_units,
                       .available = account->Spendable(bucket)});
  }
  // A call that counts as a request is decided in full.
  return std::none_of(payers_.begin(), payers_.end(),
                      [](const Payer& payer) { return payer.row->of(TokenKind::kRequest).sold(); });
}

const WholeCallDecision::Payer* WholeCallDecision::FirstToPay(const WholeCall& call,
                                                              bool* declined) const {
  for (const Payer& payer : payers_) {
    size_t sold = 0;
    bool whole = true;
    for (const KindQuantity& q : call.used) {
      const rating::Rate& rate = payer.row->of(q.kind);
      if (!rate.sold()) continue;
      ++sold;
      whole = whole && TakesWhole(rate);
    }
    if (sold == 0) continue;
    if (payer.available > 0) {
      *declined = sold != call.used.size();
      return &payer;
    }
    if (!whole) {
      *declined = true;
      return nullptr;
    }
  }
  return nullptr;
}

bool WholeCallDecision::GoesOnWithoutUnits() const {
  return std::any_of(payers_.begin(), payers_.end(), [](const Payer& payer) {
    return payer.final_units->action != rating::FinalUnits::Action::kTerminate ||
           (payer.grant != nullptr && payer.grant->end.at_end == AtEnd::kBuyNext);
  });
}

End WholeCallDecision::WhenTight(const WholeCall& call) {
  if (GoesOnWithoutUnits()) return End::kNotTaken;
  pots_.clear();
  for (const Payer& payer : payers_)
    pots_.push_back({.row = payer.row, .available = payer.available});
  asked_.assign(call.used.begin(), call.used.end());
  switch (rating::Hold(asked_, pots_).outcome) {
    case rating::HoldResult::Outcome::kNothing:
      return End::kBlocked;
    case rating::HoldResult::Outcome::kNotSold:
      return End::kNotSold;
    default:
      return End::kNotTaken;
  }
}

End WholeCallDecision::WithoutPayer(const WholeCall& call) const {
  if (GoesOnWithoutUnits()) return End::kNotTaken;
  const bool all_sold =
      std::all_of(call.used.begin(), call.used.end(), [this](const KindQuantity& q) {
        return std::any_of(payers_.begin(), payers_.end(),
                           [&](const Payer& payer) { return payer.row->of(q.kind).sold(); });
      });
  return all_sold ? End::kBlocked : End::kNotSold;
}

bool WholeCallDecision::RateCost(const WholeCall& call, const Account& account,
                                 WholeCallOutcome* outcome) {
  cost_.Begin();
  rating::UseContext context = call.context;
  context.began_at = Instant::Never();
  context.switches = 0;
  const RateRow* row = tariff_->FindCost(call.model, context);
  if (row == nullptr) return true;
  for (const KindQuantity& q : call.used) {
    if (row->of(q.kind).sold() && !cost_.Add(q.kind, q.quantity, *row, account.carries))
      return false;
  }
  const bool by_request = row->of(TokenKind::kRequest).sold();
  if (by_request && !cost_.Add(TokenKind::kRequest, 1, *row, account.carries)) return false;
  if (cost_.kinds == 0) return true;
  outcome->cost_micros = cost_.amount;
  outcome->cost_currency = tariff_->cost_currency(*row);
  return true;
}

bool WholeCallDecision::Take(const Payer& payer, Account* account, WholeCallOutcome* outcome) {
  const size_t carries = account->carries.size() + charge_.changed_count + cost_.changed_count;
  if (carries > static_cast<size_t>(kCarriesPerAccountMax)) return false;
  Bucket* bucket = payer.bucket;
  if (CrossesThreshold(*bucket, charge_.amount)) return false;
  const auto earned = balance::SpendDirectly(charge_.amount, bucket);
  if (!earned) return false;
  // Past this line the call cannot fail.
  for (const Carry& carry : charge_.changed()) OCS_CHECK(balance::CarryDirectly(carry, account));
  for (const Carry& carry : cost_.changed()) OCS_CHECK(balance::CarryDirectly(carry, account));
  outcome->end = End::kRan;
  outcome->bucket = bucket->id;
  outcome->money = bucket->unit.is_money();
  outcome->amount = charge_.amount;
  outcome->revenue_micros = *earned;
  return true;
}

}  // namespace ocs::engine
