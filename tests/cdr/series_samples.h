// Folders of files for the tests of the series and of its verification.

#ifndef TESTS_CDR_SERIES_SAMPLES_H_
#define TESTS_CDR_SERIES_SAMPLES_H_

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cdr/file_series.h"
#include "tests/cdr/samples.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace ocs::cdr::testing {

// Record n of shard 0, from 1: usage, with a fee and a refund now and then.
inline Record NthRecord(uint64_t n) {
  Record record = n % 5 == 0 ? FeeSample() : n % 7 == 0 ? RefundSample() : UsageSample();
  record.local_sequence = n;
  record.recorded_at = kNoon.PlusSeconds(static_cast<int64_t>(n));
  return record;
}
// Some records of one entry, then the next group.
inline RecordId NthId(uint64_t n) { return IdOf(10 + n / 3, static_cast<uint32_t>(n % 3)); }

inline SeriesOptions SeriesOf(FileFormat format) {
  SeriesOptions options;
  options.file.format = format;
  options.file.zone = Beijing();
  options.file.node_id = "ocs01";
  options.file.header.node_address = *ParseNodeAddress("192.0.2.1");
  options.file.issuer = "Operator";
  return options;
}

inline std::unique_ptr<FileSeries> OpenSeries(const std::string& folder,
                                              const SeriesOptions& options) {
  auto series = FileSeries::Open(folder, options);
  INFO(series.status().ToString());
  REQUIRE(series.ok());
  return *std::move(series);
}

// Adds records [first, last] and closes.
inline void AddRecords(FileSeries& series, uint64_t first, uint64_t last) {
  for (uint64_t n = first; n <= last; ++n) {
    const absl::Status added =
        series.Add(NthId(n), NthRecord(n), kNoon.PlusSeconds(static_cast<int64_t>(n)));
    INFO(added.ToString());
    REQUIRE(added.ok());
  }
  const absl::Status closed = series.Close(FileClosure::kNormal, kNoon.PlusSeconds(3600));
  INFO(closed.ToString());
  REQUIRE(closed.ok());
}

// Names in a folder that are files of records, in order.
inline std::vector<std::string> FilesOf(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name[0] != '.' && !name.ends_with(kManifestSuffix)) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace ocs::cdr::testing

#endif  // TESTS_CDR_SERIES_SAMPLES_H_
