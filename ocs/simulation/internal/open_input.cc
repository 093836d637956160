#include <filesystem>

#include "ocs/base/status.h"
#include "ocs/simulation/event_source.h"
#include "ocs/simulation/internal/line_pieces.h"

namespace ocs::simulation {

absl::StatusOr<std::unique_ptr<EventSource>> OpenInput(const std::string& path,
                                                       const TraceOptions& options,
                                                       const Population* population, Names* names) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return OpenJournal(path, population, names);
  OCS_ASSIGN_OR_RETURN(const auto lines, internal::LinePieces::Open(path));
  OCS_ASSIGN_OR_RETURN(const std::string first, lines->Header());
  if (first.rfind("format,", 0) == 0 || first.rfind('{', 0) == 0)
    return OpenRecordFile(path, population, names);
  return OpenTrace(path, options, population, names);
}

}  // namespace ocs::simulation
