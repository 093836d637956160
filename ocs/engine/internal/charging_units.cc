// The middle of a decision: a service's used units become charges, its requested units holds.

#include <algorithm>
#include <utility>

#include "ocs/base/check.h"
#include "ocs/base/exact.h"
#include "ocs/base/limits.h"
#include "ocs/base/text.h"
#include "ocs/engine/internal/attach_record.h"
#include "ocs/engine/internal/charging.h"
#include "ocs/engine/internal/context.h"
#include "ocs/engine/internal/life.h"

namespace ocs::engine {
namespace {

// Packages that one service of a request buys by itself at most: what it wants beyond is not
// granted.
constexpr int kBuysPerRequestMax = 16;

using balance::Grant;
using Outcome = rating::HoldResult::Outcome;

bool HasShapes(const Pots& pots) {
  return std::any_of(pots.pots.begin(), pots.pots.end(),
                     [](const rating::Pot& pot) { return pot.shape != nullptr; });
}

CounterPlace PlaceOf(const rating::Pot& pot, const Pots::Source& source) {
  const rating::CounterTerms& terms = pot.shape->counter;
  return {
      .id = terms.id, .owner = kPriceCounterOwner, .window = terms.window, .anchor = source.anchor};
}

// Only before a stop it matters what other calls may still count.
bool Stops(const rating::Shape& shape) {
  return std::any_of(shape.tiers.begin(), shape.tiers.end(),
                     [](const rating::Tier& tier) { return tier.stops; });
}

int64_t SumOf(const Quantities& quantities) {
  int64_t sum = 0;
  for (const KindQuantity& q : quantities) sum = AddExact(sum, q.quantity).value_or(sum);
  return sum;
}

}  // namespace

bool UsedBeyond(const Quantities& used, const Quantities& granted) {
  return std::any_of(used.begin(), used.end(), [&](const KindQuantity& q) {
    return q.quantity > QuantityOf(granted, q.kind);
  });
}

void Charging::Release(const Grant& grant) {
  for (const balance::Hold& hold : grant.holds)
    MovementOf(movements_, hold.bucket).released += hold.amount;
  if (!grant.counter_holds.empty()) ReleaseCounters(*account_, grant, &counters_);
}

Pots Charging::PotsOf(const ServiceRequest& service, const ServiceOutcome& outcome) const {
  return PotsAt(service, outcome, outcome.context);
}

Pots Charging::PotsAt(const ServiceRequest& service, const ServiceOutcome& outcome,
                      const rating::UseContext& context) const {
  return CollectPots({.account = *account_,
                      .revisions = shard_.revisions(),
                      .revision = RevisionAt(context.at),
                      .model = outcome.model,
                      .context = context,
                      .node = node_,
                      .grant = FindGrant(session_, service.rating_group),
                      .movements = movements_,
                      .changes = counters_});
}

bool Charging::BeginService(const ServiceRequest& service, ServiceAnswer* answer,
                            ServiceOutcome* outcome) {
  const Grant* grant = FindGrant(session_, service.rating_group);
  outcome->model = ModelOf(service);
  outcome->context = ContextOf(request_, service, *account_, grant, at_);
  outcome->counts_request = IsFirstCharge(grant);
  outcome->call_counted = grant == nullptr ? 0 : grant->counted;
  outcome->call_charged_micros = grant == nullptr ? 0 : grant->charged_micros;
  if (outcome->model.empty()) {
    answer->code = ResultCode::kRatingFailed;
    answer->failed_field = "multiple_services_credit_control.model";
    answer->message =
        service.model.empty()
            ? "expected the model, since the rating group is new in this session"
            : Cat("revision ", revision_->view.revision, " of the catalogue has no model '",
                  service.model.substr(0, kModelNameLengthMax), "'");
    outcome->unrated = service.has_used;
    return false;
  }
  if (const auto index = revision_->tariff->FindModel(outcome->model))
    outcome->provider = revision_->tariff->model_provider(*index);
  return true;
}

rating::RateOutcome Charging::Rate(const ServiceRequest& service, CallPart part, const Pots& pots,
                                   ServiceOutcome* outcome) {
  const std::vector<Carry>& carries = carries_changed_ ? carries_ : account_->carries;
  Quantities used = service.used;
  const bool first = outcome->counts_request && UsesAnything(used);
  FitRequests(pots, first ? FirstUse::kYes : FirstUse::kNo, &used);
  const rating::RateOutcome rated = rating::Charge(used, pots.pots, carries, &outcome->lines);
  if (rated != rating::RateOutcome::kRated || part != CallPart::kEnds || !HasShapes(pots))
    return rated;
  return rating::ChargeMinimum(pots.pots, &outcome->lines);
}

bool Charging::TakeUse(const ServiceRequest& service, const Bounds& bounds, Pots* pots,
                       ServiceOutcome* outcome) {
  if (!TakeCharges(outcome->lines, pots, &movements_)) return false;
  const bool first = outcome->counts_request && UsesAnything(service.used);
  if (!bounds.empty()) {
    const bool stated = std::any_of(service.used.begin(), service.used.end(),
                                    [](const auto& q) { return q.kind == TokenKind::kRequest; });
    const Counting use{.lines = outcome->lines,
                       .tokens = TokensOf(service.used),
                       .requests = stated  ? QuantityOf(service.used, TokenKind::kRequest)
                                   : first ? 1
                                           : 0};
    if (!CountUse(*account_, bounds, *pots, use, at_, &counters_)) return false;
  }
  if (first) outcome->counts_request = false;
  if (!HasShapes(*pots)) return true;
  for (const rating::CounterUse& use : rating::CountersOf(outcome->lines, pots->pots)) {
    const rating::Pot& pot = pots->pots[use.pot];
    if (__builtin_add_overflow(outcome->call_charged_micros, use.charged_micros,
                               &outcome->call_charged_micros)) {
      return false;
    }
    if (__builtin_add_overflow(outcome->call_counted, use.counted, &outcome->call_counted))
      return false;
    if (pot.shape->counter.window.kind == WindowKind::kCall) continue;
    CounterChange& change =
        ChangeOf(*account_, PlaceOf(pot, pots->sources[use.pot]), at_, pots->zone, &counters_);
    if (__builtin_add_overflow(change.counted, use.counted, &change.counted) ||
        __builtin_add_overflow(change.charged_micros, use.charged_micros, &change.charged_micros)) {
      return false;
    }
  }
  return TakeVolumes(*account_, outcome->lines, *pots, counters_, &volumes_);
}

bool Charging::ChargeUsed(const ServiceRequest& service, CallPart part, ServiceAnswer* answer,
                          ServiceOutcome* outcome) {
  const Grant* grant = FindGrant(session_, service.rating_group);
  const bool touched = Touches(service) || part == CallPart::kEnds;
  if (grant != nullptr && touched) TakeBack(*grant);
  if (!BeginService(service, answer, outcome)) return true;
  // At the end of a call its minimum may be due.
  const bool ends_used = part == CallPart::kEnds && !IsFirstCharge(grant);
  if (!service.has_used && !ends_used) return true;
  const Instant switches_at = grant == nullptr ? Instant{} : grant->switches_at;
  const bool ends_otherwise = service.outcome != CallOutcome::kCompleted && part == CallPart::kEnds;
  ServiceRequest charged;
  if (ends_otherwise) {
    charged = service;
    TakeUncharged(&charged, outcome);
    // What costs nothing has no minimum either.
    if (!UsesAnything(charged.used)) part = CallPart::kGoesOn;
  }
  const ServiceRequest& of = ends_otherwise ? charged : service;
  if (switches_at != Instant{} && !service.by_tariff.empty())
    return ChargeSides(of, part, switches_at, answer, outcome);
  return ChargePart(of, part, answer, outcome);
}

void Charging::TakeUncharged(ServiceRequest* service, ServiceOutcome* outcome) const {
  const rating::CallTerms& calls = revision_->tariff->calls();
  const rating::CallCharge charge = service->outcome == CallOutcome::kFailed      ? calls.failed
                                    : service->outcome == CallOutcome::kCancelled ? calls.cancelled
                                                                                  : calls.moderated;
  if (charge == rating::CallCharge::kCharged) return;
  const auto is_free = [&](const KindQuantity& q) {
    return charge == rating::CallCharge::kFree || !IsPromptKind(q.kind);
  };
  const auto take = [&](Quantities* used) {
    used->erase(std::remove_if(used->begin(), used->end(), is_free), used->end());
  };
  for (const KindQuantity& q : service->used) {
    if (is_free(q)) outcome->uncharged.push_back(q);
  }
  take(&service->used);
  for (TariffUsage& usage : service->by_tariff) take(&usage.used);
}

bool Charging::ChargePart(const ServiceRequest& service, CallPart part, ServiceAnswer* answer,
                          ServiceOutcome* outcome) {
  Pots pots;
  Bounds bounds;
  rating::RateOutcome rated = rating::RateOutcome::kRated;
  for (int bought = 0;; ++bought) {
    pots = PotsOf(service, *outcome);
    bounds = CollectBounds(*account_, counters_, pots, node_, at_);
    if (!bounds.empty()) NarrowPots(&bounds, &pots);
    rated = Rate(service, part, pots, outcome);
    const bool short_of_units =
        std::any_of(outcome->lines.begin(), outcome->lines.end(),
                    [](const rating::ChargeLine& line) { return line.overshoot; });
    if (!short_of_units || bought == kBuysPerRequestMax || !BuyMore(pots)) break;
    RefreshModels();
    outcome->model = ModelOf(service);
  }
  const Grant* grant = FindGrant(session_, service.rating_group);
  if (service.has_used)
    RateCost(service, outcome->counts_request && UsesAnything(service.used), outcome);
  if (rated == rating::RateOutcome::kNotSold) {
    answer->code = ResultCode::kRatingFailed;
    answer->failed_field = "multiple_services_credit_control.used_service_unit";
    answer->message =
        "nothing that the account has bought sells this: the use is recorded without a charge";
    outcome->unrated = true;
    return true;
  }
  if (rated == rating::RateOutcome::kOverflow || !TakeUse(service, bounds, &pots, outcome))
    return false;
  outcome->sources = pots.sources;
  if (request_.services.size() > 1 || !service.by_tariff.empty()) {
    carries_ = WithLines(carries_changed_ ? carries_ : account_->carries, outcome->lines);
    carries_changed_ = true;
  }
  // A pool is used up together.
  answer->overshoot =
      grant != nullptr && grant->pool == 0 && UsedBeyond(service.used, grant->granted);
  const int64_t charged_before = answer->charged_micros;
  for (const rating::ChargeLine& line : outcome->lines) {
    const bool money = pots.sources[line.pot].unit.is_money();
    int64_t& sum = money ? answer->charged_micros : answer->drawn;
    if (__builtin_add_overflow(sum, line.amount, &sum)) return false;
    answer->overshoot = answer->overshoot || line.overshoot;
  }
  return !__builtin_add_overflow(charged_micros_, answer->charged_micros - charged_before,
                                 &charged_micros_);
}

bool Charging::BuyMore(const Pots& pots) {
  if (enquires_ || expires_) return false;
  for (auto source = pots.sources.rbegin(); source != pots.sources.rend(); ++source) {
    if (source->grant == nullptr || AtEndOf(*source) != rating::AtEnd::kBuyNext) continue;
    const bool bought = BuyNext(shard_, account_,
                                {.end = &source->grant->end,
                                 .origin = source->terms,
                                 .node = source->node,
                                 .at = at_,
                                 .promised = movements_});
    // What was bought has moved the account's lists.
    if (bought && session_ != nullptr && !late_session_)
      session_ = account_->FindSession(request_.session_id);
    return bought;
  }
  return false;
}

void Charging::RefreshModels() {
  for (size_t i = 0; i < outcomes_.size(); ++i) outcomes_[i].model = ModelOf(ServiceAt(i));
}

Affordance Charging::Afford(const ServiceRequest& service, const ServiceOutcome& outcome,
                            const Quantities& requested) const {
  Affordance a;
  a.pots = PotsOf(service, outcome);
  // What has ended cannot be promised anew.
  for (size_t i = 0; i < a.pots.pots.size(); ++i) {
    if (a.pots.sources[i].ended) a.pots.pots[i].available = 0;
  }
  a.asked = requested;
  a.uncounted_requests =
      FitRequests(a.pots, outcome.counts_request ? FirstUse::kYes : FirstUse::kNo, &a.asked);
  a.request_added = a.asked.size() > requested.size();
  const bool lasts =
      request_.type == RequestType::kInitial || request_.type == RequestType::kUpdate;
  if (lasts) SpanSwitch(service, outcome, &a);
  a.bounds = CollectBounds(*account_, counters_, a.pots, node_, at_);
  const auto hold = [&a] {
    if (a.switches_at != Instant::Never()) return HoldSpanned(&a);
    a.held = rating::Hold(a.asked, a.pots.pots);
  };
  if (a.bounds.empty()) {
    hold();
    a.whole = a.held.outcome == Outcome::kGranted;
    return a;
  }
  const bool stated = std::any_of(requested.begin(), requested.end(),
                                  [](const auto& q) { return q.kind == TokenKind::kRequest; });
  a.requests = stated ? QuantityOf(requested, TokenKind::kRequest) : outcome.counts_request ? 1 : 0;
  const auto unbounded = a.pots.pots;
  const Quantities wanted = a.asked;
  NarrowPots(&a.bounds, &a.pots);
  if (NarrowQuantities(&a.bounds, a.requests, &a.asked)) hold();
  a.whole = a.held.outcome == Outcome::kGranted && a.asked == wanted;
  const Bound* narrowest = Narrowest(a.bounds);
  if (a.whole || narrowest == nullptr) return a;
  if (a.held.outcome == Outcome::kGranted) a.held.outcome = Outcome::kGrantedPartly;
  const rating::HoldResult without = rating::Hold(wanted, unbounded);
  if (SumOf(without.granted) > SumOf(a.held.granted)) a.limiting = narrowest;
  return a;
}

void Charging::TakeHold(const Affordance& a, ServiceAnswer* answer, ServiceOutcome* outcome) {
  for (const rating::HoldLine& line : a.held.holds) {
    const rating::Pot& pot = a.pots.pots[line.pot];
    if (pot.shape != nullptr && line.counted > 0 &&
        pot.shape->counter.window.kind != WindowKind::kCall && Stops(*pot.shape)) {
      const CounterPlace place = PlaceOf(pot, a.pots.sources[line.pot]);
      ChangeOf(*account_, place, at_, a.pots.zone, &counters_).held += line.counted;
      outcome->counter_holds.push_back(
          {.id = place.id, .owner = place.owner, .amount = line.counted});
    }
    if (line.amount == 0) continue;
    const BucketId bucket = a.pots.sources[line.pot].bucket;
    MovementOf(movements_, bucket).held += line.amount;
    // What its pool has left may be there already.
    const auto same =
        std::find_if(outcome->holds.begin(), outcome->holds.end(),
                     [&](const balance::Hold& hold) { return hold.bucket == bucket; });
    if (same != outcome->holds.end()) {
      same->amount += line.amount;
    } else {
      outcome->holds.push_back({.bucket = bucket, .amount = line.amount});
    }
  }
  if (!a.bounds.empty()) {
    const Counting grant{
        .holds = a.held.holds, .tokens = TokensOf(a.held.granted), .requests = a.requests};
    HoldCounters(*account_, a.bounds, a.pots, grant, at_, &counters_, &outcome->counter_holds);
  }
  outcome->sets_grant = true;
  answer->has_grant = true;
  answer->granted = a.held.granted;
  if (a.request_added) RemoveKind(TokenKind::kRequest, &answer->granted);
  if (a.uncounted_requests > 0)
    OCS_CHECK(AddQuantity(answer->granted, TokenKind::kRequest, a.uncounted_requests));
  const uint32_t longest = GrantValiditySeconds(shard_.options());
  answer->validity_seconds = longest;
  if (a.valid_until != Instant::Never()) {
    constexpr int64_t kSecondMillis = 1'000;
    const int64_t seconds = (a.valid_until.unix_ms - at_.unix_ms) / kSecondMillis;
    answer->validity_seconds = static_cast<uint32_t>(std::clamp<int64_t>(seconds, 1, longest));
  }
  if (a.switches_at == Instant::Never()) return;
  answer->tariff_changes_at = a.switches_at;
  outcome->switches_at = a.switches_at;
}

void Charging::HoldRequested(const ServiceRequest& service, ServiceAnswer* answer,
                             ServiceOutcome* outcome) {
  if (!WantsQuota(service)) return TellLastUse(service, answer, outcome);
  if (answer->code != ResultCode::kSuccess) return;
  if (!barred_.empty()) {
    answer->code = ResultCode::kEndUserServiceDenied;
    answer->message = barred_;
    return;
  }
  Quantities requested = service.requested;
  if (requested.empty()) requested = ChooseQuantities(service, *outcome);
  Affordance a = Afford(service, *outcome, requested);
  for (int bought = 0; bought < kBuysPerRequestMax; ++bought) {
    if (a.whole || a.limiting != nullptr || !BuyMore(a.pots)) break;
    RefreshModels();
    a = Afford(service, *outcome, requested);
  }
  switch (a.held.outcome) {
    case Outcome::kNothing:
    case Outcome::kStopped:
      if (EndsWithoutUnits(service, a, answer, outcome)) return TellEnd(a, answer);
      answer->code = ResultCode::kCreditLimitReached;
      answer->message = a.limiting != nullptr
                            ? Cat("the limit '", a.limiting->name, "' does not leave enough")
                        : a.held.outcome == Outcome::kStopped
                            ? "the price stops service here until its window ends"
                            : "the balance does not cover the request";
      return TellEnd(a, answer);
    case Outcome::kNotSold:
      answer->code = ResultCode::kRatingFailed;
      answer->failed_field = "multiple_services_credit_control.requested_service_unit";
      answer->message =
          Cat("nothing that the account has bought sells this use of '", outcome->model, "'");
      return;
    case Outcome::kOverflow:
      answer->code = ResultCode::kUnableToComply;
      answer->message = "an amount would not fit";
      return;
    case Outcome::kGrantedPartly:
      // What a limit stops is not what the catalogue says of the end of money or package.
      TellFinalUnits(a.limiting != nullptr ? rating::FinalUnits{} : FinalUnitsOf(a.pots), answer,
                     outcome);
      break;
    case Outcome::kGranted:
      break;
  }
  TakeHold(a, answer, outcome);
  JoinPool(service, a, answer, outcome);
  TellStream(a, answer);
  TellConditions(*outcome, answer);
  TellEnd(a, answer);
}

}  // namespace ocs::engine
