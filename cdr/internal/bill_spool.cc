#include "cdr/internal/bill_spool.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "cdr/internal/io_error.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"

namespace ocs::cdr::internal {
namespace {

constexpr size_t kBufferBytes = 64 << 10;
constexpr mode_t kFileMode = 0600;

// Stands before the bytes of each record; read by the process that wrote it, so in its own order
// of bytes.
struct Frame {
  uint64_t group = 0;
  uint32_t index = 0;
  uint32_t length = 0;
  uint64_t shard = 0;
};

// Fills `out`; false at the end of the file.
absl::StatusOr<bool> ReadExactly(const Descriptor& file, char* out, size_t length,
                                 std::string_view path) {
  for (size_t at = 0; at < length;) {
    const ssize_t read = ::read(file.number(), out + at, length - at);
    if (read < 0 && errno == EINTR) continue;
    if (read < 0) return IoError(errno, "cannot read", path);
    if (read == 0) return false;
    at += static_cast<size_t>(read);
  }
  return true;
}

}  // namespace

size_t BillSpool::RangeOf(AccountId account) {
  return size_t{account.partition().value} * kSpoolRanges / kPartitionCount;
}

absl::Status BillSpool::Add(const RecordId& id, const Record& record) {
  const size_t number = RangeOf(record.account);
  Range& range = ranges_[number];
  const size_t begin = range.buffer.size();
  range.buffer.append(sizeof(Frame), '\0');
  EncodeRecord(record, &range.buffer);
  const Frame frame{.group = id.position.group,
                    .index = id.position.index,
                    .length = static_cast<uint32_t>(range.buffer.size() - begin - sizeof(Frame)),
                    .shard = id.shard.value};
  std::memcpy(range.buffer.data() + begin, &frame, sizeof(frame));
  return range.buffer.size() < kBufferBytes ? absl::OkStatus() : Flush(number);
}

absl::Status BillSpool::Flush(size_t number) {
  Range& range = ranges_[number];
  if (range.buffer.empty()) return absl::OkStatus();
  if (!range.file.valid()) {
    // Without a name: gone with the process, however that ends.
    range.file =
        Descriptor(::open(folder_.c_str(), O_RDWR | O_TMPFILE | O_CLOEXEC | O_EXCL, kFileMode));
    if (!range.file.valid()) return IoError(errno, "cannot make an unnamed file in", folder_);
  }
  OCS_RETURN_IF_ERROR(WriteAll(range.file, range.buffer, folder_));
  range.buffer.clear();
  return absl::OkStatus();
}

absl::Status BillSpool::ForEach(size_t number, const Visit& visit) {
  OCS_RETURN_IF_ERROR(Flush(number));
  Range& range = ranges_[number];
  if (!range.file.valid()) return absl::OkStatus();
  // A reader of large steps over the same file.
  if (::lseek(range.file.number(), 0, SEEK_SET) != 0) return IoError(errno, "cannot read", folder_);
  std::string bytes;
  while (true) {
    Frame frame;
    std::array<char, sizeof(Frame)> head = {};
    OCS_ASSIGN_OR_RETURN(const bool more,
                         ReadExactly(range.file, head.data(), head.size(), folder_));
    if (!more) break;
    std::memcpy(&frame, head.data(), sizeof(frame));
    bytes.resize(frame.length);
    OCS_ASSIGN_OR_RETURN(const bool whole,
                         ReadExactly(range.file, bytes.data(), bytes.size(), folder_));
    if (!whole) return absl::DataLossError(Cat(folder_, ": what was written there is not there"));
    OCS_ASSIGN_OR_RETURN(const Record record, DecodeRecord(bytes));
    OCS_RETURN_IF_ERROR(visit({.shard = {static_cast<uint16_t>(frame.shard)},
                               .position = {.group = frame.group, .index = frame.index}},
                              record));
  }
  range.file.Close();
  return absl::OkStatus();
}

}  // namespace ocs::cdr::internal
