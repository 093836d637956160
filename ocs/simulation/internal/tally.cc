#include "ocs/simulation/internal/tally.h"

#include <algorithm>

namespace ocs::simulation::internal {
namespace {

void AddCells(const std::vector<Figures>& from, std::vector<Figures>* to) {
  if (to->size() < from.size()) to->resize(from.size());
  for (size_t i = 0; i < from.size(); ++i) (*to)[i].Add(from[i]);
}

}  // namespace

Figures& Tally::AddSlot(int64_t slot) {
  if (slots.empty()) first_slot = slot;
  if (slot < first_slot) {
    slots.insert(slots.begin(), static_cast<size_t>(first_slot - slot), Figures{});
    first_slot = slot;
  }
  const auto index = static_cast<size_t>(slot - first_slot);
  if (index >= slots.size()) slots.resize(index + 1);
  return slots[index];
}

void Tally::AddOtherCost(Unit currency, int64_t micros) {
  for (auto& [known, sum] : other_costs) {
    if (known != currency) continue;
    sum += micros;
    return;
  }
  other_costs.emplace_back(currency, micros);
}

void Tally::Merge(const Tally& other) {
  AddCells(other.models, &models);
  AddCells(other.uses, &uses);
  for (size_t i = 0; i < other.slots.size(); ++i) {
    const Instant at{(other.first_slot + static_cast<int64_t>(i)) * kSlotMs};
    SlotCell(at).Add(other.slots[i]);
  }
  if (packages.size() < other.packages.size()) packages.resize(other.packages.size());
  for (size_t i = 0; i < other.packages.size(); ++i) {
    const PackageTally& from = other.packages[i];
    PackageTally& to = packages[i];
    to.sold += from.sold;
    to.used_up += from.used_up;
    to.granted += from.granted;
    to.used += from.used;
    to.expired += from.expired;
    to.left += from.left;
    to.deferred_micros += from.deferred_micros;
  }
  for (const auto& [currency, micros] : other.other_costs) AddOtherCost(currency, micros);
  written_off_micros += other.written_off_micros;
  paid_in_micros += other.paid_in_micros;
  deferred_end_micros += other.deferred_end_micros;
  decided_in_full += other.decided_in_full;
  AddFault(other.fault);
}

}  // namespace ocs::simulation::internal
