#include "ocs/simulation/event_source.h"

namespace ocs::simulation {

absl::StatusOr<std::unique_ptr<EventSource>> OpenInput(const std::string& path,
                                                       const TraceOptions& options,
                                                       const Population* population, Names* names) {
  return OpenTrace(path, options, population, names);
}

}  // namespace ocs::simulation
