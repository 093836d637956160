#include "ocs/simulation/internal/tally.h"

#include <algorithm>

namespace ocs::simulation::internal {
namespace {

void AddCells(const std::vector<Figures>& from, std::vector<Figures>* to) {
  if (to->size() < from.size()) to->resize(from.size());
  for (size_t i = 0; i < from.size(); ++i) (*to)[i].Add(from[i]);
}

}  // namespace

void Tally::Merge(const Tally& other) {
  AddCells(other.models, &models);
  AddCells(other.uses, &uses);
  for (const auto& [slot, figures] : other.slots) slots[slot].Add(figures);
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
  for (const auto& [currency, micros] : other.other_costs) other_costs[currency] += micros;
  written_off_micros += other.written_off_micros;
  paid_in_micros += other.paid_in_micros;
  deferred_end_micros += other.deferred_end_micros;
  decided_in_full += other.decided_in_full;
  // The smallest text, so that it does not depend on who came first.
  if (!other.fault.empty() && (fault.empty() || other.fault < fault)) fault = other.fault;
}

}  // namespace ocs::simulation::internal
