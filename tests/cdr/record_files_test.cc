#include "cdr/record_files.h"

#include <filesystem>
#include <fstream>

#include "tests/cdr/series_samples.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace ocs::cdr {
namespace {

using ocs::testing::TempDir;
using testing::AddRecords;
using testing::FilesOf;
using testing::NthId;
using testing::NthRecord;
using testing::OpenSeries;
using testing::SeriesOf;

TEST_CASE("records come back from files as they were", "[cdr][unit]") {
  for (const Compression compression : {Compression::kNone, Compression::kGzip}) {
    const TempDir folder;
    SeriesOptions options = SeriesOf(FileFormat::kBer);
    options.records_max = 4;
    options.file.compression = compression;
    AddRecords(*OpenSeries(folder.path(), options), 1, 10);
    uint64_t n = 0;
    const absl::Status read =
        ForEachRecordIn(folder.path(), [&](const RecordId& id, const Record& record) {
          ++n;
          CHECK(id == NthId(n));
          CHECK(record == NthRecord(n));
          return absl::OkStatus();
        });
    INFO(read.ToString());
    CHECK(read.ok());
    CHECK(n == 10);
    CHECK(ForEachRecordIn(folder.path(), [](const RecordId&, const Record&) {
            return absl::AbortedError("enough");
          }).code() == absl::StatusCode::kAborted);
  }
}

TEST_CASE("files that are not whole are refused", "[cdr][unit]") {
  const auto code = [](const std::string& folder) {
    return ForEachRecordIn(folder, [](const RecordId&, const Record&) { return absl::OkStatus(); })
        .code();
  };
  const TempDir folder;
  CHECK(code(folder.Path("none")) == absl::StatusCode::kNotFound);
  CHECK(code(folder.path()) == absl::StatusCode::kInvalidArgument);
  SECTION("of a format that leaves facts out") {
    AddRecords(*OpenSeries(folder.path(), SeriesOf(FileFormat::kCsv)), 1, 3);
    CHECK(code(folder.path()) == absl::StatusCode::kInvalidArgument);
  }
  SECTION("altered, or missing in the middle") {
    SeriesOptions options = SeriesOf(FileFormat::kBer);
    options.records_max = 2;
    AddRecords(*OpenSeries(folder.path(), options), 1, 6);
    CHECK(code(folder.path()) == absl::StatusCode::kOk);
    const std::string second = folder.Path(FilesOf(folder.path())[1]);
    std::ofstream(second, std::ios::app) << "x";
    CHECK(code(folder.path()) == absl::StatusCode::kDataLoss);
    std::filesystem::remove(second);
    CHECK(code(folder.path()) == absl::StatusCode::kNotFound);
    std::filesystem::remove(second + std::string(kManifestSuffix));
    CHECK(code(folder.path()) == absl::StatusCode::kDataLoss);
  }
}

}  // namespace
}  // namespace ocs::cdr
