#include "cdr/internal/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

#include "absl/status/status.h"
#include "ocs/base/text.h"

namespace ocs::cdr::internal {
namespace {

constexpr int kGzipWindow = 15 + 16;  // The largest window, and gzip's header instead of zlib's.
constexpr int kMemoryLevel = 8;       // zlib's default.
constexpr size_t kStepBytes = 1 << 20;

// Moves input and output on in steps that fit zlib's 32-bit counts. `work` is one call of deflate
// or inflate. Returns its last code.
template <typename Work>
int Pump(z_stream* stream, std::string_view in, std::string* out, uint64_t out_max, Work work) {
  int code = Z_OK;
  while (code == Z_OK) {
    if (stream->avail_in == 0) {
      const size_t step = std::min(in.size(), kStepBytes);
      // zlib takes a pointer to what it never writes to.
      stream->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
      stream->avail_in = static_cast<uInt>(step);
      in.remove_prefix(step);
    }
    const size_t before = out->size();
    out->resize(before + kStepBytes);
    stream->next_out = reinterpret_cast<Bytef*>(out->data() + before);
    stream->avail_out = static_cast<uInt>(kStepBytes);
    code = work(in.empty());
    out->resize(before + kStepBytes - stream->avail_out);
    if (out->size() > out_max) break;
  }
  if (code == Z_STREAM_END && (stream->avail_in != 0 || !in.empty())) return Z_DATA_ERROR;
  return code;
}

}  // namespace

absl::StatusOr<std::string> Gzip(std::string_view bytes) {
  z_stream stream = {};
  std::string out;
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow, kMemoryLevel,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    return absl::ResourceExhaustedError("gzip: no memory");
  }
  const int code = Pump(&stream, bytes, &out, std::numeric_limits<uint64_t>::max(),
                        [&](bool last) { return deflate(&stream, last ? Z_FINISH : Z_NO_FLUSH); });
  deflateEnd(&stream);
  if (code != Z_STREAM_END) return absl::ResourceExhaustedError(Cat("gzip: zlib's code ", code));
  return out;
}

absl::StatusOr<std::string> Gunzip(std::string_view bytes, uint64_t bytes_max) {
  z_stream stream = {};
  std::string out;
  if (inflateInit2(&stream, kGzipWindow) != Z_OK)
    return absl::ResourceExhaustedError("gunzip: no memory");
  const int code = Pump(&stream, bytes, &out, bytes_max,
                        [&](bool /*last*/) { return inflate(&stream, Z_NO_FLUSH); });
  inflateEnd(&stream);
  if (out.size() > bytes_max)
    return absl::OutOfRangeError(Cat("gunzip: more than ", bytes_max, " bytes"));
  if (code != Z_STREAM_END) return absl::DataLossError("not one whole gzip member");
  return out;
}

}  // namespace ocs::cdr::internal
