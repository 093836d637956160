// The metrics page. Its content over HTTP is tested with the server, in tests/e2e.

#include "ocs/runtime/metrics_endpoint.h"

#include "tests/support/catch.h"

namespace ocs::runtime {
namespace {

std::vector<MetricFamily> Nothing() { return {}; }

TEST_CASE("port 0 takes a free port, and an address is had by one only", "[runtime][unit]") {
  auto first = MetricsEndpoint::Start("127.0.0.1:0", Nothing);
  REQUIRE(first.ok());
  const int port = (*first)->port();
  CHECK(port > 0);
  const std::string address = "127.0.0.1:" + std::to_string(port);
  const auto second = MetricsEndpoint::Start(address, Nothing);
  REQUIRE_FALSE(second.ok());
  CHECK(second.status().code() == absl::StatusCode::kUnavailable);
  CHECK(std::string(second.status().message()).find(address) != std::string::npos);
  first->reset();
  CHECK(MetricsEndpoint::Start(address, Nothing).ok());
}

}  // namespace
}  // namespace ocs::runtime
