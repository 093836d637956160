// Simulations and shadow rating as a console asks for them: the seam between who is asked and who
// can run them. Nothing is decided here.
// Tested in: tests/simulator/simulator_test.cc

#ifndef OCS_SIMULATION_SIMULATIONS_H_
#define OCS_SIMULATION_SIMULATIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ocs/base/time.h"

namespace ocs::simulation {

struct CatalogueSource {
  std::string text = {};  ///< Empty: the revision.
  uint32_t revision = 0;  ///< 0: the one in force.
  std::string label = {};
};

struct SimulationAsked {
  std::string name = {};
  std::string population = {};
  CatalogueSource before = {};
  bool has_candidate = false;
  CatalogueSource candidate = {};
  std::vector<std::string> changes = {};
  std::vector<std::string> required = {};
  std::string signed_by = {};
  bool own_records = false;
  std::vector<std::string> input_files = {};
  std::string trace_begins = {};
  int64_t stretch_permille = 1'000;
  int64_t repeat = 1;
};

struct SimulationProgress {
  enum class Phase : uint8_t { kWaiting, kRunning, kDone, kCancelled, kFailed };
  std::string name = {};
  Phase phase = Phase::kWaiting;
  int64_t calls = 0;
  int64_t weight_done = 0;
  int64_t weight_total = 0;
  int64_t took_ms = 0;
  std::string error = {};

  bool ended() const { return phase != Phase::kWaiting && phase != Phase::kRunning; }
};

struct SimulationContent {
  enum class Form : uint8_t { kSentences, kArtefact, kJson, kPage, kTable };
  std::string headline = {};
  std::vector<std::string> sentences = {};
  bool passed = false;
  std::string content = {};
};

struct ShadowSum {
  std::string name = {};
  std::string unit = {};
  int64_t records = 0;
  int64_t before = 0;
  int64_t after = 0;
  int64_t cost_before = 0;
  int64_t cost_after = 0;
};

struct ShadowState {
  bool running = false;
  std::string error = {};
  std::string candidate_sha256 = {};
  int64_t records = 0;
  Instant last;
  int64_t not_sold = 0;
  int64_t not_comparable = 0;
  std::vector<ShadowSum> total = {};
  std::vector<ShadowSum> by_model = {};
};

/// Errors as in simulation.proto; of InvalidArgument the message begins with the field and ": ",
/// and may have several lines. Thread-safe; nothing here waits for a simulation.
class Simulations {
 public:
  virtual ~Simulations() = default;
  virtual absl::Status Run(SimulationAsked asked) = 0;
  virtual absl::StatusOr<SimulationProgress> Progress(const std::string& name) const = 0;
  virtual absl::Status Cancel(const std::string& name) = 0;
  virtual absl::StatusOr<SimulationContent> Get(const std::string& name,
                                                SimulationContent::Form form,
                                                const std::string& table) const = 0;
  virtual std::vector<SimulationProgress> List() const = 0;

  virtual absl::Status StartShadow(const CatalogueSource& candidate, bool from_beginning) = 0;
  virtual void StopShadow() = 0;
  virtual absl::StatusOr<ShadowState> Shadow() const = 0;
};

}  // namespace ocs::simulation

#endif  // OCS_SIMULATION_SIMULATIONS_H_
