// How long it is from one call to the next, as a table of gaps: each is as likely as the others.
// Only the form of the law is kept; gaps are stretched to the window's rate when calls are drawn.

#ifndef OCS_WORKLOAD_INTERNAL_GAP_LAW_H_
#define OCS_WORKLOAD_INTERNAL_GAP_LAW_H_

#include <array>
#include <cstdint>
#include <vector>

namespace ocs::workload::internal {

enum class GapForm : uint8_t { kExponential = 0, kGamma = 1, kWeibull = 2 };

inline constexpr int kGapsPerLaw = 512;
/// In 1/65,536 of the mean gap, at most 2^31; never 0.
using GapTable = std::array<uint32_t, kGapsPerLaw>;

/// Shapes are kept on a grid of 1/8 octave from 1/64 to 64: finer than two fits of the same traffic
/// agree.
class GapLaws final {
 public:
  /// The index of the law of that form and shape, made if it is new. A shape that is not above 0
  /// is taken as the end of the grid.
  uint16_t Add(GapForm form, double shape);
  const GapTable& table(uint16_t law) const { return tables_[law]; }

 private:
  struct Key {
    GapForm form;
    int step;
  };
  std::vector<Key> keys_;
  std::vector<GapTable> tables_;
};

/// The share of a gamma law of that shape (scale 1) below x. For shapes and x above 0.
double GammaBelow(double shape, double x);

}  // namespace ocs::workload::internal

#endif  // OCS_WORKLOAD_INTERNAL_GAP_LAW_H_
