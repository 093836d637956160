// Draws from shares in constant time, with whole numbers only.

#ifndef OCS_SIMULATION_INTERNAL_ALIAS_H_
#define OCS_SIMULATION_INTERNAL_ALIAS_H_

#include <cstdint>
#include <span>
#include <vector>

namespace ocs::simulation::internal {

/// A number that depends on all bits of both.
constexpr uint64_t Mix(uint64_t a, uint64_t b) {
  uint64_t z = a + 0x9e3779b97f4a7c15ULL * (b + 1);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

/// Walker's table: a column is drawn, and then one of its two owners. Immutable.
class AliasTable final {
 public:
  AliasTable() = default;
  /// REQUIRES: the sum of the weights fits 63 bits; fewer than 2^32 of them.
  explicit AliasTable(std::span<const uint64_t> weights);

  /// An index, by its share of all 64-bit numbers. REQUIRES: there are weights.
  uint32_t Draw(uint64_t random) const {
    const uint64_t column = ((random >> 32) * columns_.size()) >> 32;
    const Column& drawn = columns_[column];
    return static_cast<uint32_t>(random) < drawn.own ? static_cast<uint32_t>(column) : drawn.other;
  }
  /// Brings what Draw of the same number reads into the processor's cache.
  void Fetch(uint64_t random) const {
    __builtin_prefetch(&columns_[((random >> 32) * columns_.size()) >> 32]);
  }
  bool empty() const { return columns_.empty(); }

 private:
  struct Column {
    uint32_t own = UINT32_MAX;  ///< Of 2^32: below it the column itself.
    uint32_t other = 0;
  };
  std::vector<Column> columns_;
};

}  // namespace ocs::simulation::internal

#endif  // OCS_SIMULATION_INTERNAL_ALIAS_H_
