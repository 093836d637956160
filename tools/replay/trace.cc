#include "tools/replay/trace.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"

namespace ocs::replay {
namespace {

constexpr std::string_view kTraceHeader =
    "timestamp_ms,session_id,turn,model,input_tokens,cached_input_tokens,output_tokens";
constexpr std::string_view kLinksHeader =
    "row,parent_row,shared_prefix_tokens,derived_session,derived_turn";
constexpr int64_t kTokensMax = 100'000'000;

// The fields of the lines of a file after its header, which must be `header`.
absl::StatusOr<std::vector<std::vector<absl::string_view>>> Rows(std::string_view text,
                                                                 std::string_view header) {
  std::vector<absl::string_view> lines = absl::StrSplit(ToAbsl(text), '\n');
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  if (lines.empty() || FromAbsl(lines.front()) != header) {
    return absl::InvalidArgumentError(Cat("line 1: expected the header ", header));
  }
  std::vector<std::vector<absl::string_view>> rows;
  rows.reserve(lines.size());
  const size_t columns = std::vector<absl::string_view>(absl::StrSplit(ToAbsl(header), ',')).size();
  for (size_t i = 1; i < lines.size(); ++i) {
    std::vector<absl::string_view> fields = absl::StrSplit(lines[i], ',');
    if (fields.size() != columns) {
      return absl::InvalidArgumentError(
          Cat("line ", i + 1, ": has ", fields.size(), " columns, expected ", columns));
    }
    rows.push_back(std::move(fields));
  }
  return rows;
}

absl::StatusOr<int64_t> Count(absl::string_view text, size_t line, std::string_view column) {
  int64_t value = 0;
  if (!absl::SimpleAtoi(text, &value) || value < 0 || value > kTokensMax) {
    return absl::InvalidArgumentError(
        Cat("line ", line, ": ", column, " is '", FromAbsl(text), "', expected a count"));
  }
  return value;
}

}  // namespace

absl::StatusOr<std::vector<TraceCall>> ParseTrace(std::string_view text, std::string_view links,
                                                  int64_t rows_max) {
  OCS_ASSIGN_OR_RETURN(const auto rows, Rows(text, kTraceHeader));
  std::vector<std::vector<absl::string_view>> link_rows;
  if (!links.empty()) {
    OCS_ASSIGN_OR_RETURN(link_rows, Rows(links, kLinksHeader));
    if (link_rows.size() < rows.size()) {
      return absl::InvalidArgumentError("the links have fewer rows than the trace");
    }
  }
  std::vector<TraceCall> calls;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows_max > 0 && static_cast<int64_t>(i) >= rows_max) break;
    const size_t line = i + 2;
    TraceCall call;
    call.row = static_cast<int64_t>(i);
    OCS_ASSIGN_OR_RETURN(call.at_ms, Count(rows[i][0], line, "timestamp_ms"));
    OCS_ASSIGN_OR_RETURN(const int64_t prompt, Count(rows[i][4], line, "input_tokens"));
    OCS_ASSIGN_OR_RETURN(call.cached_tokens, Count(rows[i][5], line, "cached_input_tokens"));
    OCS_ASSIGN_OR_RETURN(call.output_tokens, Count(rows[i][6], line, "output_tokens"));
    if (call.cached_tokens > prompt) {
      return absl::InvalidArgumentError(Cat("line ", line, ": more cached tokens than input"));
    }
    call.input_tokens = prompt - call.cached_tokens;
    call.conversation = call.row;
    if (!links.empty()) {
      OCS_ASSIGN_OR_RETURN(call.conversation, Count(link_rows[i][3], line, "derived_session"));
    }
    calls.push_back(call);
  }
  return calls;
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream bytes;
  bytes << file.rdbuf();
  if (!file) return absl::InvalidArgumentError(Cat(path, ": cannot be read"));
  return std::move(bytes).str();
}

absl::Status WriteFile(const std::string& path, std::string_view text) {
  const std::string aside = path + ".part";
  std::ofstream file(aside, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  std::error_code error;
  if (file) std::filesystem::rename(aside, path, error);
  if (file && !error) return absl::OkStatus();
  return absl::UnavailableError(Cat(path, ": cannot be written"));
}

}  // namespace ocs::replay
