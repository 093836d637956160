// The engine in process: reserve and commit over many accounts, rated, journaled, chained and
// synced with their records; beside it, synced writes of the same bytes in groups of the same size.
// And a restart after the process was killed.

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "balance/journal.h"
#include "balance/rocks_store.h"
#include "ocs/base/check.h"
#include "ocs/base/random.h"
#include "ocs/engine/engine.h"
#include "ocs/runtime/system_clock.h"
#include "ocs/runtime/task_thread.h"
#include "tests/bench/bench.h"
#include "tests/bench/running_engine.h"

namespace ocs::bench {
namespace {

using balance::Store;
using engine::AccountView;
using engine::CreditControlCall;
using engine::Engine;
using engine::RequestType;

// One client of the engine: opens a session at a random account, closes it, and begins again.
class Pair final : public CreditControlCall {
 public:
  struct Shared {
    Engine* engine = nullptr;
    const std::vector<AccountId>* accounts = nullptr;
    std::atomic<bool> stop = false;
    std::atomic<int64_t> done = 0;
    Outstanding running;
  };

  Pair(Shared* shared, uint64_t number) : shared_(shared), number_(number), random_(number) {
    request.service_context_id = "ai-tokens.v1@bench";
    request.services.resize(1);
    request.services[0].rating_group = 1;
    request.services[0].model = "deepseek-v3.2";
  }

  void Begin() {
    std::snprintf(session_, sizeof(session_), "gw1;%u;%lu;%lu", static_cast<unsigned>(getpid()),
                  number_, round_++);
    request.session_id = session_;
    request.type = RequestType::kInitial;
    request.number = 0;
    request.account = (*shared_->accounts)[static_cast<size_t>(
        random_.Below(static_cast<int64_t>(shared_->accounts->size())))];
    engine::ServiceRequest& service = request.services[0];
    service.requests_quota = true;
    service.requested = {
        {TokenKind::kInput, 700}, {TokenKind::kCacheRead, 300}, {TokenKind::kOutput, 500}};
    service.has_used = false;
    service.used.clear();
    answer = {};
    shared_->engine->Submit(this);
  }

  void Done() noexcept override {
    OCS_CHECK(status.ok());
    OCS_CHECK(answer.code == engine::ResultCode::kSuccess);
    shared_->done.fetch_add(1, std::memory_order_relaxed);
    if (request.type == RequestType::kInitial) {
      request.type = RequestType::kTermination;
      request.number = 1;
      engine::ServiceRequest& service = request.services[0];
      service.requests_quota = false;
      service.requested.clear();
      service.has_used = true;
      service.used = {
          {TokenKind::kInput, 700}, {TokenKind::kCacheRead, 300}, {TokenKind::kOutput, 333}};
      answer = {};
      shared_->engine->Submit(this);
      return;
    }
    if (shared_->stop.load(std::memory_order_relaxed)) {
      shared_->running.Done();
      return;
    }
    Begin();
  }

 private:
  Shared* shared_;
  uint64_t number_;
  uint64_t round_ = 0;
  Random random_;
  char session_[64] = {};
};

struct PairsResult {
  double processor_us_per_operation = 0;
  double operations_per_second = 0;
  double bytes_per_operation = 0;
  double operations_per_group = 0;
};

PairsResult RunPairs(Engine& engine, const std::vector<AccountId>& accounts, int in_flight,
                     double seconds) {
  Pair::Shared shared;
  shared.engine = &engine;
  shared.accounts = &accounts;
  std::vector<std::unique_ptr<Pair>> pairs;
  for (int i = 0; i < in_flight; ++i)
    pairs.push_back(std::make_unique<Pair>(&shared, static_cast<uint64_t>(i)));
  shared.running.Add(in_flight);
  engine.Tick();
  usleep(50'000);  // tidy-allow sleep: measures for that long
  const engine::ShardStatistics before = engine.statistics({0});
  const double processor_before = ProcessorSeconds();
  const double begin = Seconds();
  for (auto& pair : pairs) pair->Begin();
  while (Seconds() - begin < seconds) {
    usleep(200'000);  // tidy-allow sleep: measures for that long
    engine.Tick();
  }
  const double elapsed = Seconds() - begin;
  const double processor = ProcessorSeconds() - processor_before;
  const int64_t done = shared.done.load();
  shared.stop = true;
  shared.running.WaitForZero();
  engine.Tick();
  usleep(50'000);  // tidy-allow sleep: measures for that long
  const engine::ShardStatistics after = engine.statistics({0});
  const auto entries = static_cast<double>(after.entries - before.entries);
  return {
      .processor_us_per_operation = processor * 1e6 / static_cast<double>(done),
      .operations_per_second = static_cast<double>(done) / elapsed,
      .bytes_per_operation = static_cast<double>(after.group_bytes - before.group_bytes) / entries,
      .operations_per_group = entries / static_cast<double>(after.groups - before.groups)};
}

// Synced writes of groups of those bytes, chained, and nothing else: the limit. While one group is
// written, the next is filled, as the engine does.
double PackedWrites(const Options& options, double bytes_per_operation,
                    double operations_per_group) {
  std::filesystem::remove_all(options.folder);
  auto store = balance::OpenRocksStore(
      {.folder = options.folder, .mode = balance::OpenMode::kCreateIfMissing});
  OCS_CHECK(store.ok());
  runtime::TaskThread writer("bench-writer");
  balance::EmbeddedGroupLog log(store->get(), &writer, {});
  balance::Group groups[2];
  Random random(7);
  std::string entry(static_cast<size_t>(bytes_per_operation) - 2, 'x');
  for (char& c : entry) c = static_cast<char>(random.Below(256));
  const auto per_group = static_cast<int64_t>(operations_per_group);
  int64_t operations = 0;
  Outstanding flying;
  const double begin = Seconds();
  for (uint64_t number = 1; Seconds() - begin < options.seconds / 2; ++number) {
    balance::Group& group = groups[number % 2];
    group.Begin({0}, number, Instant{1});
    for (int64_t i = 0; i < per_group; ++i) {
      group.offsets.push_back(static_cast<uint32_t>(group.bytes.size()));
      ByteWriter(&group.bytes).Text(entry);
    }
    flying.WaitForZero();
    flying.Add(1);
    log.Append(&group, [&](balance::AppendOutcome outcome, const absl::Status&) {
      OCS_CHECK(outcome == balance::AppendOutcome::kDurable);
      flying.Done();
    });
    operations += per_group;
  }
  flying.WaitForZero();
  return static_cast<double>(operations) / (Seconds() - begin);
}

}  // namespace

void EngineBench(const Options& options, Report* report) {
  std::filesystem::remove_all(options.folder);
  PairsResult result;
  {
    Running running = Start(options);
    Publish(*running.engine);
    const double begin = Seconds();
    const std::vector<AccountId> accounts = OpenAccounts(*running.engine, options.accounts);
    std::printf("  %ld accounts opened and given a package in %.1f s\n", options.accounts,
                Seconds() - begin);
    result = RunPairs(*running.engine, accounts, 4'000, options.seconds);
    Drain(*running.engine);
  }
  const double limit =
      PackedWrites(options, result.bytes_per_operation, result.operations_per_group);
  std::filesystem::remove_all(options.folder);
  report->Add({.what = absl::StrFormat("reserve + commit in process, %d accounts, durable",
                                       options.accounts),
               .measured = PerSecond(result.operations_per_second),
               .beside = absl::StrFormat("packed synced writes, %.0f B x %.0f: %s",
                                         result.bytes_per_operation, result.operations_per_group,
                                         PerSecond(limit)),
               .ratio = Ratio(result.operations_per_second, limit),
               .to_reach = "0.5, and 22,500/s a core",
               .reached = result.operations_per_second >= 0.5 * limit});
}

void WorkUntilKilled(const Options& options) {
  Running running = Start(options);
  Publish(*running.engine);
  const std::vector<AccountId> accounts = OpenAccounts(*running.engine, options.accounts);
  RunPairs(*running.engine, accounts, 4'000, options.seconds);
  std::puts("ready");
  std::fflush(stdout);
  RunPairs(*running.engine, accounts, 4'000, 60);
}

void RestartBench(const Options& options, Report* report) {
  std::filesystem::remove_all(options.folder);
  int ends[2];
  OCS_CHECK(pipe(ends) == 0);
  const pid_t child = fork();
  OCS_CHECK(child >= 0);
  if (child == 0) {  // A new program: this one's threads are not here after the fork.
    dup2(ends[1], STDOUT_FILENO);
    const std::string accounts = absl::StrCat(options.accounts);
    const std::string seconds = absl::StrCat(options.seconds);
    execl("/proc/self/exe", "ocs-bench", "--folder", options.folder.c_str(), "--accounts",
          accounts.c_str(), "--seconds", seconds.c_str(), "work-until-killed", nullptr);
    _exit(1);
  }
  close(ends[1]);
  std::string said;
  for (char c = 0; said.find("ready") == std::string::npos; said.push_back(c)) {
    OCS_CHECK(read(ends[0], &c, 1) == 1);
  }
  usleep(300'000);  // tidy-allow sleep: it works on, and is killed in the middle
  kill(child, SIGKILL);
  int ended = 0;
  waitpid(child, &ended, 0);
  int64_t bytes = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(options.folder)) {
    if (file.is_regular_file()) bytes += static_cast<int64_t>(file.file_size());
  }
  {
    Running running = Start(options);
    const engine::ShardStatistics after = running.engine->statistics({0});
    report->Add({.what = absl::StrFormat("restart after kill -9, %d accounts, %.1f GB",
                                         options.accounts, static_cast<double>(bytes) / 1e9),
                 .measured = absl::StrFormat("%.1f s", running.open_seconds),
                 .beside = absl::StrFormat("replayed groups %d to %d", after.checkpoint_group,
                                           after.durable_group),
                 .ratio = "",
                 .to_reach = "seconds, bounded by the checkpoint",
                 .reached = running.open_seconds < 30});
    Drain(*running.engine);
  }
  std::filesystem::remove_all(options.folder);
}

}  // namespace ocs::bench
