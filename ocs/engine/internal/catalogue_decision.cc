// Approving, rejecting and cancelling a catalogue revision.

#include <algorithm>
#include <string>
#include <utility>

#include "ocs/base/bytes.h"
#include "ocs/base/text.h"
#include "ocs/engine/catalogue_operation.h"
#include "ocs/engine/internal/catalogue_text.h"
#include "ocs/engine/internal/change.h"
#include "ocs/engine/internal/engine_state.h"
#include "ocs/engine/internal/publishing.h"
#include "ocs/engine/internal/shard.h"

namespace ocs::engine {
namespace {

using Action = DecideRevisionCall::Action;

bool Refuse(Operation* call, std::string_view why) {
  return RefuseField(call, "revision", absl::StatusCode::kFailedPrecondition, why);
}

balance::EntryKind KindOf(Action action) {
  if (action == Action::kApprove) return balance::EntryKind::kCatalogueApproved;
  return action == Action::kReject ? balance::EntryKind::kCatalogueRejected
                                   : balance::EntryKind::kCatalogueCancelled;
}

RevisionDecision DecisionOf(Action action) {
  if (action == Action::kApprove) return RevisionDecision::kPublished;
  return action == Action::kReject ? RevisionDecision::kRejected : RevisionDecision::kCancelled;
}

std::string_view DecisionWord(RevisionDecision decision) {
  constexpr std::string_view kWords[] = {"", "published", "proposed", "rejected", "cancelled"};
  return kWords[static_cast<size_t>(decision)];
}

}  // namespace

bool CheckWhoAndWhy(Operation* call, const Change& change) {
  if (change.actor.empty()) return FailField(call, "actor", "is missing: expected who decides it");
  if (change.reason.empty()) return FailField(call, "reason", "is missing: expected why");
  return true;
}

bool CheckOrder(Operation* call, const std::vector<RevisionView>& decided, Instant effective,
                Instant now) {
  for (const RevisionView& other : decided) {
    if (other.decision != RevisionDecision::kPublished) continue;
    if (other.effective_from <= now || other.effective_from <= effective) continue;
    return RefuseField(call, "effective_from", absl::StatusCode::kFailedPrecondition,
                       Cat("is before that of revision ", other.revision,
                           ", which is pending and would never be in force: cancel it, or take a "
                           "later time"));
  }
  return true;
}

bool DecideRevisionCall::Prepare(Engine& engine) {
  engine_ = &engine;
  const auto snapshot = engine.state_->registry.snapshot();
  const Revision* found = snapshot->Find(revision);
  if (found == nullptr) return true;  // Refused in its turn.
  decided_ = std::make_shared<Revision>(*found);
  // Compiled before the shard is bothered; in vain when it is refused, which is rare.
  if (action == Action::kApprove && found->view.decision == RevisionDecision::kProposed)
    decided_->tariff = CompileRevision(found->text, revision);
  return true;
}

bool DecideRevisionCall::CheckProposal(const RevisionView& view, Instant now) {
  if (view.decision != RevisionDecision::kProposed)
    return Refuse(this, Cat("is ", DecisionWord(view.decision), " already, not proposed"));
  if (view.expires_at <= now) return Refuse(this, "has expired: propose its text again");
  return action == Action::kReject || CheckApproval(view, now);
}

bool DecideRevisionCall::CheckApproval(const RevisionView& view, Instant now) {
  if (view.published_by == change.actor)
    return Refuse(this, "must be approved by another person than who proposed it");
  const std::vector<RevisionView>& all = engine_->state_->decided;
  const auto later = std::find_if(all.begin() + view.revision, all.end(), [](const auto& other) {
    return other.decision == RevisionDecision::kPublished;
  });
  if (later != all.end()) {
    return Refuse(this, Cat("was proposed before revision ", later->revision,
                            " was published: check its text against that, and propose it again"));
  }
  if (engine_->state_->options.publishing.simulation_required && view.simulation_bytes == 0)
    return Refuse(this, "has no simulation, and this server requires one: propose it with one");
  return CheckOrder(this, all, std::max(now, view.effective_from), now);
}

bool DecideRevisionCall::CheckCancellation(const RevisionView& view, Instant now) {
  if (view.decision != RevisionDecision::kPublished)
    return Refuse(this, Cat("is ", DecisionWord(view.decision), ", not published"));
  if (view.effective_from <= now)
    return Refuse(this, "has been in force: roll back to the one before it instead");
  return true;
}

void DecideRevisionCall::Execute(Shard& shard) {
  const std::shared_ptr<Revision> prepared = std::exchange(decided_, nullptr);
  if (!CheckChange(this, change) || !CheckWhoAndWhy(this, change)) return;
  const Instant now = shard.logged_at();
  ChangeRecord record(shard, change, kCataloguePartition, KindOf(action),
                      {{"revision", Cat(revision)}});
  const auto read = [&](ByteReader& in) { effective_from = Instant{in.Signed()}; };
  if (record.Repeats(this, read)) return;
  if (prepared == nullptr) {
    RefuseField(this, "revision", absl::StatusCode::kNotFound,
                Cat("there is no revision ", revision));
    return;
  }
  RevisionView& view = engine_->state_->decided[revision - 1];
  // What was approved after this call was submitted is still a proposal to it: without the tariff.
  const RevisionView& seen =
      prepared->view.decision == RevisionDecision::kProposed && action == Action::kCancel
          ? prepared->view
          : view;
  const bool allowed =
      action == Action::kCancel ? CheckCancellation(seen, now) : CheckProposal(view, now);
  if (!allowed) return;

  // Past this line the command cannot fail.
  // Of a proposal that asked for a time that has passed: never in force before it was approved.
  if (action == Action::kApprove) view.effective_from = std::max(now, view.effective_from);
  view.decision = DecisionOf(action);
  view.decided_at = now;
  view.decided_by = change.actor;
  view.decided_reason = change.reason;
  effective_from = view.effective_from;
  decided_ = prepared;
  decided_->view = view;
  balance::EntryBuilder& entry = record.Begin(AccountId{});
  ByteWriter answer(entry.answer());
  answer.Signed(effective_from.unix_ms);
  answer.Varint(revision);
  shard.Append(nullptr);
  WriteRevisionRow(*decided_, shard.book().derived());
}

void DecideRevisionCall::Durable() noexcept {
  if (decided_ != nullptr) engine_->state_->registry.Replace(std::move(decided_));
}

}  // namespace ocs::engine
