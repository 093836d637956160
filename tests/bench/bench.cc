// ocs-bench: measures the engine beside its limits and prints one table.

#include "tests/bench/bench.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "CLI/CLI.hpp"
#include "absl/strings/str_format.h"
#include "absl/synchronization/mutex.h"

namespace ocs::bench {

void Report::Add(Figure figure) {
  std::printf("  %-52s %s\n", figure.what.c_str(), figure.measured.c_str());
  std::fflush(stdout);
  figures_.push_back(std::move(figure));
}

void Report::Print() const {
  std::printf("\n%-52s %16s   %-46s %6s   %s\n", "what", "measured", "beside", "ratio", "to reach");
  for (const Figure& f : figures_) {
    std::printf("%-52s %16s   %-46s %6s   %s%s\n", f.what.c_str(), f.measured.c_str(),
                f.beside.c_str(), f.ratio.c_str(), f.to_reach.c_str(),
                f.reached ? "" : "  NOT REACHED");
  }
}

std::string PerSecond(double rate) { return absl::StrFormat("%.0f/s", rate); }
std::string Ratio(double measured, double limit) {
  return absl::StrFormat("%.2f", limit > 0 ? measured / limit : 0.0);
}

}  // namespace ocs::bench

int main(int argc, char** argv) {
  using ocs::bench::Options;
  // As ocsd does: Debian's Abseil looks for deadlocks at each lock, unless it is told not to.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  Options options;
  options.folder = (std::filesystem::temp_directory_path() / "ocs-bench").string();
  std::vector<std::string> only;
  CLI::App app{"Measures the engine beside its limits (docs/PERFORMANCE.md)"};
  app.add_option("--folder", options.folder, "Where stores are made and removed again");
  app.add_option("--accounts", options.accounts, "Accounts in the store")
      ->check(CLI::Range(1, 10'000'000));
  app.add_option("--seconds", options.seconds, "Length of each measurement")
      ->check(CLI::Range(0.1, 600.0));
  app.add_option("benchmarks", only,
                 "rating, engine, rpc, half-load, restart (all when none is named), accounts, "
                 "settlement, simulation");
  CLI11_PARSE(app, argc, argv);
  const auto wanted = [&](const std::string& name) {
    return only.empty() || std::find(only.begin(), only.end(), name) != only.end();
  };
  if (only == std::vector<std::string>{"work-until-killed"}) {
    ocs::bench::WorkUntilKilled(options);
    return 1;
  }
  ocs::bench::Report report;
  if (wanted("rating")) ocs::bench::RatingBench(options, &report);
  if (wanted("engine")) ocs::bench::EngineBench(options, &report);
  if (wanted("rpc")) ocs::bench::RpcBench(options, &report);
  if (wanted("half-load")) ocs::bench::HalfLoadBench(options, &report);
  if (wanted("restart")) ocs::bench::RestartBench(options, &report);
  if (std::find(only.begin(), only.end(), "accounts") != only.end())
    ocs::bench::AccountsBench(options, &report);
  if (std::find(only.begin(), only.end(), "settlement") != only.end())
    ocs::bench::SettlementBench(options, &report);
  if (std::find(only.begin(), only.end(), "simulation") != only.end())
    ocs::bench::SimulationBench(options, &report);
  report.Print();
  return 0;
}
