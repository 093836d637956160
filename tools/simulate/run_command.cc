#include "tools/simulate/run_command.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <utility>

#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "tools/simulate/progress_bar.h"
#include "tools/simulate/summary.h"

namespace ocs::simulate {
namespace {

std::atomic<bool> g_cancel = false;
static_assert(std::atomic<bool>::is_always_lock_free);

// The first interrupt is heard, the second ends the program as usual.
void OnInterrupt(int /*signal*/) {
  g_cancel = true;
  std::signal(SIGINT, SIG_DFL);
}

struct RunCommand {
  InputArguments input;
  RunArguments run;
  std::string out;
  std::string json;
  int64_t customers = 0;
  bool quiet = false;
};

absl::StatusOr<int> DoRun(const RunCommand& command) {
  OCS_ASSIGN_OR_RETURN(const std::unique_ptr<Loaded> loaded, Loaded::Load(command.input));
  OCS_ASSIGN_OR_RETURN(const simulation::Result result, RunShown(*loaded, command.run));
  if (!command.out.empty()) OCS_RETURN_IF_ERROR(WriteResult(result, command.out));
  if (!command.json.empty())
    OCS_RETURN_IF_ERROR(WriteFile(command.json, ResultJson(result, /*customers=*/true)));
  if (command.run.explain >= 0) {
    std::fputs(DescribeExplained(result).c_str(), stdout);
  } else if (!command.quiet) {
    std::fputs(DescribeResult(result).c_str(), stdout);
    const std::string customers = DescribeCustomers(result, static_cast<size_t>(command.customers));
    std::fputs(customers.c_str(), stdout);
  }
  return result.cancelled ? kStopped : kDone;
}

}  // namespace

void AddRunOptions(CLI::App* command, RunArguments* arguments) {
  command->add_option("--threads", arguments->threads, "As many as processors, if not given")
      ->check(CLI::Range(1, 1'024));
  command->add_flag("--full", arguments->full,
                    "Let the engine decide each call step by step: slower, the same result");
  command
      ->add_option("--bad-rows-max", arguments->bad_rows_max,
                   "Stop when more rows than this are no calls")
      ->check(CLI::Range(int64_t{0}, int64_t{1'000'000'000'000}));
  command
      ->add_option("--explain", arguments->explain,
                   "Show what happened to this customer, line by line")
      ->check(CLI::Range(int64_t{0}, int64_t{UINT32_MAX}));
}

absl::StatusOr<simulation::Result> RunShown(const Loaded& loaded, const RunArguments& arguments) {
  g_cancel = false;
  const auto before = std::signal(SIGINT, OnInterrupt);
  ProgressBar bar;
  simulation::RunOptions options;
  options.threads = arguments.threads;
  options.full = arguments.full;
  options.bad_rows_max = arguments.bad_rows_max;
  if (arguments.explain >= 0) options.explain = static_cast<uint32_t>(arguments.explain);
  options.cancel = &g_cancel;
  options.progress = [&bar](const simulation::RunProgress& progress) { bar.Update(progress); };
  auto result = simulation::Run(*loaded.population, loaded.variants, loaded.source_pointers(),
                                loaded.names, options);
  std::signal(SIGINT, before);
  return result;
}

absl::Status WriteFile(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) return absl::UnavailableError(Cat(path, ": cannot be written"));
  return absl::OkStatus();
}

int Complain(const absl::Status& status) {
  const std::string message(status.message());
  std::fprintf(stderr, "ocs-sim: %s\n", message.c_str());
  return absl::IsInvalidArgument(status) || absl::IsNotFound(status) ? kUsage : kCouldNot;
}

absl::Status WriteResult(const simulation::Result& result, const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return absl::UnavailableError(Cat(folder, ": cannot be made: ", error.message()));
  for (const simulation::ResultTable& table : TablesOf(result)) {
    OCS_RETURN_IF_ERROR(WriteFile(Cat(folder, "/", table.name, ".csv"), TableCsv(table)));
  }
  return WriteFile(Cat(folder, "/result.json"), ResultJson(result, /*customers=*/false));
}

void AddRunCommand(CLI::App* app, int* exit_code) {
  auto command = std::make_shared<RunCommand>();
  CLI::App* run = app->add_subcommand("run", "Simulate, and show revenue, cost, bills");
  AddInputOptions(run, &command->input);
  AddRunOptions(run, &command->run);
  run->add_option("-o,--out", command->out, "Folder for every table as CSV, and result.json");
  run->add_option("--json", command->json, "File for the whole result, customers included");
  run->add_option("--customers", command->customers,
                  "Also show so many of those with the largest bills")
      ->check(CLI::Range(int64_t{0}, int64_t{1'000'000}));
  run->add_flag("-q,--quiet", command->quiet, "No summary");
  run->callback([command, exit_code] {
    const absl::StatusOr<int> code = DoRun(*command);
    *exit_code = code.ok() ? *code : Complain(code.status());
  });
}

}  // namespace ocs::simulate
