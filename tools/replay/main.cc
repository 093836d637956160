// ocs-replay: plays a real trace of model calls through a running server, as a fleet of AI gateways
// would, and says what it cost whom.
//
// Exit codes: 0 done; 1 figures that must agree do not; 2 bad arguments or files; 3 the server did
// not answer, or not as it should.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <condition_variable>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>

#include "absl/strings/str_format.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "ocs/base/unit.h"
#include "tools/replay/population.h"
#include "tools/replay/replay.h"
#include "tools/replay/setup.h"
#include "tools/replay/summary.h"
#include "tools/replay/trace.h"
#include "tools/replay/verify.h"

namespace ocs::replay {
namespace {

constexpr int kExitDiffers = 1;
constexpr int kExitUsage = 2;
constexpr int kExitServer = 3;

struct Arguments {
  std::string trace;
  std::string links;
  std::string catalogue;
  std::string summary;
  std::string timing;
  std::string cdr_csv;
  int64_t rows_max = 0;
  uint64_t seed = kDefaultSeed;
  ReplayOptions replay;
};

// Shows how far a replay is: a line that stays in place on a terminal, else one every few seconds.
class ProgressPrinter final {
 public:
  ProgressPrinter(const Progress& progress, int64_t calls)
      : progress_(progress), calls_(calls), begin_(Clock::now()), thread_([this] { Run(); }) {}
  ~ProgressPrinter() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      over_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }
  ProgressPrinter(const ProgressPrinter&) = delete;
  ProgressPrinter& operator=(const ProgressPrinter&) = delete;

 private:
  using Clock = std::chrono::steady_clock;

  void Run() {
    const bool terminal = ::isatty(STDERR_FILENO) == 1;
    const auto interval = std::chrono::milliseconds(terminal ? 200 : 5000);
    std::unique_lock<std::mutex> lock(mutex_);
    while (!wake_.wait_for(lock, interval, [this] { return over_; })) {
      std::cerr << (terminal ? "\r" : "") << Line() << (terminal ? "  " : "\n") << std::flush;
    }
    std::cerr << (terminal ? "\r" : "") << Line() << (terminal ? "  \n" : "\n") << std::flush;
  }

  std::string Line() const {
    const auto passed =
        std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin_).count();
    const int64_t calls = progress_.calls;
    return absl::StrFormat("  %s of %s calls, %s/s; %s cut, %s blocked, %s overage; %s sent again",
                           FormatGrouped(calls), FormatGrouped(calls_),
                           FormatGrouped(passed > 0 ? calls * 1000 / passed : 0),
                           FormatGrouped(progress_.cut), FormatGrouped(progress_.blocked),
                           FormatGrouped(progress_.overage), FormatGrouped(progress_.repeats));
  }

  const Progress& progress_;
  const int64_t calls_;
  const Clock::time_point begin_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool over_ = false;
  std::thread thread_;
};

absl::StatusOr<Plan> ReadPlan(const Arguments& arguments) {
  OCS_ASSIGN_OR_RETURN(const std::string text, ReadFile(arguments.trace));
  std::string links;
  if (!arguments.links.empty()) {
    OCS_ASSIGN_OR_RETURN(links, ReadFile(arguments.links));
  }
  auto calls = ParseTrace(text, links, arguments.rows_max);
  if (!calls.ok()) return Annotate(calls.status(), arguments.trace);
  return MakePlan(*calls, arguments.seed);
}

absl::Status Play(const Arguments& arguments, const Plan& plan) {
  if (!arguments.catalogue.empty()) {
    OCS_RETURN_IF_ERROR(PublishCatalogue(arguments.replay.endpoint, arguments.catalogue));
  }
  OCS_ASSIGN_OR_RETURN(Summary summary, OpenAccounts(arguments.replay.endpoint, plan,
                                                     arguments.replay.base_unix_ms));
  std::cout << absl::StrFormat("%d accounts are open; fees of %s paid\n\n", summary.accounts.size(),
                               FormatAmount(summary.FeeMicros(), Unit::Of(kCurrency)))
            << std::flush;
  Progress progress;
  absl::StatusOr<Timing> timing = absl::UnknownError("not played");
  {
    const ProgressPrinter printer(progress, plan.call_count);
    timing = Replay(arguments.replay, &summary, &progress);
  }
  OCS_RETURN_IF_ERROR(timing.status());
  std::cout << "\n" << DescribeTiming(*timing) << "\n" << DescribeSummary(summary) << std::flush;
  if (!arguments.summary.empty()) {
    OCS_RETURN_IF_ERROR(WriteFile(arguments.summary, SummaryJson(summary)));
  }
  if (!arguments.timing.empty()) {
    OCS_RETURN_IF_ERROR(WriteFile(arguments.timing, TimingJson(*timing)));
  }
  return absl::OkStatus();
}

int Report(const absl::Status& status, int exit_code) {
  if (status.ok()) return 0;
  std::cerr << "ocs-replay: " << std::string(status.message()) << "\n";
  return exit_code;
}

int RunPlan(const Arguments& arguments) {
  const auto plan = ReadPlan(arguments);
  if (!plan.ok()) return Report(plan.status(), kExitUsage);
  std::cout << DescribePlan(*plan);
  return 0;
}

int RunReplay(const Arguments& arguments) {
  const auto plan = ReadPlan(arguments);
  if (!plan.ok()) return Report(plan.status(), kExitUsage);
  return Report(Play(arguments, *plan), kExitServer);
}

int RunVerify(const Arguments& arguments) {
  const auto verification = Verify(arguments.replay.endpoint,
                                   {.summary = arguments.summary, .cdr_csv = arguments.cdr_csv});
  if (!verification.ok()) {
    const bool bad_file = absl::IsInvalidArgument(verification.status());
    return Report(verification.status(), bad_file ? kExitUsage : kExitServer);
  }
  std::cout << verification->table;
  return verification->agreement == Agreement::kAgrees ? 0 : kExitDiffers;
}

void AddPlanOptions(CLI::App* command, Arguments* arguments) {
  command->add_option("--trace", arguments->trace, "the trace, CSV")->required();
  command->add_option("--links", arguments->links,
                      "its inferred conversations, CSV; without it each call is one");
  command->add_option("--rows", arguments->rows_max, "only the first rows; 0 is all")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--seed", arguments->seed, "deals calls to accounts")->capture_default_str();
}

void AddServerOptions(CLI::App* command, Arguments* arguments) {
  command->add_option("--server", arguments->replay.endpoint.address, "host:port")->required();
  command
      ->add_option("--patience-seconds", arguments->replay.endpoint.patience_seconds,
                   "how long to repeat a request that gets no answer")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
}

void AddRunOptions(CLI::App* command, Arguments* arguments) {
  AddPlanOptions(command, arguments);
  AddServerOptions(command, arguments);
  command
      ->add_option("--base-unix-ms", arguments->replay.base_unix_ms,
                   "when the trace begins: a minute ahead, so that the accounts are open by then; "
                   "the same again when a run is repeated")
      ->required();
  command->add_option("--catalogue", arguments->catalogue, "publish this catalogue first");
  command->add_option("--in-flight", arguments->replay.in_flight_max, "calls at once")
      ->capture_default_str()
      ->check(CLI::Range(2, 4096));
  command->add_option("--summary", arguments->summary, "write the totals here, JSON");
  command->add_option("--timing", arguments->timing, "write rates and latencies here, JSON");
}

int Main(int argc, char** argv) {
  CLI::App app(
      "Plays a real trace of model calls through a running ocsd. docs/DEMO.md tells what it deals "
      "to whom.",
      "ocs-replay");
  app.require_subcommand(1);
  Arguments arguments;
  CLI::App* plan = app.add_subcommand("plan", "show who would get which calls; needs no server");
  AddPlanOptions(plan, &arguments);
  CLI::App* run = app.add_subcommand("run", "open the accounts and play the trace");
  AddRunOptions(run, &arguments);
  CLI::App* verify =
      app.add_subcommand("verify", "compare the totals of a run with all bills and all records");
  AddServerOptions(verify, &arguments);
  verify->add_option("--summary", arguments.summary, "as written by run")->required();
  verify->add_option("--cdr-csv", arguments.cdr_csv,
                     "every record, CSV; without it the server is asked for them");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitUsage;
  }
  if (plan->parsed()) return RunPlan(arguments);
  if (run->parsed()) return RunReplay(arguments);
  return RunVerify(arguments);
}

}  // namespace
}  // namespace ocs::replay

int main(int argc, char** argv) { return ocs::replay::Main(argc, argv); }
