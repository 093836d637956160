#include "ocs/simulation/internal/line_pieces.h"

#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "ocs/base/status.h"
#include "ocs/base/text.h"

namespace ocs::simulation::internal {

struct LinePieces::File {
  gzFile file = nullptr;  // Reads what is not compressed as it is.
  ~File() {
    if (file != nullptr) gzclose(file);
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
  lines->file_->file = gzopen(path.c_str(), "rb");
  if (lines->file_->file == nullptr) return absl::NotFoundError(Cat(path, ": cannot be opened"));
  gzbuffer(lines->file_->file, 256 * 1024);
  return lines;
}

absl::Status LinePieces::Fill() {
  const size_t before = carry_.size();
  carry_.resize(before + kPieceBytes);
  const int got = gzread(file_->file, carry_.data() + before, kPieceBytes);
  if (got < 0) {
    int code = 0;
    return absl::DataLossError(Cat(path_, ": cannot be read: ", gzerror(file_->file, &code)));
  }
  carry_.resize(before + static_cast<size_t>(got));
  if (hashing_) hash_.Add(std::string_view(carry_).substr(before));
  ended_ = got == 0;
  return absl::OkStatus();
}

absl::StatusOr<std::string> LinePieces::Header() {
  while (!ended_ && carry_.find('\n') == std::string::npos) {
    if (carry_.size() > static_cast<size_t>(kLineBytesMax))
      return absl::InvalidArgumentError(Cat(path_, ":1: the line is too long"));
    OCS_RETURN_IF_ERROR(Fill());
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
  size_t end = std::string::npos;
  while (!ended_ && (end = carry_.rfind('\n')) == std::string::npos) {
    if (carry_.size() > static_cast<size_t>(kLineBytesMax) + kPieceBytes)
      return absl::InvalidArgumentError(Cat(path_, ":", line_, ": the line is too long"));
    OCS_RETURN_IF_ERROR(Fill());
  }
  if (end == std::string::npos) end = carry_.rfind('\n');
  size_t take = end == std::string::npos ? carry_.size() : end + 1;
  if (take == 0) return false;
  piece->bytes.assign(carry_, 0, take);
  carry_.erase(0, take);
  piece->first_line = line_;
  line_ += std::count(piece->bytes.begin(), piece->bytes.end(), '\n');
  const int64_t at = std::max<int64_t>(gzoffset(file_->file), 0);
  piece->weight = std::max<int64_t>(at - given_, 0);
  given_ = at;
  return true;
}

absl::Status LinePieces::Rewind() {
  if (gzrewind(file_->file) != 0) return absl::DataLossError(Cat(path_, ": cannot be read again"));
  hashing_ = false;
  ended_ = false;
  given_ = 0;
  carry_.clear();
  line_ = 1;
  if (!header_read_) return absl::OkStatus();
  return Header().status();
}

}  // namespace ocs::simulation::internal
