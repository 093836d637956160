#include "ocs/runtime/metrics_endpoint.h"

#include <prometheus/collectable.h>
#include <prometheus/exposer.h>
#include <prometheus/metric_family.h>

#include <exception>

#include "absl/strings/str_cat.h"

namespace ocs::runtime {
namespace {

class Collector final : public prometheus::Collectable {
 public:
  explicit Collector(std::function<std::vector<MetricFamily>()> collect)
      : collect_(std::move(collect)) {}

  std::vector<prometheus::MetricFamily> Collect() const override {
    std::vector<prometheus::MetricFamily> families;
    for (const MetricFamily& family : collect_()) families.push_back(Translate(family));
    return families;
  }

 private:
  static prometheus::MetricFamily Translate(const MetricFamily& in) {
    const bool counter = in.kind == MetricFamily::Kind::kCounter;
    prometheus::MetricFamily out;
    out.name = in.name;
    out.help = in.help;
    out.type = counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
    for (const Sample& sample : in.samples) {
      prometheus::ClientMetric& metric = out.metric.emplace_back();
      for (const auto& label : sample.labels) metric.label.push_back({label.first, label.second});
      const auto value = static_cast<double>(sample.value);
      (counter ? metric.counter.value : metric.gauge.value) = value;
    }
    return out;
  }

  const std::function<std::vector<MetricFamily>()> collect_;
};

}  // namespace

struct MetricsEndpoint::State {
  std::shared_ptr<Collector> collector;  // Shared because the exposer keeps a weak pointer to it.
  std::unique_ptr<prometheus::Exposer> exposer;
};

absl::StatusOr<std::unique_ptr<MetricsEndpoint>> MetricsEndpoint::Start(
    const std::string& address, std::function<std::vector<MetricFamily>()> collect) {
  auto state = std::make_unique<State>();
  state->collector = std::make_shared<Collector>(std::move(collect));
  try {
    state->exposer = std::make_unique<prometheus::Exposer>(address, 1);
  } catch (const std::exception& error) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", address, " for metrics: ", error.what()));
  }
  state->exposer->RegisterCollectable(state->collector);
  return std::unique_ptr<MetricsEndpoint>(new MetricsEndpoint(std::move(state)));
}

MetricsEndpoint::MetricsEndpoint(std::unique_ptr<State> state) : state_(std::move(state)) {}

MetricsEndpoint::~MetricsEndpoint() = default;

int MetricsEndpoint::port() const {
  const std::vector<int> ports = state_->exposer->GetListeningPorts();
  return ports.empty() ? 0 : ports.front();
}

}  // namespace ocs::runtime
