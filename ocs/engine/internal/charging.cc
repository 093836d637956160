#include "ocs/engine/internal/charging.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "ocs/base/check.h"
#include "ocs/base/exact.h"
#include "ocs/base/limits.h"
#include "ocs/base/text.h"
#include "ocs/engine/internal/change.h"
#include "ocs/engine/internal/context.h"
#include "ocs/engine/internal/demands.h"
#include "ocs/engine/internal/life.h"
#include "ocs/engine/internal/request_form.h"

namespace ocs::engine {
namespace {

using balance::EntryKind;
using balance::Grant;
using balance::Movement;
using balance::Session;

// Something that a decision rests on is due: a bucket's end or refill, a cycle, a change of state.
// Sessions that end are the tick's work.
bool HasDueWork(const balance::Account& account, Instant now) {
  for (const balance::Bucket& bucket : account.buckets) {
    if (bucket.refills_at <= now) return true;
    if (bucket.valid_until <= now && (bucket.available != 0 || bucket.held == 0)) return true;
  }
  for (const balance::Subscription& subscription : account.subscriptions) {
    if (balance::DueOf(subscription) <= now) return true;
  }
  return !account.dated_changes.empty() && account.dated_changes.front().at <= now;
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

void Charging::Decide(Operation* call) {
  if (!PassesForm() || !FindPayer(call)) return;
  NoteOrigin(*call);
  if (shard_.stopped() || !IsNew() || !FindSession() || !FindRevision()) return;
  if (late_session_) return DecideLate();
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

bool Charging::FindPayer(Operation* call) {
  at_ = request_.event_time.value_or(shard_.logged_at());
  const AccountId id = request_.account.valid() ? request_.account
                                                : shard_.FindIdentity(request_.subscriber.type,
                                                                      request_.subscriber.data);
  if (shard_.stopped()) return false;
  account_ = id.valid() ? shard_.FindAccount(id) : nullptr;
  if (account_ != nullptr && !MayReach(call, *account_)) account_ = nullptr;
  if (shard_.stopped()) return false;
  if (account_ == nullptr) {
    Refuse(ResultCode::kUserUnknown, "subscription_id", "no account has this identity or id");
    return false;
  }
  answer_->currency = account_->currency;
  return true;
}

void Charging::NoteOrigin(const Operation& call) {
  const bool stated = request_.origin_state_id != 0 && !request_.origin_host.empty();
  if (stated) {
    shard_.NoteOrigin(call.caller_tenant, request_.origin_host, request_.origin_state_id);
    origin_known_ = shard_.origins().KnownOf(call.caller_tenant, request_.origin_host);
  }
  if (shard_.ends_lost()) EndLostSessions(shard_, account_);
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
  if (HasDueWork(*account_, shard_.logged_at())) DoDueWork(shard_, account_);
  session_ =
      request_.type == RequestType::kEvent ? nullptr : account_->FindSession(request_.session_id);
  const bool needs_session =
      request_.type == RequestType::kUpdate || request_.type == RequestType::kTermination;
  if (needs_session && session_ == nullptr && FindLateSession()) return true;
  if (shard_.stopped()) return false;
  FindNode();
  FindDemand();
  if (!barred_.empty() && (session_ == nullptr || request_.type == RequestType::kInitial)) {
    RefuseRecorded(ResultCode::kEndUserServiceDenied, "subscription_id", barred_);
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
    if (request_.origin_state_id != 0 && request_.origin_state_id < origin_known_) {
      RefuseRecorded(ResultCode::kUnableToComply, "origin_state_id",
                     Cat("is ", request_.origin_state_id, ": this gateway was restarted with ",
                         origin_known_, ", and who comes from before that begins nothing"));
      return false;
    }
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
  if (needs_session && session_ == nullptr) {
    RefuseRecorded(ResultCode::kUnknownSessionId, "session_id",
                   "no such session is open: what it used is not charged; report it as an event "
                   "with direct debiting");
    return false;
  }
  return true;
}

void Charging::FindDemand() {
  const balance::Demand* demand = session_ == nullptr || account_->demands.empty()
                                      ? nullptr
                                      : account_->FindDemand(session_->id);
  if (demand == nullptr) return;
  answers_demand_ = AnswersDemand(*demand, request_);
  if (demand->kind == balance::DemandKind::kAbort && barred_.empty())
    barred_ = "the session is to be aborted";
}

void Charging::FindNode() {
  if (account_->state != balance::AccountState::kActive) {
    barred_ = Cat("the account is ", balance::AccountStateName(account_->state));
    return;
  }
  if (account_->nodes.empty()) return;
  if (session_ != nullptr) {
    node_ = session_->node;
  } else if (!request_.account.valid()) {
    const balance::AccountIdentity* identity = account_->FindIdentity(
        static_cast<uint8_t>(request_.subscriber.type), request_.subscriber.data);
    if (identity != nullptr) node_ = identity->node;
  }
  for (const balance::NodeId id : account_->PathOf(node_)) {
    const balance::Node* node = account_->FindNode(id);
    if (node == nullptr || node->state == balance::AccountState::kActive) continue;
    barred_ = Cat(balance::NodeKindName(node->kind), " '", NodePath(*account_, id), "' is ",
                  balance::AccountStateName(node->state));
    return;
  }
}

bool Charging::FindRevision() {
  revision_ = session_ != nullptr ? shard_.revisions().ForSession(session_->revision, at_)
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

void Charging::DecideInitial() {
  bool any = false;
  for (const ServiceRequest& service : request_.services) {
    ServiceAnswer& answer = answer_->services.emplace_back();
    answer.rating_group = service.rating_group;
    ServiceOutcome& outcome = outcomes_.emplace_back();
    // Nothing is used yet: nothing can overflow.
    OCS_CHECK(ChargeUsed(service, CallPart::kGoesOn, &answer, &outcome));
    HoldRequested(service, &answer, &outcome);
    any = any || answer.code == ResultCode::kSuccess;
  }
  if (any) return Commit(EntryKind::kSessionOpened);
  // No service can be had: no session, or one that waits for credit (CC-45).
  const bool short_of_credit =
      std::all_of(answer_->services.begin(), answer_->services.end(),
                  [](const ServiceAnswer& a) { return a.code == ResultCode::kCreditLimitReached; });
  if (shard_.options().credit.opens_without_credit && short_of_credit)
    return Commit(EntryKind::kSessionOpened);
  RefuseService(answer_->services.front());
}

void Charging::DecideUpdate() {
  for (const ServiceRequest& service : request_.services) {
    ServiceAnswer& answer = answer_->services.emplace_back();
    answer.rating_group = service.rating_group;
    if (!ChargeUsed(service, CallPart::kGoesOn, &answer, &outcomes_.emplace_back())) {
      return RefuseRecorded(ResultCode::kUnableToComply, "used_service_unit",
                            "an amount would not fit");
    }
  }
  SettlePools();
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
    if (!ChargeUsed(service, CallPart::kEnds, &answer, &outcomes_.emplace_back())) {
      return RefuseRecorded(ResultCode::kUnableToComply, "used_service_unit",
                            "an amount would not fit");
    }
  }
  for (const Grant& grant : session_->grants) {  // Of rating groups that the request leaves out.
    const bool there =
        std::any_of(request_.services.begin(), request_.services.end(),
                    [&](const ServiceRequest& s) { return s.rating_group == grant.rating_group; });
    if (there) continue;
    ServiceRequest& service = implied_.emplace_back();
    service.rating_group = grant.rating_group;
    ServiceAnswer unseen;
    if (!ChargeUsed(service, CallPart::kEnds, &unseen, &outcomes_.emplace_back())) {
      return RefuseRecorded(ResultCode::kUnableToComply, "used_service_unit",
                            "an amount would not fit");
    }
    if (!outcomes_.back().lines.empty()) continue;
    outcomes_.pop_back();
    implied_.pop_back();
  }
  Commit(EntryKind::kSessionTerminated);
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
  RecordRefusal();
}

void Charging::RecordRefusal() {
  balance::EntryBuilder& entry = shard_.entry();
  entry.Begin(EntryKind::kRefused, account_->id);
  WriteKey();
  NoteNumber();
  EncodeAnswer(*answer_, entry.answer());
  shard_.Append(account_);
}

void Charging::WriteKey() {
  balance::EntryBuilder& entry = shard_.entry();
  if (expires_) {
    entry.SetKey(
        {.type = balance::EntryKey::Type::kSession, .text = request_.session_id, .number = 0});
    entry.SetSessionPrevious(session_previous_);
    return;
  }
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
