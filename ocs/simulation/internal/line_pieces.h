// A text file, plain or compressed, in pieces of whole lines.

#ifndef OCS_SIMULATION_INTERNAL_LINE_PIECES_H_
#define OCS_SIMULATION_INTERNAL_LINE_PIECES_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "ocs/simulation/event_source.h"
#include "ocs/simulation/internal/sha256.h"

namespace ocs::simulation::internal {

inline constexpr int64_t kPieceBytes = 256 * 1024;    ///< Some ten thousand rows.
inline constexpr int64_t kLineBytesMax = 256 * 1024;  ///< A record with 4,096 lines fits.

/// Confined to its reader.
class LinePieces final {
 public:
  /// Errors: NotFound.
  static absl::StatusOr<std::unique_ptr<LinePieces>> Open(const std::string& path);
  ~LinePieces();
  LinePieces(const LinePieces&) = delete;
  LinePieces& operator=(const LinePieces&) = delete;

  /// The first line, without its end; "" when there is none. Once, before Next.
  absl::StatusOr<std::string> Header();
  /// The next whole lines: bytes, first_line, weight. False at the end. Errors: DataLoss (damaged
  /// compression), InvalidArgument (a line that is too long).
  absl::StatusOr<bool> Next(Piece* piece);
  /// Back to the line after the header. Its content is not hashed again.
  absl::Status Rewind();

  int64_t size() const { return size_; }            ///< Of the file, as it is stored.
  std::string hash() const { return hash_.Hex(); }  ///< Of the unpacked content that was read.

 private:
  LinePieces() = default;
  absl::Status Fill(std::string* bytes);
  struct File;
  std::string path_;
  std::unique_ptr<File> file_;
  std::string carry_;  // Read, and not yet given: the begin of a line, or what follows the header.
  bool ended_ = false;
  bool hashing_ = true;
  bool header_read_ = false;
  int64_t line_ = 1;
  int64_t size_ = 0;
  int64_t given_ = 0;  // Of the stored bytes.
  Sha256Sum hash_;
};

}  // namespace ocs::simulation::internal

#endif  // OCS_SIMULATION_INTERNAL_LINE_PIECES_H_
