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

/// The input with one to four damages: bytes flipped, cut out, doubled, numbers and punctuation
/// replaced, a piece of another seed put in. REQUIRES: `seeds` is not empty.
std::string Mutated(std::string input, const std::vector<std::string>& seeds, Random& random);

}  // namespace ocs::testing

#endif  // TESTS_FUZZ_MUTATE_H_
