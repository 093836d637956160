#include "ocs/simulation/internal/line_pieces.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "ocs/base/status.h"
#include "ocs/base/text.h"

namespace ocs::simulation::internal {
namespace {

constexpr auto kPieceSize = static_cast<size_t>(kPieceBytes);
constexpr size_t kCarryUsual = 4'096;

// Eight bytes at a time.
int64_t CountNewlines(std::string_view bytes) {
  constexpr uint64_t kNewlines = 0x0a0a0a0a0a0a0a0aULL;
  constexpr uint64_t kLow = 0x7f7f7f7f7f7f7f7fULL;
  constexpr uint64_t kOnes = 0x0101010101010101ULL;
  int64_t count = 0;
  size_t at = 0;
  for (; at + sizeof(uint64_t) <= bytes.size(); at += sizeof(uint64_t)) {
    uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, sizeof(word));
    word ^= kNewlines;
    // The top bit of each byte that is now 0.
    const uint64_t zero = ~(((word & kLow) + kLow) | word | kLow);
    count += static_cast<int64_t>(((zero >> 7) * kOnes) >> 56);
  }
  return count + std::count(bytes.begin() + static_cast<ptrdiff_t>(at), bytes.end(), '\n');
}

}  // namespace

// One of both is open.
struct LinePieces::File {
  gzFile packed = nullptr;
  int plain = -1;
  int64_t plain_read = 0;

  ~File() {
    if (packed != nullptr) gzclose(packed);
    if (plain >= 0) close(plain);
  }

  // As read(2), but for what a signal interrupts.
  int64_t Read(char* to, size_t size) {
    if (packed != nullptr) return gzread(packed, to, static_cast<unsigned>(size));
    ssize_t got = 0;
    do {
      got = read(plain, to, size);
    } while (got < 0 && errno == EINTR);
    plain_read += std::max<int64_t>(got, 0);
    return got;
  }
  std::string Error() const {
    int code = 0;
    return packed != nullptr ? gzerror(packed, &code) : std::strerror(errno);
  }
  // Of the bytes that are stored.
  int64_t Offset() const {
    return packed != nullptr ? std::max<int64_t>(gzoffset(packed), 0) : plain_read;
  }
  bool Rewind() {
    if (packed != nullptr) return gzrewind(packed) == 0;
    plain_read = 0;
    return lseek(plain, 0, SEEK_SET) == 0;
  }
};

LinePieces::~LinePieces() = default;

absl::StatusOr<std::unique_ptr<LinePieces>> LinePieces::Open(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error) return absl::NotFoundError(Cat(path, ": cannot be read: ", error.message()));
  std::unique_ptr<LinePieces> lines(new LinePieces);
  lines->path_ = path;
  lines->size_ = static_cast<int64_t>(size);
  lines->file_ = std::make_unique<File>();
  File& file = *lines->file_;
  file.plain = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file.plain < 0) return absl::NotFoundError(Cat(path, ": cannot be opened"));
  unsigned char magic[2] = {};
  const bool packed = pread(file.plain, magic, sizeof(magic), 0) == sizeof(magic) &&
                      magic[0] == 0x1f && magic[1] == 0x8b;
  if (!packed) return lines;
  file.packed = gzdopen(file.plain, "rb");
  if (file.packed == nullptr) return absl::NotFoundError(Cat(path, ": cannot be opened"));
  file.plain = -1;  // The other one closes it.
  gzbuffer(file.packed, 256 * 1024);
  return lines;
}

absl::Status LinePieces::Fill(std::string* bytes) {
  const size_t before = bytes->size();
  bytes->resize(before + kPieceSize);
  const int64_t got = file_->Read(bytes->data() + before, kPieceSize);
  if (got < 0) return absl::DataLossError(Cat(path_, ": cannot be read: ", file_->Error()));
  bytes->resize(before + static_cast<size_t>(got));
  if (hashing_) hash_.Add(std::string_view(*bytes).substr(before));
  ended_ = got == 0;
  return absl::OkStatus();
}

absl::StatusOr<std::string> LinePieces::Header() {
  while (!ended_ && carry_.find('\n') == std::string::npos) {
    if (carry_.size() > static_cast<size_t>(kLineBytesMax))
      return absl::InvalidArgumentError(Cat(path_, ":1: the line is too long"));
    OCS_RETURN_IF_ERROR(Fill(&carry_));
  }
  const size_t end = std::min(carry_.find('\n'), carry_.size());
  std::string header = carry_.substr(0, end);
  carry_.erase(0, std::min(end + 1, carry_.size()));
  if (!header.empty() && header.back() == '\r') header.pop_back();
  line_ = 2;
  header_read_ = true;
  return header;
}

absl::StatusOr<bool> LinePieces::Next(Piece* piece) {
  std::string& bytes = piece->bytes;
  bytes.reserve(kPieceSize + kCarryUsual);  // Else it would be twice as much.
  bytes.assign(carry_);
  carry_.clear();
  size_t end = bytes.rfind('\n');
  while (!ended_ && end == std::string::npos) {
    if (bytes.size() > static_cast<size_t>(kLineBytesMax) + kPieceSize)
      return absl::InvalidArgumentError(Cat(path_, ":", line_, ": the line is too long"));
    OCS_RETURN_IF_ERROR(Fill(&bytes));
    end = bytes.rfind('\n');
  }
  if (bytes.empty()) return false;
  if (end != std::string::npos) {
    carry_.assign(bytes, end + 1);
    bytes.resize(end + 1);
  }
  piece->first_line = line_;
  line_ += CountNewlines(bytes);
  const int64_t at = file_->Offset();
  piece->weight = std::max<int64_t>(at - given_, 0);
  given_ = at;
  return true;
}

absl::Status LinePieces::Rewind() {
  if (!file_->Rewind()) return absl::DataLossError(Cat(path_, ": cannot be read again"));
  hashing_ = false;
  ended_ = false;
  given_ = 0;
  carry_.clear();
  line_ = 1;
  if (!header_read_) return absl::OkStatus();
  return Header().status();
}

}  // namespace ocs::simulation::internal
