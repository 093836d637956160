#include "ocs/engine/engine.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "balance/journal.h"
#include "ocs/base/check.h"
#include "ocs/base/hash.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "ocs/engine/internal/catalogue_text.h"
#include "ocs/engine/internal/engine_state.h"
#include "ocs/engine/internal/voucher_claims.h"

namespace ocs::engine {

Engine::Engine(std::unique_ptr<State> state) : state_(std::move(state)) {}
Engine::~Engine() = default;

absl::StatusOr<std::unique_ptr<Engine>> Engine::Open(const EngineOptions& options,
                                                     std::vector<ShardResources> shards,
                                                     const Clock* clock) {
  if (shards.empty() || shards.size() > static_cast<size_t>(balance::kShardsMax)) {
    return absl::InvalidArgumentError(
        Cat("shards: expected 1 to ", balance::kShardsMax, ", found ", shards.size()));
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
  OCS_RETURN_IF_ERROR(state.OpenMaps(shards));
  OCS_ASSIGN_OR_RETURN(const auto revisions,
                       LoadRevisions(*shards.front().store, options.compiled.get()));
  for (const auto& revision : revisions) state.registry.Add(revision);
  for (const auto& revision : revisions) state.decided.push_back(revision->view);
  for (size_t i = 0; i < shards.size(); ++i) {
    Shard::Context context{.id = ShardId{static_cast<uint16_t>(i)},
                           .options = &state.options,
                           .resources = shards[i],
                           .clock = clock,
                           .catalogue = &state.registry,
                           .on_stopped =
                               [&state](const absl::Status& why) {
                                 std::function<void(const absl::Status&)> callback;
                                 state.stopped = true;
                                 {
                                   absl::MutexLock lock(&state.mutex);
                                   callback = state.on_stopped;
                                 }
                                 if (callback) callback(why);
                               },
                           .on_demands =
                               [&state](const PendingDemands& demands) {
                                 std::function<void(const PendingDemands&)> callback;
                                 {
                                   absl::MutexLock lock(&state.mutex);
                                   callback = state.on_demands;
                                 }
                                 if (callback) callback(demands);
                               }};
    if (shards.size() > 1) {
      context.partitions = &state.partitions;
      context.go_on = [&state](Operation* operation, PartitionId partition) {
        state.GoOn(operation, partition);
      };
      context.begin = [&state](std::unique_ptr<OwnOperation> operation, PartitionId partition) {
        state.Begin(std::move(operation), partition);
      };
    }
    OCS_ASSIGN_OR_RETURN(std::unique_ptr<Shard> shard, Shard::Open(std::move(context)));
    state.shards.push_back(std::move(shard));
  }
  if (shards.size() > 1) OCS_RETURN_IF_ERROR(SettleVoucherClaims(*state.shards.front()));
  return engine;
}

absl::Status Engine::State::OpenMaps(const std::vector<ShardResources>& resources) {
  const int count = static_cast<int>(resources.size());
  std::optional<balance::ShardMap> made;
  std::vector<size_t> fresh;
  bool written = false;
  for (size_t i = 0; i < resources.size(); ++i) {
    const ShardId shard{static_cast<uint16_t>(i)};
    OCS_ASSIGN_OR_RETURN(auto map, balance::ReadShardMap(*resources[i].store, shard, count));
    if (!map) {
      fresh.push_back(i);
    } else if (made && *made != *map) {
      return absl::DataLossError(
          Cat("shard ", i, ": its map of partitions is not that of the shards before it"));
    } else {
      made = std::move(map);
    }
    OCS_ASSIGN_OR_RETURN(const balance::Head head, balance::ReadHead(*resources[i].store));
    written = written || head.group > 0;
  }
  partitions = made.value_or(balance::ShardMap::Even(count));
  if (count == 1) return absl::OkStatus();
  if (partitions.ShardOf(kCataloguePartition) != ShardId{0})
    return absl::DataLossError("the map of partitions has the first one not in shard 0");
  // All are marked before the first entry of any is written.
  if (written && !fresh.empty()) {
    return absl::DataLossError(Cat("shard ", fresh.front(), " is empty, though others are not: ",
                                   "its store was lost; restore all shards from a backup"));
  }
  for (const size_t i : fresh) {
    const ShardId shard{static_cast<uint16_t>(i)};
    OCS_RETURN_IF_ERROR(balance::MarkShard(resources[i].store, shard, partitions));
  }
  return absl::OkStatus();
}

void Engine::Submit(Operation* operation) {
  if (!operation->Prepare(*this)) {
    operation->Done();
    return;
  }
  if (state_->shards.size() == 1) return state_->shards.front()->Submit(operation);
  if (state_->stopped.load(std::memory_order_acquire)) {
    operation->status = health();
    operation->Done();
    return;
  }
  operation->on_its_way_ = false;
  operation->looked_up_ = false;
  operation->identified_ = {};
  operation->next_stop_.reset();
  PartitionId partition = operation->partition();
  if (const auto identity = operation->identity_wanted()) {
    partition =
        balance::Book::IdentityPartition(static_cast<uint8_t>(identity->type), identity->data);
  }
  const auto wanted = operation->shard_wanted();
  if (wanted && wanted->value < state_->shards.size())  // Else it is refused where it goes.
    return state_->shards[wanted->value]->Submit(operation);
  state_->ShardOf(partition).Submit(operation);
}

void Engine::State::GoOn(Operation* operation, PartitionId partition) {
  {
    absl::MutexLock lock(&crossings_mutex);
    if (holds > 0 && !stopping) {
      held.emplace_back(operation, partition);
      return;
    }
  }
  if (stopped.load(std::memory_order_acquire)) {
    operation->status = StoppingError();
    operation->Done();
    return;
  }
  ShardOf(partition).SubmitOnItsWay(operation);
}

void Engine::State::Begin(std::unique_ptr<OwnOperation> operation, PartitionId partition) {
  OwnOperation* begun = operation.get();
  begun->forget_ = [this](OwnOperation* done) { Forget(done); };
  {
    absl::MutexLock lock(&crossings_mutex);
    own.push_back(std::move(operation));
  }
  GoOn(begun, partition);
}

void Engine::State::Forget(OwnOperation* operation) {
  std::unique_ptr<OwnOperation> done;  // It ends outside of the lock.
  absl::MutexLock lock(&crossings_mutex);
  const auto at = std::find_if(own.begin(), own.end(),
                               [&](const auto& other) { return other.get() == operation; });
  OCS_CHECK(at != own.end());
  done = std::move(*at);
  *at = std::move(own.back());
  own.pop_back();
}

void Engine::HoldCrossings() {
  absl::MutexLock lock(&state_->crossings_mutex);
  ++state_->holds;
}

void Engine::ReleaseCrossings() {
  std::vector<std::pair<Operation*, PartitionId>> released;
  {
    absl::MutexLock lock(&state_->crossings_mutex);
    OCS_CHECK(state_->holds > 0);
    if (--state_->holds == 0) released.swap(state_->held);
  }
  for (const auto& [operation, partition] : released)
    state_->ShardOf(partition).SubmitOnItsWay(operation);
}

void Engine::Tick() {
  for (const auto& shard : state_->shards) shard->Tick();
}

void Engine::Drain(std::function<void()> done) {
  std::vector<std::pair<Operation*, PartitionId>> held;
  {
    absl::MutexLock lock(&state_->crossings_mutex);
    state_->stopping = true;
    held.swap(state_->held);
  }
  // What a copy that is being made would have waited for ends here; a repeat goes on with it.
  for (const auto& [operation, partition] : held) {
    operation->status = StoppingError();
    operation->Done();
  }
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

void Engine::OnDemands(std::function<void(const PendingDemands&)> callback) {
  absl::MutexLock lock(&state_->mutex);
  state_->on_demands = std::move(callback);
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
