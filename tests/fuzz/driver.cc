// Runs a fuzz target as an ordinary test: every seed, then so many seeded mutations.
//
//   NAME_test --runs N SEEDS...     SEEDS: files, or folders of files; a .dict has words
//   NAME_test --once FILE           one input, to look at a finding
//   NAME_test --write DIR SEEDS...  the seeds as a corpus for libFuzzer

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/numbers.h"
#include "ocs/base/text.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mutate.h"
#include "tests/support/golden.h"
#include "tests/support/seed.h"

namespace ocs::testing {
namespace {

constexpr uint64_t kSeed = 20261121;

void RunOnce(const std::string& input) {
  // A copy of exactly its size: a sanitizer sees each read beyond it.
  const std::vector<uint8_t> bytes(input.begin(), input.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

std::vector<std::string> SeedFiles(const std::string& path) {
  if (!std::filesystem::is_directory(path)) return {path};
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    if (entry.is_regular_file()) files.push_back(entry.path().string());
  }
  // The order of a folder is the file system's; the mutations must not depend on it.
  std::sort(files.begin(), files.end());
  return files;
}

Corpus ReadCorpus(const std::vector<std::string>& paths) {
  Corpus corpus;
  for (const std::string& path : paths) {
    for (const std::string& file : SeedFiles(path)) {
      if (std::filesystem::path(file).extension() == ".dict") {
        corpus.words = WordsOf(ReadFile(file));
        continue;
      }
      for (std::string& seed : SeedsOf(file, ReadFile(file))) {
        corpus.seeds.push_back(std::move(seed));
      }
    }
  }
  return corpus;
}

int WriteCorpus(const std::string& folder, const std::vector<std::string>& seeds) {
  std::filesystem::create_directories(folder);
  for (size_t i = 0; i < seeds.size(); ++i) {
    std::ofstream out(folder + "/seed" + std::to_string(i), std::ios::binary);
    out << seeds[i];
    if (!out.good()) return EXIT_FAILURE;
  }
  std::printf("%zu seeds in %s\n", seeds.size(), folder.c_str());
  return EXIT_SUCCESS;
}

int RunMany(int64_t runs, const Corpus& corpus) {
  const std::vector<std::string>& seeds = corpus.seeds;
  const uint64_t seed = Seed(kSeed);
  std::printf("%zu seeds, %lld mutations; %s\n", seeds.size(), static_cast<long long>(runs),
              SeedNote(seed).c_str());
  std::fflush(stdout);  // So that it is seen when an input aborts.
  for (const std::string& input : seeds) RunOnce(input);
  Random random(seed);
  std::string input;
  for (int64_t run = 0; run < runs; ++run) {
    // Half of the time the damage goes on from what is damaged already.
    const bool fresh = input.empty() || random.OneIn(2);
    const size_t chosen = static_cast<size_t>(random.Below(static_cast<int64_t>(seeds.size())));
    input = Mutated(fresh ? seeds[chosen] : input, corpus, random);
    RunOnce(input);
  }
  return EXIT_SUCCESS;
}

int Main(const std::vector<std::string>& arguments) {
  if (arguments.size() == 2 && arguments[0] == "--once") {
    RunOnce(ReadFile(arguments[1]));
    return EXIT_SUCCESS;
  }
  int64_t runs = 0;
  const bool write = arguments.size() > 2 && arguments[0] == "--write";
  const bool run =
      arguments.size() > 2 && arguments[0] == "--runs" && absl::SimpleAtoi(arguments[1], &runs);
  if (!write && !run) {
    std::fputs("usage: --runs N SEEDS... | --once FILE | --write DIR SEEDS...\n", stderr);
    return 2;
  }
  const Corpus corpus = ReadCorpus({arguments.begin() + 2, arguments.end()});
  if (corpus.seeds.empty()) {
    std::fputs("there are no seeds\n", stderr);
    return 2;
  }
  return write ? WriteCorpus(arguments[1], corpus.seeds) : RunMany(runs, corpus);
}

}  // namespace
}  // namespace ocs::testing

int main(int argc, char** argv) {
  return ocs::testing::Main(std::vector<std::string>(argv + 1, argv + argc));
}
