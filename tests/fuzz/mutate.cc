#include "tests/fuzz/mutate.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "ocs/base/check.h"

namespace ocs::testing {
namespace {

/// Inputs do not grow without end.
constexpr size_t kInputBytesMax = 64 * 1024;

/// What parsers stumble over.
constexpr std::string_view kTokens[] = {"0",
                                        "-1",
                                        "1e9",
                                        "1e-9",
                                        "0.5",
                                        "9223372036854775807",
                                        "9223372036854775808",
                                        "1000000000000",
                                        "1/3",
                                        "null",
                                        "true",
                                        "~",
                                        "\"\"",
                                        "{",
                                        "}",
                                        "[",
                                        "]",
                                        "{}",
                                        "[]",
                                        ":",
                                        ",",
                                        "\n",
                                        "- ",
                                        "? ",
                                        "&a ",
                                        "*a",
                                        "<<: *a",
                                        "!!int ",
                                        "|",
                                        "#",
                                        "\t",
                                        "\r\n",
                                        "\xff",
                                        "\xc3\xa9"};

size_t Below(Random& random, size_t bound) {
  return static_cast<size_t>(random.Below(static_cast<int64_t>(bound)));
}

/// A piece of a text, [begin, begin + length).
struct Piece {
  size_t begin = 0;
  size_t length = 0;
};

Piece AnyPiece(Random& random, std::string_view text) {
  const size_t begin = Below(random, text.size());
  const size_t longest = std::min<size_t>(text.size() - begin, 200);
  return {.begin = begin, .length = 1 + Below(random, longest)};
}

void ReplaceNumber(std::string& input, Random& random) {
  constexpr std::string_view kDigits = "0123456789";
  const size_t from = input.find_first_of(kDigits, Below(random, input.size()));
  if (from == std::string::npos) return;
  const size_t end = std::min(input.find_first_not_of("0123456789.eE+-", from), input.size());
  input.replace(from, end - from, kTokens[Below(random, std::size(kTokens))]);
}

/// Puts a word over another one, so that the text around it stays in form; else anywhere.
void PlaceWord(std::string& input, const std::vector<std::string>& words, Random& random) {
  if (words.empty()) return;
  const std::string& word = words[Below(random, words.size())];
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz_ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const size_t begin = input.find_first_of(kLetters, Below(random, input.size()));
  if (begin == std::string::npos) {
    input.append(word);
    return;
  }
  const size_t end = std::min(input.find_first_not_of(kLetters, begin), input.size());
  input.replace(begin, end - begin, word);
}

void DamageOnce(std::string& input, const Corpus& corpus, Random& random) {
  const std::vector<std::string>& seeds = corpus.seeds;
  if (input.empty()) {
    input = seeds[Below(random, seeds.size())];
    return;
  }
  const size_t place = Below(random, input.size());
  const Piece piece = AnyPiece(random, input);
  switch (random.Below(10)) {
    case 0:
      input[place] = static_cast<char>(random.Below(256));
      break;
    case 1:
      input.erase(piece.begin, piece.length);
      break;
    case 2:
      input.resize(place);
      break;
    case 3:
      input.insert(place, input.substr(piece.begin, piece.length));
      break;
    case 4:
      input.insert(place, kTokens[Below(random, std::size(kTokens))]);
      break;
    case 5: {
      const std::string& other = seeds[Below(random, seeds.size())];
      if (other.empty()) break;
      const Piece taken = AnyPiece(random, other);
      input.insert(place, other.substr(taken.begin, taken.length));
      break;
    }
    case 6:
    case 7:
      PlaceWord(input, corpus.words, random);
      break;
    default:
      ReplaceNumber(input, random);
      break;
  }
}

}  // namespace

std::vector<std::string> SeedsOf(std::string_view path, std::string_view text) {
  const auto ends_in = [&](std::string_view suffix) {
    return path.size() >= suffix.size() && path.substr(path.size() - suffix.size()) == suffix;
  };
  const bool lines = ends_in(".jsonl");
  if (!lines && !ends_in(".md")) return {std::string(text)};
  std::vector<std::string> seeds;
  std::string block;
  bool inside = false;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (lines) {
      if (!line.empty()) seeds.emplace_back(line);
    } else if (line.substr(0, 3) == "```") {
      if (inside) seeds.push_back(block);
      block.clear();
      inside = !inside;
    } else if (inside) {
      block.append(line).append("\n");
    }
  }
  return seeds;
}

std::vector<std::string> WordsOf(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.size() > 2 && line.front() == '"' && line.back() == '"') {
      words.emplace_back(line.substr(1, line.size() - 2));
    }
  }
  return words;
}

std::string Mutated(std::string input, const Corpus& corpus, Random& random) {
  OCS_CHECK(!corpus.seeds.empty());
  for (int64_t left = random.Between(1, 4); left > 0; --left) DamageOnce(input, corpus, random);
  if (input.size() > kInputBytesMax) input.resize(kInputBytesMax);
  return input;
}

}  // namespace ocs::testing
