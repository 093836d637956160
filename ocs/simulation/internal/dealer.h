// Gives events to accounts: whose conversation it is, which model it uses, what the use is like.

#ifndef OCS_SIMULATION_INTERNAL_DEALER_H_
#define OCS_SIMULATION_INTERNAL_DEALER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "ocs/simulation/event.h"
#include "ocs/simulation/population.h"

namespace ocs::simulation::internal {

/// Immutable. Thread-safe.
class Dealer final {
 public:
  /// Numbers for names that were asked for before, without a lock. One for each piece.
  struct Cache {
    absl::flat_hash_map<std::string, uint16_t> models;
  };

  Dealer(const Population* population, Names* names);

  /// For who deals a conversation soon: brings what tells its account into the processor's cache.
  void Fetch(uint64_t conversation) const { population_->FetchAccountOf(conversation); }

  /// Fills account, model and use of an event whose time is known. `model` "": one of the
  /// population's. False when there are too many models.
  [[nodiscard]] bool Deal(uint64_t conversation, std::string_view model, Cache* cache,
                          Event* event) const;

 private:
  const Population* population_;
  Names* names_;
  std::vector<std::vector<uint16_t>> models_;  // By plan, as Population::ModelsOf.
  std::vector<uint16_t> uses_;
};

}  // namespace ocs::simulation::internal

#endif  // OCS_SIMULATION_INTERNAL_DEALER_H_
