// Files of charging data records as 3GPP TS 32.297 lays them out: a file header, and before each
// record a header of its own. It knows nothing of what is in a record. All numbers are big-endian.
// docs/format/cdr-ber.md shows a file octet by octet.

#ifndef CDR_FILE_32297_H_
#define CDR_FILE_32297_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ocs/base/time.h"

namespace ocs::cdr {

/// A release of the standards and its version. 15 is Rel-15; 0 is Rel-99, which was before Rel-4.
struct Release {
  uint8_t release = 18;  ///< 0, 4 to 41.
  uint8_t version = 1;   ///< 0 to 31.
  friend constexpr bool operator==(const Release&, const Release&) = default;
};

/// File closure trigger reason, octet 27; its numbers.
enum class FileClosure : uint8_t {
  kNormal = 0,
  kSizeLimit = 1,
  kOpenTimeLimit = 2,
  kRecordCountLimit = 3,
  kManualIntervention = 4,
  kEncodingChange = 5,
  kAbnormal = 128,
  kFileSystemError = 129,
  kStorageExhausted = 130,
  kIntegrityError = 131,
};
/// "normal", "size_limit", "open_time_limit", ... REQUIRES: a declared value.
std::string_view FileClosureName(FileClosure closure);
/// The closure of that name, or nothing.
std::optional<FileClosure> ParseFileClosure(std::string_view name);

/// Time stamps of the file header: no year, no seconds.
struct FileTime {
  uint8_t month = 0;           ///< 1 to 12; 0 when not set.
  uint8_t day = 0;             ///< 1 to 31.
  uint8_t hour = 0;            ///< 0 to 23.
  uint8_t minute = 0;          ///< 0 to 59.
  int16_t offset_minutes = 0;  ///< East of UTC is positive; within a day.
  friend constexpr bool operator==(const FileTime&, const FileTime&) = default;
};
FileTime FileTimeOf(Instant instant, absl::TimeZone zone);

/// Readers in the field disagree: some always expect the two octets that say how long the private
/// extension is, some do not know them where there is none. Our reader takes both.
enum class PrivateExtensionLength : uint8_t { kAlways, kOmittedWhenEmpty };

/// Octets 1 to the first record.
struct FileHeader {
  uint32_t file_length = 0;  ///< Octets of the whole file.
  Release high;              ///< Highest and lowest of the records in the file.
  Release low;
  FileTime opened;
  FileTime last_append;
  uint32_t record_count = 0;
  uint32_t sequence = 0;  ///< One more for each file of the node: a gap is a lost file.
  FileClosure closure = FileClosure::kNormal;
  std::array<uint8_t, 20> node_address = {};
  uint8_t lost_records = 0;       ///< 0: none is known to be lost.
  std::string routeing_filter;    ///< At most 65,535 octets, as the extension.
  std::string private_extension;  ///< Not empty only where the operator defines one.
  PrivateExtensionLength extension_length = PrivateExtensionLength::kAlways;
  friend bool operator==(const FileHeader&, const FileHeader&) = default;
};

/// Octets of the header.
size_t FileHeaderLength(const FileHeader& header);
/// Appends it. REQUIRES: the ranges above.
void AppendFileHeader(const FileHeader& header, std::string* out);

/// The 20 octets of an IPv4 or IPv6 address in text. Errors: InvalidArgument.
absl::StatusOr<std::array<uint8_t, 20>> ParseNodeAddress(std::string_view text);

/// Data Record Format: how the record is encoded.
enum class RecordEncoding : uint8_t { kBer = 1, kUnalignedPer = 2, kAlignedPer = 3, kXer = 4 };

inline constexpr uint8_t kSpecification32296 = 17;  ///< TS number of the online charging system.
inline constexpr size_t kRecordLengthMax = 65'535;  ///< The length has two octets.

/// Before each record.
struct RecordHeader {
  uint16_t length = 0;  ///< Of the record alone.
  Release release;
  RecordEncoding encoding = RecordEncoding::kBer;
  uint8_t specification = kSpecification32296;  ///< 0 to 31.
  friend constexpr bool operator==(const RecordHeader&, const RecordHeader&) = default;
};

/// Octets of the header: 4, or 5 from Rel-10 on.
size_t RecordHeaderLength(const RecordHeader& header);
/// Appends it. REQUIRES: the ranges above.
void AppendRecordHeader(const RecordHeader& header, std::string* out);

/// Reads a whole file, which must outlive it. Thread-compatible.
class FileReader32297 final {
 public:
  /// Errors: DataLoss with the octet when the header is not valid or the file is not as long as it
  /// says. A file that is still open (a length of all ones) is refused too.
  static absl::StatusOr<FileReader32297> Open(std::string_view bytes);

  const FileHeader& header() const { return header_; }
  size_t header_length() const { return header_length_; }

  struct Item {
    RecordHeader header;
    std::string_view record;
    size_t offset = 0;  ///< Of the record's header in the file.
  };
  /// The next record, or nothing at the end. Errors: DataLoss with the octet when a header is not
  /// valid, a record goes beyond the file, or there are more or fewer than the header says.
  absl::StatusOr<std::optional<Item>> Next();

 private:
  explicit FileReader32297(std::string_view bytes) : bytes_(bytes) {}
  absl::Status ReadHeader();
  absl::Status ReadTail(size_t at);

  std::string_view bytes_;
  FileHeader header_;
  size_t header_length_ = 0;
  size_t at_ = 0;
  uint32_t read_ = 0;
};

}  // namespace ocs::cdr

#endif  // CDR_FILE_32297_H_
