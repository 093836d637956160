// Many accounts in one store, more than memory holds: open them, charge any of them, copy the store
// meanwhile, restart, and let a month pass, in which every package renews.

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "balance/rocks_store.h"
#include "ocs/base/check.h"
#include "ocs/base/random.h"
#include "ocs/engine/operation.h"
#include "tests/bench/bench.h"
#include "tests/bench/running_engine.h"

namespace ocs::bench {
namespace {

constexpr int64_t kCachedMax = 300'000;  // Of the accounts; the rest is read when it is needed.
constexpr int64_t kInFlight = 2'000;
constexpr double kMonthSeconds = 32.0 * 86'400;

// What the process holds of memory, in MB, as the system counts it.
double ResidentMegabytes() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    if (word != "VmRSS:") continue;
    double kilobytes = 0;
    status >> kilobytes;
    return kilobytes / 1024;
  }
  return 0;
}

double Gigabytes(const std::string& folder) {
  uintmax_t bytes = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder)) {
    if (file.is_regular_file()) bytes += file.file_size();
  }
  return static_cast<double>(bytes) / 1e9;
}

struct Debit final : engine::CreditControlCall {
  void Done() noexcept override { left->Done(); }
  Outstanding* left = nullptr;
  std::string session;
};

// One-time events on any account; returns how many in a second.
double ChargeAny(engine::Engine& engine, const std::vector<AccountId>& accounts, double seconds) {
  static int64_t made = 0;
  Random random(7);
  const double begin = Seconds();
  int64_t done = 0;
  while (Seconds() - begin < seconds) {
    Outstanding left;
    left.Add(kInFlight);
    std::vector<std::unique_ptr<Debit>> calls;
    for (int64_t i = 0; i < kInFlight; ++i) {
      auto& call = calls.emplace_back(std::make_unique<Debit>());
      call->session = "many-" + std::to_string(++made);
      call->left = &left;
      call->request.session_id = call->session;
      call->request.type = engine::RequestType::kEvent;
      call->request.action = engine::RequestedAction::kDirectDebiting;
      call->request.account =
          accounts[static_cast<size_t>(random.Below(static_cast<int64_t>(accounts.size())))];
      call->request.service_context_id = "ai-tokens.v1@bench";
      engine::ServiceRequest& service = call->request.services.emplace_back();
      service.rating_group = 1;
      service.model = "deepseek-v3.2";
      service.has_used = true;
      service.used = {{TokenKind::kInput, 700}, {TokenKind::kOutput, 300}};
      engine.Submit(call.get());
    }
    left.WaitForZero();
    for (const auto& call : calls) {
      OCS_CHECK(call->status.ok());
      OCS_CHECK(call->answer.code == engine::ResultCode::kSuccess);
    }
    done += kInFlight;
  }
  return static_cast<double>(done) / (Seconds() - begin);
}

struct Look final : engine::GetAccountCall {
  void Done() noexcept override { left.Done(); }
  Outstanding left;
};

// Ticks until nothing more is due; returns the entries that it took. A look at an account waits for
// the tick before it.
int64_t DoAllDue(engine::Engine& engine, AccountId any) {
  const int64_t before = engine.statistics(ShardId{0}).entries;
  int64_t last = -1;
  int quiet = 0;
  while (quiet < 5) {
    engine.Tick();
    Look look;
    look.account = any;
    look.left.Add(1);
    engine.Submit(&look);
    look.left.WaitForZero();
    const int64_t entries = engine.statistics(ShardId{0}).entries;
    quiet = entries == last ? quiet + 1 : 0;
    last = entries;
  }
  return last - before;
}

}  // namespace

void AccountsBench(const Options& options, Report* report) {
  std::filesystem::remove_all(options.folder);
  std::filesystem::create_directories(options.folder);
  const std::string copy = options.folder + "-copy";
  std::filesystem::remove_all(copy);
  const auto what = [&](const char* text) {
    return absl::StrFormat("%s, %d accounts, %d in memory", text, options.accounts, kCachedMax);
  };
  std::vector<AccountId> accounts;
  {
    Running running = Start(options, kCachedMax);
    Publish(*running.engine);
    const double begin = Seconds();
    accounts = OpenAccounts(*running.engine, options.accounts);
    const double opened = 2.0 * static_cast<double>(options.accounts) / (Seconds() - begin);
    report->Add({.what = what("open and buy"), .measured = PerSecond(opened)});
    const double rate = ChargeAny(*running.engine, accounts, options.seconds);
    report->Add({.what = what("charge any"), .measured = PerSecond(rate)});
    report->Add({.what = what("memory of the process"),
                 .measured = absl::StrFormat("%.0f MB", ResidentMegabytes())});
    const double copying = Seconds();
    const absl::Status copied = running.store->CopyTo(copy);
    if (!copied.ok()) std::fprintf(stderr, "%s\n", copied.ToString().c_str());
    OCS_CHECK(copied.ok());
    report->Add({.what = what("copy of the store, while it works"),
                 .measured = absl::StrFormat("%.2f s", Seconds() - copying),
                 .beside = absl::StrFormat("%.1f GB in the copy", Gigabytes(copy))});
  }  // Not drained: the next start has something to replay.
  std::filesystem::remove_all(copy);
  {
    Running running = Start(options, kCachedMax);
    report->Add({.what = what("restart"),
                 .measured = absl::StrFormat("%.1f s", running.open_seconds),
                 .beside = absl::StrFormat("%.1f GB in the store", Gigabytes(options.folder)),
                 .ratio = "",
                 .to_reach = "seconds",
                 .reached = running.open_seconds < 30});
    AdvanceClock(kMonthSeconds);
    const double begin = Seconds();
    const int64_t entries = DoAllDue(*running.engine, accounts.front());
    const double seconds = Seconds() - begin;
    report->Add({.what = what("a month later: every package renews"),
                 .measured = absl::StrFormat("%.0f s", seconds),
                 .beside = absl::StrFormat("%d entries", entries)});
    report->Add({.what = what("memory of the process, then"),
                 .measured = absl::StrFormat("%.0f MB", ResidentMegabytes())});
    const double rate = ChargeAny(*running.engine, accounts, options.seconds);
    report->Add({.what = what("charge any, then"), .measured = PerSecond(rate)});
    Drain(*running.engine);
  }
  std::filesystem::remove_all(options.folder);
}

}  // namespace ocs::bench
