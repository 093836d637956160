#include "ocs/engine/internal/charging.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "ocs/base/check.h"
#include "ocs/base/exact.h"
#include "ocs/base/limits.h"
#include "ocs/base/text.h"
#include "ocs/engine/internal/context.h"
#include "ocs/engine/internal/request_form.h"

namespace ocs::engine {
namespace {

using balance::EntryKind;
using balance::Grant;
using balance::Movement;
using balance::Session;

bool Touches(const ServiceRequest& service) { return service.has_used || service.requests_quota; }

bool UsedBeyond(const Quantities& used, const Quantities& granted) {
  return std::any_of(used.begin(), used.end(), [&](const KindQuantity& q) {
    return q.quantity > QuantityOf(granted, q.kind);
  });
}

void ReleaseHolds(const Grant& grant, Movements* movements) {
  for (const balance::Hold& hold : grant.holds)
    MovementOf(*movements, hold.bucket).released += hold.amount;
}

}  // namespace

const Grant* FindGrant(const Session* session, uint32_t rating_group) {
  if (session == nullptr) return nullptr;
  for (const Grant& grant : session->grants) {
    if (grant.rating_group == rating_group) return &grant;
  }
  return nullptr;
}

Charging::Charging(Shard& shard, const CreditControlRequest& request, CreditControlAnswer* answer)
    : shard_(shard), request_(request), answer_(answer) {
  answer_->type = request.type;
  answer_->number = request.number;
}

void Charging::Decide() {
  if (!PassesForm() || !FindPayer() || !IsNew() || !FindSession() || !FindRevision()) return;
  switch (request_.type) {
    case RequestType::kInitial:
      return DecideInitial();
    case RequestType::kUpdate:
      return DecideUpdate();
    case RequestType::kTermination:
      return DecideTermination();
    case RequestType::kEvent:
      return DecideEvent();
  }
}

bool Charging::PassesForm() {
  FormFault fault = CheckForm(request_, shard_.options());
  if (fault.code == ResultCode::kSuccess) return true;
  Refuse(fault.code, fault.field, std::move(fault.message));
  return false;
}

bool Charging::FindPayer() {
  at_ = request_.event_time.value_or(shard_.logged_at());
  const AccountId id = request_.account.valid() ? request_.account
                                                : shard_.FindIdentity(request_.subscriber.type,
                                                                      request_.subscriber.data);
  if (shard_.stopped()) return false;
  account_ = id.valid() ? shard_.FindAccount(id) : nullptr;
  if (shard_.stopped()) return false;
  if (account_ == nullptr) {
    Refuse(ResultCode::kUserUnknown, "subscription_id", "no account has this identity or id");
    return false;
  }
  answer_->currency = account_->currency;
  return true;
}

bool Charging::IsNew() {
  absl::StatusOr<balance::KnownRequest> known =
      shard_.book().FindRequest(*account_, request_.session_id, request_.number);
  if (!known.ok()) {
    shard_.Stop(known.status());
    return false;
  }
  session_previous_ = known->session_last;
  number_max_before_ = known->number_max;
  fingerprint_ = FingerprintOf(request_);
  if (known->entry == nullptr) return true;
  if (known->entry->view.account != account_->id) {
    Refuse(ResultCode::kInvalidAvpValue, "subscription_id",
           Cat("request ", request_.number, " of this session was answered before, for another ",
               "account: a session has one payer"));
    return false;
  }
  if (const auto field = DifferingField(known->entry->view.fingerprint, fingerprint_)) {
    Refuse(ResultCode::kInvalidAvpValue, FingerprintFieldName(*field),
           Cat("request ", request_.number, " of this session was answered before, with another ",
               FingerprintFieldName(*field),
               ": a repeat must be the same, a new request needs a new number"));
    return false;
  }
  *answer_ = CreditControlAnswer{};
  OCS_CHECK(DecodeAnswer(known->entry->view.answer, answer_));
  shard_.CountReplayed();
  return false;
}

bool Charging::FindSession() {
  session_ =
      request_.type == RequestType::kEvent ? nullptr : account_->FindSession(request_.session_id);
  if (account_->state != balance::AccountState::kActive) {
    RefuseRecorded(ResultCode::kEndUserServiceDenied, "subscription_id",
                   Cat("the account is ", balance::AccountStateName(account_->state)));
    return false;
  }
  const EngineOptions& options = shard_.options();
  const Instant now = shard_.logged_at();
  const bool skewed = at_ < now.PlusSeconds(-options.event_time_past_max_seconds) ||
                      at_ > now.PlusSeconds(options.event_time_ahead_max_seconds);
  // What an open session used is always charged (law 4): a report whose time cannot be right is
  // rated by its arrival.
  if (skewed && session_ != nullptr && request_.type != RequestType::kInitial) {
    at_ = now;
  } else if (skewed) {
    RefuseRecorded(
        ResultCode::kInvalidAvpValue, "event_timestamp",
        Cat("expected at most ", options.event_time_past_max_seconds, " seconds ago and ",
            options.event_time_ahead_max_seconds, " seconds ahead"));
    return false;
  }
  if (request_.type == RequestType::kInitial) {
    if (session_ != nullptr) {
      RefuseRecorded(ResultCode::kUnableToComply, "cc_request_type", "the session is open already");
      return false;
    }
    if (account_->sessions.size() >= static_cast<size_t>(kOpenSessionsPerAccountMax)) {
      RefuseRecorded(ResultCode::kUnableToComply, "session_id",
                     Cat("the account has ", kOpenSessionsPerAccountMax,
                         " open sessions, the most it may have"));
      return false;
    }
  }
  const bool needs_session =
      request_.type == RequestType::kUpdate || request_.type == RequestType::kTermination;
  if (needs_session && session_ == nullptr) {
    RefuseRecorded(ResultCode::kUnknownSessionId, "session_id",
                   "no such session is open: what it used is not charged; report it as an event "
                   "with direct debiting");
    return false;
  }
  return true;
}

bool Charging::FindRevision() {
  revision_ = session_ != nullptr ? shard_.revisions().Find(session_->revision)
                                  : shard_.revisions().EffectiveAt(at_);
  if (session_ != nullptr) OCS_CHECK(revision_ != nullptr);
  if (revision_ == nullptr) {
    RefuseRecorded(ResultCode::kRatingFailed, "event_timestamp", "no catalogue was in force then");
    return false;
  }
  answer_->tariff_revision = revision_->view.revision;
  return true;
}

std::string_view Charging::ModelOf(const ServiceRequest& service) const {
  if (!service.model.empty()) {
    const auto index = revision_->tariff->FindModel(service.model);
    return index ? std::string_view(revision_->tariff->model_id(*index)) : std::string_view();
  }
  const Grant* grant = FindGrant(session_, service.rating_group);
  return grant == nullptr ? std::string_view() : std::string_view(grant->model);
}

bool Charging::ChargeUsed(const ServiceRequest& service, ServiceAnswer* answer,
                          ServiceOutcome* outcome) {
  const Grant* grant = FindGrant(session_, service.rating_group);
  if (grant != nullptr && Touches(service)) ReleaseHolds(*grant, &movements_);
  outcome->model = ModelOf(service);
  outcome->context = ContextOf(request_, service, *account_, grant, at_);
  outcome->counts_request = IsFirstCharge(grant);
  if (outcome->model.empty()) {
    answer->code = ResultCode::kRatingFailed;
    answer->failed_field = "multiple_services_credit_control.model";
    answer->message =
        service.model.empty()
            ? "expected the model, since the rating group is new in this session"
            : Cat("revision ", revision_->view.revision, " of the catalogue has no model '",
                  service.model.substr(0, kModelNameLengthMax), "'");
    outcome->unrated = service.has_used;
    return true;
  }
  if (const auto index = revision_->tariff->FindModel(outcome->model)) {
    outcome->provider = revision_->tariff->model_provider(*index);
  }
  if (!service.has_used) return true;
  Pots pots = CollectPots(*account_, shard_.revisions(), *revision_, outcome->model,
                          outcome->context, movements_);
  const std::vector<Carry>& carries = carries_changed_ ? carries_ : account_->carries;
  const bool first = outcome->counts_request && UsesAnything(service.used);
  Quantities used = service.used;
  if (first) AddRequest(pots, &used);
  const rating::RateOutcome rated = rating::Charge(used, pots.pots, carries, &outcome->lines);
  if (rated == rating::RateOutcome::kNotSold) {
    answer->code = ResultCode::kRatingFailed;
    answer->failed_field = "multiple_services_credit_control.used_service_unit";
    answer->message =
        "nothing that the account has bought sells this: the use is recorded without a charge";
    outcome->unrated = true;
    return true;
  }
  if (rated == rating::RateOutcome::kOverflow || !TakeCharges(outcome->lines, &pots, &movements_))
    return false;
  if (first) outcome->counts_request = false;
  outcome->sources = pots.sources;
  if (request_.services.size() > 1) {
    carries_ = WithLines(carries, outcome->lines);
    carries_changed_ = true;
  }
  answer->overshoot = grant != nullptr && UsedBeyond(service.used, grant->granted);
  for (const rating::ChargeLine& line : outcome->lines) {
    const bool money = pots.sources[line.pot].unit.is_money();
    int64_t& sum = money ? answer->charged_micros : answer->drawn;
    if (__builtin_add_overflow(sum, line.amount, &sum)) return false;
    answer->overshoot = answer->overshoot || line.overshoot;
  }
  return !__builtin_add_overflow(charged_micros_, answer->charged_micros, &charged_micros_);
}

void Charging::HoldRequested(const ServiceRequest& service, ServiceAnswer* answer,
                             ServiceOutcome* outcome) {
  if (!service.requests_quota || answer->code != ResultCode::kSuccess) return;
  Quantities requested = service.requested;
  if (requested.empty()) {
    requested.push_back(
        {.kind = TokenKind::kOutput, .quantity = shard_.options().default_grant_tokens});
  }
  Pots pots = CollectPots(*account_, shard_.revisions(), *revision_, outcome->model,
                          outcome->context, movements_);
  // What has ended cannot be promised anew.
  for (size_t i = 0; i < pots.pots.size(); ++i) {
    if (pots.sources[i].ended) pots.pots[i].available = 0;
  }
  const size_t stated = requested.size();
  if (outcome->counts_request) AddRequest(pots, &requested);
  const bool added = requested.size() != stated;
  rating::HoldResult held = rating::Hold(requested, pots.pots);
  if (added) RemoveKind(TokenKind::kRequest, &held.granted);
  switch (held.outcome) {
    case rating::HoldResult::Outcome::kNothing:
      answer->code = ResultCode::kCreditLimitReached;
      answer->message = "the balance does not cover the request";
      return;
    case rating::HoldResult::Outcome::kStopped:
      answer->code = ResultCode::kCreditLimitReached;
      answer->message = "the price sells nothing more until its window ends";
      return;
    case rating::HoldResult::Outcome::kNotSold:
      answer->code = ResultCode::kRatingFailed;
      answer->failed_field = "multiple_services_credit_control.requested_service_unit";
      answer->message =
          Cat("nothing that the account has bought sells this use of '", outcome->model, "'");
      return;
    case rating::HoldResult::Outcome::kOverflow:
      answer->code = ResultCode::kUnableToComply;
      answer->message = "an amount would not fit";
      return;
    case rating::HoldResult::Outcome::kGrantedPartly:
      answer->final_unit = FinalUnitAction::kTerminate;
      break;
    case rating::HoldResult::Outcome::kGranted:
      break;
  }
  for (const rating::HoldLine& line : held.holds) {
    if (line.amount == 0) continue;
    const BucketId bucket = pots.sources[line.pot].bucket;
    MovementOf(movements_, bucket).held += line.amount;
    outcome->holds.push_back({.bucket = bucket, .amount = line.amount});
  }
  outcome->sets_grant = true;
  answer->has_grant = true;
  answer->granted = held.granted;
  answer->validity_seconds = shard_.options().validity_seconds;
}

Pots Charging::PotsOf(const ServiceRequest& service, std::string_view model) const {
  const rating::UseContext context =
      ContextOf(request_, service, *account_, FindGrant(session_, service.rating_group), at_);
  return CollectPots(*account_, shard_.revisions(), *revision_, model, context, movements_);
}

void Charging::DecideInitial() {
  bool any = false;
  for (const ServiceRequest& service : request_.services) {
    ServiceAnswer& answer = answer_->services.emplace_back();
    answer.rating_group = service.rating_group;
    ServiceOutcome& outcome = outcomes_.emplace_back();
    OCS_CHECK(
        ChargeUsed(service, &answer, &outcome));  // Nothing is used yet: nothing can overflow.
    HoldRequested(service, &answer, &outcome);
    any = any || answer.code == ResultCode::kSuccess;
  }
  if (any) return Commit(EntryKind::kSessionOpened);
  // No service can be had: no session (CC-45).
  const ServiceAnswer first = answer_->services.front();
  RefuseRecorded(first.code, first.failed_field, first.message);
}

void Charging::DecideUpdate() {
  for (const ServiceRequest& service : request_.services) {
    ServiceAnswer& answer = answer_->services.emplace_back();
    answer.rating_group = service.rating_group;
    if (!ChargeUsed(service, &answer, &outcomes_.emplace_back())) {
      return RefuseRecorded(ResultCode::kUnableToComply, "used_service_unit",
                            "an amount would not fit");
    }
  }
  // Only now, when all that was used is charged, is it known what can be promised.
  for (size_t i = 0; i < request_.services.size(); ++i) {
    HoldRequested(request_.services[i], &answer_->services[i], &outcomes_[i]);
  }
  Commit(EntryKind::kSessionUpdated);
}

void Charging::DecideTermination() {
  for (const ServiceRequest& service : request_.services) {
    ServiceAnswer& answer = answer_->services.emplace_back();
    answer.rating_group = service.rating_group;
    if (!ChargeUsed(service, &answer, &outcomes_.emplace_back())) {
      return RefuseRecorded(ResultCode::kUnableToComply, "used_service_unit",
                            "an amount would not fit");
    }
  }
  for (const Grant& grant :
       session_->grants) {  // Of rating groups that the request does not touch.
    const bool touched = std::any_of(request_.services.begin(), request_.services.end(),
                                     [&](const ServiceRequest& s) {
                                       return s.rating_group == grant.rating_group && Touches(s);
                                     });
    if (!touched) ReleaseHolds(grant, &movements_);
  }
  Commit(EntryKind::kSessionTerminated);
}

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

void Charging::DecideDirectDebit() {
  for (const ServiceRequest& asked : request_.services) {
    ServiceRequest service = asked;  // What is asked for is what is debited (RFC 8506 section 6.2).
    if (!service.has_used) service.used = service.requested;
    service.has_used = true;
    ServiceAnswer& answer = answer_->services.emplace_back();
    answer.rating_group = service.rating_group;
    ServiceOutcome& outcome = outcomes_.emplace_back();
    const std::string_view model = ModelOf(service);
    if (!model.empty()) {
      const Pots pots = PotsOf(service, model);
      Quantities used = service.used;
      if (UsesAnything(used)) AddRequest(pots, &used);
      const rating::HoldResult held = rating::Hold(used, pots.pots);
      if (held.outcome == rating::HoldResult::Outcome::kNothing ||
          held.outcome == rating::HoldResult::Outcome::kStopped ||
          held.outcome == rating::HoldResult::Outcome::kGrantedPartly) {
        return RefuseRecorded(ResultCode::kCreditLimitReached, "",
                              "the balance does not cover the debit");
      }
    }
    if (!ChargeUsed(service, &answer, &outcome)) {
      return RefuseRecorded(ResultCode::kUnableToComply, "used_service_unit",
                            "an amount would not fit");
    }
    if (answer.code != ResultCode::kSuccess) {  // All of it or nothing (PRODUCTS E14).
      const ServiceAnswer failed = answer;
      return RefuseRecorded(failed.code, failed.failed_field,
                            "nothing that the account has bought sells this");
    }
    answer.has_grant = true;
    answer.granted = service.used;
  }
  Commit(EntryKind::kEventCharged);
}

void Charging::DecideEnquiry(RequestedAction action) {
  bool enough = true;
  int64_t calls = std::numeric_limits<int64_t>::max();
  for (const ServiceRequest& asked : request_.services) {
    ServiceAnswer& answer = answer_->services.emplace_back();
    answer.rating_group = asked.rating_group;
    const Quantities& quantities = asked.requested.empty() ? asked.used : asked.requested;
    ServiceRequest service = asked;
    service.used = quantities;
    service.has_used = true;
    const std::string_view model = ModelOf(service);
    if (!model.empty()) {
      const Pots pots = PotsOf(service, model);
      Quantities used = quantities;
      if (UsesAnything(used)) AddRequest(pots, &used);
      enough =
          enough && rating::Hold(used, pots.pots).outcome == rating::HoldResult::Outcome::kGranted;
      calls = std::min(calls, rating::AffordableCalls(used, pots.pots, kQuantityMax));
    }
    ServiceOutcome outcome;
    if (!ChargeUsed(service, &answer, &outcome)) {
      return Refuse(ResultCode::kUnableToComply, "requested_service_unit",
                    "an amount would not fit");
    }
    if (answer.code != ResultCode::kSuccess) {
      const ServiceAnswer failed = answer;
      return Refuse(failed.code, failed.failed_field,
                    "nothing that the account has bought sells this");
    }
    answer.granted = quantities;
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

void Charging::Refuse(ResultCode code, std::string_view field, std::string message) {
  answer_->services.clear();
  answer_->code = code;
  answer_->failed_field = std::string(field);
  answer_->message = std::move(message);
  shard_.CountResult(code);
}

void Charging::RefuseRecorded(ResultCode code, std::string_view field, std::string message) {
  Refuse(code, field, std::move(message));
  balance::EntryBuilder& entry = shard_.entry();
  entry.Begin(EntryKind::kRefused, account_->id);
  WriteKey();
  NoteNumber();
  EncodeAnswer(*answer_, entry.answer());
  shard_.Append(account_);
}

void Charging::WriteKey() {
  balance::EntryBuilder& entry = shard_.entry();
  entry.SetKey({.type = balance::EntryKey::Type::kRequest,
                .text = request_.session_id,
                .number = request_.number});
  entry.SetFingerprint(fingerprint_);
  entry.SetSessionPrevious(session_previous_);
}

void Charging::NoteNumber() {
  // So that a repeat looks for this answer.
  const Session* open = account_->FindSession(request_.session_id);
  if (open == nullptr) return;
  shard_.entry().ReportSession({.number_max = std::max(open->number_max, request_.number),
                                .record_sequence = open->record_sequence,
                                .reported_at = open->reported_at,
                                .ends_at = open->ends_at,
                                .cost_micros = open->cost_micros});
}

}  // namespace ocs::engine
