// Events that are drawn from published rates and lengths (ocs/workload): generated, and declared
// so.
// Tested in: tests/tariff_simulation/workload_source_test.cc

#ifndef OCS_SIMULATION_WORKLOAD_SOURCE_H_
#define OCS_SIMULATION_WORKLOAD_SOURCE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "ocs/simulation/event_source.h"
#include "ocs/workload/workload.h"

namespace ocs::simulation {

struct WorkloadSourceOptions {
  workload::WorkloadOptions draws;
  /// How many customers a workload client stands for: its calls are dealt to so many conversations,
  /// and each conversation belongs to one account. 0: every call is a conversation of its own, and
  /// the accounts' shares are the population's alone.
  int64_t conversations_per_client = 0;
};
inline constexpr int64_t kConversationsPerClientMax = 1'000'000'000;

/// Draws from the population's beginning to its end. The texts are as workload::Workload::Read
/// takes them, the name is for people. Without a model mix the population says which models are
/// used. `names` and `population` must outlive it. Errors: InvalidArgument.
absl::StatusOr<std::unique_ptr<EventSource>> OpenWorkload(std::string name, std::string_view rates,
                                                          std::string_view lengths,
                                                          WorkloadSourceOptions options,
                                                          const Population* population,
                                                          Names* names);

}  // namespace ocs::simulation

#endif  // OCS_SIMULATION_WORKLOAD_SOURCE_H_
