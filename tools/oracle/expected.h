// The independent calculator's answers (pydantic/genai-prices, tests/dataset/usages.json), and ours
// beside them.

#ifndef TOOLS_ORACLE_EXPECTED_H_
#define TOOLS_ORACLE_EXPECTED_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "rating/usage/provider_usage.h"
#include "tools/oracle/records.h"

namespace ocs::tools {

/// One way in which the calculator read a usage.
struct Flavour {
  std::string provider_id;
  std::string api_flavour;
  std::string input_price;   ///< USD as a decimal; empty where the calculator has no price.
  std::string output_price;  ///< The same.
  std::string total_price;   ///< Where the price is not of tokens alone.
  std::map<std::string, int64_t, std::less<>> usage;

  std::string name() const { return provider_id + "/" + api_flavour; }
};

/// One recorded usage with all its readings.
struct ExpectedEntry {
  size_t index = 0;  ///< In the file, from 0.
  std::string file;  ///< Of the recording.
  std::string model;
  std::string body;  ///< The usage with model and file, as it stands in the file.
  std::vector<Flavour> flavours;
};

/// Reads the file's text. An entry that is none is an error that names it.
absl::StatusOr<std::vector<ExpectedEntry>> ParseExpected(std::string_view text);

/// How the provider behind an expected entry was found.
enum class MatchedBy : uint8_t {
  kRecord,  ///< A record of the same file holds the same usage.
  kFile,    ///< A record of the same file is of the same dialect.
  kShape,   ///< The counters tell the dialect, and with it the commonest provider.
};

std::string_view MatchedByName(MatchedBy matched);

/// One count on which the two do not agree.
struct FieldDifference {
  std::string field;  ///< The calculator's name of it.
  int64_t ours = 0;
  int64_t theirs = 0;
};

enum class Verdict : uint8_t {
  kEqual,
  kExplained,    ///< It differs for a cause that docs/ORACLE.md names.
  kUnexplained,  ///< It differs.
  kNotRead,      ///< We read nothing from it.
  kNoFlavour,    ///< The calculator has no reading for this provider.
};

std::string_view VerdictName(Verdict verdict);

/// What became of one entry.
struct Comparison {
  const ExpectedEntry* entry = nullptr;
  const Flavour* flavour = nullptr;  ///< Null without one.
  usage::UsageAnswer answer;
  std::string provider;
  std::string api;
  MatchedBy matched = MatchedBy::kShape;
  Verdict verdict = Verdict::kEqual;
  std::string cause;  ///< The name of what explains the differences.
  std::vector<FieldDifference> differences;
};

/// Compares every entry. `records` tell which provider an entry is of. The entries must outlive the
/// result.
std::vector<Comparison> CompareAll(const std::vector<ExpectedEntry>& entries,
                                   const std::vector<Record>& records);

/// Our counts under the calculator's names.
std::map<std::string, int64_t, std::less<>> InTheirWords(const usage::ProviderUsage& usage);

}  // namespace ocs::tools

#endif  // TOOLS_ORACLE_EXPECTED_H_
