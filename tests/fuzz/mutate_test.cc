// The damage that the fuzz tests do: repeatable, bounded, and really damage.

#include "tests/fuzz/mutate.h"

#include <set>
#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace ocs::testing {
namespace {

TEST_CASE("seeds are the lines of records, the blocks of pages and whole files", "[fuzz][unit]") {
  CHECK(SeedsOf("a.jsonl", "{1}\n\n{2}") == std::vector<std::string>{"{1}", "{2}"});
  CHECK(SeedsOf("a.md", "x\n```yaml\na: 1\nb: 2\n```\ny\n```\nc\n```\n") ==
        std::vector<std::string>{"a: 1\nb: 2\n", "c\n"});
  CHECK(SeedsOf("a.yaml", "a: 1\n\n") == std::vector<std::string>{"a: 1\n\n"});
}

TEST_CASE("mutations are repeatable, bounded and differ", "[fuzz][unit]") {
  const Corpus corpus{.seeds = {R"({"usage":{"prompt_tokens":12}})", "a: 1\n"},
                      .words = WordsOf("# words\n\"cached_tokens\"\n\n")};
  REQUIRE(corpus.words == std::vector<std::string>{"cached_tokens"});
  Random first(3);
  Random second(3);
  std::set<std::string> seen;
  std::string input = corpus.seeds[0];
  bool word_seen = false;
  for (int i = 0; i < 2'000; ++i) {
    const std::string mutated = Mutated(input, corpus, first);
    REQUIRE(mutated == Mutated(input, corpus, second));
    REQUIRE(mutated.size() <= 64 * 1024);
    seen.insert(mutated);
    word_seen = word_seen || mutated.find("cached_tokens") != std::string::npos;
    input = mutated;
  }
  CHECK(seen.size() > 1'500);
  CHECK(word_seen);
}

}  // namespace
}  // namespace ocs::testing
