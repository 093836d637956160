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

void Charging::DecideEnquiry(RequestedAction action) {
  enquires_ = true;
  bool enough = true;
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
      calls = std::min(calls, rating::AffordableCalls(a.asked, a.pots.pots, kQuantityMax));
      TellEnd(a, &answer);
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
  }
  if (action == RequestedAction::kCheckBalance) {
    answer_->check_balance =
        enough ? CheckBalanceResult::kEnoughCredit : CheckBalanceResult::kNoCredit;
    answer_->services.clear();
  } else {
    answer_->has_cost = true;
    answer_->cost_micros = charged_micros_;
    answer_->calls_affordable = calls;
  }
  shard_.CountResult(answer_->code);
}

}  // namespace ocs::engine
