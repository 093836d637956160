// Events: one answer, no session. A direct debit is all of it or nothing; enquiries change nothing.

#include <algorithm>
#include <limits>
#include <utility>

#include "ocs/base/check.h"
#include "ocs/base/limits.h"
#include "ocs/base/text.h"
#include "ocs/engine/internal/charging.h"
#include "ocs/engine/internal/context.h"

namespace ocs::engine {

using Outcome = rating::HoldResult::Outcome;

void Charging::DecideEvent() {
  OCS_CHECK(request_.action.has_value());
  switch (*request_.action) {
    case RequestedAction::kDirectDebiting:
      return DecideDirectDebit();
    case RequestedAction::kRefundAccount:
      return DecideRefund();
    case RequestedAction::kCheckBalance:
    case RequestedAction::kPriceEnquiry:
      return DecideEnquiry(*request_.action);
  }
}

void Charging::RefuseService(ServiceAnswer failed) {
  Refuse(failed.code, failed.failed_field, std::move(failed.message));
  // That it stops is what the code says.
  if (failed.end && *failed.end != EndOfUnits{}) {
    ServiceAnswer& answer = answer_->services.emplace_back();
    answer.rating_group = failed.rating_group;
    answer.code = failed.code;
    answer.end = std::move(failed.end);
  }
  RecordRefusal();
}

void Charging::DecideDirectDebit() {
  for (const ServiceRequest& asked : request_.services) {
    ServiceRequest service = asked;  // What is asked for is what is debited (RFC 8506 section 6.2).
    if (!service.has_used) service.used = service.requested;
    service.has_used = true;
    ServiceAnswer& answer = answer_->services.emplace_back();
    answer.rating_group = service.rating_group;
    ServiceOutcome& outcome = outcomes_.emplace_back();
    ServiceAnswer unused;
    ServiceOutcome begun;
    if (BeginService(service, &unused, &begun)) {
      begun.counts_request = UsesAnything(service.used);
      const Affordance a = Afford(service, begun, service.used);
      if (!a.whole && a.held.outcome != Outcome::kNotSold) {
        answer.code = ResultCode::kCreditLimitReached;
        answer.message = a.limiting != nullptr
                             ? Cat("the limit '", a.limiting->name, "' does not leave enough")
                             : "the balance does not cover the debit";
        TellEnd(a, &answer);
        return RefuseService(answer);
      }
    }
    if (!ChargeUsed(service, CallPart::kEnds, &answer, &outcome)) {
      return RefuseRecorded(ResultCode::kUnableToComply, "used_service_unit",
                            "an amount would not fit");
    }
    if (answer.code != ResultCode::kSuccess) {  // All of it or nothing (PRODUCTS E14).
      answer.message = "nothing that the account has bought sells this";
      return RefuseService(answer);
    }
    answer.has_grant = true;
    answer.granted = service.used;
  }
  Commit(balance::EntryKind::kEventCharged);
}

bool Charging::ChargeTimes(int64_t times, Movements* drawn, bool* steady) {
  *steady = true;
  for (const ServiceRequest& asked : request_.services) {
    ServiceRequest service = asked;
    service.used = asked.requested.empty() ? asked.used : asked.requested;
    service.has_used = true;
    ServiceAnswer answer;
    ServiceOutcome outcome;
    if (!BeginService(service, &answer, &outcome)) return false;
    outcome.counts_request = UsesAnything(service.used);
    const Affordance a = Afford(service, outcome, service.used);
    if (times == 1 && !a.whole) return false;
    service.used = a.asked;  // With the call itself, so that it is counted each time.
    for (KindQuantity& q : service.used) q.quantity *= times;
    if (!ChargeUsed(service, CallPart::kEnds, &answer, &outcome)) return false;
    if (answer.code != ResultCode::kSuccess) return false;
    *steady = *steady && a.bounds.empty();
    for (const rating::ChargeLine& line : outcome.lines) {
      MovementOf(*drawn, outcome.sources[line.pot].bucket).spent += line.amount;
      // The same pots pay next time, while no pot before them can pay a piece now and then.
      for (size_t i = 0; i < a.pots.pots.size() && i <= line.pot; ++i) {
        const rating::Pot& pot = a.pots.pots[i];
        const bool may_pay = i < line.pot && pot.available > 0 && pot.row->of(line.kind).sold();
        *steady = *steady && pot.shape == nullptr && !may_pay;
      }
    }
  }
  return true;
}

int64_t Charging::CallsOfAll() {
  constexpr int kStepsMax = 10'000;
  constexpr int64_t kSlack = 64;  // More than rounding makes of the kinds of one call.
  movements_.clear();
  counters_.clear();
  carries_changed_ = false;
  int64_t calls = 0;
  bool steady = false;
  for (int step = 0; step < kStepsMax && calls < kQuantityMax; ++step) {
    Movements drawn;
    if (!ChargeTimes(1, &drawn, &steady)) break;
    ++calls;
    int64_t ahead = kQuantityMax - calls;
    for (const ServiceRequest& service : request_.services) {
      const Quantities& used = service.requested.empty() ? service.used : service.requested;
      for (const KindQuantity& q : used)
        ahead = std::min(ahead, kQuantityMax / std::max<int64_t>(q.quantity, 1));
    }
    for (const balance::Movement& movement : drawn) {
      const balance::Movement& so_far = MovementOf(movements_, movement.bucket);
      const int64_t left = account_->Spendable(*account_->FindBucket(movement.bucket)) -
                           so_far.spent - so_far.held + so_far.released;
      ahead = std::min(ahead, left / (movement.spent + kSlack) - 2);
    }
    Movements unused;
    bool still = false;
    if (!steady || ahead <= 0) continue;
    if (!ChargeTimes(ahead, &unused, &still)) break;
    calls += ahead;
  }
  return calls;
}

void Charging::DecideEnquiry(RequestedAction action) {
  enquires_ = true;
  bool enough = true;
  bool limited = false;
  int64_t calls = std::numeric_limits<int64_t>::max();
  for (const ServiceRequest& asked : request_.services) {
    ServiceAnswer& answer = answer_->services.emplace_back();
    answer.rating_group = asked.rating_group;
    ServiceRequest service = asked;
    service.used = asked.requested.empty() ? asked.used : asked.requested;
    service.has_used = true;
    ServiceAnswer unused;
    ServiceOutcome begun;
    if (BeginService(service, &unused, &begun)) {
      begun.counts_request = UsesAnything(service.used);
      const Affordance a = Afford(service, begun, service.used);
      enough = enough && a.whole;
      if (a.bounds.empty())
        calls = std::min(calls, rating::AffordableCalls(a.asked, a.pots.pots, kQuantityMax));
      limited = limited || !a.bounds.empty();
      TellEnd(a, &answer);
      TellFollowing(a, &answer);
    }
    ServiceOutcome outcome;
    if (!ChargeUsed(service, CallPart::kEnds, &answer, &outcome)) {
      return Refuse(ResultCode::kUnableToComply, "requested_service_unit",
                    "an amount would not fit");
    }
    if (answer.code != ResultCode::kSuccess) {
      const ServiceAnswer failed = answer;
      return Refuse(failed.code, failed.failed_field,
                    "nothing that the account has bought sells this");
    }
    answer.granted = service.used;
    for (const rating::ChargeLine& line : outcome.lines) {
      const Pots::Source& source = outcome.sources[line.pot];
      answer.parts.push_back({.kind = line.kind,
                              .quantity = line.quantity,
                              .bucket = source.bucket,
                              .unit = source.unit,
                              .amount = line.amount,
                              .rule = source.tariff->rule(line.rule).origin});
    }
  }
  if (action == RequestedAction::kCheckBalance) {
    answer_->check_balance =
        enough ? CheckBalanceResult::kEnoughCredit : CheckBalanceResult::kNoCredit;
    answer_->services.clear();
  } else {
    answer_->has_cost = true;
    answer_->cost_micros = charged_micros_;
    answer_->calls_affordable = calls;
    if (limited || request_.services.size() > 1) answer_->calls_affordable = CallsOfAll();
  }
  shard_.CountResult(answer_->code);
}

}  // namespace ocs::engine
