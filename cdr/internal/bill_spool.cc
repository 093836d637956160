#include "cdr/internal/bill_spool.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "cdr/internal/io_error.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"

namespace ocs::cdr::internal {
namespace {

constexpr size_t kSpoolBufferBytes = 64 << 10;
constexpr size_t kReadBytes = 256 << 10;
constexpr mode_t kSpoolFileMode = 0600;

// Stands before the bytes of each record; read by the process that wrote it, so in its own order
// of bytes.
struct Frame {
  uint64_t group = 0;
  uint32_t index = 0;
  uint32_t length = 0;
  uint64_t shard = 0;
};

// Reads a file from its beginning in large steps.
class Reader final {
 public:
  Reader(const Descriptor& file, std::string_view path) : file_(file), path_(path) {}

  /// The next `length` bytes, good until the next call; empty at the end of the file. Errors: as
  /// IoError; DataLoss when the file ends inside of them.
  absl::StatusOr<std::string_view> Next(size_t length) {
    while (bytes_.size() - at_ < length) {
      OCS_ASSIGN_OR_RETURN(const bool more, Fill(length));
      if (more) continue;
      if (at_ == bytes_.size()) return std::string_view();
      return absl::DataLossError(Cat(path_, ": what was written there is not there"));
    }
    const std::string_view next = std::string_view(bytes_).substr(at_, length);
    at_ += length;
    return next;
  }

 private:
  absl::StatusOr<bool> Fill(size_t wanted) {
    bytes_.erase(0, at_);
    at_ = 0;
    const size_t held = bytes_.size();
    bytes_.resize(held + std::max(wanted, kReadBytes));
    ssize_t got = -1;
    do {
      got = ::pread(file_.number(), bytes_.data() + held, bytes_.size() - held, offset_);
    } while (got < 0 && errno == EINTR);
    bytes_.resize(held + static_cast<size_t>(std::max<ssize_t>(got, 0)));
    if (got < 0) return IoError(errno, "cannot read", path_);
    offset_ += got;
    return got > 0;
  }

  const Descriptor& file_;
  const std::string_view path_;
  std::string bytes_;
  size_t at_ = 0;  // Of bytes_, what was given out.
  off_t offset_ = 0;
};

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
  return range.buffer.size() < kSpoolBufferBytes ? absl::OkStatus() : Flush(number);
}

absl::Status BillSpool::Flush(size_t number) {
  Range& range = ranges_[number];
  if (range.buffer.empty()) return absl::OkStatus();
  if (!range.file.valid()) {
    // Without a name: gone with the process, however that ends.
    range.file = Descriptor(
        ::open(folder_.c_str(), O_RDWR | O_TMPFILE | O_CLOEXEC | O_EXCL, kSpoolFileMode));
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
  Reader reader(range.file, folder_);
  while (true) {
    OCS_ASSIGN_OR_RETURN(const std::string_view head, reader.Next(sizeof(Frame)));
    if (head.empty()) break;
    Frame frame;
    std::memcpy(&frame, head.data(), sizeof(frame));
    OCS_ASSIGN_OR_RETURN(const std::string_view bytes, reader.Next(frame.length));
    OCS_ASSIGN_OR_RETURN(const Record record, DecodeRecord(bytes));
    OCS_RETURN_IF_ERROR(visit({.shard = {static_cast<uint16_t>(frame.shard)},
                               .position = {.group = frame.group, .index = frame.index}},
                              record));
  }
  return absl::OkStatus();
}

}  // namespace ocs::cdr::internal
