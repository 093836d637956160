// Simulating a trace, beside reading the same file and adding up two of its columns. Both are
// measured in processor time (user and system, of all threads), so that a core's rate is told
// whatever else the machine does; the time that passed is told beside it.

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "ocs/base/check.h"
#include "ocs/base/random.h"
#include "ocs/simulation/event_source.h"
#include "ocs/simulation/population.h"
#include "ocs/simulation/run.h"
#include "rating/catalogue.h"
#include "rating/tariff.h"
#include "tests/bench/bench.h"

namespace ocs::bench {
namespace {

constexpr int64_t kRows = 10'000'000;
constexpr int64_t kMonthMs = int64_t{31} * 86'400'000;

// Packages that stop and that bill on, and prices alone; nobody is short of much.
constexpr char kPopulation[] = R"(
population: bench
seed: 6
begins: 2026-08-01T00:00:00+08:00
ends: 2026-09-01T00:00:00+08:00
skew: 0.6
models: [{model: deepseek-v3.2, share: 3}, {model: xingchen, share: 1}]
plans:
  - {plan: light, share: 2, offers: [ct-personal-light], credit_limit: 500}
  - {plan: standard, share: 2, offers: [ct-personal-standard], credit_limit: 500}
  - {plan: pay per use, share: 1, offers: [sh-pay-per-use], credit_limit: 500}
)";

void WriteTrace(const std::string& path) {
  Random random(9);
  std::FILE* file = std::fopen(path.c_str(), "wb");
  OCS_CHECK(file != nullptr);
  std::fputs("timestamp_ms,input_tokens,cached_input_tokens,output_tokens\n", file);
  for (int64_t i = 0; i < kRows; ++i) {
    const int64_t input = random.Between(10, 9'000);
    std::fprintf(file, "%lld,%lld,%lld,%lld\n", static_cast<long long>(i * kMonthMs / kRows),
                 static_cast<long long>(input), static_cast<long long>(random.Below(input)),
                 static_cast<long long>(random.Between(1, 900)));
  }
  OCS_CHECK(std::fclose(file) == 0);
}

// Processor time to read the file and add up its second and last columns.
double AddUpSeconds(const std::string& path) {
  const double begin = ProcessorSeconds();
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  OCS_CHECK(file >= 0);
  std::vector<char> buffer(1 << 20);
  int64_t sums[4] = {};
  int64_t number = 0;
  int column = 0;
  bool header = true;
  for (ssize_t got = 0; (got = read(file, buffer.data(), buffer.size())) > 0;) {
    for (ssize_t i = 0; i < got; ++i) {
      const char c = buffer[static_cast<size_t>(i)];
      if (header) {
        header = c != '\n';
      } else if (c == ',' || c == '\n') {
        sums[column] += number;
        number = 0;
        column = c == ',' ? column + 1 : 0;
      } else {
        number = number * 10 + (c - '0');
      }
    }
  }
  close(file);
  OCS_CHECK(sums[1] > 0);
  OCS_CHECK(sums[3] > 0);
  return ProcessorSeconds() - begin;
}

int64_t PeakMegabytes() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1'024;
}

struct Simulated {
  double seconds = 0;    // That passed.
  double processor = 0;  // Of all threads.
  double in_full = 0;    // Share of the calls that were decided step by step.
};

Simulated Simulate(const simulation::Population& population, const simulation::Variant& variant,
                   const std::string& path, int threads) {
  simulation::Names names;
  simulation::TraceOptions trace;
  trace.begins = population.terms().begins;
  auto source = simulation::OpenTrace(path, trace, &population, &names);
  OCS_CHECK(source.ok());
  simulation::RunOptions options;
  options.threads = threads;
  const double begin = Seconds();
  const double processor = ProcessorSeconds();
  const auto result = simulation::Run(population, {variant}, {source->get()}, names, options);
  OCS_CHECK(result.ok());
  OCS_CHECK(result->events == kRows);
  return {.seconds = Seconds() - begin,
          .processor = ProcessorSeconds() - processor,
          .in_full = static_cast<double>(result->variants[0].decided_in_full) /
                     static_cast<double>(kRows)};
}

}  // namespace

void SimulationBench(const Options& options, Report* report) {
  std::filesystem::create_directories(options.folder);
  const std::string path = options.folder + "/simulation-trace.csv";
  WriteTrace(path);
  std::ifstream file(OCS_OPERATORS_CATALOGUE);
  std::stringstream text;
  text << file.rdbuf();
  const rating::CatalogueCheck check = rating::ParseCatalogue(text.str(), "operators.yaml");
  OCS_CHECK(check.catalogue.has_value());
  simulation::Variant variant;
  variant.label = "operators";
  variant.tariff = rating::Tariff::Compile(*check.catalogue, 1);

  const double rows = static_cast<double>(kRows);
  AddUpSeconds(path);  // So that the file is in memory for both.
  const double limit = rows / AddUpSeconds(path);
  for (const int64_t accounts : {int64_t{1'000}, int64_t{100'000}, options.accounts}) {
    const auto population = simulation::ParsePopulation(
        absl::StrCat(kPopulation, "accounts: ", accounts, "\n"), "bench.yaml");
    OCS_CHECK(population.population != nullptr);
    for (const int threads : {1, 2}) {
      const Simulated ran = Simulate(*population.population, variant, path, threads);
      const double rate = rows / ran.processor;
      report->Add({.what = absl::StrFormat(
                       "simulate a trace, %d accounts, %d threads: %.0f/s pass, "
                       "%.1f %% step by step, %d MB; a core:",
                       accounts, threads, rows / ran.seconds, 100 * ran.in_full, PeakMegabytes()),
                   .measured = PerSecond(rate),
                   .beside = absl::StrFormat("add up two columns: %.0f/s", limit),
                   .ratio = Ratio(rate, limit),
                   .to_reach = "5,000,000/s a core, 0.25",
                   .reached = rate > 5e6 && rate > 0.25 * limit});
    }
  }
  std::filesystem::remove(path);
}

}  // namespace ocs::bench
