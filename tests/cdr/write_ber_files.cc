// Writes the same records, drawn at random, as a CSV file, as JSON lines and as files of TS 32.297,
// for a reader that shares no code with us: tests/cdr/read_32297.py.
//
//   write_ber_files FOLDER

#include <cstdio>
#include <filesystem>
#include <string>

#include "cdr/file_series.h"
#include "ocs/base/check.h"
#include "ocs/base/random.h"
#include "ocs/base/text.h"
#include "tests/cdr/samples.h"
#include "tests/support/seed.h"

namespace ocs::cdr {
namespace {

constexpr uint32_t kRecords = 1'000;

void Must(const absl::Status& status) {
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
  OCS_CHECK(status.ok());
}

// Any values, but times that a calendar of four digits can show.
Record DrawRecord(Random& random, uint64_t sequence) {
  Record record = testing::AnyRecord(random);
  record.local_sequence = sequence;
  for (Instant* at : {&record.opened_at, &record.closed_at, &record.recorded_at})
    *at = testing::kNoon.PlusMillis(random.Between(-500'000'000'000, 500'000'000'000));
  // Amounts that can be summed: a file has control totals.
  for (RecordLine& line : record.lines) line.amount %= 1'000'000'000'000;
  for (RecordLine& cost : record.costs) cost.amount %= 1'000'000'000'000;
  return record;
}

std::unique_ptr<FileSeries> OpenSeries(const std::string& folder, PrivateExtensionLength length) {
  std::filesystem::create_directory(folder);
  SeriesOptions options;
  options.file.format = FileFormat::kBer;
  options.file.zone = testing::Beijing();
  options.file.node_id = "ocs01";
  options.file.header.node_address = *ParseNodeAddress("192.0.2.1");
  options.file.header.extension_length = length;
  options.records_max = 300;
  auto series = FileSeries::Open(folder, options);
  Must(series.status());
  return *std::move(series);
}

int Run(const std::string& folder) {
  const uint64_t seed = ocs::testing::Seed(51);
  std::printf("%s\n", ocs::testing::SeedNote(seed).c_str());
  Random random(seed);
  auto csv = FileWriter::Create(folder + "/records.csv", {.zone = testing::Beijing()});
  Must(csv.status());
  auto lines = FileWriter::Create(folder + "/records.jsonl",
                                  {.format = FileFormat::kJsonLines, .zone = testing::Beijing()});
  Must(lines.status());
  const auto written = OpenSeries(folder + "/written", PrivateExtensionLength::kAlways);
  const auto omitted = OpenSeries(folder + "/omitted", PrivateExtensionLength::kOmittedWhenEmpty);
  for (uint32_t n = 1; n <= kRecords; ++n) {
    const RecordId id = {.shard = {3}, .position = {.group = 1 + n / 7, .index = n % 7}};
    const Record record = DrawRecord(random, n);
    Must((*csv)->Add(id, record));
    Must((*lines)->Add(id, record));
    Must(written->Add(id, record, testing::kNoon));
    Must(omitted->Add(id, record, testing::kNoon));
  }
  Must((*csv)->Commit());
  Must((*lines)->Commit());
  Must(written->Close(FileClosure::kManualIntervention, testing::kNoon.PlusSeconds(60)));
  Must(omitted->Close(FileClosure::kManualIntervention, testing::kNoon.PlusSeconds(60)));
  return 0;
}

}  // namespace
}  // namespace ocs::cdr

int main(int argc, char** argv) { return argc == 2 ? ocs::cdr::Run(argv[1]) : 2; }
