// Simulations beside a working server, and shadow rating: on threads of the lowest priority, of
// records that are durable already. Charging never waits for them.

#ifndef OCS_SIMULATOR_SIMULATOR_H_
#define OCS_SIMULATOR_SIMULATOR_H_

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "ocs/base/time.h"
#include "ocs/engine/engine.h"
#include "ocs/simulation/simulations.h"
#include "ocs/whatif/shadow.h"

namespace ocs::simulator {

/// Of which so many wait behind the one that runs. A person waits for each.
inline constexpr size_t kSimulationsWaitingMax = 8;
/// Of those that have ended, the results of so many are kept: about a megabyte each.
inline constexpr size_t kSimulationsKept = 16;

struct SimulationsOptions {
  std::string input_folder;  ///< Where files lie that may be simulated; empty: none may.
  int64_t accounts_max = 0;  ///< Of a population, times catalogues: about 1 KB each.
};

/// Thread-safe.
class Simulator final : public simulation::Simulations {
 public:
  /// The engine and the clock, which tells how long a simulation takes, outlive this.
  Simulator(SimulationsOptions options, const engine::Engine* engine, const Clock* clock);
  ~Simulator() override;

  absl::Status Run(simulation::SimulationAsked asked) override;
  absl::StatusOr<simulation::SimulationProgress> Progress(const std::string& name) const override;
  absl::Status Cancel(const std::string& name) override;
  absl::StatusOr<simulation::SimulationContent> Get(const std::string& name,
                                                    simulation::SimulationContent::Form form,
                                                    const std::string& table) const override;
  std::vector<simulation::SimulationProgress> List() const override;

  absl::Status StartShadow(const simulation::CatalogueSource& candidate,
                           bool from_beginning) override;
  void StopShadow() override;
  absl::StatusOr<simulation::ShadowState> Shadow() const override;

  /// Breaks off what runs and waits until it has ended: moments. Nothing may be begun afterwards.
  void Stop();

 private:
  struct Job;
  struct Shadowing;

  void Work();
  void Do(Job* job);
  absl::StatusOr<std::string> TextOf(const simulation::CatalogueSource& source) const;
  absl::Status CheckInputs(const simulation::SimulationAsked& asked) const;
  Job* Find(const std::string& name) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DropOld() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void StopShadowing() ABSL_EXCLUSIVE_LOCKS_REQUIRED(shadow_change_);
  void Follow(Shadowing* shadowing);

  const SimulationsOptions options_;
  const engine::Engine* const engine_;
  const Clock* const clock_;
  mutable absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<std::unique_ptr<Job>> jobs_ ABSL_GUARDED_BY(mutex_);  // Oldest first.
  // Held while a shadow is begun or ended, so that two do not cross.
  absl::Mutex shadow_change_ ABSL_ACQUIRED_BEFORE(mutex_);
  std::unique_ptr<Shadowing> shadow_ ABSL_GUARDED_BY(mutex_);
  std::thread worker_;  // Last: it uses the rest.
};

}  // namespace ocs::simulator

#endif  // OCS_SIMULATOR_SIMULATOR_H_
