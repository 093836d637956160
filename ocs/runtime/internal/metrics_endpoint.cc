#include "ocs/runtime/metrics_endpoint.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <pthread.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <limits>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace ocs::runtime {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr int kConnectionsMax = 16;
constexpr size_t kRequestBytesMax = 8'192;
constexpr auto kSilenceMax = std::chrono::seconds(10);

prometheus::MetricType TypeOf(MetricFamily::Kind kind) {
  switch (kind) {
    case MetricFamily::Kind::kCounter:
      return prometheus::MetricType::Counter;
    case MetricFamily::Kind::kGauge:
      return prometheus::MetricType::Gauge;
    case MetricFamily::Kind::kHistogram:
    case MetricFamily::Kind::kMicrosHistogram:
      return prometheus::MetricType::Histogram;
  }
  return prometheus::MetricType::Untyped;
}

prometheus::ClientMetric::Histogram Translate(const HistogramCounts& in, double unit) {
  prometheus::ClientMetric::Histogram out;
  uint64_t count = 0;
  for (size_t step = 0; step < in.counts.size(); ++step) {
    count += static_cast<uint64_t>(in.counts[step]);
    const double bound = step < kHistogramBounds.size()
                             ? static_cast<double>(kHistogramBounds[step]) * unit
                             : std::numeric_limits<double>::infinity();
    out.bucket.push_back({.cumulative_count = count, .upper_bound = bound});
  }
  out.sample_count = count;
  out.sample_sum = static_cast<double>(in.sum) * unit;
  return out;
}

prometheus::MetricFamily Translate(const MetricFamily& in) {
  prometheus::MetricFamily out;
  out.name = in.name;
  out.help = in.help;
  out.type = TypeOf(in.kind);
  const double unit = in.kind == MetricFamily::Kind::kMicrosHistogram ? 1e-6 : 1;
  for (const Sample& sample : in.samples) {
    prometheus::ClientMetric& metric = out.metric.emplace_back();
    for (const auto& label : sample.labels) metric.label.push_back({label.first, label.second});
    metric.counter.value = static_cast<double>(sample.value);
    metric.gauge.value = metric.counter.value;
    metric.histogram = Translate(sample.histogram, unit);
  }
  return out;
}

using Response = http::response<http::string_body>;

void Answer(const MetricsEndpoint::Source& source, const http::request<http::empty_body>& request,
            Response* response) {
  response->set(http::field::content_type, "text/plain; version=0.0.4; charset=utf-8");
  response->keep_alive(false);
  const auto target = request.target();
  if (request.method() != http::verb::get) {
    response->result(http::status::method_not_allowed);
  } else if (target == "/metrics") {
    std::vector<prometheus::MetricFamily> families;
    for (const MetricFamily& family : source.collect()) families.push_back(Translate(family));
    response->body() = prometheus::TextSerializer().Serialize(families);
  } else if (target == "/readyz") {
    const Phase phase = source.phase();
    if (phase != Phase::kServing) response->result(http::status::service_unavailable);
    response->body() = absl::StrCat(std::string(PhaseName(phase)), "\n");
  } else if (target == "/livez") {
    response->body() = "alive\n";
  } else {
    response->result(http::status::not_found);
  }
  response->prepare_payload();
}

// One connection, one request. Keeps itself until it has ended.
class Connection final : public std::enable_shared_from_this<Connection> {
 public:
  Connection(asio::ip::tcp::socket socket, const MetricsEndpoint::Source* source, int* open_count)
      : stream_(std::move(socket)), source_(source), open_count_(open_count) {
    ++*open_count_;
    parser_.header_limit(kRequestBytesMax);
  }
  ~Connection() { --*open_count_; }

  void Run() {
    stream_.expires_after(kSilenceMax);
    http::async_read(stream_, buffer_, parser_,
                     [self = shared_from_this()](const error_code& error, size_t /*bytes*/) {
                       if (!error) self->Write();
                     });
  }

 private:
  void Write() {
    Answer(*source_, parser_.get(), &response_);
    stream_.expires_after(kSilenceMax);
    http::async_write(stream_, response_,
                      [self = shared_from_this()](const error_code& /*error*/, size_t /*bytes*/) {
                        error_code ignored;
                        self->stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send,
                                                        ignored);
                      });
  }

  beast::tcp_stream stream_;
  beast::flat_buffer buffer_{kRequestBytesMax};
  http::request_parser<http::empty_body> parser_;
  Response response_;
  const MetricsEndpoint::Source* const source_;
  int* const open_count_;  // Used on the loop's thread.
};

}  // namespace

std::string_view PhaseName(Phase phase) {
  constexpr std::string_view kNames[] = {"starting", "replaying", "serving", "draining"};
  return kNames[static_cast<size_t>(phase)];
}

struct MetricsEndpoint::State {
  Source source;
  int open_count = 0;           // Before the context: what is left in it counts itself out.
  asio::io_context context{1};  // One thread runs it.
  asio::ip::tcp::acceptor acceptor{context};
  std::thread thread;

  error_code Listen(const asio::ip::tcp::endpoint& at) {
    error_code error;
    acceptor.open(at.protocol(), error);
    // A restart may take the address while old connections still fade away.
    if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor.bind(at, error);
    if (!error) acceptor.listen(kConnectionsMax, error);
    return error;
  }

  void Accept() {
    acceptor.async_accept([this](const error_code& error, asio::ip::tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (!error && open_count < kConnectionsMax) {
        std::make_shared<Connection>(std::move(socket), &source, &open_count)->Run();
      }
      Accept();
    });
  }
};

absl::StatusOr<std::unique_ptr<MetricsEndpoint>> MetricsEndpoint::Start(const std::string& address,
                                                                        Source source) {
  auto state = std::make_unique<State>();
  state->source = std::move(source);
  const size_t colon = address.rfind(':');
  std::string host = address.substr(0, colon);
  int port = 0;
  const bool has_port = colon != std::string::npos &&
                        absl::SimpleAtoi(address.substr(colon + 1), &port) && port >= 0 &&
                        port <= 65'535;
  if (host == "localhost") host = "127.0.0.1";
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  error_code error = boost::asio::error::invalid_argument;
  if (has_port) {
    const auto ip = asio::ip::make_address(host, error);
    if (!error) error = state->Listen({ip, static_cast<uint16_t>(port)});
  }
  if (error) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", address, " for metrics: ", error.message()));
  }
  state->Accept();
  state->thread = std::thread([running = state.get()]() noexcept { running->context.run(); });
  pthread_setname_np(state->thread.native_handle(), "metrics");
  return std::unique_ptr<MetricsEndpoint>(new MetricsEndpoint(std::move(state)));
}

MetricsEndpoint::MetricsEndpoint(std::unique_ptr<State> state) : state_(std::move(state)) {}

MetricsEndpoint::~MetricsEndpoint() {
  state_->context.stop();
  state_->thread.join();
}

int MetricsEndpoint::port() const {
  error_code ignored;
  return state_->acceptor.local_endpoint(ignored).port();
}

}  // namespace ocs::runtime
