// How values are spread: counted in fixed steps, so that counting is one addition, and that what
// two servers have counted may be added up.

#ifndef OCS_BASE_HISTOGRAM_H_
#define OCS_BASE_HISTOGRAM_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace ocs {

/// Upper bounds of the steps, each included in its step; what is above the last has a step of its
/// own. Of microseconds they reach from 1 us to 10 s.
inline constexpr std::array<int64_t, 21> kHistogramBounds = {
    1,      2,       5,       10,      20,        50,        100,
    200,    500,     1'000,   2'000,   5'000,     10'000,    20'000,
    50'000, 100'000, 200'000, 500'000, 1'000'000, 5'000'000, 10'000'000};

/// What was counted. Thread-compatible.
struct HistogramCounts {
  std::array<int64_t, kHistogramBounds.size() + 1>
      counts{};     ///< Of each step; the last has no end.
  int64_t sum = 0;  ///< Of the values.

  int64_t total() const {
    int64_t all = 0;
    for (const int64_t count : counts) all += count;
    return all;
  }
  void Add(int64_t value) {
    ++counts[StepOf(value)];
    sum += value;
  }
  /// The step that a value is counted in; one below 0 in the first.
  static constexpr size_t StepOf(int64_t value) {
    size_t step = 0;
    while (step < kHistogramBounds.size() && value > kHistogramBounds[step]) ++step;
    return step;
  }
};

/// Counts from any thread. Thread-safe; a reading may miss what is being counted just then.
class Histogram final {
 public:
  void Add(int64_t value) {
    counts_[HistogramCounts::StepOf(value)].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(value, std::memory_order_relaxed);
  }
  HistogramCounts counts() const {
    HistogramCounts now;
    for (size_t i = 0; i < counts_.size(); ++i)
      now.counts[i] = counts_[i].load(std::memory_order_relaxed);
    now.sum = sum_.load(std::memory_order_relaxed);
    return now;
  }

 private:
  std::array<std::atomic<int64_t>, kHistogramBounds.size() + 1> counts_{};
  std::atomic<int64_t> sum_{0};
};

}  // namespace ocs

#endif  // OCS_BASE_HISTOGRAM_H_
