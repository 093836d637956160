// The pages for machines that watch the process: http://ADDRESS/metrics for Prometheus, /readyz for
// whoever sends it traffic, /livez for whoever restarts it.

#ifndef OCS_RUNTIME_METRICS_ENDPOINT_H_
#define OCS_RUNTIME_METRICS_ENDPOINT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "ocs/base/histogram.h"

namespace ocs::runtime {

/// A number now, with its labels. A name and the same labels come once.
struct Sample {
  std::vector<std::pair<std::string, std::string>> labels;
  int64_t value = 0;
  HistogramCounts histogram = {};  ///< Of a histogram, in place of the value.
};

/// Samples of one name. Counters and histograms only grow; gauges go both ways.
struct MetricFamily {
  enum class Kind : uint8_t {
    kCounter,
    kGauge,
    kHistogram,        ///< Of pieces.
    kMicrosHistogram,  ///< Of microseconds; shown in seconds, as Prometheus wants them.
  };
  std::string name;  ///< "ocs_entries_total".
  std::string help;
  Kind kind = Kind::kCounter;
  std::vector<Sample> samples;
};

/// Where the process is in its life.
enum class Phase : uint8_t { kStarting = 0, kReplaying = 1, kServing = 2, kDraining = 3 };

/// "starting", "replaying", "serving", "draining".
std::string_view PhaseName(Phase phase);

/// Serves until it is destroyed. One thread; a connection that says nothing for ten seconds is
/// closed, and at most sixteen are open.
class MetricsEndpoint final {
 public:
  /// What is asked for each reading, on a thread of its own: both must be thread-safe.
  struct Source {
    std::function<std::vector<MetricFamily>()> collect;
    std::function<Phase()> phase;  ///< /readyz is 200 while it is kServing, else 503.
  };

  /// Listens on "127.0.0.1:7071"; port 0 takes a free one. Errors: Unavailable when the address
  /// cannot be had.
  static absl::StatusOr<std::unique_ptr<MetricsEndpoint>> Start(const std::string& address,
                                                                Source source);
  ~MetricsEndpoint();

  int port() const;

 private:
  struct State;
  explicit MetricsEndpoint(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace ocs::runtime

#endif  // OCS_RUNTIME_METRICS_ENDPOINT_H_
