// What all lanes of one variant share: its catalogue, what the plans buy, the months, the names of
// models and uses.

#ifndef OCS_SIMULATION_INTERNAL_WORLD_H_
#define OCS_SIMULATION_INTERNAL_WORLD_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "ocs/engine/dry_shard.h"
#include "ocs/engine/engine.h"
#include "ocs/simulation/event.h"
#include "ocs/simulation/population.h"
#include "ocs/simulation/run.h"

namespace ocs::simulation::internal {

/// A plan as this variant sells it.
struct SoldPlan {
  const Plan* plan = nullptr;
  std::vector<std::string> offers;
  int64_t fees_micros = 0;       ///< Of all offers, paid at the beginning.
  int64_t recurring_micros = 0;  ///< Of those that renew: what a customer expects of a bill.
  bool has_package = false;      ///< Some grant is not money.
  bool tops_up = false;          ///< Plan::top_up is more than nothing.
  rating::Symbol segment = 0;
};

/// Immutable while calls are charged; TakeNames between.
class World final {
 public:
  World(const Population& population, const Variant& variant, const RunOptions& options);

  const Population& population() const { return population_; }
  const Variant& variant() const { return variant_; }
  const rating::Tariff& tariff() const { return catalogue_.tariff(); }
  const engine::DryCatalogue& catalogue() const { return catalogue_; }
  const engine::EngineOptions& options() const { return options_; }
  const std::vector<SoldPlan>& plans() const { return plans_; }
  /// The ends of the months, the last one is the end of the simulation.
  const std::vector<Instant>& month_ends() const { return month_ends_; }
  bool full() const { return full_; }
  std::optional<uint32_t> explain() const { return explain_; }

  /// Index of a grant's package in the tally.
  size_t PackageOf(uint32_t offer, uint32_t grant) const { return package_begin_[offer] + grant; }
  size_t package_count() const { return package_begin_.back(); }

  /// Takes over names that are new.
  void TakeNames(const Names& names);
  struct Model {
    std::string name;                         ///< As the input names it.
    std::optional<rating::ModelIndex> index;  ///< None too where no request may name it.
  };
  const Model& model(uint16_t number) const { return models_[number]; }
  const UseNames& use(uint16_t number) const { return uses_[number]; }
  /// Whether a request may state the use: its names are not too long.
  bool may_state(uint16_t number) const { return may_state_[number]; }
  /// rating::UseContext::values of a use, without the segment.
  const std::array<rating::Symbol, rating::kDimensionCount>& values(uint16_t number) const {
    return values_[number];
  }
  const std::string& service_context() const { return service_context_; }

 private:
  const Population& population_;
  const Variant& variant_;
  engine::DryCatalogue catalogue_;
  engine::EngineOptions options_;
  std::string service_context_;
  std::vector<SoldPlan> plans_;
  std::vector<Instant> month_ends_;
  std::vector<size_t> package_begin_;
  std::vector<Model> models_;
  std::vector<UseNames> uses_;
  std::vector<std::array<rating::Symbol, rating::kDimensionCount>> values_;
  std::vector<bool> may_state_;
  bool full_;
  std::optional<uint32_t> explain_;
};

}  // namespace ocs::simulation::internal

#endif  // OCS_SIMULATION_INTERNAL_WORLD_H_
