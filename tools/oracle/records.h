// Recorded answers of providers, one JSON object a line, plain or gzip. The format is in
// docs/ORACLE.md.

#ifndef TOOLS_ORACLE_RECORDS_H_
#define TOOLS_ORACLE_RECORDS_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "rating/usage/provider_usage.h"

namespace ocs::tools {

inline constexpr size_t kRecordFileBytesMax = size_t{1} << 30;  ///< Unpacked; held in memory.

/// One recorded answer.
struct Record {
  size_t line = 0;  ///< From 1.
  std::string provider;
  std::string api;
  std::string request_model;
  std::string source;  ///< Where it was recorded: "repository@commit:path#number".
  /// One for an answer; of a stream all events that carried usage, in order. As recorded.
  std::vector<std::string> bodies;
  bool stream = false;

  usage::UsageOrigin origin() const { return {.provider = provider, .api = api}; }
};

/// The bytes of a file, unpacked where it is gzip.
absl::StatusOr<std::string> ReadMaybeGzip(const std::string& path);

/// The records of a text in that format. A line that is no record is an error that names it.
absl::StatusOr<std::vector<Record>> ParseRecords(std::string_view text);

/// What the parser under test says of it.
usage::UsageAnswer ReadRecord(const Record& record);

}  // namespace ocs::tools

#endif  // TOOLS_ORACLE_RECORDS_H_
