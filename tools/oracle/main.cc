// ocs-oracle: runs our reading of providers' usage over recorded answers, and compares it with an
// independent calculator's. docs/ORACLE.md.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "tools/oracle/expected.h"
#include "tools/oracle/records.h"
#include "tools/oracle/report.h"
#include "tools/text/table.h"

namespace ocs::tools {
namespace {

// Documented in docs/ORACLE.md.
enum ExitCode : int { kWell = 0, kDiffers = 1, kUsage = 2, kCouldNot = 3 };

struct Arguments {
  std::string records;
  std::string expected;
};

void Print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

int Complain(const absl::Status& status) {
  std::fprintf(stderr, "ocs-oracle: %s\n", Printable(FromAbsl(status.message())).c_str());
  return kCouldNot;
}

absl::StatusOr<std::vector<Record>> LoadRecords(const std::string& path) {
  OCS_ASSIGN_OR_RETURN(const std::string text, ReadMaybeGzip(path));
  absl::StatusOr<std::vector<Record>> records = ParseRecords(text);
  if (!records.ok()) return Annotate(records.status(), path);
  return records;
}

absl::StatusOr<std::vector<ExpectedEntry>> LoadExpected(const std::string& path) {
  OCS_ASSIGN_OR_RETURN(const std::string text, ReadMaybeGzip(path));
  absl::StatusOr<std::vector<ExpectedEntry>> entries = ParseExpected(text);
  if (!entries.ok()) return Annotate(entries.status(), path);
  return entries;
}

int Run(const Arguments& arguments) {
  const absl::StatusOr<std::vector<Record>> records = LoadRecords(arguments.records);
  if (!records.ok()) return Complain(records.status());
  const OracleReport read = ReportRecords(*records);
  Print(read.text);
  if (arguments.expected.empty()) return read.ok ? kWell : kDiffers;
  const absl::StatusOr<std::vector<ExpectedEntry>> entries = LoadExpected(arguments.expected);
  if (!entries.ok()) return Complain(entries.status());
  const std::vector<Comparison> comparisons = CompareAll(*entries, *records);
  const OracleReport compared = ReportComparisons(comparisons);
  Print("\nBeside the independent calculator:\n\n");
  Print(compared.text);
  return read.ok && compared.ok ? kWell : kDiffers;
}

}  // namespace
}  // namespace ocs::tools

int main(int argc, char** argv) {
  ocs::tools::Arguments arguments;
  CLI::App app{"Reads recorded answers of model providers and says what of their usage is read."};
  app.add_option("records", arguments.records, "Recorded answers, one JSON object a line (.gz too)")
      ->required();
  app.add_option("--expected", arguments.expected,
                 "An independent calculator's usages (.json, .json.gz) to compare with");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? ocs::tools::kWell : ocs::tools::kUsage;
  }
  return ocs::tools::Run(arguments);
}
