// The page that Prometheus reads: http://ADDRESS/metrics.

#ifndef OCS_RUNTIME_METRICS_ENDPOINT_H_
#define OCS_RUNTIME_METRICS_ENDPOINT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace ocs::runtime {

/// A number now, with its labels. A name and the same labels come once.
struct Sample {
  std::vector<std::pair<std::string, std::string>> labels;
  int64_t value = 0;
};

/// Samples of one name. Counters only grow; gauges go both ways.
struct MetricFamily {
  enum class Kind : uint8_t { kCounter, kGauge };
  std::string name;  ///< "ocs_entries_total".
  std::string help;
  Kind kind = Kind::kCounter;
  std::vector<Sample> samples;
};

/// Serves until it is destroyed.
class MetricsEndpoint final {
 public:
  /// Listens on "127.0.0.1:7071"; port 0 takes a free one. `collect` is called for each reading, on
  /// a thread of its own, and must be thread-safe. Errors: Unavailable when the address cannot be
  /// had.
  static absl::StatusOr<std::unique_ptr<MetricsEndpoint>> Start(
      const std::string& address, std::function<std::vector<MetricFamily>()> collect);
  ~MetricsEndpoint();

  int port() const;

 private:
  struct State;
  explicit MetricsEndpoint(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace ocs::runtime

#endif  // OCS_RUNTIME_METRICS_ENDPOINT_H_
