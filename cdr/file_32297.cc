#include "cdr/file_32297.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "cdr/internal/text.h"
#include "ocs/base/bytes.h"
#include "ocs/base/check.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"

namespace ocs::cdr {
namespace {

constexpr uint8_t kReleaseIsExtended = 7;  // Rel-10 and later: the release stands further on.
constexpr uint8_t kExtendedFrom = 10;
constexpr size_t kFixedHeaderLength = 50;  // To the end of the routeing filter's length.
constexpr size_t kRecordHeaderFixed = 4;
constexpr size_t kNodeAddressPrefix = 4;  // Octets of all ones before the IPv6 address.
constexpr uint32_t kNotSet = 0xffffffff;

// Rel-99 is 0, Rel-4 is 1, Rel-9 is 6, later ones 7.
uint8_t ReleaseId(uint8_t release) {
  if (release >= kExtendedFrom) return kReleaseIsExtended;
  return release == 0 ? uint8_t{0} : static_cast<uint8_t>(release - 3);
}
uint8_t ReleaseOf(uint8_t release_id) {
  return release_id == 0 ? uint8_t{0} : static_cast<uint8_t>(release_id + 3);
}
size_t ExtensionOctets(Release release) { return release.release >= kExtendedFrom ? 1 : 0; }

uint8_t ReleaseOctet(Release release) {
  OCS_CHECK(release.version < 32);
  OCS_CHECK(release.release == 0 || (release.release >= 4 && release.release < 42));
  return static_cast<uint8_t>(ReleaseId(release.release) << 5 | release.version);
}

uint32_t Bits(const FileTime& time) {
  const auto offset = static_cast<uint32_t>(std::abs(time.offset_minutes));
  const uint32_t sign = time.offset_minutes < 0 ? 0 : 1;
  return uint32_t{time.month} << 28 | uint32_t{time.day} << 23 | uint32_t{time.hour} << 18 |
         uint32_t{time.minute} << 12 | sign << 11 | (offset / 60) << 6 | offset % 60;
}

FileTime TimeOfBits(uint32_t bits) {
  FileTime time;
  time.month = static_cast<uint8_t>(bits >> 28);
  time.day = static_cast<uint8_t>(bits >> 23 & 0x1f);
  time.hour = static_cast<uint8_t>(bits >> 18 & 0x1f);
  time.minute = static_cast<uint8_t>(bits >> 12 & 0x3f);
  const auto offset = static_cast<int16_t>((bits >> 6 & 0x1f) * 60 + (bits & 0x3f));
  time.offset_minutes = (bits >> 11 & 1) != 0 ? offset : static_cast<int16_t>(-offset);
  return time;
}

constexpr std::array<FileClosure, 10> kClosures = {FileClosure::kNormal,
                                                   FileClosure::kSizeLimit,
                                                   FileClosure::kOpenTimeLimit,
                                                   FileClosure::kRecordCountLimit,
                                                   FileClosure::kManualIntervention,
                                                   FileClosure::kEncodingChange,
                                                   FileClosure::kAbnormal,
                                                   FileClosure::kFileSystemError,
                                                   FileClosure::kStorageExhausted,
                                                   FileClosure::kIntegrityError};

}  // namespace

std::string_view FileClosureName(FileClosure closure) {
  switch (closure) {
    case FileClosure::kNormal:
      return "normal";
    case FileClosure::kSizeLimit:
      return "size_limit";
    case FileClosure::kOpenTimeLimit:
      return "open_time_limit";
    case FileClosure::kRecordCountLimit:
      return "record_count_limit";
    case FileClosure::kManualIntervention:
      return "manual_intervention";
    case FileClosure::kEncodingChange:
      return "encoding_change";
    case FileClosure::kAbnormal:
      return "abnormal";
    case FileClosure::kFileSystemError:
      return "file_system_error";
    case FileClosure::kStorageExhausted:
      return "storage_exhausted";
    case FileClosure::kIntegrityError:
      return "integrity_error";
  }
  OCS_CHECK(false);
}

std::optional<FileClosure> ParseFileClosure(std::string_view name) {
  for (const FileClosure closure : kClosures) {
    if (FileClosureName(closure) == name) return closure;
  }
  return std::nullopt;
}

FileTime FileTimeOf(Instant instant, absl::TimeZone zone) {
  const absl::Time time = instant.ToTime();
  const int offset_minutes = zone.At(time).offset / 60;
  const absl::CivilMinute local =
      absl::ToCivilMinute(time, absl::FixedTimeZone(offset_minutes * 60));
  return {.month = static_cast<uint8_t>(local.month()),
          .day = static_cast<uint8_t>(local.day()),
          .hour = static_cast<uint8_t>(local.hour()),
          .minute = static_cast<uint8_t>(local.minute()),
          .offset_minutes = static_cast<int16_t>(offset_minutes)};
}

size_t FileHeaderLength(const FileHeader& header) {
  const bool omitted = header.private_extension.empty() &&
                       header.extension_length == PrivateExtensionLength::kOmittedWhenEmpty;
  return kFixedHeaderLength + header.routeing_filter.size() + (omitted ? 0 : 2) +
         header.private_extension.size() + ExtensionOctets(header.high) +
         ExtensionOctets(header.low);
}

void AppendFileHeader(const FileHeader& header, std::string* out) {
  OCS_CHECK(header.routeing_filter.size() <= kRecordLengthMax);
  OCS_CHECK(header.private_extension.size() <= kRecordLengthMax);
  const size_t before = out->size();
  ByteWriter writer(out);
  writer.Big32(header.file_length);
  writer.Big32(static_cast<uint32_t>(FileHeaderLength(header)));
  writer.U8(ReleaseOctet(header.high));
  writer.U8(ReleaseOctet(header.low));
  writer.Big32(Bits(header.opened));
  writer.Big32(Bits(header.last_append));
  writer.Big32(header.record_count);
  writer.Big32(header.sequence);
  writer.U8(static_cast<uint8_t>(header.closure));
  for (const uint8_t octet : header.node_address) writer.U8(octet);
  writer.U8(header.lost_records);
  writer.Big16(static_cast<uint16_t>(header.routeing_filter.size()));
  writer.Raw(header.routeing_filter);
  if (!header.private_extension.empty() ||
      header.extension_length == PrivateExtensionLength::kAlways) {
    writer.Big16(static_cast<uint16_t>(header.private_extension.size()));
    writer.Raw(header.private_extension);
  }
  for (const Release release : {header.high, header.low}) {
    if (ExtensionOctets(release) != 0)
      writer.U8(static_cast<uint8_t>(release.release - kExtendedFrom));
  }
  OCS_CHECK(out->size() - before == FileHeaderLength(header));
}

absl::StatusOr<std::array<uint8_t, 20>> ParseNodeAddress(std::string_view text) {
  std::array<uint8_t, 20> octets = {};
  std::fill_n(octets.begin(), kNodeAddressPrefix, uint8_t{0xff});
  uint8_t* const address = octets.data() + kNodeAddressPrefix;
  const std::string copy(text);
  if (::inet_pton(AF_INET6, copy.c_str(), address) == 1) return octets;
  std::fill_n(address, 16, uint8_t{0});
  address[10] = address[11] = 0xff;  // ::ffff:a.b.c.d
  if (::inet_pton(AF_INET, copy.c_str(), address + 12) == 1) return octets;
  return absl::InvalidArgumentError(
      Cat("node address '", text.substr(0, 60), "': expected an IPv4 or IPv6 address"));
}

size_t RecordHeaderLength(const RecordHeader& header) {
  return kRecordHeaderFixed + ExtensionOctets(header.release);
}

void AppendRecordHeader(const RecordHeader& header, std::string* out) {
  OCS_CHECK(header.specification < 32);
  ByteWriter writer(out);
  writer.Big16(header.length);
  writer.U8(ReleaseOctet(header.release));
  writer.U8(
      static_cast<uint8_t>(static_cast<uint8_t>(header.encoding) << 5 | header.specification));
  if (ExtensionOctets(header.release) != 0)
    writer.U8(static_cast<uint8_t>(header.release.release - kExtendedFrom));
}

absl::StatusOr<FileReader32297> FileReader32297::Open(std::string_view bytes) {
  FileReader32297 reader(bytes);
  OCS_RETURN_IF_ERROR(reader.ReadHeader());
  return reader;
}

absl::Status FileReader32297::ReadHeader() {
  if (bytes_.size() < kFixedHeaderLength) {
    return internal::BadOctet(bytes_.size(),
                              Cat("ends before a file header of ", kFixedHeaderLength, " octets"));
  }
  ByteReader in(bytes_);
  header_.file_length = in.Big32();
  if (header_.file_length == kNotSet)
    return internal::BadOctet(0, "the file was not closed: it has no length");
  if (header_.file_length != bytes_.size()) {
    return internal::BadOctet(
        0, Cat("the header says ", header_.file_length, " octets, the file has ", bytes_.size()));
  }
  header_length_ = in.Big32();
  for (Release* release : {&header_.high, &header_.low}) {
    const uint8_t octet = in.U8();
    release->release = ReleaseOf(octet >> 5);  // 10 for now where it is extended.
    release->version = octet & 0x1f;
  }
  header_.opened = TimeOfBits(in.Big32());
  header_.last_append = TimeOfBits(in.Big32());
  header_.record_count = in.Big32();
  header_.sequence = in.Big32();
  header_.closure = static_cast<FileClosure>(in.U8());
  if (std::find(kClosures.begin(), kClosures.end(), header_.closure) == kClosures.end())
    return internal::BadOctet(26, "a closure reason that is not known");
  for (uint8_t& octet : header_.node_address) octet = in.U8();
  header_.lost_records = in.U8();
  const size_t filter = in.Big16();
  const size_t tail = kFixedHeaderLength + filter;
  if (header_length_ > bytes_.size() || header_length_ < tail)
    return internal::BadOctet(4, "the header's length does not fit the file");
  header_.routeing_filter = std::string(in.Raw(filter));
  OCS_RETURN_IF_ERROR(ReadTail(tail));
  at_ = header_length_;
  return absl::OkStatus();
}

// The private extension, whose length may be left out, and the extended releases. What tells the
// two forms apart is how much of the header is left.
absl::Status FileReader32297::ReadTail(size_t at) {
  const size_t extended = ExtensionOctets(header_.high) + ExtensionOctets(header_.low);
  ByteReader in(bytes_.substr(at, header_length_ - at));
  if (in.remaining() == extended) {
    header_.extension_length = PrivateExtensionLength::kOmittedWhenEmpty;
  } else if (in.remaining() < extended + 2) {
    return internal::BadOctet(at, "the file header is too short for its releases");
  } else {
    header_.private_extension = std::string(in.Raw(in.Big16()));
    if (in.remaining() != extended)
      return internal::BadOctet(at, "the private extension does not fit the header");
  }
  for (Release* release : {&header_.high, &header_.low}) {
    if (ExtensionOctets(*release) != 0)
      release->release = static_cast<uint8_t>(kExtendedFrom + (in.U8() & 0x1f));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<FileReader32297::Item>> FileReader32297::Next() {
  const std::string_view rest = bytes_.substr(at_);
  if (rest.empty()) {
    if (read_ == header_.record_count) return std::nullopt;
    return internal::BadOctet(
        at_, Cat("the header says ", header_.record_count, " records, the file has ", read_));
  }
  if (read_ == header_.record_count)
    return internal::BadOctet(at_,
                              Cat("octets behind the ", read_, " records that the header counts"));
  Item item;
  item.offset = at_;
  ByteReader in(rest);
  item.header.length = in.Big16();
  const uint8_t release = in.U8();
  const uint8_t form = in.U8();
  item.header.release = {.release = ReleaseOf(release >> 5),
                         .version = static_cast<uint8_t>(release & 0x1f)};
  if (ExtensionOctets(item.header.release) != 0)
    item.header.release.release = static_cast<uint8_t>(kExtendedFrom + (in.U8() & 0x1f));
  item.header.encoding = static_cast<RecordEncoding>(form >> 5);
  item.header.specification = form & 0x1f;
  if (!in.ok()) return internal::BadOctet(at_, "ends inside a record header");
  if (item.header.encoding < RecordEncoding::kBer || item.header.encoding > RecordEncoding::kXer)
    return internal::BadOctet(at_ + 3, "a record format that is not known");
  item.record = in.Raw(item.header.length);
  if (!in.ok()) return internal::BadOctet(at_, "a record goes beyond the end of the file");
  at_ += RecordHeaderLength(item.header) + item.record.size();
  ++read_;
  return item;
}

}  // namespace ocs::cdr
