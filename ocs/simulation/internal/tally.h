// What is added up while calls are charged: by one thread, for one variant. Sums of whole numbers
// only, so that it does not matter how the work was divided.

#ifndef OCS_SIMULATION_INTERNAL_TALLY_H_
#define OCS_SIMULATION_INTERNAL_TALLY_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "ocs/base/time.h"
#include "ocs/base/unit.h"
#include "ocs/simulation/result.h"

namespace ocs::simulation::internal {

/// By-hour and by-day tables come from slots of half an hour: every zone's hours and days are whole
/// numbers of them, but for those at odd quarters, whose hours then begin a quarter early.
inline constexpr int64_t kSlotMs = 30 * 60'000;

/// What became of the buckets of one package.
struct PackageTally {
  int64_t sold = 0;
  int64_t used_up = 0;
  int64_t granted = 0;
  int64_t used = 0;
  int64_t expired = 0;
  int64_t left = 0;
  int64_t deferred_micros = 0;
};

/// Where a delta of figures belongs.
struct Where {
  Instant at;
  uint32_t model = 0;  ///< 1 + number of the name; 0: no model.
  uint32_t use = 0;    ///< 1 + number of the use; 0: no use.
};

/// Thread-compatible.
class Tally final {
 public:
  void Add(const Figures& delta, const Where& where) {
    ModelCell(where.model).Add(delta);
    UseCell(where.use).Add(delta);
    SlotCell(where.at).Add(delta);
  }

  Figures& ModelCell(uint32_t model) {
    if (model >= models.size()) models.resize(model + 1);
    return models[model];
  }
  Figures& UseCell(uint32_t use) {
    if (use >= uses.size()) uses.resize(use + 1);
    return uses[use];
  }
  Figures& SlotCell(Instant at) {
    const int64_t slot = at.unix_ms / kSlotMs - (at.unix_ms % kSlotMs < 0 ? 1 : 0);
    const auto index = static_cast<uint64_t>(slot - first_slot);
    return index < slots.size() ? slots[index] : AddSlot(slot);
  }

  void AddOtherCost(Unit currency, int64_t micros);

  /// Adds all of another one.
  void Merge(const Tally& other);

  std::vector<Figures> models;
  std::vector<Figures> uses;
  int64_t first_slot = 0;      ///< Its number of kSlotMs since 1970.
  std::vector<Figures> slots;  ///< From there on, one after the other: 50,000 of three years.
  std::vector<PackageTally> packages;
  std::vector<std::pair<Unit, int64_t>> other_costs;  ///< By currency; a few.
  int64_t written_off_micros = 0;
  int64_t paid_in_micros = 0;
  int64_t deferred_end_micros = 0;
  int64_t decided_in_full = 0;
  /// What must not be: the run then fails with it. Of several, the first by the alphabet, so that
  /// it does not depend on who came first.
  std::string fault;
  void AddFault(const std::string& text) {
    if (!text.empty() && (fault.empty() || text < fault)) fault = text;
  }

 private:
  Figures& AddSlot(int64_t slot);
};

}  // namespace ocs::simulation::internal

#endif  // OCS_SIMULATION_INTERNAL_TALLY_H_
