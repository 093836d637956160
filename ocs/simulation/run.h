// Runs a simulation: charges the events of the input to the population's accounts, under each of
// any number of variants side by side, with the server's own code.
//
// A call is reserved and ended like a well-behaved gateway does: it asks for what the call will
// use; when less is granted the call is cut there; when nothing is, it does not run. Calls of one
// account follow one another: what calls at the same moment hold against each other is not
// simulated.
//
// Accounts do not depend on each other, so they are dealt to lanes, and lanes to threads. A call is
// decided at once where that is sure to be what the engine decides step by step
// (ocs/engine/whole_call.h), else step by step.

#ifndef OCS_SIMULATION_RUN_H_
#define OCS_SIMULATION_RUN_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "ocs/simulation/event.h"
#include "ocs/simulation/event_source.h"
#include "ocs/simulation/population.h"
#include "ocs/simulation/result.h"
#include "rating/tariff.h"

namespace ocs::simulation {

/// A catalogue, and what the population's plans buy in it.
struct Variant {
  std::string label;
  std::shared_ptr<const rating::Tariff> tariff;  ///< Compiled as revision 1.
  std::string text_sha256;                       ///< Of its text.
  /// What each plan buys instead of its offers; empty: what the population says.
  std::vector<std::vector<std::string>> offers;
};

struct RunProgress {
  int64_t events = 0;
  int64_t weight_done = 0;   ///< Of weight_total, over all inputs.
  int64_t weight_total = 0;  ///< 0: not known.
};

struct RunOptions {
  int threads = 0;               ///< 0: as many as there are processors.
  bool full = false;             ///< The engine decides every call step by step: the same result.
  int64_t bad_rows_max = 1'000;  ///< More are an error.
  /// Follow this account and tell all that happens to it.
  std::optional<uint32_t> explain;
  /// Called now and then, by one thread at a time.
  std::function<void(const RunProgress&)> progress;
  /// Set it to stop soon: what was done by then is the result, marked.
  const std::atomic<bool>* cancel = nullptr;
};

/// SHA-256 of a catalogue's text: 64 hexadecimal digits, as a publication names it.
std::string TextSha256(std::string_view text);

/// Checks that each variant has the offers and models that the population names. Each fault as
/// "variant LABEL: plan P: offer: ...".
std::vector<std::string> CheckVariants(const Population& population,
                                       const std::vector<Variant>& variants);

/// Runs. All must outlive the call; the names are those that the sources were opened with. Errors:
/// InvalidArgument (the variants do not fit the population, too many bad rows: the message lists
/// the first), and what reading the input gives.
absl::StatusOr<Result> Run(const Population& population, const std::vector<Variant>& variants,
                           const std::vector<EventSource*>& sources, const Names& names,
                           const RunOptions& options);

}  // namespace ocs::simulation

#endif  // OCS_SIMULATION_RUN_H_
