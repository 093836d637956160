#include "ocs/engine/internal/whole_call_decision.h"

#include <algorithm>
#include <limits>

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
using rating::CarryPlaces;
using rating::RateRow;
using rating::UnsoldKind;

// One piece costs one of the pot at least, whatever is carried: where nothing is left, none is
// paid.
bool TakesWhole(const rating::Rate& rate) { return rate.numerator >= rate.denominator; }

bool OwnMoney(const Bucket& bucket) { return bucket.unit.is_money() && bucket.terms.revision == 0; }

// So far ahead is looked, at most: an account of which nothing changes is looked at once a week.
constexpr int64_t kLookAheadSeconds = int64_t{7} * 86'400;

constexpr uint32_t BitOf(TokenKind kind) { return 1U << static_cast<uint32_t>(kind); }
static_assert(kTokenKindCount <= 16);  // The masks of a payer.

uint32_t KindsOf(const WholeCall& call) {
  uint32_t kinds = 0;
  for (const KindQuantity& q : call.used) kinds |= BitOf(q.kind);
  return kinds;
}

rating::UseContext OfPackage(const WholeCall& call, const Account& account, const Bucket& bucket) {
  rating::UseContext context = call.context;
  context.began_at = bucket.valid_from;
  context.switches = 0;
  if (bucket.subscription == 0) return context;
  if (const auto* subscription = account.FindSubscription(bucket.subscription)) {
    context.began_at = subscription->valid_from;
    context.switches = subscription->switches;
  }
  return context;
}

// Compared in place: there are six.
bool SameValues(const std::array<rating::Symbol, rating::kDimensionCount>& a,
                const std::array<rating::Symbol, rating::kDimensionCount>& b) {
  rating::Symbol different = 0;
  for (size_t i = 0; i < a.size(); ++i) different |= a[i] ^ b[i];
  return different == 0;
}

// Carries that the account has already. Before any is added: that moves the others.
void PutKnownCarries(const rating::OnePotSum& sum, Account* account) {
  for (const rating::OnePotSum::Changed& changed : sum.changed()) {
    if (changed.index >= account->carries.size()) continue;
    OCS_CHECK(account->carries[changed.index].line == changed.carry.line);
    account->carries[changed.index] = changed.carry;
  }
}

void AddCarries(const rating::OnePotSum& sum, size_t known_count, Account* account) {
  for (const rating::OnePotSum::Changed& changed : sum.changed()) {
    if (changed.index >= known_count) OCS_CHECK(balance::CarryDirectly(changed.carry, account));
  }
}

// A wholesale price belongs to no offer.
rating::UseContext OfCost(const WholeCall& call) {
  rating::UseContext context = call.context;
  context.began_at = Instant::Never();
  context.switches = 0;
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
  plain->known_.clear();
}

WholeCallOutcome WholeCallDecision::Decide(const WholeCall& call, PlainAccount* plain) {
  WholeCallOutcome outcome;
  Account* account = plain->account_;
  if (!plain->plain_ || call.context.at >= plain->due_ || call.used.empty()) return outcome;
  Known& known = KnownOf(call, plain);
  if (known.declined || call.context.at > known.last) return outcome;
  const uint32_t kinds = KindsOf(call);
  bool declined = false;
  Payer* payer = FirstToPay(*account, known, kinds, &declined);
  if (declined) return outcome;
  if (payer == nullptr) {
    outcome.end = WithoutPayer(known, kinds);
    return outcome;
  }
  charge_.Begin();
  if (!charge_.Add(call.used, *payer->row, account->carries, UnsoldKind::kRefused,
                   &payer->places)) {
    return outcome;
  }
  Bucket* bucket = &account->buckets[payer->bucket];
  if (charge_.hold_max() > account->Spendable(*bucket)) {
    outcome.end = WhenTight(call, *account, known);
    return outcome;
  }
  if (!RateCost(call, *account, &known, &outcome) || !Take(bucket, account, &outcome))
    return WholeCallOutcome{};
  return outcome;
}

// ---- What is kept from call to call ----

WholeCallDecision::Known* WholeCallDecision::PlaceFor(const WholeCall& call,
                                                      PlainAccount* plain) const {
  const int64_t prompt = call.context.prompt_tokens;
  for (Known& known : plain->known_) {
    if (known.model == call.model && prompt > known.prompts.over && prompt <= known.prompts.up_to &&
        SameValues(known.values, call.context.values)) {
      return &known;
    }
  }
  if (plain->known_.size() < PlainAccount::kKnownMax) {
    Known& added = plain->known_.emplace_back();
    added.until = added.last = Instant{std::numeric_limits<int64_t>::min()};  // Nothing, so far.
    return &added;
  }
  Known& replaced = plain->known_[plain->replaced_++ % PlainAccount::kKnownMax];
  replaced.until = replaced.last = Instant{std::numeric_limits<int64_t>::min()};
  return &replaced;
}

WholeCallDecision::Known& WholeCallDecision::KnownOf(const WholeCall& call,
                                                     PlainAccount* plain) const {
  Known* known = PlaceFor(call, plain);
  const Instant at = call.context.at;
  // Near its end it is looked again: the end may be only as far as was looked.
  if (at < known->from || at >= known->until || at > known->last)
    Learn(call, *plain->account_, known);
  return *known;
}

void WholeCallDecision::Learn(const WholeCall& call, const Account& account, Known* known) const {
  const Instant at = call.context.at;
  const Instant end = PricesHoldUntil(call, account, at.PlusSeconds(kLookAheadSeconds));
  const rating::UseContext of_cost = OfCost(call);
  known->model = call.model;
  known->values = call.context.values;
  known->prompts = tariff_->PromptsAround(call.context.prompt_tokens);
  known->from = at;
  known->until = tariff_->CostHoldsUntil(call.model, of_cost, end);
  known->last = end.PlusSeconds(-int64_t{options_->validity_seconds});
  known->cost = tariff_->FindCost(call.model, of_cost);
  known->goes_on = false;
  known->payers.clear();
  known->declined = !Collect(call, account, known);
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
Instant WholeCallDecision::PricesHoldUntil(const WholeCall& call, const Account& account,
                                           Instant until) const {
  Instant end = until;
  rating::UseContext context = call.context;
  for (const balance::Subscription& subscription : account.subscriptions) {
    if (context.at < subscription.valid_from) end = std::min(end, subscription.valid_from);
    if (context.at < subscription.valid_until) end = std::min(end, subscription.valid_until);
    context.began_at = subscription.valid_from;
    context.switches = subscription.switches;
    end = tariff_->PriceHoldsUntil({subscription.terms.offer}, call.model, context, end);
  }
  for (const Bucket& bucket : account.buckets) {
    if (context.at < bucket.valid_from) end = std::min(end, bucket.valid_from);
    if (OwnMoney(bucket)) continue;
    end = tariff_->DrawHoldsUntil({bucket.terms.offer}, bucket.terms.grant, call.model,
                                  OfPackage(call, account, bucket), end);
  }
  return end;
}

bool WholeCallDecision::AddPackage(const WholeCall& call, const Account& account, uint32_t bucket,
                                   Known* known) const {
  const Bucket& package = account.buckets[bucket];
  const RateRow* row = tariff_->FindDraw({package.terms.offer}, package.terms.grant, call.model,
                                         OfPackage(call, account, package));
  if (row == nullptr) return true;
  const rating::GrantTerms& grant =
      tariff_->offer({package.terms.offer}).grants[package.terms.grant];
  if (!grant.limits.empty() || grant.end.at_end == AtEnd::kThrottle) return false;
  if (package.held != 0 || balance::WaitsForFirstUse(package)) return false;
  known->goes_on = known->goes_on || grant.end.at_end == AtEnd::kBuyNext ||
                   grant.end.final_units.action != rating::FinalUnits::Action::kTerminate;
  known->payers.push_back({.row = row, .bucket = bucket, .sold = 0, .whole = 0, .places = {}});
  return true;
}

bool WholeCallDecision::AddMoney(const WholeCall& call, const Account& account, uint32_t bucket,
                                 Known* known) const {
  rating::OfferIndex offer = {};
  const RateRow* price = FindPrice(call, account, &offer);
  if (price == nullptr) return true;
  if (price->shape != 0 || account.buckets[bucket].held != 0) return false;
  known->goes_on = known->goes_on || tariff_->offer(offer).final_units.action !=
                                         rating::FinalUnits::Action::kTerminate;
  known->payers.push_back({.row = price, .bucket = bucket, .sold = 0, .whole = 0, .places = {}});
  return true;
}

bool WholeCallDecision::Collect(const WholeCall& call, const Account& account, Known* known) const {
  for (uint32_t i = 0; i < account.buckets.size(); ++i) {
    const Bucket& bucket = account.buckets[i];
    // What has ended is due, and due work is none of ours.
    if (call.context.at < bucket.valid_from && bucket.id != balance::kMainBucket) continue;
    const bool plain =
        OwnMoney(bucket) ? AddMoney(call, account, i, known) : AddPackage(call, account, i, known);
    if (!plain) return false;
  }
  for (Payer& payer : known->payers) {
    // A call that counts as a request is decided in full.
    if (payer.row->of(TokenKind::kRequest).sold()) return false;
    for (uint32_t k = 0; k < kTokenKindCount; ++k) {
      const auto kind = static_cast<TokenKind>(k);
      const rating::Rate& rate = payer.row->of(kind);
      if (!rate.sold()) continue;
      payer.sold = static_cast<uint16_t>(payer.sold | BitOf(kind));
      if (TakesWhole(rate)) payer.whole = static_cast<uint16_t>(payer.whole | BitOf(kind));
    }
  }
  return true;
}

// ---- Who pays ----

WholeCallDecision::Payer* WholeCallDecision::FirstToPay(const Account& account, Known& known,
                                                        uint32_t kinds, bool* declined) {
  for (Payer& payer : known.payers) {
    const uint32_t sold = payer.sold & kinds;
    if (sold == 0) continue;
    if (account.Spendable(account.buckets[payer.bucket]) > 0) {
      *declined = sold != kinds;
      return &payer;
    }
    if ((sold & ~uint32_t{payer.whole}) != 0) {
      *declined = true;
      return nullptr;
    }
  }
  return nullptr;
}

End WholeCallDecision::WhenTight(const WholeCall& call, const Account& account,
                                 const Known& known) {
  if (known.goes_on) return End::kNotTaken;
  pots_.clear();
  for (const Payer& payer : known.payers) {
    pots_.push_back(
        {.row = payer.row, .available = account.Spendable(account.buckets[payer.bucket])});
  }
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

End WholeCallDecision::WithoutPayer(const Known& known, uint32_t kinds) {
  if (known.goes_on) return End::kNotTaken;
  uint32_t sold = 0;
  for (const Payer& payer : known.payers) sold |= payer.sold;
  return (kinds & ~sold) == 0 ? End::kBlocked : End::kNotSold;
}

// ---- What it comes to ----

bool WholeCallDecision::RateCost(const WholeCall& call, const Account& account, Known* known,
                                 WholeCallOutcome* outcome) {
  const RateRow* row = known->cost;
  cost_.Begin();
  if (row == nullptr) return true;
  constexpr KindQuantity kOneRequest{.kind = TokenKind::kRequest, .quantity = 1};
  CarryPlaces* places = &known->cost_places;
  if (!cost_.Add(call.used, *row, account.carries, UnsoldKind::kLeftOut, places) ||
      !cost_.Add({&kOneRequest, 1}, *row, account.carries, UnsoldKind::kLeftOut, places)) {
    return false;
  }
  if (cost_.kinds == 0) return true;
  outcome->cost_micros = cost_.amount;
  outcome->cost_currency = tariff_->cost_currency(*row);
  return true;
}

bool WholeCallDecision::Take(Bucket* bucket, Account* account, WholeCallOutcome* outcome) {
  const size_t carries = account->carries.size() + charge_.changed_count + cost_.changed_count;
  if (carries > static_cast<size_t>(kCarriesPerAccountMax)) return false;
  if (CrossesThreshold(*bucket, charge_.amount)) return false;
  const auto earned = balance::SpendDirectly(charge_.amount, bucket);
  if (!earned) return false;
  // Past this line the call cannot fail.
  const size_t known_count = account->carries.size();
  PutKnownCarries(charge_, account);
  PutKnownCarries(cost_, account);
  AddCarries(charge_, known_count, account);
  AddCarries(cost_, known_count, account);
  outcome->end = End::kRan;
  outcome->bucket = bucket->id;
  outcome->money = bucket->unit.is_money();
  outcome->amount = charge_.amount;
  outcome->revenue_micros = *earned;
  return true;
}

}  // namespace ocs::engine
