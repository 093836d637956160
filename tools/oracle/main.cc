// ocs-oracle: runs our reading of providers' usage over recorded answers, and compares it with an
// independent calculator's. docs/ORACLE.md.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "ocs/base/time.h"
#include "tools/oracle/expected.h"
#include "tools/oracle/prices.h"
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
  std::string prices;
  std::string at{kCalculatorInstant};
  int minimum_equal = 0;
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

absl::StatusOr<std::unique_ptr<ListedTariff>> LoadPrices(const std::string& path, Instant at) {
  OCS_ASSIGN_OR_RETURN(const std::string text, ReadMaybeGzip(path));
  auto tariff = ListedTariff::Read(text, at);
  if (!tariff.ok()) return Annotate(tariff.status(), path);
  return tariff;
}

int Run(const Arguments& arguments) {
  const absl::StatusOr<Instant> at = ParseInstant(arguments.at);
  if (!at.ok()) {
    std::fprintf(stderr, "ocs-oracle: --at: %s\n",
                 Printable(FromAbsl(at.status().message())).c_str());
    return kUsage;
  }
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
  const bool well = read.ok && compared.ok;
  if (arguments.prices.empty()) return well ? kWell : kDiffers;
  const auto tariff = LoadPrices(arguments.prices, *at);
  if (!tariff.ok()) return Complain(tariff.status());
  const OracleReport priced =
      ReportPrices(ComparePrices(comparisons, **tariff), arguments.minimum_equal);
  Print(Cat("\nPrices by ", Printable(arguments.prices), " at ", arguments.at, ":\n\n"));
  Print(priced.text);
  const OracleReport readings = ReportPrices(CompareReadings(*entries, **tariff), 0);
  Print("\nIts own counts, of every provider that each usage could be from, at our prices:\n\n");
  Print(readings.text);
  return well && priced.ok && readings.ok ? kWell : kDiffers;
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
  const auto prices = app.add_option("--prices", arguments.prices,
                                     "The calculator's price list, to compare prices as well");
  prices->needs("--expected");
  app.add_option("--at", arguments.at, "The instant at which the prices hold, RFC 3339")
      ->capture_default_str()
      ->needs("--prices");
  app.add_option("--minimum-equal", arguments.minimum_equal,
                 "Per cent of the prices that must be equal to the last decimal")
      ->check(CLI::Range(0, 100))
      ->needs("--prices");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? ocs::tools::kWell : ocs::tools::kUsage;
  }
  return ocs::tools::Run(arguments);
}
