// One seed, one life of the machine: a workload of concurrent clients, a nemesis that kills the
// process, fails the disk and moves the clock, and checks of every law over what is left. The same
// seed gives the same life, on any machine.

#ifndef TESTS_SIMULATION_SIMULATION_H_
#define TESTS_SIMULATION_SIMULATION_H_

#include <cstdint>
#include <string>
#include <vector>

namespace ocs::simulation {

struct SimulationOptions {
  uint64_t seed = 1;
  int shards = 1;
  int64_t steps = 1'500;  ///< Things that happen: a task, a request, a fault.
};

struct SimulationResult {
  std::vector<std::string> faults;  ///< "law 2: ...": empty when every law held.
  std::string head;                 ///< Position and hash of the journal's end, for law 6.
  int64_t answered = 0;
  int64_t repeats = 0;
  int64_t crashes = 0;
  int64_t write_failures = 0;
  int64_t entries = 0;
  int64_t records = 0;
};

SimulationResult Simulate(const SimulationOptions& options);

}  // namespace ocs::simulation

#endif  // TESTS_SIMULATION_SIMULATION_H_
