#include "cdr/file_32297.h"

#include <algorithm>
#include <string>

#include "absl/strings/escaping.h"
#include "ocs/base/text.h"
#include "tests/cdr/samples.h"
#include "tests/cdr/support.h"
#include "tests/support/catch.h"
#include "tests/support/golden.h"

namespace ocs::cdr {
namespace {

using testing::FromOutside;

// The header of f297a.cdr, in words of the standard.
FileHeader OutsideHeader() {
  FileHeader header;
  header.file_length = 402;
  header.opened = {.month = 7, .day = 8, .hour = 12, .minute = 0, .offset_minutes = 0};
  header.last_append = {.month = 7, .day = 8, .hour = 12, .minute = 1, .offset_minutes = 0};
  header.record_count = 2;
  header.sequence = 7;
  header.node_address = *ParseNodeAddress("192.0.2.1");
  return header;
}

std::string FileOf(FileHeader header, const std::vector<std::string>& records) {
  std::string body;
  for (const std::string& record : records) {
    RecordHeader before;
    before.length = static_cast<uint16_t>(record.size());
    before.release = header.low;
    AppendRecordHeader(before, &body);
    body += record;
  }
  header.record_count = static_cast<uint32_t>(records.size());
  header.file_length = static_cast<uint32_t>(FileHeaderLength(header) + body.size());
  std::string file;
  AppendFileHeader(header, &file);
  return file + body;
}

std::string WhyFileRefused(std::string_view bytes) {
  auto reader = FileReader32297::Open(bytes);
  absl::Status status = reader.status();
  while (status.ok()) {
    const auto item = reader->Next();
    status = item.status();
    if (item.ok() && !item->has_value()) return "accepted";
  }
  CHECK(status.code() == absl::StatusCode::kDataLoss);
  return std::string(FromAbsl(status.message()));
}

TEST_CASE("a file that others read is read, and written byte for byte", "[cdr][unit][golden]") {
  const std::string bytes = FromOutside("f297a.cdr");
  const std::string record = FromOutside("chf1.ber");
  auto reader = FileReader32297::Open(bytes);
  INFO(reader.status().ToString());
  REQUIRE(reader.ok());
  CHECK(reader->header() == OutsideHeader());
  CHECK(reader->header_length() == 54);
  for (const size_t offset : {54U, 228U}) {
    const auto item = reader->Next();
    REQUIRE(item.ok());
    REQUIRE(item->has_value());
    CHECK((*item)->record == record);
    CHECK((*item)->offset == offset);
    CHECK((*item)->header == RecordHeader{.length = 169, .release = {18, 1}});
  }
  const auto end = reader->Next();
  REQUIRE(end.ok());
  CHECK_FALSE(end->has_value());
  CHECK(FileOf(OutsideHeader(), {record, record}) == bytes);
}

TEST_CASE("the length of the private extension may be left out", "[cdr][unit]") {
  FileHeader header = OutsideHeader();
  header.extension_length = PrivateExtensionLength::kOmittedWhenEmpty;
  CHECK(FileHeaderLength(header) == 52);
  header.high = header.low = {.release = 9, .version = 3};
  CHECK(FileHeaderLength(header) == 50);
  header.extension_length = PrivateExtensionLength::kAlways;
  CHECK(FileHeaderLength(header) == 52);
}

TEST_CASE("every form of the header comes back", "[cdr][unit]") {
  int forms = 0;
  for (const auto extension_length :
       {PrivateExtensionLength::kAlways, PrivateExtensionLength::kOmittedWhenEmpty}) {
    for (const Release high : {Release{9, 0}, Release{10, 31}, Release{41, 1}}) {
      for (const Release low : {Release{0, 1}, Release{4, 2}, Release{18, 1}}) {
        for (const std::string_view extension : {"", "x", "private"}) {
          FileHeader header = OutsideHeader();
          header.extension_length = extension_length;
          header.high = high;
          header.low = low;
          header.private_extension = extension;
          header.routeing_filter = std::string(extension.size() * 2, 'r');
          header.closure = FileClosure::kStorageExhausted;
          header.lost_records = 3;
          const std::string bytes = FileOf(header, {"a", "", "ccc"});
          auto reader = FileReader32297::Open(bytes);
          INFO(reader.status().ToString());
          REQUIRE(reader.ok());
          header.file_length = static_cast<uint32_t>(bytes.size());
          header.record_count = 3;
          // With something in it, its length is always there: then nobody can tell the setting.
          if (!extension.empty()) {
            header.extension_length = PrivateExtensionLength::kAlways;
          }
          CHECK(reader->header() == header);
          CHECK(WhyFileRefused(bytes) == "accepted");
          ++forms;
        }
      }
    }
  }
  CHECK(forms == 54);
}

TEST_CASE("time stamps of a file are local, with their offset", "[cdr][unit]") {
  const Instant noon = *ParseInstant("2026-07-08T12:34:56Z");
  CHECK(FileTimeOf(noon, absl::UTCTimeZone()) == FileTime{7, 8, 12, 34, 0});
  CHECK(FileTimeOf(noon, testing::Beijing()) == FileTime{7, 8, 20, 34, 480});
  CHECK(FileTimeOf(noon, absl::FixedTimeZone(-34'200)) == FileTime{7, 8, 3, 4, -570});
  FileHeader header = OutsideHeader();
  header.opened = {7, 8, 3, 4, -570};
  const std::string bytes = FileOf(header, {});
  CHECK(absl::BytesToHexString(ToAbsl(bytes.substr(10, 4))) == "740c425e");
  CHECK(FileReader32297::Open(bytes)->header().opened == header.opened);
}

TEST_CASE("node addresses", "[cdr][unit]") {
  const auto hex = [](std::string_view text) {
    const auto octets = ParseNodeAddress(text);
    if (!octets.ok()) return std::string("refused");
    return absl::BytesToHexString(
        absl::string_view(reinterpret_cast<const char*>(octets->data()), octets->size()));
  };
  CHECK(hex("192.0.2.1") == "ffffffff00000000000000000000ffffc0000201");
  CHECK(hex("2001:db8::1") == "ffffffff20010db8000000000000000000000001");
  CHECK(hex("node1") == "refused");
  CHECK(hex("") == "refused");
}

TEST_CASE("a file that is not whole is refused with its octet", "[cdr][unit]") {
  const std::string bytes = FromOutside("f297a.cdr");
  for (size_t length = 0; length < bytes.size(); ++length) {
    CAPTURE(length);
    REQUIRE(WhyFileRefused(std::string_view(bytes).substr(0, length)) != "accepted");
  }
  CHECK(WhyFileRefused("") == "octet 0: ends before a file header of 50 octets");
  CHECK(WhyFileRefused(bytes + "x") == "octet 0: the header says 402 octets, the file has 403");
  const auto with = [&](size_t at, std::string_view octets) {
    std::string changed = bytes;
    return changed.replace(at, octets.size(), octets);
  };
  CHECK(WhyFileRefused(with(0, "\xff\xff\xff\xff")) ==
        "octet 0: the file was not closed: it has no length");
  CHECK(WhyFileRefused(with(7, "\x33")) ==
        "octet 50: the file header is too short for its releases");
  CHECK(WhyFileRefused(with(7, "\x31")) == "octet 4: the header's length does not fit the file");
  CHECK(WhyFileRefused(with(4, "\x01")) == "octet 4: the header's length does not fit the file");
  CHECK(WhyFileRefused(with(21, "\x01")) ==
        "octet 228: octets behind the 1 records that the header counts");
  CHECK(WhyFileRefused(with(21, "\x03")) == "octet 402: the header says 3 records, the file has 2");
  CHECK(WhyFileRefused(with(26, "\x09")) == "octet 26: a closure reason that is not known");
  CHECK(WhyFileRefused(with(51, "\x01")) ==
        "octet 50: the private extension does not fit the header");
  CHECK(WhyFileRefused(with(228, "\x01")) == "octet 228: a record goes beyond the end of the file");
  CHECK(WhyFileRefused(with(231, "\xf1")) == "octet 231: a record format that is not known");
}

TEST_CASE("closure reasons have names", "[cdr][unit]") {
  for (const FileClosure closure :
       {FileClosure::kNormal, FileClosure::kSizeLimit, FileClosure::kOpenTimeLimit,
        FileClosure::kRecordCountLimit, FileClosure::kManualIntervention, FileClosure::kAbnormal}) {
    CHECK(ParseFileClosure(FileClosureName(closure)) == closure);
  }
  CHECK_FALSE(ParseFileClosure("full moon").has_value());
}

}  // namespace
}  // namespace ocs::cdr
