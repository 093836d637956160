#include "cdr/verify.h"

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "cdr/ber.h"
#include "cdr/file_32297.h"
#include "cdr/internal/gzip.h"
#include "cdr/internal/sha256.h"
#include "cdr/internal/split_records.h"
#include "ocs/base/random.h"
#include "ocs/base/text.h"
#include "tests/cdr/series_samples.h"
#include "tests/support/golden.h"
#include "tests/support/seed.h"

namespace ocs::cdr {
namespace {

using ocs::testing::ReadFile;
using ocs::testing::TempDir;
using testing::AddRecords;
using testing::FilesOf;
using testing::OpenSeries;
using testing::SeriesOf;

constexpr std::array<FileFormat, 4> kFormats = {FileFormat::kCsv, FileFormat::kJsonLines,
                                                FileFormat::kBer, FileFormat::kFocus};

// Three files of four records each.
class Folder final {
 public:
  explicit Folder(FileFormat format = FileFormat::kBer,
                  Compression compression = Compression::kNone)
      : format_(format) {
    SeriesOptions options = SeriesOf(format);
    options.records_max = 4;
    options.file.compression = compression;
    AddRecords(*OpenSeries(dir_.path(), options), 1, 12);
    files_ = FilesOf(dir_.path());
    REQUIRE(files_.size() == 3);
  }

  const TempDir& dir() const { return dir_; }
  const std::string& file(size_t index) const { return files_[index]; }
  std::string manifest(size_t index) const { return Cat(files_[index], kManifestSuffix); }
  std::string Path(std::string_view name) const { return dir_.Path(std::string(name)); }
  std::string Read(std::string_view name) const { return ReadFile(Path(name)); }
  void Write(std::string_view name, std::string_view bytes) const {
    std::ofstream(Path(name), std::ios::binary) << bytes;
  }
  void Remove(std::string_view name) const { std::filesystem::remove(Path(name)); }

  // The records of a file as bytes, and the file made of them in another order or number.
  std::vector<std::string> Records(size_t index) const {
    const std::string bytes = Read(files_[index]);
    const auto split = internal::SplitRecords(format_, bytes);
    REQUIRE(split.status.ok());
    std::vector<std::string> records;
    for (const auto& piece : split.pieces) records.emplace_back(piece.bytes);
    REQUIRE(records.size() == 4);
    return records;
  }
  void Rewrite(size_t index, const std::vector<std::string>& records) const {
    const std::string bytes = Read(files_[index]);
    const auto split = internal::SplitRecords(format_, bytes);
    std::string made = bytes.substr(0, split.pieces[0].offset);
    for (const std::string& record : records) made += record;
    if (format_ == FileFormat::kBer) {
      FileHeader header = FileReader32297::Open(bytes)->header();
      header.file_length = static_cast<uint32_t>(made.size());
      header.record_count = static_cast<uint32_t>(records.size());
      std::string octets;
      AppendFileHeader(header, &octets);
      made.replace(0, octets.size(), octets);
    }
    Write(files_[index], made);
  }

  Verdict Verify(const VerifyOptions& options = {}) const {
    const auto verdict = VerifyFolder(dir_.path(), options);
    INFO(verdict.status().ToString());
    REQUIRE(verdict.ok());
    for (const Fault& fault : verdict->faults) CHECK_FALSE(fault.what_to_do.empty());
    return *verdict;
  }
  // The one fault of the folder, as "kind: where: what".
  std::string OnlyFault(const VerifyOptions& options = {}) const {
    const Verdict verdict = Verify(options);
    if (verdict.ok()) return "none";
    std::string all;
    for (const Fault& fault : verdict.faults) {
      all += Cat(all.empty() ? "" : " | ", FaultKindName(fault.kind), ": ", fault.where, ": ",
                 fault.what);
    }
    return all;
  }

 private:
  TempDir dir_;
  FileFormat format_;
  std::vector<std::string> files_;
};

TEST_CASE("a folder as it was written has no fault", "[cdr][unit]") {
  for (const FileFormat format : kFormats) {
    for (const Compression compression : {Compression::kNone, Compression::kGzip}) {
      CAPTURE(FileFormatName(format));
      const Folder folder(format, compression);
      CHECK(folder.OnlyFault() == "none");
      const Verdict verdict = folder.Verify();
      CHECK(verdict.files == 3);
      CHECK(verdict.records == 12);
      CHECK(verdict.first_file == 1);
      CHECK(verdict.last_file == 3);
      CHECK(verdict.head == internal::Sha256Hex(folder.Read(folder.manifest(2))));
      CHECK(verdict.shards.at(ShardId{0}).first_sequence == 1);
      CHECK(verdict.shards.at(ShardId{0}).last_sequence == 12);
      CHECK(verdict.shards.at(ShardId{0}).records == 12);
    }
  }
}

TEST_CASE("a file that is missing is told", "[cdr][unit]") {
  {
    const Folder folder;
    folder.Remove(folder.file(1));
    CHECK(folder.OnlyFault() ==
          Cat("file_missing: ", folder.file(1), ": its manifest is here, the file is not"));
    folder.Remove(folder.manifest(1));
    CHECK(folder.OnlyFault() == Cat("file_missing: file 2: is not there, between ", folder.file(0),
                                    " and ", folder.file(2)));
  }
  {
    const Folder folder;
    folder.Remove(folder.file(2));
    folder.Remove(folder.manifest(2));
    CHECK(folder.OnlyFault() ==
          "file_missing: file 3: the last manifest here is not that of the folder's state, which "
          "ends with file 3");
  }
  {
    const Folder folder;
    folder.Remove(folder.file(0));
    const std::string before = internal::Sha256Hex(folder.Read(folder.manifest(0)));
    folder.Remove(folder.manifest(0));
    CHECK(folder.OnlyFault() == "file_missing: file 1: the series here begins with file 2");
    // Kept elsewhere, its hash is enough.
    CHECK(folder.OnlyFault({.previous = before, .head = ""}) == "none");
    CHECK(folder.OnlyFault({.previous = std::string(64, 'a'), .head = ""})
              .starts_with(Cat("chain_broken: ", folder.file(1), ": is chained to ", before)));
  }
}

TEST_CASE("a file that is doubled is told", "[cdr][unit]") {
  {
    const Folder folder;
    folder.Write("copy.ber", folder.Read(folder.file(1)));
    CHECK(folder.OnlyFault() == Cat("file_doubled: copy.ber: is a copy of ", folder.file(1)));
    folder.Write("copy.ber.manifest", folder.Read(folder.manifest(1)));
    CHECK(folder.OnlyFault() == Cat("file_doubled: copy.ber.manifest: is the manifest of ",
                                    folder.file(1), ", under another name"));
  }
  {
    const Folder folder;
    folder.Write("other.ber", "something else");
    CHECK(folder.OnlyFault() == "file_unknown: other.ber: has no manifest");
  }
  {
    // A second, whole file with the number of another, made by who knows the format.
    const Folder folder;
    Manifest manifest = *ParseManifest(folder.Read(folder.manifest(1)));
    const std::string original = manifest.file;
    manifest.file = "zzz_-_0000002.ber";
    folder.Write(manifest.file, folder.Read(folder.file(1)));
    folder.Write(Cat(manifest.file, kManifestSuffix), FormatManifest(manifest));
    CHECK(folder.OnlyFault() ==
          Cat("file_doubled: ", manifest.file, ": has sequence number 2, as ", original, " has"));
  }
}

TEST_CASE("a manifest that was changed or exchanged is told", "[cdr][unit]") {
  {
    const Folder folder;
    std::string text = folder.Read(folder.manifest(1));
    text.replace(text.find("CNY"), 3, "USD");
    folder.Write(folder.manifest(1), text);
    CHECK(folder.OnlyFault() == Cat("manifest_altered: ", folder.manifest(1),
                                    ": its content is not what its own hash says"));
  }
  {
    // With its own hash made anew: the next one was chained to another.
    const Folder folder;
    Manifest manifest = *ParseManifest(folder.Read(folder.manifest(1)));
    manifest.closed_at = manifest.closed_at.PlusSeconds(1);
    folder.Write(folder.manifest(1), FormatManifest(manifest));
    CHECK(folder.OnlyFault() == Cat("chain_broken: ", folder.manifest(1),
                                    ": is not the manifest that ", folder.file(2),
                                    " was chained to"));
  }
  {
    // The last one has nothing behind it but the folder's state, or a hash that was noted.
    const Folder folder;
    const std::string head = folder.Verify().head;
    Manifest manifest = *ParseManifest(folder.Read(folder.manifest(2)));
    manifest.closed_at = manifest.closed_at.PlusSeconds(1);
    folder.Write(folder.manifest(2), FormatManifest(manifest));
    CHECK(folder.OnlyFault().starts_with("file_missing: file 4: the last manifest here is not"));
    folder.Remove(kSeriesStateName);
    CHECK(folder.OnlyFault() == "none");
    CHECK(folder.OnlyFault({.previous = "", .head = head})
              .starts_with("file_missing: file 4: the last manifest here is not that of the hash"));
  }
}

TEST_CASE("a record that is missing is told, with its neighbour", "[cdr][unit]") {
  for (const FileFormat format : kFormats) {
    CAPTURE(FileFormatName(format));
    const Folder folder(format);
    auto records = folder.Records(1);
    records.erase(records.begin() + 2);
    folder.Rewrite(1, records);
    const std::string fault = folder.OnlyFault();
    CAPTURE(fault);
    CHECK(fault.starts_with(
        Cat("record_missing: ", folder.file(1), ": behind record 0.12.0 (sequence 6), at byte ")));
    CHECK(fault.ends_with(": record 3 of 4 is not there"));
    records.erase(records.begin());
    folder.Rewrite(1, records);
    CHECK(folder.OnlyFault().starts_with(
        Cat("record_missing: ", folder.file(1), ": at its beginning: record 1 of 4")));
    CHECK(folder.Verify().fault_count == 2);
  }
}

TEST_CASE("a record that is doubled is told", "[cdr][unit]") {
  for (const FileFormat format : kFormats) {
    CAPTURE(FileFormatName(format));
    const Folder folder(format);
    auto records = folder.Records(1);
    records.push_back(records[1]);
    folder.Rewrite(1, records);
    const std::string fault = folder.OnlyFault();
    CAPTURE(fault);
    CHECK(fault.starts_with(
        Cat("record_doubled: ", folder.file(1), ": record 0.12.0 (sequence 6), at byte ")));
    CHECK(fault.find("already") != std::string::npos);
  }
  // Next to each other, too, in the formats that can hold that.
  const Folder folder(FileFormat::kJsonLines);
  auto records = folder.Records(1);
  records.insert(records.begin(), records[0]);
  folder.Rewrite(1, records);
  CHECK(folder.OnlyFault().starts_with(Cat("record_doubled: ", folder.file(1))));
  CHECK(folder.Verify().fault_count == 1);
}

TEST_CASE("records in another order are told once", "[cdr][unit]") {
  for (const FileFormat format : kFormats) {
    CAPTURE(FileFormatName(format));
    const Folder folder(format);
    auto records = folder.Records(1);
    std::swap(records[1], records[3]);
    folder.Rewrite(1, records);
    const Verdict verdict = folder.Verify();
    REQUIRE_FALSE(verdict.ok());
    std::set<FaultKind> kinds;
    for (const Fault& fault : verdict.faults) kinds.insert(fault.kind);
    CHECK(kinds == std::set<FaultKind>{FaultKind::kRecordReordered});
    CHECK(verdict.faults[0].where.starts_with(
        Cat(folder.file(1), ": record 0.12.2 (sequence 8), at byte ")));
    CHECK(verdict.faults[0].what == "stands where record 2 stood");
  }
}

TEST_CASE("a record that was altered is told", "[cdr][unit]") {
  for (const FileFormat format : kFormats) {
    CAPTURE(FileFormatName(format));
    const Folder folder(format);
    auto records = folder.Records(1);
    const size_t model = records[1].rfind("deepseek-v3.2");
    REQUIRE(model != std::string::npos);
    records[1].replace(model, 8, "deepsick");
    folder.Rewrite(1, records);
    const std::string fault = folder.OnlyFault();
    CAPTURE(fault);
    CHECK(fault.starts_with(
        Cat("record_altered: ", folder.file(1), ": record 0.12.0 (sequence 6), at byte ")));
    CHECK(fault.ends_with(": is not record 2 as it was written"));
  }
}

TEST_CASE("a record that was never written is told", "[cdr][unit]") {
  const Folder folder(FileFormat::kJsonLines);
  auto records = folder.Records(1);
  std::string foreign = records[2];
  foreign.replace(foreign.find("\"0.12.1\""), 8, "\"0.12.9\"");
  records.insert(records.begin() + 3, foreign);
  folder.Rewrite(1, records);
  const std::string fault = folder.OnlyFault();
  CAPTURE(fault);
  CHECK(fault.starts_with(Cat("record_altered: ", folder.file(1), ": record 0.12.9")));
  CHECK(fault.ends_with("was not in the file when it was written"));
}

TEST_CASE("any change of a file is found", "[cdr][property]") {
  OCS_SEEDED_RANDOM(random, 31);
  for (const FileFormat format : kFormats) {
    for (const Compression compression : {Compression::kNone, Compression::kGzip}) {
      const Folder folder(format, compression);
      const std::string bytes = folder.Read(folder.file(1));
      for (int round = 0; round < 60; ++round) {
        std::string changed = bytes;
        const auto at = static_cast<size_t>(random.Below(static_cast<int64_t>(bytes.size())));
        switch (random.Below(3)) {
          case 0:
            changed[at] = static_cast<char>(changed[at] ^ (1 << random.Below(8)));
            break;
          case 1:
            changed.erase(at, static_cast<size_t>(random.Between(1, 40)));
            break;
          default:
            changed.insert(at, static_cast<size_t>(random.Between(1, 40)), 'x');
        }
        folder.Write(folder.file(1), changed);
        const Verdict verdict = folder.Verify();
        REQUIRE_FALSE(verdict.ok());
        for (const Fault& fault : verdict.faults) {
          INFO(FaultKindName(fault.kind) << " " << fault.where << " " << fault.what);
          REQUIRE(fault.where.find(folder.file(1)) == 0);
        }
      }
      folder.Write(folder.file(1), bytes);
      CHECK(folder.OnlyFault() == "none");
    }
  }
}

TEST_CASE("a file that contradicts its own manifest is told, hashes or not", "[cdr][unit]") {
  // Somebody who can make hashes anew changes the sums alone, then the header alone.
  {
    const Folder folder(FileFormat::kCsv);
    Manifest manifest = *ParseManifest(folder.Read(folder.manifest(2)));
    manifest.sums[0] += "0";
    folder.Write(folder.manifest(2), FormatManifest(manifest));
    folder.Write(kSeriesStateName, FormatManifest(manifest));
    CHECK(folder.OnlyFault() ==
          Cat("file_altered: ", folder.file(2), ": does not add up to the sums of its manifest"));
  }
  {
    const Folder folder;
    std::string bytes = folder.Read(folder.file(2));
    bytes[25] = '\x09';  // The file sequence number.
    folder.Write(folder.file(2), bytes);
    Manifest manifest = *ParseManifest(folder.Read(folder.manifest(2)));
    manifest.sha256 = internal::Sha256Hex(bytes);
    folder.Write(folder.manifest(2), FormatManifest(manifest));
    folder.Write(kSeriesStateName, FormatManifest(manifest));
    CHECK(folder.OnlyFault().starts_with(
        Cat("file_altered: ", folder.file(2), ": its header has another sequence number")));
  }
}

TEST_CASE("what is not finished is no fault", "[cdr][unit]") {
  const Folder folder;
  folder.Write("ocs01_-_0000004.20260519_-_1300+0800.ber.part", "half");
  const Verdict verdict = folder.Verify();
  CHECK(verdict.ok());
  CHECK(verdict.unfinished == 1);
}

TEST_CASE("what cannot be verified is an error, not a verdict", "[cdr][unit]") {
  const TempDir empty;
  CHECK(VerifyFolder(empty.path(), {}).status().code() == absl::StatusCode::kInvalidArgument);
  CHECK(VerifyFolder(empty.Path("none"), {}).status().code() == absl::StatusCode::kNotFound);
  CHECK(VerifyFolder(empty.path(), {.previous = "abc", .head = ""}).status().code() ==
        absl::StatusCode::kInvalidArgument);
}

TEST_CASE("faults beyond the number asked for are counted only", "[cdr][unit]") {
  const Folder folder(FileFormat::kJsonLines);
  folder.Rewrite(1, {});
  const auto verdict =
      VerifyFolder(folder.dir().path(), {.previous = "", .head = "", .faults_max = 2});
  REQUIRE(verdict.ok());
  CHECK(verdict->faults.size() == 2);
  CHECK(verdict->fault_count == 4);
}

}  // namespace
}  // namespace ocs::cdr
