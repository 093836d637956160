// The metrics page. Its content over HTTP is tested with the server, in tests/e2e.

#include "ocs/runtime/metrics_endpoint.h"

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "tests/support/catch.h"

namespace ocs::runtime {
namespace {

const MetricsEndpoint::Source kNothing = {[] { return std::vector<MetricFamily>(); },
                                          [] { return Phase::kStarting; }};

// The whole answer to a request of these bytes.
std::string Ask(int port, const std::string& request) {
  namespace asio = boost::asio;
  asio::io_context context;
  asio::ip::tcp::socket socket(context);
  boost::system::error_code error;
  socket.connect({asio::ip::address_v4::loopback(), static_cast<uint16_t>(port)}, error);
  REQUIRE_FALSE(error);
  asio::write(socket, asio::buffer(request), error);
  std::string answer;
  asio::read(socket, asio::dynamic_buffer(answer), error);
  return answer;
}

std::string Get(int port, const std::string& path) {
  return Ask(port, "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
}

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("readiness is 200 while the process serves and 503 before and after", "[runtime][unit]") {
  std::atomic<Phase> phase{Phase::kStarting};
  const auto endpoint =
      MetricsEndpoint::Start("127.0.0.1:0", {kNothing.collect, [&phase] { return phase.load(); }});
  REQUIRE(endpoint.ok());
  const int port = (*endpoint)->port();
  for (const Phase now : {Phase::kStarting, Phase::kReplaying, Phase::kServing, Phase::kDraining}) {
    phase = now;
    const std::string answer = Get(port, "/readyz");
    CAPTURE(answer);
    CHECK(Has(answer, now == Phase::kServing ? "HTTP/1.1 200 " : "HTTP/1.1 503 "));
    CHECK(Has(answer, "\r\n\r\n" + std::string(PhaseName(now)) + "\n"));
    CHECK(Has(Get(port, "/livez"), "HTTP/1.1 200 "));
  }
}

TEST_CASE("the page has every family with its kind and samples", "[runtime][unit]") {
  const auto collect = [] {
    MetricFamily family;
    family.name = "ocs_things_total";
    family.help = "Things.";
    family.samples.push_back({{{"shard", "0"}}, 1'234'567'890});
    MetricFamily spread;
    spread.name = "ocs_thing_seconds";
    spread.kind = MetricFamily::Kind::kMicrosHistogram;
    Sample& sample = spread.samples.emplace_back();
    for (const int64_t micros : {2, 3, 1'500}) sample.histogram.Add(micros);
    return std::vector<MetricFamily>{family, spread};
  };
  const auto endpoint = MetricsEndpoint::Start("127.0.0.1:0", {collect, kNothing.phase});
  REQUIRE(endpoint.ok());
  const std::string page = Get((*endpoint)->port(), "/metrics");
  CAPTURE(page);
  CHECK(Has(page, "# TYPE ocs_things_total counter\n"));
  CHECK(Has(page, "ocs_things_total{shard=\"0\"} 1234567890\n"));
  CHECK(Has(page, "# TYPE ocs_thing_seconds histogram\n"));
  CHECK(Has(page, "ocs_thing_seconds_count 3\n"));
  CHECK(Has(page, "ocs_thing_seconds_sum 0.001505\n"));
  CHECK(Has(page, "ocs_thing_seconds_bucket{le=\"0.001\"} 2\n"));
  CHECK(Has(page, "ocs_thing_seconds_bucket{le=\"+Inf\"} 3\n"));
}

TEST_CASE("what is no request for a page is refused", "[runtime][unit]") {
  const auto endpoint = MetricsEndpoint::Start("127.0.0.1:0", kNothing);
  REQUIRE(endpoint.ok());
  const int port = (*endpoint)->port();
  CHECK(Has(Get(port, "/etc/passwd"), "HTTP/1.1 404 "));
  CHECK(Has(Ask(port, "DELETE /metrics HTTP/1.1\r\nHost: x\r\n\r\n"), "HTTP/1.1 405 "));
  CHECK_FALSE(Has(Get(port, "/" + std::string(20'000, 'x')), "HTTP/1.1 200"));
  CHECK_FALSE(Has(Ask(port, "hello\r\n\r\n"), "HTTP/1.1 200"));
  CHECK(Has(Get(port, "/livez"), "HTTP/1.1 200 "));
}

TEST_CASE("port 0 takes a free port, and an address is had by one only", "[runtime][unit]") {
  auto first = MetricsEndpoint::Start("127.0.0.1:0", kNothing);
  REQUIRE(first.ok());
  const int port = (*first)->port();
  CHECK(port > 0);
  const std::string address = "127.0.0.1:" + std::to_string(port);
  const auto second = MetricsEndpoint::Start(address, kNothing);
  REQUIRE_FALSE(second.ok());
  CHECK(second.status().code() == absl::StatusCode::kUnavailable);
  CHECK(std::string(second.status().message()).find(address) != std::string::npos);
  first->reset();
  CHECK(MetricsEndpoint::Start(address, kNothing).ok());
}

}  // namespace
}  // namespace ocs::runtime
