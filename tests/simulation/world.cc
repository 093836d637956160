#include "tests/simulation/world.h"

#include <utility>

#include "ocs/base/check.h"

namespace ocs::simulation {

World::World(Random& random) : disk_(balance::MakeMemStore()) {
  static constexpr int64_t kLags[] = {0, 1, 7, 100, 4'000'000};
  options_.checkpoint_lag_entries = kLags[random.Below(5)];
  options_.cached_accounts_max = random.OneIn(2) ? random.Between(1, 4) : 1'000'000;
  options_.written_here_entries_max = random.OneIn(2) ? 0 : static_cast<int>(random.Between(1, 8));
  options_.journal_retention_seconds = 100LL * 365 * 86'400;  // The checks read all of it.
}

absl::Status World::Start() {
  OCS_CHECK(engine_ == nullptr);
  faulty_ = std::make_unique<testing::FaultyStore>(disk_);
  auto opened = engine::Engine::Open(
      options_, {{.store = faulty_.get(), .worker = &worker_, .writer = &writer_}}, &clock_);
  if (!opened.ok()) return opened.status();
  engine_ = *std::move(opened);
  return absl::OkStatus();
}

void World::Kill() {
  engine_.reset();
  worker_.DropAll();
  writer_.DropAll();
}

bool World::Step(Random& random) {
  const bool worker_first = random.OneIn(2);
  if (worker_first) return worker_.RunOne() || writer_.RunOne();
  return writer_.RunOne() || worker_.RunOne();
}

void World::RunAll(Random& random) {
  while (Step(random)) {
  }
}

}  // namespace ocs::simulation
