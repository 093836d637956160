#include "ocs/engine/dry_shard.h"

#include <limits>
#include <utility>

#include "balance/mem_store.h"
#include "ocs/base/check.h"
#include "ocs/base/executor.h"
#include "ocs/engine/internal/catalogue_registry.h"
#include "ocs/engine/internal/life.h"
#include "ocs/engine/internal/shard.h"
#include "ocs/engine/internal/whole_call_decision.h"

namespace ocs::engine {
namespace {

// A dry shard has no tasks and asks no clock.
class NoExecutor final : public Executor {
 public:
  void Post(std::function<void()> /*task*/) override { OCS_CHECK(false); }
};
class NoClock final : public Clock {
 public:
  Instant Now() const override {
    OCS_CHECK(false);
    return {};
  }
};

}  // namespace

struct DryCatalogue::Registry {
  CatalogueRegistry revisions;
};

DryCatalogue::DryCatalogue(std::shared_ptr<const rating::Tariff> tariff)
    : tariff_(std::move(tariff)), registry_(std::make_unique<Registry>()) {
  OCS_CHECK(tariff_->revision() == 1);
  auto revision = std::make_shared<Revision>();
  revision->view.revision = 1;
  revision->view.name = tariff_->name();
  revision->view.decision = RevisionDecision::kPublished;
  revision->view.effective_from = Instant{std::numeric_limits<int64_t>::min()};
  revision->tariff = tariff_;
  registry_->revisions.Add(std::move(revision));
}

DryCatalogue::~DryCatalogue() = default;

struct DryShard::State {
  State(const rating::Tariff* tariff, const EngineOptions& given)
      : options(given), whole_calls(tariff, &options) {}

  std::unique_ptr<balance::Store> store = balance::MakeMemStore();
  NoExecutor executor;
  NoClock clock;
  EngineOptions options;
  WholeCallDecision whole_calls;
  std::unique_ptr<Shard> shard;

  balance::Account* Find(AccountId id) const {
    absl::StatusOr<balance::Account*> found = shard->book().FindAccount(id);
    OCS_CHECK(found.ok());  // Nothing is read from a store.
    return *found;
  }
};

DryShard::DryShard(const EngineOptions* options, const DryCatalogue* catalogue)
    : state_(std::make_unique<State>(&catalogue->tariff(), *options)) {
  // No account may leave the memory: there is nowhere to read it from again.
  state_->options.cached_accounts_max = std::numeric_limits<int64_t>::max();
  Shard::Context context{.id = ShardId{0},
                         .options = &state_->options,
                         .resources = {.store = state_->store.get(),
                                       .worker = &state_->executor,
                                       .writer = &state_->executor},
                         .clock = &state_->clock,
                         .catalogue = &catalogue->registry_->revisions,
                         .on_stopped = nullptr,
                         .dry = true};
  absl::StatusOr<std::unique_ptr<Shard>> shard = Shard::Open(std::move(context));
  OCS_CHECK(shard.ok());  // An empty store in memory.
  state_->shard = *std::move(shard);
}

DryShard::~DryShard() = default;

void DryShard::Decide(Operation* operation, Instant now) {
  state_->shard->DecideDry(operation, now);
  OCS_CHECK(!state_->shard->stopped());
}

bool DryShard::DoDueWork(AccountId account, Instant now) {
  state_->shard->BeginDry(now);
  balance::Account* found = state_->Find(account);
  OCS_CHECK(found != nullptr);
  engine::DoDueWork(*state_->shard, found);
  return found->NextDue() <= now;
}

void DryShard::Look(AccountId account, PlainAccount* plain) {
  balance::Account* found = state_->Find(account);
  OCS_CHECK(found != nullptr);
  state_->whole_calls.Look(found, plain);
}

WholeCallOutcome DryShard::CallAtOnce(const WholeCall& call, PlainAccount* plain) {
  return state_->whole_calls.Decide(call, plain);
}

const balance::Account* DryShard::FindAccount(AccountId account) const {
  return state_->Find(account);
}

uint32_t DryShard::entry_count() const {
  balance::Book& book = state_->shard->book();
  return book.has_open_group() ? book.NextPosition().index : 0;
}

balance::EntryView DryShard::entry(uint32_t index) const {
  absl::StatusOr<balance::EntryView> view = state_->shard->book().OpenEntry(index);
  OCS_CHECK(view.ok());
  return *std::move(view);
}

}  // namespace ocs::engine
