#include "cdr/file_writer.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include "cdr/csv.h"
#include "cdr/internal/io_error.h"
#include "cdr/json_lines.h"
#include "ocs/base/text.h"
#include "tests/cdr/samples.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace ocs::cdr {
namespace {

using ocs::testing::TempDir;
using testing::Beijing;
using testing::FeeSample;
using testing::IdOf;
using testing::UsageSample;

std::unique_ptr<FileWriter> Open(const std::string& path, FileFormat format = FileFormat::kCsv) {
  auto writer = FileWriter::Create(path, {.format = format, .zone = Beijing()});
  INFO(writer.status().ToString());
  REQUIRE(writer.ok());
  return *std::move(writer);
}

absl::Status WhyNot(const std::string& path) {
  return FileWriter::Create(path, {.zone = Beijing()}).status();
}

int FilesIn(const TempDir& folder) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    count += entry.exists() ? 1 : 0;
  }
  return count;
}

// No file may grow beyond this, as if the disk were full; the signal that comes with it is ignored.
class FileSizeLimit final {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
    signal_before_ = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit lower = {bytes, before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &lower) == 0);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, signal_before_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_ = {};
  void (*signal_before_)(int) = SIG_DFL;
};

TEST_CASE("a committed file holds its records and nothing else is left", "[cdr][unit]") {
  const TempDir folder;
  const std::string path = folder.Path("cdr-0001.csv");
  auto writer = Open(path);
  REQUIRE(writer->Add(IdOf(11, 4), UsageSample()).ok());
  REQUIRE(writer->Add(IdOf(11, 5), FeeSample()).ok());
  CHECK_FALSE(std::filesystem::exists(path));
  REQUIRE(writer->Commit().ok());

  std::string expected(CsvHeader());
  CsvEncoder encoder(Beijing());
  encoder.Append(IdOf(11, 4), UsageSample(), &expected);
  encoder.Append(IdOf(11, 5), FeeSample(), &expected);
  CHECK(ocs::testing::ReadFile(path) == expected);
  CHECK(writer->size_bytes() == expected.size());
  CHECK(FilesIn(folder) == 1);
  const auto totals = ParseCsv(expected);
  REQUIRE(totals.ok());
  CHECK(writer->totals() == *totals);
  struct stat status = {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 07) == 0);  // Nothing for others.
  writer.reset();
  CHECK(std::filesystem::exists(path));
}

TEST_CASE("JSON lines are written without a header", "[cdr][unit]") {
  const TempDir folder;
  const std::string path = folder.Path("cdr-0001.jsonl");
  auto writer = Open(path, FileFormat::kJsonLines);
  REQUIRE(writer->Add(IdOf(11, 4), UsageSample()).ok());
  REQUIRE(writer->Commit().ok());
  std::string expected;
  JsonLinesEncoder(Beijing()).Append(IdOf(11, 4), UsageSample(), &expected);
  CHECK(ocs::testing::ReadFile(path) == expected);
}

TEST_CASE("a file larger than the buffer is whole", "[cdr][unit]") {
  const TempDir folder;
  const std::string path = folder.Path("big.csv");
  auto writer = Open(path);
  for (uint32_t i = 0; i < 3000; ++i) {
    Record record = UsageSample();
    record.local_sequence = i + 1;
    REQUIRE(writer->Add(IdOf(1, i), record).ok());
  }
  REQUIRE(writer->Commit().ok());
  const std::string text = ocs::testing::ReadFile(path);
  CHECK(text.size() > 1'000'000);
  CHECK(text.size() == writer->size_bytes());
  const auto totals = ParseCsv(text);
  REQUIRE(totals.ok());
  CHECK(*totals == writer->totals());
  CHECK(totals->shards().at(ShardId{0}).missing() == 0);
}

TEST_CASE("a writer that goes away leaves nothing", "[cdr][unit]") {
  const TempDir folder;
  {
    auto writer = Open(folder.Path("a.csv"));
    REQUIRE(writer->Add(IdOf(1, 0), FeeSample()).ok());
    CHECK(FilesIn(folder) == 1);
  }
  CHECK(FilesIn(folder) == 0);
}

TEST_CASE("a file that is there is never touched", "[cdr][unit]") {
  const TempDir folder;
  const std::string path = folder.Path("a.csv");
  std::ofstream(path) << "old";
  const absl::Status early = WhyNot(path);
  CHECK(early.code() == absl::StatusCode::kAlreadyExists);
  CHECK(FromAbsl(early.message()) ==
        path +
            ": cannot create: File exists; files are never replaced: move it away or choose "
            "another name");

  // It comes while another is being written.
  const std::string later = folder.Path("b.csv");
  auto writer = Open(later);
  REQUIRE(writer->Add(IdOf(1, 0), FeeSample()).ok());
  std::ofstream(later) << "old";
  const absl::Status late = writer->Commit();
  CHECK(late.code() == absl::StatusCode::kAlreadyExists);
  CHECK(ocs::testing::ReadFile(path) == "old");
  CHECK(ocs::testing::ReadFile(later) == "old");
  CHECK(FilesIn(folder) == 2);
  // Once failed, it stays so.
  CHECK(writer->Add(IdOf(1, 1), FeeSample()) == late);
  CHECK(writer->Commit() == late);
}

TEST_CASE("a folder that is missing is named", "[cdr][unit]") {
  const TempDir folder;
  const absl::Status missing = WhyNot(folder.Path("none/a.csv"));
  CHECK(missing.code() == absl::StatusCode::kNotFound);
  CHECK(std::string(FromAbsl(missing.message())).find("create the folder first") !=
        std::string::npos);
  std::ofstream(folder.Path("file")) << "x";
  CHECK(WhyNot(folder.Path("file/a.csv")).code() == absl::StatusCode::kNotFound);
}

TEST_CASE("a folder that may not be written is named", "[cdr][unit]") {
  const TempDir folder;
  std::filesystem::permissions(
      folder.path(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  if (::access(folder.path().c_str(), W_OK) == 0) {
    // The superuser may write anywhere in a folder; a kernel file system refuses him too.
    CHECK_FALSE(WhyNot("/proc/a.csv").ok());
  } else {
    CHECK(WhyNot(folder.Path("a.csv")).code() == absl::StatusCode::kPermissionDenied);
  }
  std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_all);
  CHECK(FilesIn(folder) == 0);
}

TEST_CASE("when the disk takes no more the temporary is removed", "[cdr][unit]") {
  const TempDir folder;
  const std::string path = folder.Path("a.csv");
  absl::Status status;
  {
    auto writer = Open(path);
    REQUIRE(writer->Add(IdOf(1, 0), FeeSample()).ok());
    const FileSizeLimit limit(100);
    status = writer->Commit();
    CHECK(FilesIn(folder) == 0);
    CHECK(writer->Commit() == status);
  }
  CHECK(status.code() == absl::StatusCode::kResourceExhausted);
  CHECK(FromAbsl(status.message()) ==
        path +
            ".part: cannot write: File too large; raise the file size limit (ulimit -f) or write "
            "fewer records");

  // In the middle of the records, too; and with room again the same name can be written.
  {
    auto writer = Open(path);
    const FileSizeLimit limit(100'000);
    status = absl::OkStatus();
    for (uint32_t i = 0; i < 3000 && status.ok(); ++i) {
      status = writer->Add(IdOf(1, i), UsageSample());
    }
    CHECK(status.code() == absl::StatusCode::kResourceExhausted);
    CHECK(FilesIn(folder) == 0);
  }
  auto writer = Open(path);
  CHECK(writer->Commit().ok());
}

TEST_CASE("the temporary of a killed writer is used again, that of a living one is not",
          "[cdr][unit]") {
  const TempDir folder;
  const std::string path = folder.Path("a.csv");
  std::ofstream(path + std::string(FileWriter::kTemporarySuffix)) << std::string(100'000, 'x');
  auto writer = Open(path);
  const absl::Status second = WhyNot(path);
  CHECK(second.code() == absl::StatusCode::kAborted);
  REQUIRE(writer->Add(IdOf(1, 0), FeeSample()).ok());
  REQUIRE(writer->Commit().ok());
  CHECK(ocs::testing::ReadFile(path).size() == writer->size_bytes());
  CHECK(FilesIn(folder) == 1);
}

TEST_CASE("a temporary that is a symbolic link is not followed", "[cdr][unit]") {
  const TempDir folder;
  std::ofstream(folder.Path("precious")) << "old";
  std::filesystem::create_symlink(folder.Path("precious"), folder.Path("a.csv.part"));
  CHECK_FALSE(WhyNot(folder.Path("a.csv")).ok());
  CHECK(ocs::testing::ReadFile(folder.Path("precious")) == "old");
}

TEST_CASE("a temporary that somebody took away fails the commit", "[cdr][unit]") {
  const TempDir folder;
  auto writer = Open(folder.Path("a.csv"));
  REQUIRE(writer->Add(IdOf(1, 0), FeeSample()).ok());
  std::filesystem::remove(folder.Path("a.csv.part"));
  CHECK(writer->Commit().code() == absl::StatusCode::kNotFound);
  CHECK(FilesIn(folder) == 0);
}

TEST_CASE("a record that is too long for the standard is refused, not cut", "[cdr][unit]") {
  const TempDir folder;
  Record record = UsageSample();
  const RecordLine line = record.lines[0];
  record.lines.assign(350, line);
  auto writer = Open(folder.Path("a.ber"), FileFormat::kBer);
  REQUIRE(writer->Add(IdOf(1, 0), record).ok());
  record.lines.assign(static_cast<size_t>(kRecordLinesMax), line);
  const absl::Status refused = writer->Add(IdOf(1, 1), record);
  CHECK(refused.code() == absl::StatusCode::kOutOfRange);
  CHECK(FromAbsl(refused.message()).ends_with("export it as csv or jsonl"));
  CHECK(FilesIn(folder) == 0);
}

TEST_CASE("a sealed file has no name yet and stays", "[cdr][unit]") {
  const TempDir folder;
  auto writer = Open(folder.Path("a.ber"), FileFormat::kBer);
  REQUIRE(writer->Add(IdOf(1, 0), FeeSample()).ok());
  const auto sealed = writer->Seal(
      {.opened_at = {}, .last_append_at = {}, .sequence = 1, .closure = FileClosure::kNormal});
  REQUIRE(sealed.ok());
  CHECK(sealed->size_bytes == writer->size_bytes());
  CHECK(sealed->sha256.size() == 64);
  CHECK(writer->digests().size() == 1);
  CHECK_FALSE(std::filesystem::exists(folder.Path("a.ber")));
  writer.reset();
  CHECK(ocs::testing::ReadFile(folder.Path("a.ber.part")).size() == sealed->size_bytes);
}

TEST_CASE("formats have names and suffixes", "[cdr][unit]") {
  for (const FileFormat format :
       {FileFormat::kCsv, FileFormat::kJsonLines, FileFormat::kBer, FileFormat::kFocus}) {
    CHECK(ParseFileFormat(FileFormatName(format)) == format);
    CHECK(FileFormatSuffix(format).starts_with("."));
  }
  CHECK_FALSE(ParseFileFormat("xer").has_value());
}

TEST_CASE("system errors become codes and advice", "[cdr][unit]") {
  struct Case {
    int error_number;
    absl::StatusCode code;
    std::string_view advice;
  };
  for (const Case& c : {
           Case{ENOSPC, absl::StatusCode::kResourceExhausted, "free space on this file system"},
           Case{EDQUOT, absl::StatusCode::kResourceExhausted, "disk quota"},
           Case{EMFILE, absl::StatusCode::kResourceExhausted, "ulimit -n"},
           Case{EACCES, absl::StatusCode::kPermissionDenied, "let this user write"},
           Case{EROFS, absl::StatusCode::kPermissionDenied, "mount it for writing"},
           Case{EEXIST, absl::StatusCode::kAlreadyExists, "never replaced"},
           Case{ENOENT, absl::StatusCode::kNotFound, "create the folder"},
           Case{EWOULDBLOCK, absl::StatusCode::kAborted, "another writer"},
           Case{EINVAL, absl::StatusCode::kUnavailable, "use a local one"},
           Case{EIO, absl::StatusCode::kUnavailable, "look at the disk"},
       }) {
    const absl::Status status = internal::IoError(c.error_number, "cannot write", "/x/a.csv");
    CAPTURE(status.ToString());
    CHECK(status.code() == c.code);
    CHECK(FromAbsl(status.message()).find(c.advice) != std::string_view::npos);
    CHECK(FromAbsl(status.message()).starts_with("/x/a.csv: cannot write: "));
  }
}

}  // namespace
}  // namespace ocs::cdr
