// Tables that a domain person can read: rows of words, one action a row, the outcome at its end.
//
//   account A1 micros=1000000                    # a comment
//   reserve R1 A1  400000 ttl=60  -> granted
//   reserve R2 A1       _         -> granted_partly 600000
//
// `_` is a word left to its default. What follows "->" is the expected outcome; a row without "->"
// has none (see Tail() for an outcome of trailing words). `key=value` words may stand anywhere
// before "->" and do not count as positional words.

#ifndef TESTS_SUPPORT_TABLE_H_
#define TESTS_SUPPORT_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "ocs/base/check.h"
#include "ocs/base/text.h"

namespace ocs::testing {

/// One row. A fault in the table itself (a missing word, a text where a number is due, a misspelt
/// option) stops the program with the row printed: it is the test's fault, not the tested code's.
class Row final {
 public:
  /// REQUIRES: `text` has at least one word before any "->".
  Row(int line, std::string_view text) : line_(line), text_(text) {
    bool outcome = false;
    for (const std::string& word :
         std::vector<std::string>(absl::StrSplit(ToAbsl(text), ' ', absl::SkipEmpty()))) {
      const size_t equals = word.find('=');
      if (word == "->") {
        outcome = true;
      } else if (outcome) {
        expected_.push_back(word);
      } else if (equals == std::string::npos || equals == 0) {
        words_.push_back(word);
      } else {
        Require(options_.emplace(word.substr(0, equals), word.substr(equals + 1)).second);
      }
    }
    Require(!words_.empty());
  }

  int line() const { return line_; }

  /// The first word: what the row does.
  const std::string& verb() const { return words_[0]; }

  /// The number of positional words after the verb.
  size_t size() const { return words_.size() - 1; }

  /// The positional word `index`, from 0 after the verb. REQUIRES: it is there.
  const std::string& Word(size_t index) const {
    Require(index < size());
    return words_[index + 1];
  }

  /// The positional words from `index` on with one space between them; "" where the row is shorter.
  /// For tables whose outcome stands at the end without "->".
  std::string Tail(size_t index) const {
    if (index >= size()) return "";
    return absl::StrJoin(words_.begin() + static_cast<std::ptrdiff_t>(index) + 1, words_.end(),
                         " ");
  }

  /// The number there. A row may group its digits: 1'000'000. REQUIRES: it is there and a number.
  int64_t Number(size_t index) const { return ToNumber(Word(index)); }

  /// The same; `fallback` where the word is `_` or the row is shorter.
  int64_t NumberOr(size_t index, int64_t fallback) const {
    return index >= size() || Word(index) == "_" ? fallback : Number(index);
  }

  bool Has(const std::string& key) const { return options_.count(key) != 0; }

  /// The value of key=value; `fallback` where the row has none.
  std::string Option(const std::string& key, const std::string& fallback) const {
    const auto found = options_.find(key);
    return found == options_.end() ? fallback : found->second;
  }
  int64_t NumberOption(const std::string& key, int64_t fallback) const {
    const auto found = options_.find(key);
    return found == options_.end() ? fallback : ToNumber(found->second);
  }

  const std::map<std::string, std::string>& options() const { return options_; }

  /// The words after "->" with one space between them; "" without "->".
  std::string expected() const { return absl::StrJoin(expected_, " "); }

  /// For INFO: where the row is and how it reads.
  std::string Describe() const { return Cat("row ", line_, ": ", text_); }

 private:
  // Prints the row before the check does, because the check knows only its own place.
  void Require(bool holds) const {
    if (!holds) std::fprintf(stderr, "in the table, %s\n", Describe().c_str());
    OCS_CHECK(holds);
  }
  int64_t ToNumber(std::string text) const {
    std::erase(text, '\'');
    int64_t number = 0;
    Require(absl::SimpleAtoi(text, &number));
    return number;
  }

  int line_;
  std::string text_;
  std::vector<std::string> words_;
  std::map<std::string, std::string> options_;
  std::vector<std::string> expected_;
};

/// The rows of a table in order, without empty lines and comments ('#' to the end of the line).
inline std::vector<Row> ParseTable(std::string_view text) {
  std::vector<Row> rows;
  int line = 0;
  for (const std::string& whole : std::vector<std::string>(absl::StrSplit(ToAbsl(text), '\n'))) {
    ++line;
    const std::string row = whole.substr(0, whole.find('#'));
    if (row.find_first_not_of(" \t\r") == std::string::npos) continue;
    rows.emplace_back(line, std::string(absl::StripAsciiWhitespace(row)));
  }
  return rows;
}

}  // namespace ocs::testing

#endif  // TESTS_SUPPORT_TABLE_H_
