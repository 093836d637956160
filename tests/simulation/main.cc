// laws_simulation [SEEDS] [FIRST] [STEPS]: that many lives of the machine, from that seed on.
// Prints the first seed whose laws broke, and how to see it again. Every hundredth life is lived
// twice (law 6).

#include <charconv>
#include <cstdio>
#include <cstring>
#include <string>

#include "ocs/base/text.h"
#include "tests/simulation/simulation.h"

namespace ocs::simulation {
namespace {

constexpr uint64_t kTwiceEvery = 100;

bool ReadNumber(const char* text, int64_t* number) {
  const auto read = std::from_chars(text, text + std::strlen(text), *number);
  return read.ec == std::errc() && *read.ptr == 0 && *number > 0;
}

void Print(const std::string& text) { std::fputs(text.c_str(), stdout); }

int Broken(const SimulationOptions& options, const std::vector<std::string>& faults) {
  Print(Cat("seed ", options.seed, ":\n"));
  for (const std::string& fault : faults) Print(Cat("  ", fault, "\n"));
  Print(Cat("again: laws_simulation 1 ", options.seed, " ", options.steps, "\n"));
  return 1;
}

int Run(int64_t seeds, int64_t first, int64_t steps) {
  SimulationResult sum;
  for (int64_t i = 0; i < seeds; ++i) {
    const SimulationOptions options{.seed = static_cast<uint64_t>(first + i), .steps = steps};
    const SimulationResult life = Simulate(options);
    if (!life.faults.empty()) return Broken(options, life.faults);
    if (options.seed % kTwiceEvery == 0) {
      if (Simulate(options).head != life.head)
        return Broken(options, {"law 6: the same life ended with another journal"});
    }
    sum.answered += life.answered;
    sum.repeats += life.repeats;
    sum.crashes += life.crashes;
    sum.write_failures += life.write_failures;
    sum.entries += life.entries;
    sum.records += life.records;
    if ((i + 1) % 100 == 0) Print(Cat(i + 1, " seeds\n")), std::fflush(stdout);
  }
  Print(Cat("every law held in ", seeds, " lives from seed ", first, ": ", sum.answered,
            " answers, ", sum.repeats, " repeats, ", sum.crashes, " crashes, ", sum.write_failures,
            " failing writes, ", sum.entries, " entries, ", sum.records, " records\n"));
  return 0;
}

}  // namespace
}  // namespace ocs::simulation

int main(int argc, char** argv) {
  int64_t numbers[] = {1'000, 1, 1'500};
  bool good = argc <= 4;
  for (int i = 1; good && i < argc; ++i)
    good = ocs::simulation::ReadNumber(argv[i], &numbers[i - 1]);
  if (!good) {
    std::fputs("laws_simulation [SEEDS] [FIRST] [STEPS]: whole numbers above 0\n", stderr);
    return 2;
  }
  return ocs::simulation::Run(numbers[0], numbers[1], numbers[2]);
}
