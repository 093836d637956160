// Draws an index with given probabilities from one random number in constant time (the alias
// method of Walker, tables made as Vose does).

#ifndef OCS_WORKLOAD_INTERNAL_ALIAS_TABLE_H_
#define OCS_WORKLOAD_INTERNAL_ALIAS_TABLE_H_

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "ocs/base/check.h"

namespace ocs::workload::internal {

/// Immutable after Make. Thread-safe.
class AliasTable final {
 public:
  /// REQUIRES: weights >= 0, one of them above 0, fewer than 2^32.
  static AliasTable Make(const std::vector<double>& weights) {
    double sum = 0;
    for (const double weight : weights) sum += weight;
    OCS_CHECK(sum > 0);
    const size_t count = weights.size();
    AliasTable table;
    table.columns_.resize(count);
    std::vector<double> scaled(count);
    std::vector<uint32_t> small;
    std::vector<uint32_t> large;
    for (size_t i = 0; i < count; ++i) {
      scaled[i] = weights[i] / sum * static_cast<double>(count);
      (scaled[i] < 1 ? small : large).push_back(static_cast<uint32_t>(i));
    }
    while (!small.empty() && !large.empty()) {
      const uint32_t low = small.back();
      const uint32_t high = large.back();
      small.pop_back();
      table.columns_[low] = {.keep_below = Threshold(scaled[low]), .alias = high};
      scaled[high] -= 1 - scaled[low];
      if (scaled[high] < 1) {
        large.pop_back();
        small.push_back(high);
      }
    }
    for (const uint32_t index : small) table.columns_[index] = {.keep_below = kAll, .alias = index};
    for (const uint32_t index : large) table.columns_[index] = {.keep_below = kAll, .alias = index};
    return table;
  }

  bool empty() const { return columns_.empty(); }

  /// The index that the random number `uniform` falls on. REQUIRES: !empty().
  uint32_t Pick(uint64_t uniform) const {
    const auto index =
        static_cast<uint32_t>(((uniform >> 32) * static_cast<uint64_t>(columns_.size())) >> 32);
    const Column& column = columns_[index];
    return static_cast<uint32_t>(uniform) < column.keep_below ? index : column.alias;
  }

 private:
  static constexpr uint32_t kAll = 0xffffffff;
  struct Column {
    uint32_t keep_below = 0;
    uint32_t alias = 0;
  };
  static uint32_t Threshold(double probability) {
    const double scaled = std::ldexp(probability, 32);
    return scaled >= 4294967295.0 ? kAll : static_cast<uint32_t>(scaled);
  }

  std::vector<Column> columns_;
};

}  // namespace ocs::workload::internal

#endif  // OCS_WORKLOAD_INTERNAL_ALIAS_TABLE_H_
