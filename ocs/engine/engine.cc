#include "ocs/engine/engine.h"

#include <algorithm>
#include <utility>

#include "ocs/base/check.h"
#include "ocs/base/hash.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "ocs/engine/internal/catalogue_text.h"
#include "ocs/engine/internal/engine_state.h"

namespace ocs::engine {

Engine::Engine(std::unique_ptr<State> state) : state_(std::move(state)) {}
Engine::~Engine() = default;

absl::StatusOr<std::unique_ptr<Engine>> Engine::Open(const EngineOptions& options,
                                                     std::vector<ShardResources> shards,
                                                     const Clock* clock) {
  if (shards.size() != 1) {
    return absl::UnimplementedError("this release works with one shard: configure one");
  }
  if (options.journal_retention_seconds < options.event_retention_seconds ||
      options.journal_retention_seconds < options.answer_retention_seconds) {
    return absl::InvalidArgumentError(
        "journal_retention_seconds: must not be less than answer_retention_seconds and "
        "event_retention_seconds: recorded answers stand in the journal");
  }
  std::unique_ptr<Engine> engine(new Engine(std::make_unique<State>()));
  State& state = *engine->state_;
  state.options = options;
  state.clock = clock;
  OCS_ASSIGN_OR_RETURN(const auto revisions, LoadRevisions(*shards.front().store));
  for (const auto& revision : revisions) state.registry.Add(revision);
  for (const auto& revision : revisions) state.decided.push_back(revision->view);
  for (size_t i = 0; i < shards.size(); ++i) {
    Shard::Context context{.id = ShardId{static_cast<uint16_t>(i)},
                           .options = &state.options,
                           .resources = shards[i],
                           .clock = clock,
                           .catalogue = &state.registry,
                           .on_stopped = [&state](const absl::Status& why) {
                             std::function<void(const absl::Status&)> callback;
                             {
                               absl::MutexLock lock(&state.mutex);
                               callback = state.on_stopped;
                             }
                             if (callback) callback(why);
                           }};
    OCS_ASSIGN_OR_RETURN(std::unique_ptr<Shard> shard, Shard::Open(std::move(context)));
    state.shards.push_back(std::move(shard));
  }
  return engine;
}

void Engine::Submit(Operation* operation) {
  if (!operation->Prepare(*this)) {
    operation->Done();
    return;
  }
  state_->shards.front()->Submit(operation);
}

void Engine::Tick() {
  for (const auto& shard : state_->shards) shard->Tick();
}

void Engine::Drain(std::function<void()> done) {
  auto left = std::make_shared<std::atomic<size_t>>(state_->shards.size());
  for (const auto& shard : state_->shards) {
    shard->Drain([left, done] {
      if (left->fetch_sub(1) == 1) done();
    });
  }
}

absl::Status Engine::health() const {
  for (const auto& shard : state_->shards) OCS_RETURN_IF_ERROR(shard->health());
  return absl::OkStatus();
}

void Engine::OnStopped(std::function<void(const absl::Status&)> callback) {
  absl::MutexLock lock(&state_->mutex);
  state_->on_stopped = std::move(callback);
}

int Engine::shard_count() const { return static_cast<int>(state_->shards.size()); }

ShardStatistics Engine::statistics(ShardId shard) const {
  OCS_CHECK(shard.value < state_->shards.size());
  return state_->shards[shard.value]->statistics();
}

std::vector<RevisionView> Engine::revisions() const {
  std::vector<RevisionView> views;
  const auto snapshot = state_->registry.snapshot();
  const Instant now = state_->clock->Now();
  for (const auto& revision : snapshot->all()) {
    views.push_back(revision->view);
    views.back().state = snapshot->StateOf(*revision, now);
  }
  return views;
}

absl::StatusOr<std::string> Engine::revision_text(uint32_t revision) const {
  const auto snapshot = state_->registry.snapshot();
  const Revision* found = snapshot->Find(revision);
  if (found == nullptr) return absl::NotFoundError(Cat("there is no revision ", revision));
  return found->text;
}

absl::StatusOr<std::string> Engine::revision_simulation(uint32_t revision) const {
  const auto snapshot = state_->registry.snapshot();
  const Revision* found = snapshot->Find(revision);
  if (found == nullptr) return absl::NotFoundError(Cat("there is no revision ", revision));
  return found->simulation;
}

absl::StatusOr<CatalogueCheck> Engine::CheckCatalogue(std::string_view text,
                                                      std::string_view file_name,
                                                      std::optional<uint32_t> compare_with) const {
  const auto snapshot = state_->registry.snapshot();
  const Revision* before =
      compare_with ? snapshot->Find(*compare_with) : snapshot->EffectiveAt(state_->clock->Now());
  if (before == nullptr && compare_with) {
    return absl::NotFoundError(Cat("compare_with: there is no revision ", *compare_with));
  }
  return CompareTexts(text, file_name, before);
}

}  // namespace ocs::engine
