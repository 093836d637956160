#include "ocs/workload/internal/gap_law.h"

#include <algorithm>
#include <cmath>

namespace ocs::workload::internal {
namespace {

constexpr int kStepsPerOctave = 8;
constexpr int kStepMax = 6 * kStepsPerOctave;  // Shape 64.

int StepOf(double shape) {
  if (!(shape > 0)) return -kStepMax;
  const double step = std::round(std::log2(shape) * kStepsPerOctave);
  return static_cast<int>(std::clamp<double>(step, -kStepMax, kStepMax));
}

// The gap below which a share `below` of a gamma law's gaps lie: by halving, on a scale of
// logarithms, because small shapes spread over many powers of ten.
double GammaGap(double shape, double below) {
  double low = -700;
  double high = std::log(shape + 60 * std::sqrt(shape) + 60);
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (GammaBelow(shape, std::exp(middle)) < below ? low : high) = middle;
  }
  return std::exp((low + high) / 2);
}

double GapAt(GapForm form, double shape, double below) {
  switch (form) {
    case GapForm::kExponential:
      return -std::log1p(-below);
    case GapForm::kWeibull:
      return std::pow(-std::log1p(-below), 1 / shape);
    case GapForm::kGamma:
      return GammaGap(shape, below);
  }
  return 1;
}

GapTable Make(GapForm form, double shape) {
  std::array<double, kGapsPerLaw> gaps = {};
  double sum = 0;
  for (size_t i = 0; i < gaps.size(); ++i) {
    const double below = (static_cast<double>(i) + 0.5) / kGapsPerLaw;
    gaps[i] = GapAt(form, shape, below);
    sum += gaps[i];
  }
  GapTable table = {};
  for (size_t i = 0; i < gaps.size(); ++i) {
    const double scaled = gaps[i] / sum * kGapsPerLaw * 65536;
    table[i] = static_cast<uint32_t>(std::clamp<double>(scaled, 1, 2147483648.0));
  }
  return table;
}

}  // namespace

double GammaBelow(double shape, double x) {
  const double scale = std::exp(shape * std::log(x) - x - std::lgamma(shape));
  if (x < shape + 1) {  // The series converges fast here,
    double term = 1 / shape;
    double sum = term;
    for (int n = 1; n < 1000 && term > sum * 1e-15; ++n) {
      term *= x / (shape + n);
      sum += term;
    }
    return std::min(1.0, sum * scale);
  }
  double b = x + 1 - shape;  // and the continued fraction of what lies above x there.
  double c = 1e300;
  double d = 1 / b;
  double fraction = d;
  for (int n = 1; n < 1000; ++n) {
    const double a = -n * (n - shape);
    b += 2;
    d = 1 / (a * d + b);
    c = b + a / c;
    const double factor = d * c;
    fraction *= factor;
    if (std::abs(factor - 1) < 1e-15) break;
  }
  return std::max(0.0, 1 - scale * fraction);
}

uint16_t GapLaws::Add(GapForm form, double shape) {
  const int step = form == GapForm::kExponential ? 0 : StepOf(shape);
  const auto found = std::find_if(keys_.begin(), keys_.end(), [&](const Key& key) {
    return key.form == form && key.step == step;
  });
  const auto index = static_cast<uint16_t>(found - keys_.begin());
  if (found != keys_.end()) return index;
  keys_.push_back({form, step});
  tables_.push_back(Make(form, std::exp2(static_cast<double>(step) / kStepsPerOctave)));
  return index;
}

}  // namespace ocs::workload::internal
