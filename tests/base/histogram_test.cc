// Values counted in steps.

#include "ocs/base/histogram.h"

#include <thread>
#include <vector>

#include "tests/support/catch.h"

namespace ocs {
namespace {

TEST_CASE("a value is counted in the first step whose bound it does not exceed", "[base][unit]") {
  for (size_t i = 0; i < kHistogramBounds.size(); ++i) {
    CAPTURE(i);
    CHECK(HistogramCounts::StepOf(kHistogramBounds[i]) == i);
    CHECK(HistogramCounts::StepOf(kHistogramBounds[i] + 1) == i + 1);
    if (i > 0) CHECK(kHistogramBounds[i] > kHistogramBounds[i - 1]);
  }
  CHECK(HistogramCounts::StepOf(-5) == 0);
  CHECK(HistogramCounts::StepOf(INT64_MAX) == kHistogramBounds.size());
}

TEST_CASE("nothing that was counted is lost or moved", "[base][unit]") {
  HistogramCounts counts;
  for (const int64_t value : {1, 7, 7, 60'000'000}) counts.Add(value);
  CHECK(counts.total() == 4);
  CHECK(counts.sum == 60'000'015);
  CHECK(counts.counts[0] == 1);
  CHECK(counts.counts[3] == 2);
  CHECK(counts.counts.back() == 1);
}

TEST_CASE("many threads count into one histogram", "[base][unit]") {
  Histogram histogram;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&histogram] {
      for (int64_t i = 0; i < 10'000; ++i) histogram.Add(i);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const HistogramCounts counts = histogram.counts();
  CHECK(counts.total() == 40'000);
  CHECK(counts.sum == 4 * (int64_t{10'000} * 9'999 / 2));
  CHECK(counts.counts[0] == 8);  // 0 and 1.
}

}  // namespace
}  // namespace ocs
