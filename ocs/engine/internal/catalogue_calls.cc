// Publishing a catalogue: checked and compiled before the shard is bothered, in force or proposed
// once it is durable.

#include <algorithm>
#include <string>
#include <utility>

#include "ocs/base/bytes.h"
#include "ocs/base/limits.h"
#include "ocs/base/text.h"
#include "ocs/engine/internal/catalogue_text.h"
#include "ocs/engine/internal/change.h"
#include "ocs/engine/internal/engine_state.h"
#include "ocs/engine/internal/publishing.h"
#include "ocs/engine/internal/shard.h"
#include "ocs/engine/operation.h"

namespace ocs::engine {

bool PublishCatalogueCall::Prepare(Engine& engine) {
  engine_ = &engine;
  if (copy_of != 0 && !TakeCopy()) return false;
  if (text.size() > static_cast<size_t>(kCatalogueBytesMax)) {
    return FailField(this, "text",
                     Cat("has ", text.size(), " bytes, expected at most ", kCatalogueBytesMax));
  }
  // Compiled with the number that it will get, if nobody else publishes meanwhile.
  const uint32_t number = engine.state_->registry.snapshot()->last_number() + 1;
  ParsedRevision parsed =
      ParseRevision(text, file_name, number, engine.state_->options.compiled.get());
  diagnostics = std::move(parsed.diagnostics);
  if (!diagnostics.empty()) {
    return FailField(
        this, "text",
        Cat("the catalogue has ", diagnostics.size(), " faults, the first: ", diagnostics[0]));
  }
  compiled_ = std::move(parsed.revision);
  return CheckSimulation();
}

// Takes the text of the revision that is published again, and what was simulated of it.
bool PublishCatalogueCall::TakeCopy() {
  if (!text.empty()) return FailField(this, "text", "is given, and so is a revision to copy");
  const auto snapshot = engine_->state_->registry.snapshot();
  const Revision* old = snapshot->Find(copy_of);
  if (old == nullptr) {
    return RefuseField(this, "revision", absl::StatusCode::kNotFound,
                       Cat("there is no revision ", copy_of));
  }
  text = old->text;
  if (simulation.bytes.empty())
    simulation = {.bytes = old->simulation, .text_sha256 = old->view.text_sha256};
  return true;
}

bool PublishCatalogueCall::CheckSimulation() {
  if (simulation.bytes.empty()) return true;
  if (simulation.bytes.size() > static_cast<size_t>(kSimulationResultBytesMax)) {
    return FailField(this, "simulation.result",
                     Cat("has ", simulation.bytes.size(), " bytes, expected at most ",
                         kSimulationResultBytesMax));
  }
  if (simulation.text_sha256 != compiled_->view.text_sha256) {
    return FailField(this, "simulation.catalogue_sha256",
                     Cat("is of another text: this one's is ", compiled_->view.text_sha256));
  }
  Attach(simulation.bytes, compiled_.get());
  return true;
}

// What the policy and the revisions that there are ask of it.
bool PublishCatalogueCall::CheckPolicy(Instant effective, Instant now) {
  const PublishingPolicy& policy = engine_->state_->options.publishing;
  if (policy.second_approval && !CheckWhoAndWhy(this, change)) return false;
  if (policy.simulation_required && simulation.bytes.empty())
    return RefuseField(this, "simulation", absl::StatusCode::kFailedPrecondition,
                       "is required on this server: attach the result of one of this text");
  // A proposal is looked at again when it is approved; told now, nobody waits in vain.
  return CheckOrder(this, engine_->state_->decided, effective, now);
}

void PublishCatalogueCall::Execute(Shard& shard) {
  if (!CheckChange(this, change)) return;
  const Instant now = shard.logged_at();
  ChangeRecord record(shard, change, kCataloguePartition,
                      engine_->state_->options.publishing.second_approval
                          ? balance::EntryKind::kCatalogueProposed
                          : balance::EntryKind::kCataloguePublished,
                      {{"text", text},
                       {"effective_from", effective_from ? Cat(effective_from->unix_ms) : ""},
                       {"revision", Cat(copy_of)},
                       {"simulation", simulation.bytes}});
  const auto read = [&](ByteReader& in) {
    revision = static_cast<uint32_t>(in.Varint());
    in.Signed();
    if (!in.done()) expires_at = Instant{in.Signed()};
    compiled_ = nullptr;  // It is there already.
  };
  const bool proposes = engine_->state_->options.publishing.second_approval;
  if (proposes) decision = RevisionDecision::kProposed;
  if (record.Repeats(this, read)) {
    if (!status.ok()) compiled_ = nullptr;
    return;
  }
  if (!CheckPolicy(effective_from.value_or(now), now)) {
    compiled_ = nullptr;
    return;
  }

  // Past this line the command cannot fail.
  std::vector<RevisionView>& decided = engine_->state_->decided;
  RevisionView& view = compiled_->view;
  // Revisions that are decided but not yet durable count too.
  view.revision = revision = static_cast<uint32_t>(decided.size() + 1);
  view.decision = decision;
  view.effective_from = effective_from.value_or(proposes ? Instant{0} : now);
  view.published_at = now;
  view.published_by = change.actor;
  view.reason = change.reason;
  view.copy_of = copy_of;
  if (proposes)
    view.expires_at = now.PlusSeconds(engine_->state_->options.publishing.proposal_seconds_max);
  expires_at = view.expires_at;
  balance::EntryBuilder& entry = record.Begin(AccountId{});
  entry.Attach(balance::AttachmentType::kCatalogue)->append(text);
  if (!simulation.bytes.empty())
    entry.Attach(balance::AttachmentType::kSimulation)->append(simulation.bytes);
  ByteWriter answer(entry.answer());
  answer.Varint(revision);
  answer.Signed(view.effective_from.unix_ms);
  answer.Signed(view.expires_at.unix_ms);
  compiled_->entry = shard.Append(nullptr);
  WriteRevisionRow(*compiled_, shard.book().derived());
  decided.push_back(view);
}

void PublishCatalogueCall::Durable() noexcept {
  if (compiled_ == nullptr || !status.ok()) return;
  const uint32_t number = compiled_->view.revision;
  if (!compiled_->published()) {
    compiled_->tariff = nullptr;
  } else if (compiled_->tariff->revision() != number) {
    compiled_->tariff = CompileRevision(text, number);
  }
  engine_->state_->registry.Add(std::move(compiled_));
}

}  // namespace ocs::engine
