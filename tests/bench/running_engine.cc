#include "tests/bench/running_engine.h"

#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "balance/rocks_store.h"
#include "ocs/base/check.h"
#include "ocs/engine/operation.h"
#include "ocs/runtime/system_clock.h"

namespace ocs::bench {
namespace {

using engine::Engine;

template <typename Call>
class Blocking final : public Call {
 public:
  void Done() noexcept override { left.Done(); }
  Outstanding left;
};

template <typename Call>
void RunBlocking(Engine& engine, Blocking<Call>* call) {
  call->left.Add(1);
  engine.Submit(call);
  call->left.WaitForZero();
  if (!call->status.ok()) {
    std::fprintf(stderr, "%s\n", call->status.ToString().c_str());
    OCS_CHECK(call->status.ok());
  }
}

class AheadClock final : public Clock {
 public:
  Instant Now() const override { return wall_.Now().PlusMillis(ahead_ms.load()); }
  std::atomic<int64_t> ahead_ms{0};

 private:
  runtime::SystemClock wall_;
};

AheadClock& WallClock() {
  static AheadClock clock;
  return clock;
}

// Makes the accounts, each with money and a package, and returns their ids.
class Opener final {
 public:
  Opener(Engine& engine, int64_t accounts)
      : engine_(engine), calls_(static_cast<size_t>(std::min<int64_t>(accounts, 20'000))) {
    for (int64_t from = 0; from < accounts; from += static_cast<int64_t>(calls_.size())) {
      const int64_t until = std::min(accounts, from + static_cast<int64_t>(calls_.size()));
      RunRound(from, until);
    }
  }
  std::vector<AccountId> ids;

 private:
  struct Create final : engine::CreateAccountCall {
    void Done() noexcept override { left->Done(); }
    Outstanding* left = nullptr;
  };
  struct Buy final : engine::PurchaseCall {
    void Done() noexcept override { left->Done(); }
    Outstanding* left = nullptr;
  };

  void RunRound(int64_t from, int64_t until) {
    std::vector<std::unique_ptr<Create>> creates;
    left_.Add(until - from);
    for (int64_t i = from; i < until; ++i) {
      auto& call = creates.emplace_back(std::make_unique<Create>());
      call->change.key = absl::StrCat("a", i);
      call->currency = Unit::Of("CNY");
      call->credit_limit_micros = 1'000'000'000;
      call->left = &left_;
      engine_.Submit(call.get());
    }
    left_.WaitForZero();
    std::vector<std::unique_ptr<Buy>> buys;
    left_.Add(until - from);
    for (auto& created : creates) {
      OCS_CHECK(created->status.ok());
      ids.push_back(created->account);
      auto& call = buys.emplace_back(std::make_unique<Buy>());
      call->change.key = created->change.key + "b";
      call->account = created->account;
      call->offer = "ct-personal-standard";
      call->left = &left_;
      engine_.Submit(call.get());
    }
    left_.WaitForZero();
    for (auto& buy : buys) OCS_CHECK(buy->status.ok());
  }

  Engine& engine_;
  std::vector<int> calls_;
  Outstanding left_;
};

}  // namespace

void AdvanceClock(double seconds) { WallClock().ahead_ms += static_cast<int64_t>(seconds * 1000); }

Running Start(const Options& options, int64_t cached_accounts_max) {
  Running running;
  const double begin = Seconds();
  auto store = balance::OpenRocksStore(
      {.folder = options.folder, .mode = balance::OpenMode::kCreateIfMissing});
  if (!store.ok()) std::fprintf(stderr, "%s\n", store.status().ToString().c_str());
  OCS_CHECK(store.ok());
  running.store = *std::move(store);
  running.worker = std::make_unique<runtime::TaskThread>("bench-worker");
  running.writer = std::make_unique<runtime::TaskThread>("bench-writer");
  engine::EngineOptions engine_options;
  engine_options.written_here_entries_max = 256;  // As ocsd.
  engine_options.cached_accounts_max =
      cached_accounts_max > 0 ? cached_accounts_max : options.accounts + 1'000;
  auto engine = Engine::Open(engine_options,
                             {{.store = running.store.get(),
                               .worker = running.worker.get(),
                               .writer = running.writer.get()}},
                             &WallClock());
  if (!engine.ok()) std::fprintf(stderr, "%s\n", engine.status().ToString().c_str());
  OCS_CHECK(engine.ok());
  running.engine = *std::move(engine);
  running.open_seconds = Seconds() - begin;
  return running;
}

void Publish(Engine& engine) {
  std::ifstream file(OCS_OPERATORS_CATALOGUE);
  std::stringstream text;
  text << file.rdbuf();
  Blocking<engine::PublishCatalogueCall> call;
  call.change.key = "bench";
  call.text = text.str();
  call.effective_from = Instant{0};
  RunBlocking(engine, &call);
}

std::vector<AccountId> OpenAccounts(Engine& engine, int64_t accounts) {
  return Opener(engine, accounts).ids;
}

void Drain(Engine& engine) {
  Outstanding drained;
  drained.Add(1);
  engine.Drain([&] { drained.Done(); });
  drained.WaitForZero();
}

}  // namespace ocs::bench
