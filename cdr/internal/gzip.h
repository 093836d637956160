// gzip (RFC 1952) by zlib. The same bytes always give the same file: no time and no name in it.

#ifndef CDR_INTERNAL_GZIP_H_
#define CDR_INTERNAL_GZIP_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace ocs::cdr::internal {

/// Errors: ResourceExhausted when there is no memory for it.
absl::StatusOr<std::string> Gzip(std::string_view bytes);

/// Errors: DataLoss when it is not one whole gzip member; OutOfRange when what is inside is more
/// than `bytes_max`.
absl::StatusOr<std::string> Gunzip(std::string_view bytes, uint64_t bytes_max);

}  // namespace ocs::cdr::internal

#endif  // CDR_INTERNAL_GZIP_H_
