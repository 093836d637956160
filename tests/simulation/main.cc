// laws_simulation [--count] [SEEDS] [FIRST] [STEPS] [SHARDS]: that many lives of the machine, from
// that seed on. Prints the first seed whose laws broke, and how to see it again. Every hundredth
// life is lived twice (law 6).
//
// With --count it goes on behind a broken one and counts: each life is lived twice in a process of
// its own, so that a check that aborts ends that life only.

#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>

#include "ocs/base/text.h"
#include "tests/simulation/simulation.h"

namespace ocs::simulation {
namespace {

constexpr uint64_t kTwiceEvery = 100;
constexpr char kOtherJournal[] = "law 6: the same life ended with another journal";

bool ReadNumber(const char* text, int64_t* number) {
  const auto read = std::from_chars(text, text + std::strlen(text), *number);
  return read.ec == std::errc() && *read.ptr == 0 && *number > 0;
}

void Print(const std::string& text) { std::fputs(text.c_str(), stdout); }

SimulationOptions LifeOf(uint64_t seed, int64_t steps, int64_t shards) {
  return {.seed = seed, .shards = static_cast<int>(shards), .steps = steps};
}

int Broken(const SimulationOptions& options, const std::vector<std::string>& faults) {
  Print(Cat("seed ", options.seed, ":\n"));
  for (const std::string& fault : faults) Print(Cat("  ", fault, "\n"));
  Print(Cat("again: laws_simulation 1 ", options.seed, " ", options.steps, " ", options.shards,
            "\n"));
  return 1;
}

int Run(int64_t seeds, int64_t first, int64_t steps, int64_t shards) {
  SimulationResult sum;
  for (int64_t i = 0; i < seeds; ++i) {
    const SimulationOptions options = LifeOf(static_cast<uint64_t>(first + i), steps, shards);
    const SimulationResult life = Simulate(options);
    if (!life.faults.empty()) return Broken(options, life.faults);
    if (options.seed % kTwiceEvery == 0) {
      if (Simulate(options).head != life.head) return Broken(options, {kOtherJournal});
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

// The first fault of a life, by its first words ("law 3: entry": the rest is of that life alone);
// "" when every law held.
std::string FaultOf(const SimulationOptions& options) {
  const SimulationResult life = Simulate(options);
  if (!life.faults.empty()) return life.faults.front();
  const SimulationResult again = Simulate(options);
  return again.faults.empty() && again.head == life.head ? "" : kOtherJournal;
}

// The same from a process of its own; nothing when there cannot be one.
bool FaultApart(const SimulationOptions& options, std::string* fault) {
  int ends[2];
  if (pipe(ends) != 0) return false;
  const pid_t child = fork();
  if (child < 0) return false;
  if (child == 0) {
    const std::string found = FaultOf(options);
    // A pipe takes this much at once.
    const bool told = write(ends[1], found.data(), found.size()) >= 0;
    _exit(told ? 0 : 1);
  }
  close(ends[1]);
  char text[4'096];
  fault->clear();
  for (ssize_t got = 0; (got = read(ends[0], text, sizeof text)) > 0;)
    fault->append(text, static_cast<size_t>(got));
  close(ends[0]);
  int state = 0;
  if (waitpid(child, &state, 0) != child) return false;
  if (!WIFEXITED(state) || WEXITSTATUS(state) != 0) *fault = "aborted: a check of the program";
  return true;
}

// Which law a fault speaks of, or its first word.
std::string KindOf(const std::string& fault) { return fault.substr(0, fault.find(':')); }

int Count(int64_t seeds, int64_t first, int64_t steps, int64_t shards) {
  std::map<std::string, int64_t> kinds;
  int64_t found = 0;
  for (int64_t i = 0; i < seeds; ++i) {
    const SimulationOptions options = LifeOf(static_cast<uint64_t>(first + i), steps, shards);
    std::string fault;
    if (!FaultApart(options, &fault)) {
      std::fputs("laws_simulation: no process could be started\n", stderr);
      return 2;
    }
    if (fault.empty()) continue;
    if (++found == 1) Print(Cat("first: seed ", options.seed, ": ", fault, "\n"));
    ++kinds[KindOf(fault)];
  }
  Print(Cat("found: ", found, " of ", seeds, " lives from seed ", first, "\n"));
  for (const auto& [kind, count] : kinds) Print(Cat("kind: ", count, " ", kind, "\n"));
  return found == 0 ? 0 : 1;
}

}  // namespace
}  // namespace ocs::simulation

int main(int argc, char** argv) {
  const bool count = argc > 1 && std::strcmp(argv[1], "--count") == 0;
  const int begin = count ? 2 : 1;
  int64_t numbers[] = {1'000, 1, 1'500, 1};
  bool good = argc <= begin + 4;
  for (int i = begin; good && i < argc; ++i)
    good = ocs::simulation::ReadNumber(argv[i], &numbers[i - begin]);
  if (!good) {
    std::fputs(
        "laws_simulation [--count] [SEEDS] [FIRST] [STEPS] [SHARDS]: whole numbers above 0\n",
        stderr);
    return 2;
  }
  return (count ? ocs::simulation::Count : ocs::simulation::Run)(numbers[0], numbers[1], numbers[2],
                                                                 numbers[3]);
}
