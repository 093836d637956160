// Seeds of fuzz targets, and damage done to them.

#ifndef TESTS_FUZZ_MUTATE_H_
#define TESTS_FUZZ_MUTATE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "ocs/base/random.h"

namespace ocs::testing {

/// The seeds of one file: each line of a .jsonl, each fenced block of a .md, else the whole file.
std::vector<std::string> SeedsOf(std::string_view path, std::string_view text);

/// What damage is made of.
struct Corpus {
  std::vector<std::string> seeds;
  std::vector<std::string> words;  ///< Of the language that is parsed; may be empty.
};

/// The words of a dictionary: a line each, in quotes; a line that begins with '#' is a comment.
std::vector<std::string> WordsOf(std::string_view text);

/// The input with one to four damages: bytes flipped, cut out, doubled, numbers and punctuation
/// replaced, a piece of another seed or a word put in. REQUIRES: there are seeds.
std::string Mutated(std::string input, const Corpus& corpus, Random& random);

}  // namespace ocs::testing

#endif  // TESTS_FUZZ_MUTATE_H_
