#include "ocs/simulation/internal/lane.h"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "ocs/base/check.h"
#include "ocs/base/text.h"

namespace ocs::simulation::internal {
namespace {

using engine::RequestType;
using engine::ResultCode;

// One session at a time is open: any name will do.
constexpr std::string_view kSession = "call";
constexpr std::string_view kKey = "simulation";
constexpr uint32_t kRatingGroup = 1;
// Sorting is worth its while from so many on.
constexpr size_t kEventsPerSeatMin = 2;
constexpr size_t kEventsAhead = 8;

// All of it into the processor's cache.
template <typename T>
void Fetch(const T* what) {
  constexpr size_t kLine = 64;
  const char* const begin = reinterpret_cast<const char*>(what);
  for (size_t i = 0; i < sizeof(T); i += kLine) __builtin_prefetch(begin + i);
  __builtin_prefetch(begin + sizeof(T) - 1);
}

int64_t KindsOf(const Quantities& quantities, std::initializer_list<TokenKind> kinds) {
  int64_t sum = 0;
  for (const TokenKind kind : kinds) sum += QuantityOf(quantities, kind);
  return sum;
}

void CountTokens(const Quantities& used, Figures* call) {
  call->input_tokens =
      KindsOf(used, {TokenKind::kInput, TokenKind::kCacheWrite5m, TokenKind::kCacheWrite1h});
  call->cached_tokens = KindsOf(used, {TokenKind::kCacheRead});
  call->output_tokens = KindsOf(used, {TokenKind::kOutput, TokenKind::kReasoning});
}

Quantities WantedOf(const Event& event, std::span<const LaneEvents> pieces) {
  Quantities wanted;
  for (size_t k = 0; k < kEventKinds.size(); ++k) {
    if (event.tokens[k] > 0)
      wanted.push_back({.kind = kEventKinds[k], .quantity = event.tokens[k]});
  }
  if (event.more == 0) return wanted;
  const auto piece = std::find_if(pieces.begin(), pieces.end(), [&](const LaneEvents& of) {
    return !std::less<>()(&event, of.events.data()) &&
           std::less<>()(&event, of.events.data() + of.events.size());
  });
  OCS_CHECK(piece != pieces.end());
  for (const KindQuantity& q : (*piece->more)[event.more - 1])
    OCS_CHECK(AddQuantity(wanted, q.kind, q.quantity));
  return wanted;
}

}  // namespace

Lane::Lane(const World* world, uint32_t number, uint32_t lane_count)
    : world_(world), shard_(&world->options(), &world->catalogue()) {
  const Population& population = world->population();
  seats_.reserve(population.account_count() / lane_count + 1);
  for (uint32_t n = number; n < population.account_count(); n += lane_count) {
    Seat& seat = seats_.emplace_back();
    seat.number = n;
    seat.plan = population.plan_of(n);
    seat.now = population.joins_at(n);
    while (world->month_ends()[seat.month] <= seat.now) ++seat.month;
  }
  bills_.resize(seats_.size() * world->month_ends().size());
}

void Lane::ChargeOne(const Event& event, std::span<const LaneEvents> pieces, Tally* tally) {
  Seat* seat = &seats_[event.account];
  if (!ChargeAtOnce(seat, event, tally)) ChargeInFull(seat, event, WantedOf(event, pieces), tally);
}

void Lane::Charge(std::span<const LaneEvents> pieces, LaneOrder* order, Tally* tally) {
  size_t count = 0;
  for (const LaneEvents& piece : pieces) count += piece.events.size();
  if (count < kEventsPerSeatMin * seats_.size()) {
    for (const LaneEvents& piece : pieces) {
      for (const Event& event : piece.events) ChargeOne(event, pieces, tally);
    }
    return;
  }
  SortBySeat(pieces, count, order);
  const std::vector<const Event*>& events = order->events;
  for (size_t i = 0; i < std::min(count, kEventsAhead); ++i) Fetch(events[i]);
  size_t next = 0;
  for (size_t seat = 0; seat < seats_.size(); ++seat) {
    FetchSeats(seat);
    for (const size_t end = order->ends[seat]; next < end; ++next) {
      if (next + kEventsAhead < count) Fetch(events[next + kEventsAhead]);
      ChargeOne(*events[next], pieces, tally);
    }
  }
}

// Of the seats that follow: first they themselves, then what they point to.
void Lane::FetchSeats(size_t seat) const {
  if (seat + 3 < seats_.size()) Fetch(&seats_[seat + 3]);
  if (seat + 2 < seats_.size()) seats_[seat + 2].plain.FetchAccount();
  if (seat + 1 < seats_.size()) seats_[seat + 1].plain.FetchBuckets();
}

// By counting: events of a seat stay in their order.
void Lane::SortBySeat(std::span<const LaneEvents> pieces, size_t count, LaneOrder* order) const {
  std::vector<uint32_t>& places = order->ends;
  places.assign(seats_.size() + 1, 0);
  for (const LaneEvents& piece : pieces) {
    for (const Event& event : piece.events) ++places[event.account + 1];
  }
  for (size_t seat = 0; seat < seats_.size(); ++seat) places[seat + 1] += places[seat];
  if (order->events.size() < count) order->events.resize(count + count / 8);
  for (const LaneEvents& piece : pieces) {
    for (const Event& event : piece.events) order->events[places[event.account]++] = &event;
  }
}

void Lane::FillRequest(const Seat& seat, const Event& event, RequestType type, Instant at) {
  const UseNames& use = world_->use(event.use);
  engine::CreditControlRequest& request = call_.request;
  request.session_id = kSession;
  request.type = type;
  request.number = type == RequestType::kInitial ? 0 : 1;
  request.account = seat.account;
  request.service_context_id = world_->service_context();
  request.event_time = at;
  request.product = use.product;
  request.scenario = use.scenario;
  request.region = use.region;
  request.channel = use.channel;
  request.services.resize(1);
  engine::ServiceRequest& service = request.services[0];
  service.rating_group = kRatingGroup;
  service.model = world_->model(event.model).name;
  service.service_tier = use.service_tier;
  service.requests_quota = type == RequestType::kInitial;
  service.has_used = type != RequestType::kInitial;
  service.requested.clear();
  service.used.clear();
  call_.answer = engine::CreditControlAnswer{};
  call_.status = absl::OkStatus();
}

bool Lane::Reserve(const Event& event, const Quantities& wanted, const Now& now, Figures* call) {
  FillRequest(*now.seat, event, RequestType::kInitial, event.at);
  call_.request.services[0].requested = wanted;
  shard_.Decide(&call_, now.at);
  OCS_CHECK(call_.status.ok());
  Look(now);
  const engine::CreditControlAnswer& answer = call_.answer;
  if (answer.code == ResultCode::kSuccess) {
    const engine::ServiceAnswer& service = answer.services[0];
    if (service.granted != wanted) call->cut = 1;
    if (service.end && service.end->at_end == rating::AtEnd::kThrottle) call->throttled = 1;
    return true;
  }
  (answer.code == ResultCode::kRatingFailed ? call->not_sold : call->blocked) = 1;
  ExplainText(now, "call refused",
              Cat(world_->model(event.model).name, ": ", ResultCodeName(answer.code), ": ",
                  answer.message));
  return false;
}

void Lane::EndCall(const Event& event, const Quantities& used, const Now& now, Figures* call) {
  FillRequest(*now.seat, event, RequestType::kTermination, event.at);
  call_.request.services[0].used = used;
  shard_.Decide(&call_, now.at);
  OCS_CHECK(call_.status.ok());
  CountTokens(used, call);
  const auto& services = call_.answer.services;
  const bool paid = !services.empty() && services[0].charged_micros > 0;
  if (paid && world_->plans()[now.seat->plan].has_package) call->overage = 1;
}

void Lane::ChargeInFull(Seat* seat, const Event& event, const Quantities& wanted, Tally* tally) {
  // An event that comes late is rated by its own time, as the server would.
  const Instant at = std::max(event.at, seat->now);
  Advance(seat, at, tally);
  const Now now{
      .seat = seat, .at = at, .model = event.model + 1U, .use = event.use + 1U, .tally = tally};
  Figures call;
  call.calls = 1;
  ++tally->decided_in_full;
  if (Reserve(event, wanted, now, &call)) {
    const Quantities used = call_.answer.services[0].granted;
    EndCall(event, used, now, &call);
    Look(now);
  }
  seat->figures.Add(call);
  tally->Add(call, {.at = event.at, .model = now.model, .use = now.use});
  TopUpIfLow(seat, at, tally);
}

bool Lane::ChargeAtOnce(Seat* seat, const Event& event, Tally* tally) {
  const World::Model& model = world_->model(event.model);
  if (world_->full() || event.more != 0 || !seat->opened || !model.index) return false;
  if (event.at < seat->now || event.at >= world_->month_ends()[seat->month]) return false;
  if (world_->explain() == seat->number || !world_->may_state(event.use)) return false;
  if (!seat->plain.known()) shard_.Look(seat->account, &seat->plain);
  if (event.at >= seat->plain.due()) return false;
  std::array<KindQuantity, kEventKinds.size()> used;
  size_t kinds = 0;
  engine::WholeCall call;
  for (size_t k = 0; k < kEventKinds.size(); ++k) {
    if (event.tokens[k] == 0) continue;
    used[kinds++] = {.kind = kEventKinds[k], .quantity = event.tokens[k]};
    if (IsPromptKind(kEventKinds[k])) call.context.prompt_tokens += event.tokens[k];
  }
  call.model = *model.index;
  call.context.at = event.at;
  call.context.values = world_->values(event.use);
  call.context.of(rating::Dimension::kSegment) = world_->plans()[seat->plan].segment;
  call.used = {used.data(), kinds};
  const engine::WholeCallOutcome outcome = shard_.CallAtOnce(call, &seat->plain);
  if (outcome.end == engine::WholeCallOutcome::End::kNotTaken) return false;
  seat->now = event.at;
  CountAtOnce(seat, event, outcome, tally);
  if (world_->plans()[seat->plan].tops_up) TopUpIfLow(seat, event.at, tally);
  return true;
}

// As Look and EndCall would count the two requests of the call.
void Lane::CountAtOnce(Seat* seat, const Event& event, const engine::WholeCallOutcome& outcome,
                       Tally* tally) {
  using End = engine::WholeCallOutcome::End;
  const SoldPlan& plan = world_->plans()[seat->plan];
  const int64_t own = outcome.bucket == balance::kMainBucket ? outcome.amount : 0;
  const bool own_cost = outcome.cost_currency == plan.plan->currency;
  Figures call;
  call.calls = 1;
  if (outcome.end == End::kRan) {
    call.overage = plan.has_package && outcome.money && outcome.amount > 0 ? 1 : 0;
    call.input_tokens = int64_t{event.tokens[0]} + event.tokens[2] + event.tokens[3];
    call.cached_tokens = event.tokens[1];
    call.output_tokens = int64_t{event.tokens[4]} + event.tokens[5];
    call.package_micros = outcome.revenue_micros;
    call.overage_micros = plan.has_package ? own : 0;
    call.usage_micros = plan.has_package ? 0 : own;
    call.cost_micros = own_cost ? outcome.cost_micros : 0;
    call.billed_micros = own;
  } else {
    call.blocked = outcome.end == End::kBlocked ? 1 : 0;
    call.not_sold = outcome.end == End::kNotSold ? 1 : 0;
  }
  seat->figures.Add(call);
  tally->Add(call, {.at = event.at, .model = event.model + 1U, .use = event.use + 1U});
  if (outcome.end != End::kRan) return;
  seat->billed_micros += own;
  if (!own_cost && !outcome.cost_currency.empty())
    tally->AddOtherCost(outcome.cost_currency, outcome.cost_micros);
  if (outcome.bucket == balance::kMainBucket) return;
  for (const HeldPackage& held : seat->packages) {
    if (held.bucket == outcome.bucket) tally->packages[held.package].used += outcome.amount;
  }
}

// ---- Their lives ----

void Lane::Open(Seat* seat, Tally* tally) {
  const SoldPlan& sold = world_->plans()[seat->plan];
  const Plan& plan = *sold.plan;
  seat->opened = true;
  Asked<engine::CreateAccountCall> create;
  create.change.key = kKey;
  create.currency = plan.currency;
  create.credit_limit_micros = plan.credit_limit_micros;
  create.segment = plan.segment;
  shard_.Decide(&create, seat->now);
  OCS_CHECK(create.status.ok());
  seat->account = create.account;
  const int64_t fees = plan.credit_limit_micros > 0 ? 0 : sold.fees_micros;
  PayIn(seat, plan.money_micros + fees, tally);
  for (const std::string& offer : sold.offers) Buy(seat, offer, tally);
}

void Lane::Buy(Seat* seat, const std::string& offer, Tally* tally) {
  Asked<engine::PurchaseCall> buy;
  buy.change.key = kKey;
  buy.account = seat->account;
  buy.offer = offer;
  shard_.Decide(&buy, seat->now);
  if (!buy.status.ok()) {
    tally->AddFault(Cat("variant ", world_->variant().label, ": plan ",
                        world_->plans()[seat->plan].plan->name, ": offer ", offer,
                        " cannot be bought: ", FromAbsl(buy.status.message())));
  }
  Look({.seat = seat, .at = seat->now, .tally = tally});
}

void Lane::PayIn(Seat* seat, int64_t micros, Tally* tally) {
  if (micros <= 0) return;
  Asked<engine::TopUpCall> pay;
  pay.change.key = kKey;
  pay.account = seat->account;
  pay.currency = world_->plans()[seat->plan].plan->currency;
  pay.amount_micros = micros;
  shard_.Decide(&pay, seat->now);
  OCS_CHECK(pay.status.ok());
  Look({.seat = seat, .at = seat->now, .tally = tally});
}

// What is due happens at its own time, so that what it earns is booked there.
void Lane::DoDue(Seat* seat, Instant to, Tally* tally) {
  for (Instant due = shard_.FindAccount(seat->account)->NextDue(); due <= to;
       due = shard_.FindAccount(seat->account)->NextDue()) {
    seat->now = std::max(seat->now, due);
    shard_.DoDueWork(seat->account, seat->now);
    Look({.seat = seat, .at = seat->now, .tally = tally});
  }
}

void Lane::EndMonth(Seat* seat, Tally* tally) {
  const Instant last = world_->month_ends()[seat->month].PlusMillis(-1);
  DoDue(seat, last, tally);
  seat->now = std::max(seat->now, last);
  const auto index = static_cast<size_t>(seat - seats_.data());
  bills_[seat->month * seats_.size() + index] = seat->billed_micros;
  seat->billed_micros = 0;
  seat->top_ups = 0;
  ++seat->month;
  const Plan& plan = *world_->plans()[seat->plan].plan;
  const int64_t owed =
      plan.credit_limit_micros > 0 ? -Available(*seat) : plan.money_each_month_micros;
  PayIn(seat, owed, tally);
}

void Lane::Advance(Seat* seat, Instant to, Tally* tally) {
  if (!seat->opened) Open(seat, tally);
  while (seat->month < world_->month_ends().size() && world_->month_ends()[seat->month] <= to)
    EndMonth(seat, tally);
  DoDue(seat, to, tally);
  seat->now = std::max(seat->now, to);
}

void Lane::TopUpIfLow(Seat* seat, Instant at, Tally* tally) {
  const AutoTopUp& terms = world_->plans()[seat->plan].plan->top_up;
  if (terms.amount_micros == 0 || seat->top_ups >= terms.most_per_month) return;
  if (Available(*seat) >= terms.below_micros) return;
  seat->now = std::max(seat->now, at);
  ++seat->top_ups;
  PayIn(seat, terms.amount_micros, tally);
}

int64_t Lane::Available(const Seat& seat) const {
  if (seat.plain.known()) return seat.plain.main_available();
  const balance::Account* account = shard_.FindAccount(seat.account);
  return account->FindBucket(balance::kMainBucket)->available;
}

void Lane::Finish(Tally* tally) {
  const Instant last = world_->population().terms().ends.PlusMillis(-1);
  for (Seat& seat : seats_) {
    Advance(&seat, last, tally);
    if (seat.month < world_->month_ends().size()) EndMonth(&seat, tally);
    CountLeft(seat, tally);
  }
}

void Lane::CountLeft(const Seat& seat, Tally* tally) {
  for (const balance::Bucket& bucket : shard_.FindAccount(seat.account)->buckets) {
    tally->deferred_end_micros += bucket.deferred_micros - bucket.released_micros;
    const auto held = std::find_if(seat.packages.begin(), seat.packages.end(),
                                   [&](const HeldPackage& p) { return p.bucket == bucket.id; });
    if (held == seat.packages.end()) continue;
    PackageTally& package = tally->packages[held->package];
    package.deferred_micros += bucket.deferred_micros - bucket.released_micros;
    if (held->limited) package.left += bucket.available;
    if (bucket.available <= 0 && held->expired == 0) ++package.used_up;
  }
}

}  // namespace ocs::simulation::internal
