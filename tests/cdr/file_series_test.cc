#include "cdr/file_series.h"

#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "cdr/ber.h"
#include "cdr/file_32297.h"
#include "cdr/internal/disk.h"
#include "cdr/internal/gzip.h"
#include "cdr/internal/sha256.h"
#include "cdr/verify.h"
#include "ocs/base/text.h"
#include "tests/cdr/series_samples.h"
#include "tests/cdr/support.h"
#include "tests/support/golden.h"

namespace ocs::cdr {
namespace {

using ocs::testing::ReadFile;
using ocs::testing::TempDir;
using testing::AddRecords;
using testing::DieAtStep;
using testing::FilesOf;
using testing::kNoon;
using testing::NthId;
using testing::NthRecord;
using testing::OpenSeries;
using testing::SeriesOf;
using testing::steps_left;

Manifest ManifestOf(const TempDir& folder, const std::string& file) {
  const auto manifest = ParseManifest(ReadFile(folder.Path(Cat(file, kManifestSuffix))));
  INFO(manifest.status().ToString());
  REQUIRE(manifest.ok());
  return *manifest;
}

// Local sequence numbers in the BER files of a folder, in order of the files.
std::vector<uint64_t> SequencesIn(const std::string& folder) {
  std::vector<uint64_t> sequences;
  for (const std::string& name : FilesOf(folder)) {
    const std::string bytes = ReadFile(folder + "/" + name);
    auto reader = FileReader32297::Open(bytes);
    INFO(name << ": " << reader.status().ToString());
    REQUIRE(reader.ok());
    while (true) {
      const auto item = reader->Next();
      REQUIRE(item.ok());
      if (!item->has_value()) break;
      const auto record = DecodeBerRecord((*item)->record);
      REQUIRE(record.ok());
      sequences.push_back(record->record.local_sequence);
    }
  }
  return sequences;
}

std::vector<uint64_t> UpTo(uint64_t last) {
  std::vector<uint64_t> numbers;
  for (uint64_t n = 1; n <= last; ++n) numbers.push_back(n);
  return numbers;
}

absl::Status WhyNot(const std::string& folder, const SeriesOptions& options) {
  return FileSeries::Open(folder, options).status();
}

TEST_CASE("files are closed by count, each with its header and its manifest", "[cdr][unit]") {
  const TempDir folder;
  SeriesOptions options = SeriesOf(FileFormat::kBer);
  options.records_max = 4;
  auto series = OpenSeries(folder.path(), options);
  AddRecords(*series, 1, 10);
  CHECK(series->files_closed() == 3);
  CHECK(series->records_written() == 10);
  const auto files = FilesOf(folder.path());
  REQUIRE(files.size() == 3);
  CHECK(files[0] == "ocs01_-_0000001.20260519_-_1200+0800.ber");
  CHECK(SequencesIn(folder.path()) == UpTo(10));

  const std::string bytes = ReadFile(folder.Path(files[1]));
  const auto reader = FileReader32297::Open(bytes);
  REQUIRE(reader.ok());
  CHECK(reader->header().sequence == 2);
  CHECK(reader->header().record_count == 4);
  CHECK(reader->header().closure == FileClosure::kRecordCountLimit);
  CHECK(reader->header().opened == FileTime{5, 19, 12, 0, 480});
  const Manifest manifest = ManifestOf(folder, files[1]);
  CHECK(manifest.sha256 == internal::Sha256Hex(bytes));
  CHECK(manifest.size_bytes == bytes.size());
  CHECK(manifest.records == 4);
  CHECK(manifest.shards.at(ShardId{0}) == Manifest::Shard{5, 8, 4});
  CHECK(manifest.cursors.at(ShardId{0}) == Manifest::Cursor{8, NthId(8).position});
  CHECK(manifest.previous ==
        internal::Sha256Hex(ReadFile(folder.Path(Cat(files[0], kManifestSuffix)))));
  CHECK(ManifestOf(folder, files[0]).previous == kNoPrevious);
  CHECK(ManifestOf(folder, files[2]).closure == FileClosure::kNormal);
  CHECK(series->last_manifest_hash() ==
        internal::Sha256Hex(ReadFile(folder.Path(Cat(files[2], kManifestSuffix)))));
}

TEST_CASE("files are closed by size and by time", "[cdr][unit]") {
  const TempDir folder;
  SeriesOptions options = SeriesOf(FileFormat::kCsv);
  options.bytes_max = 2'000;
  options.open_seconds_max = 60;
  auto series = OpenSeries(folder.path(), options);
  CHECK(series->due_at() == Instant::Never());
  REQUIRE(series->Add(NthId(1), NthRecord(1), kNoon).ok());
  CHECK(series->due_at() == kNoon.PlusSeconds(60));
  REQUIRE(series->CloseIfDue(kNoon.PlusSeconds(59)).ok());
  CHECK(series->files_closed() == 0);
  REQUIRE(series->CloseIfDue(kNoon.PlusSeconds(60)).ok());
  CHECK(series->files_closed() == 1);
  REQUIRE(series->CloseIfDue(kNoon.PlusSeconds(600)).ok());
  CHECK(series->files_closed() == 1);  // Nothing was open: no empty file.
  // A record that comes late closes the file before it is written to the next.
  REQUIRE(series->Add(NthId(2), NthRecord(2), kNoon.PlusSeconds(600)).ok());
  REQUIRE(series->Add(NthId(3), NthRecord(3), kNoon.PlusSeconds(700)).ok());
  CHECK(series->files_closed() == 2);
  for (uint64_t n = 4; n <= 8; ++n)
    REQUIRE(series->Add(NthId(n), NthRecord(n), kNoon.PlusSeconds(701)).ok());
  const auto files = FilesOf(folder.path());
  REQUIRE(files.size() >= 3);
  CHECK(ManifestOf(folder, files[0]).closure == FileClosure::kOpenTimeLimit);
  CHECK(ManifestOf(folder, files[1]).records == 1);
  CHECK(ManifestOf(folder, files[2]).closure == FileClosure::kSizeLimit);
  CHECK(ManifestOf(folder, files[2]).size_bytes >= 2'000);
}

TEST_CASE("whoever opens a folder goes on behind the last record", "[cdr][unit]") {
  const TempDir folder;
  const SeriesOptions options = SeriesOf(FileFormat::kBer);
  AddRecords(*OpenSeries(folder.path(), options), 1, 5);
  auto series = OpenSeries(folder.path(), options);
  CHECK(series->durable().at(ShardId{0}).sequence == 5);
  AddRecords(*series, 3, 9);  // Three of them again.
  CHECK(series->records_skipped() == 3);
  CHECK(SequencesIn(folder.path()) == UpTo(9));
  // Files that were taken away are not missed: the state stays.
  for (const auto& name : FilesOf(folder.path())) {
    std::filesystem::remove(folder.Path(name));
    std::filesystem::remove(folder.Path(Cat(name, kManifestSuffix)));
  }
  series.reset();
  series = OpenSeries(folder.path(), options);
  AddRecords(*series, 10, 10);
  CHECK(FilesOf(folder.path())[0].starts_with("ocs01_-_0000003."));
}

TEST_CASE("a gap is never written", "[cdr][unit]") {
  const TempDir folder;
  auto series = OpenSeries(folder.path(), SeriesOf(FileFormat::kCsv));
  AddRecords(*series, 1, 3);
  const absl::Status gap = series->Add(NthId(5), NthRecord(5), kNoon);
  CHECK(gap.code() == absl::StatusCode::kDataLoss);
  CHECK(FromAbsl(gap.message())
            .starts_with("record 0.11.2 has sequence 5, but 4 must follow in the files of "));
  CHECK(series->Add(NthId(4), NthRecord(4), kNoon) == gap);
  CHECK(series->Close(FileClosure::kNormal, kNoon) == gap);
  series.reset();
  AddRecords(*OpenSeries(folder.path(), SeriesOf(FileFormat::kCsv)), 4, 5);
}

TEST_CASE("one writer at a time, of one node and one encoding", "[cdr][unit]") {
  const TempDir folder;
  auto series = OpenSeries(folder.path(), SeriesOf(FileFormat::kCsv));
  CHECK(WhyNot(folder.path(), SeriesOf(FileFormat::kCsv)).code() == absl::StatusCode::kAborted);
  AddRecords(*series, 1, 1);
  series.reset();
  CHECK(WhyNot(folder.path(), SeriesOf(FileFormat::kBer)).code() ==
        absl::StatusCode::kInvalidArgument);
  SeriesOptions other = SeriesOf(FileFormat::kCsv);
  other.file.node_id = "ocs02";
  CHECK(WhyNot(folder.path(), other).code() == absl::StatusCode::kInvalidArgument);
  CHECK(WhyNot(folder.Path("none"), SeriesOf(FileFormat::kCsv)).code() ==
        absl::StatusCode::kNotFound);
}

TEST_CASE("options out of range are refused", "[cdr][unit]") {
  const TempDir folder;
  const auto refused = [&](auto change) {
    SeriesOptions options = SeriesOf(FileFormat::kCsv);
    change(options);
    return WhyNot(folder.path(), options).code() == absl::StatusCode::kInvalidArgument;
  };
  CHECK(refused([](SeriesOptions& o) { o.file.node_id = "a.b"; }));
  CHECK(refused([](SeriesOptions& o) { o.bytes_max = 0; }));
  CHECK(refused([](SeriesOptions& o) { o.bytes_max = (uint64_t{2} << 30) + 1; }));
  CHECK(refused([](SeriesOptions& o) { o.records_max = 0; }));
  CHECK(refused([](SeriesOptions& o) { o.records_max = kFileRecordsMax + 1; }));
  CHECK(refused([](SeriesOptions& o) { o.open_seconds_max = 0; }));
}

TEST_CASE("a state that is lost or damaged is told, not guessed", "[cdr][unit]") {
  const TempDir folder;
  const SeriesOptions options = SeriesOf(FileFormat::kCsv);
  AddRecords(*OpenSeries(folder.path(), options), 1, 3);
  const std::string state = folder.Path(std::string(kSeriesStateName));
  const std::string text = ReadFile(state);
  std::ofstream(state) << "x";
  CHECK(WhyNot(folder.path(), options).code() == absl::StatusCode::kDataLoss);
  std::filesystem::remove(state);
  const absl::Status lost = WhyNot(folder.path(), options);
  CHECK(lost.code() == absl::StatusCode::kDataLoss);
  // As the message says.
  const std::string name = FilesOf(folder.path()).back();
  std::filesystem::copy_file(folder.Path(Cat(name, kManifestSuffix)), state);
  CHECK(ReadFile(state) == text);
  AddRecords(*OpenSeries(folder.path(), options), 4, 4);
}

TEST_CASE("compressed files hold the same bytes", "[cdr][unit]") {
  const TempDir plain;
  const TempDir packed;
  SeriesOptions options = SeriesOf(FileFormat::kBer);
  AddRecords(*OpenSeries(plain.path(), options), 1, 50);
  options.file.compression = Compression::kGzip;
  AddRecords(*OpenSeries(packed.path(), options), 1, 50);
  const std::string name = FilesOf(plain.path())[0];
  REQUIRE(FilesOf(packed.path()) == std::vector<std::string>{name + ".gz"});
  const std::string bytes = ReadFile(plain.Path(name));
  const std::string small = ReadFile(packed.Path(name + ".gz"));
  CHECK(small.size() * 3 < bytes.size());
  const auto unpacked = internal::Gunzip(small, 1 << 20);
  REQUIRE(unpacked.ok());
  CHECK(*unpacked == bytes);
  CHECK(ManifestOf(packed, name + ".gz").digests == ManifestOf(plain, name).digests);
  CHECK(internal::Gunzip(small, 10).status().code() == absl::StatusCode::kOutOfRange);
  CHECK(internal::Gunzip(small.substr(0, 99), 1 << 20).status().code() ==
        absl::StatusCode::kDataLoss);
  CHECK(internal::Gunzip(small + "x", 1 << 20).status().code() == absl::StatusCode::kDataLoss);
}

// --- a process that is killed --------------------------------------------------------------------

constexpr uint64_t kLastRecord = 5;

// Writes what is missing up to kLastRecord in a process of its own, which dies before its n-th step
// on the disk. True when it came to its end.
bool WriteAndDieBefore(int step, const std::string& folder, const SeriesOptions& options) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    steps_left = step;
    internal::SetDiskStepHook(&DieAtStep);
    auto series = FileSeries::Open(folder, options);
    if (!series.ok()) ::_exit(1);
    const auto& durable = (*series)->durable();
    const auto at = durable.find(ShardId{0});
    // As an export does: it reads again from what is acknowledged, here from what is durable.
    for (uint64_t n = at == durable.end() ? 1 : at->second.sequence + 1; n <= kLastRecord; ++n) {
      if (!(*series)->Add(NthId(n), NthRecord(n), kNoon).ok()) ::_exit(2);
    }
    ::_exit((*series)->Close(FileClosure::kNormal, kNoon).ok() ? 0 : 3);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  REQUIRE((WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 9));
  return WEXITSTATUS(status) == 0;
}

TEST_CASE("killed before any step on the disk, a series has no gap and no double", "[cdr][crash]") {
  for (const Compression compression : {Compression::kNone, Compression::kGzip}) {
    SeriesOptions options = SeriesOf(FileFormat::kBer);
    options.records_max = 3;
    options.file.compression = compression;
    int crashes = 0;
    for (bool done = false; !done; ++crashes) {
      CAPTURE(crashes);
      REQUIRE(crashes < 1'000);
      const TempDir folder;
      done = WriteAndDieBefore(crashes, folder.path(), options);
      // What has a name is whole at any time.
      if (!FilesOf(folder.path()).empty()) {
        std::string seen;
        for (const std::string& name : FilesOf(folder.path())) {
          if (!name.ends_with(FileWriter::kTemporarySuffix)) seen = name;
        }
        if (!seen.empty()) CHECK(VerifyFolder(folder.path(), {})->ok());
      }
      REQUIRE(WriteAndDieBefore(1'000'000, folder.path(), options));
      const auto verdict = VerifyFolder(folder.path(), {});
      REQUIRE(verdict.ok());
      for (const Fault& fault : verdict->faults) UNSCOPED_INFO(fault.where << ": " << fault.what);
      REQUIRE(verdict->ok());
      REQUIRE(verdict->records == kLastRecord);
      REQUIRE(verdict->shards.at(ShardId{0}).last_sequence == kLastRecord);
      REQUIRE(verdict->unfinished == 0);
      if (compression == Compression::kNone)
        REQUIRE(SequencesIn(folder.path()) == UpTo(kLastRecord));
    }
    CHECK(crashes > 30);
  }
}

TEST_CASE("killed at every second step again and again, it still ends whole", "[cdr][crash]") {
  const TempDir folder;
  SeriesOptions options = SeriesOf(FileFormat::kBer);
  options.records_max = 1;
  int runs = 0;
  // Each run gets a little further than the one before it could.
  for (int step = 1; !WriteAndDieBefore(step, folder.path(), options); step += 2) ++runs;
  CHECK(runs > 3);
  CHECK(SequencesIn(folder.path()) == UpTo(kLastRecord));
  CHECK(VerifyFolder(folder.path(), {})->ok());
}

TEST_CASE("a committed file that the disk lost is told", "[cdr][crash]") {
  const TempDir folder;
  const SeriesOptions options = SeriesOf(FileFormat::kCsv);
  AddRecords(*OpenSeries(folder.path(), options), 1, 3);
  const std::string name = FilesOf(folder.path())[0];
  std::filesystem::remove(folder.Path(name));
  std::ofstream(folder.Path(name + ".part")) << "half";
  const absl::Status lost = WhyNot(folder.path(), options);
  CHECK(lost.code() == absl::StatusCode::kDataLoss);
  CHECK(FromAbsl(lost.message()).find("is committed but not what its manifest says") !=
        std::string_view::npos);
}

}  // namespace
}  // namespace ocs::cdr
