// One file of records against its manifest.

#ifndef CDR_INTERNAL_CHECK_FILE_H_
#define CDR_INTERNAL_CHECK_FILE_H_

#include <string_view>
#include <vector>

#include "cdr/manifest.h"
#include "cdr/verify.h"

namespace ocs::cdr::internal {

/// Every fault of the file, as near to its place as can be told; at most a thousand. Empty when the
/// bytes are those that the manifest tells and say themselves what it says of them.
std::vector<Fault> CheckFile(const Manifest& manifest, std::string_view bytes);

}  // namespace ocs::cdr::internal

#endif  // CDR_INTERNAL_CHECK_FILE_H_
