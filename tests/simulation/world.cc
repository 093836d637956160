#include "tests/simulation/world.h"

#include <utility>

#include "ocs/base/check.h"
#include "ocs/engine/compiled_catalogues.h"

namespace ocs::simulation {

namespace {

// The same few texts come again in each life and after each crash.
constexpr size_t kTariffsMax = 64;

std::shared_ptr<engine::CompiledCatalogues> CompiledTariffs() {
  static const auto compiled = std::make_shared<engine::CompiledCatalogues>(kTariffsMax);
  return compiled;
}

}  // namespace

World::World(Random& random, int shards) {
  options_.compiled = CompiledTariffs();
  for (int i = 0; i < shards; ++i) {
    shards_.push_back(std::make_unique<Room>());
    shards_.back()->disk = balance::MakeMemStore();
  }
  static constexpr int64_t kLags[] = {0, 1, 7, 100, 4'000'000};
  options_.checkpoint_lag_entries = kLags[random.Below(5)];
  options_.cached_accounts_max = random.OneIn(2) ? random.Between(1, 4) : 1'000'000;
  options_.written_here_entries_max = random.OneIn(2) ? 0 : static_cast<int>(random.Between(1, 8));
  options_.journal_retention_seconds = 100LL * 365 * 86'400;  // The checks read all of it.
}

absl::Status World::Start() {
  OCS_CHECK(engine_ == nullptr);
  std::vector<engine::ShardResources> resources;
  for (const auto& room : shards_) {
    room->faulty = std::make_unique<testing::FaultyStore>(room->disk);
    resources.push_back(
        {.store = room->faulty.get(), .worker = &room->worker, .writer = &room->writer});
  }
  auto opened = engine::Engine::Open(options_, std::move(resources), &clock_);
  if (!opened.ok()) return opened.status();
  engine_ = *std::move(opened);
  return absl::OkStatus();
}

void World::Kill() {
  engine_.reset();
  for (const auto& room : shards_) {
    room->worker.DropAll();
    room->writer.DropAll();
  }
}

bool World::Room::Step(Random& random) {
  const bool worker_first = random.OneIn(2);
  if (worker_first) return worker.RunOne() || writer.RunOne();
  return writer.RunOne() || worker.RunOne();
}

bool World::Step(Random& random) {
  const size_t count = shards_.size();
  const size_t first =
      count == 1 ? 0 : static_cast<size_t>(random.Below(static_cast<int64_t>(count)));
  for (size_t i = 0; i < count; ++i) {
    if (shards_[(first + i) % count]->Step(random)) return true;
  }
  return false;
}

void World::RunAll(Random& random) {
  while (Step(random)) {
  }
}

int64_t World::writes_after_failure() const {
  int64_t writes = 0;
  for (const auto& room : shards_) writes += room->faulty->writes_after_failure();
  return writes;
}

std::vector<const balance::Store*> World::disks() const {
  std::vector<const balance::Store*> disks;
  for (const auto& room : shards_) disks.push_back(room->disk.get());
  return disks;
}

}  // namespace ocs::simulation
