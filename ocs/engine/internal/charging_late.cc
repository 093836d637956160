// Use that comes when its session is closed, and use that never comes.

#include <algorithm>
#include <utility>

#include "ocs/base/check.h"
#include "ocs/engine/internal/charging.h"

namespace ocs::engine {
namespace {

// How far back a closed session is read: more reports than that, and it is not known any more.
constexpr int kLateEntriesMax = 64;

// What an entry says of the session that is being put together, newest first: the first word
// counts. False for what is no entry of a session.
bool TakeFrom(const balance::StoredEntry& entry, bool* opened, balance::Session* session) {
  balance::EffectReader effects(entry.view.effects);
  bool any = false;
  bool reported = false;
  while (effects.Next()) {
    switch (effects.effect()) {
      case balance::Effect::kOpenSession:
        *opened = true;
        any = true;
        session->revision = effects.session().revision;
        session->opened_at = effects.session().opened_at;
        break;
      case balance::Effect::kReport:
        any = true;
        reported = session->reported_at == Instant{};
        if (reported) session->reported_at = effects.report().reported_at;
        break;
      case balance::Effect::kSetSessionNode:
        session->node = effects.node().id;
        break;
      case balance::Effect::kCloseSession:
        any = true;
        break;
      case balance::Effect::kSetGrant: {
        if (FindGrant(session, effects.grant().rating_group) != nullptr) break;
        balance::Grant grant = effects.grant();
        grant.holds.clear();
        grant.counter_holds.clear();
        session->grants.push_back(std::move(grant));
        break;
      }
      default:
        break;
    }
  }
  return any;
}

}  // namespace

bool Charging::FindLateSession() {
  const EngineOptions& options = shard_.options();
  if (options.late_use != LateUse::kCharged || !session_previous_.valid()) return false;
  const bool reports = std::any_of(request_.services.begin(), request_.services.end(),
                                   [](const ServiceRequest& s) { return s.has_used; });
  if (!reports) return false;
  balance::Session session;
  session.id = request_.session_id;
  bool opened = false;
  Position at = session_previous_;
  for (int i = 0; i < kLateEntriesMax && at.valid() && !opened; ++i) {
    auto entry = shard_.book().ReadEntry(at);
    if (absl::IsNotFound(entry.status())) return false;  // Trimmed away.
    if (!entry.ok()) return shard_.Stop(entry.status()), false;
    if ((*entry)->view.account != account_->id) return false;
    // What it held was charged in the place of what would come now.
    const bool expired = (*entry)->view.kind == balance::EntryKind::kSessionExpired;
    if (expired && options.lost_use == LostUse::kChargedHeld) return false;
    TakeFrom(**entry, &opened, &session);
    at = (*entry)->view.session_previous;
  }
  if (!opened || shard_.revisions().Find(session.revision) == nullptr) return false;
  session.reported_at = std::max(session.reported_at, session.opened_at);
  // As of an open session: a time that cannot be right is that of the arrival.
  const Instant now = shard_.logged_at();
  if (at_ < now.PlusSeconds(-options.event_time_past_max_seconds) ||
      at_ > now.PlusSeconds(options.event_time_ahead_max_seconds)) {
    at_ = now;
  }
  late_session_ = std::move(session);
  session_ = &*late_session_;
  node_ = session_->node;
  return true;
}

void Charging::DecideLate() {
  for (const ServiceRequest& service : request_.services) {
    ServiceAnswer& answer = answer_->services.emplace_back();
    answer.rating_group = service.rating_group;
    if (!ChargeUsed(service, CallPart::kEnds, &answer, &outcomes_.emplace_back())) {
      return RefuseRecorded(ResultCode::kUnableToComply, "used_service_unit",
                            "an amount would not fit");
    }
    // It asks for quota of a session that is closed.
    if (service.requests_quota && answer.code == ResultCode::kSuccess &&
        request_.type == RequestType::kUpdate) {
      answer.code = ResultCode::kEndUserServiceDenied;
      answer.message = "the session is closed: what was used is charged, nothing is granted";
    }
  }
  Commit(balance::EntryKind::kEventCharged);
}

bool Charging::ChargeLost(balance::Account* account, const balance::Session& session) {
  expires_ = true;
  account_ = account;
  session_ = account->FindSession(session.id);
  OCS_CHECK(session_ != nullptr);
  session_previous_ = session_->last;
  node_ = session_->node;
  at_ = std::clamp(session_->ends_at, session_->reported_at,
                   std::max(shard_.logged_at(), session_->reported_at));
  revision_ = shard_.revisions().ForSession(session_->revision, at_);
  OCS_CHECK(revision_ != nullptr);
  answer_->currency = account->currency;
  for (const ServiceRequest& service : request_.services) {
    ServiceAnswer& answer = answer_->services.emplace_back();
    if (!ChargeUsed(service, CallPart::kEnds, &answer, &outcomes_.emplace_back())) return false;
  }
  for (const balance::Grant& grant : session_->grants) {
    const bool there =
        std::any_of(request_.services.begin(), request_.services.end(),
                    [&](const ServiceRequest& s) { return s.rating_group == grant.rating_group; });
    if (!there) TakeBack(grant);
  }
  return TryCommit(balance::EntryKind::kSessionExpired);
}

}  // namespace ocs::engine
