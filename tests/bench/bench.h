// What the benchmarks share: a table of figures, each beside what it is measured against.

#ifndef TESTS_BENCH_BENCH_H_
#define TESTS_BENCH_BENCH_H_

#include <sys/resource.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "ocs/base/check.h"

namespace ocs::bench {

/// One line of the table.
struct Figure {
  std::string what;
  std::string measured;     ///< With its unit.
  std::string beside = "";  ///< What it is measured against, with its figure.
  std::string ratio = "";   ///< "0.62", or "" where there is none.
  std::string to_reach = "";
  bool reached = true;
};

class Report final {
 public:
  void Add(Figure figure);  ///< Prints it at once, too.
  void Print() const;

 private:
  std::vector<Figure> figures_;
};

/// Seconds since some moment; only differences mean anything.
inline double Seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Processor seconds of this process so far: user and system.
inline double ProcessorSeconds() {
  rusage usage = {};
  OCS_CHECK(getrusage(RUSAGE_SELF, &usage) == 0);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Options {
  std::string folder;  ///< For stores; emptied by each benchmark that uses it.
  int64_t accounts = 1'000'000;
  double seconds = 10;  ///< Of each measurement.
};

std::string PerSecond(double rate);
std::string Ratio(double measured, double limit);

void RatingBench(const Options& options, Report* report);
void EngineBench(const Options& options, Report* report);
void RpcBench(const Options& options, Report* report);
void HalfLoadBench(const Options& options, Report* report);
/// What RestartBench kills: fills a store and works on it.
void WorkUntilKilled(const Options& options);
void RestartBench(const Options& options, Report* report);
/// Only when it is asked for: ten million accounts take minutes and some ten GB.
void AccountsBench(const Options& options, Report* report);

/// Only when it is asked for: ten records for each account, written, copied and billed.
void SettlementBench(const Options& options, Report* report);

/// Only when it is asked for: a trace of ten million rows (300 MB), simulated.
void SimulationBench(const Options& options, Report* report);

}  // namespace ocs::bench

#endif  // TESTS_BENCH_BENCH_H_
