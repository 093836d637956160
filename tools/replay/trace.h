// The trace: real model calls with their tokens, read from the CSV files in tools/replay/data.
// Tested in: tests/e2e/replay_plan_test.cc

#ifndef TOOLS_REPLAY_TRACE_H_
#define TOOLS_REPLAY_TRACE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace ocs::replay {

/// One row of the trace.
struct TraceCall {
  int64_t row = 0;           ///< From 0; the call's name.
  int64_t at_ms = 0;         ///< Since the start of the trace.
  int64_t input_tokens = 0;  ///< Of the prompt, without what the cache held.
  int64_t cached_tokens = 0;
  int64_t output_tokens = 0;
  int64_t conversation = 0;  ///< The row in which its inferred conversation begins.
  friend bool operator==(const TraceCall&, const TraceCall&) = default;
};

/// The calls of a trace's text, in its order. `links` is the text of the derived links, which name
/// each row's conversation; with an empty text every row is its own conversation. At most
/// `rows_max` rows; 0 means all. Errors: InvalidArgument with the line's number.
absl::StatusOr<std::vector<TraceCall>> ParseTrace(std::string_view text, std::string_view links,
                                                  int64_t rows_max);

/// The whole of a file. Errors: InvalidArgument.
absl::StatusOr<std::string> ReadFile(const std::string& path);

/// Puts a file there as a whole: written aside, then renamed. Errors: Unavailable.
absl::Status WriteFile(const std::string& path, std::string_view text);

}  // namespace ocs::replay

#endif  // TOOLS_REPLAY_TRACE_H_
