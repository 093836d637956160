#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <utility>

#include "tests/support/catch.h"
#include "tools/load/chart.h"
#include "tools/load/measure.h"
#include "tools/load/offer.h"

namespace ocs::load {
namespace {

TEST_CASE("a percentile is one of the values", "[tools][unit]") {
  CHECK(Percentile({}, 99) == 0);
  CHECK(Percentile({7}, 1) == 7);
  std::vector<uint32_t> hundred;
  for (uint32_t i = 1; i <= 100; ++i) hundred.push_back(i);
  CHECK(Percentile(hundred, 50) == 50);
  CHECK(Percentile(hundred, 99) == 99);
  CHECK(Percentile(hundred, 100) == 100);
}

TEST_CASE("requests are counted by second and tenant, and summed without the first second",
          "[tools][unit]") {
  Measure measure({"acme", "other"});
  for (uint32_t i = 1; i <= 10; ++i) measure.Count(0, 0, 0, End::kDone, 9'999);
  for (uint32_t i = 1; i <= 10; ++i) measure.Count(0, 1, 0, End::kDone, i);
  for (uint32_t i = 1; i <= 20; ++i) measure.Count(0, 2, 0, End::kDone, 10 + i);
  measure.Count(0, 2, 0, End::kBusy, 5);
  measure.Count(0, 2, 0, End::kBusy, 5);
  measure.Count(1, 1, 1, End::kLate, 5);
  CHECK(measure.FormatCsv({"50%", "500%"}) ==
        "phase,load,second,tenant,offered,done,busy,late,refused,other,unsent,p50_us,p95_us,"
        "p99_us\n"
        "0,50%,0,acme,10,10,0,0,0,0,0,9999,9999,9999\n"
        "0,50%,1,acme,10,10,0,0,0,0,0,5,10,10\n"
        "0,50%,2,acme,22,20,2,0,0,0,0,20,29,30\n"
        "1,500%,1,other,1,0,0,1,0,0,0,0,0,0\n");
  const std::string table = measure.FormatTable({"50%", "500%"});
  CAPTURE(table);
  CHECK(table.find("50%   acme           16      15       1") != std::string::npos);
}

TEST_CASE("a capacity is measured to its end when the server is gone", "[tools][unit]") {
  Tenant tenant;
  // Nobody can listen there: every call fails at once, and so many are never in flight.
  tenant.channels = {grpc::CreateChannel("127.0.0.1:0", grpc::InsecureChannelCredentials())};
  Workload workload;
  workload.tenants = {tenant};
  workload.accounts = {1};
  Offerer offerer(std::move(workload));
  CHECK(offerer.MeasureCapacity(1, 1'000) == 0);
}

TEST_CASE("the chart has a line of each kind for each tenant, and every phase", "[tools][unit]") {
  Measure measure({"acme", "<other>"});
  for (int phase = 0; phase < 2; ++phase) {
    for (int64_t second = 0; second < 3; ++second) {
      measure.Count(phase, second, 0, End::kDone, 1'000);
      measure.Count(phase, second, 1, End::kDone, 100'000);
      measure.Count(phase, second, 1, End::kLate, 0);
    }
  }
  const std::string chart = FormatChart(measure, {"50%", "500%"});
  CAPTURE(chart);
  const auto count = [&](const std::string& what) {
    int found = 0;
    for (size_t at = chart.find(what); at != std::string::npos; at = chart.find(what, at + 1))
      ++found;
    return found;
  };
  CHECK(count("<polyline") == 8);
  CHECK(count("stroke-dasharray") == 4);
  CHECK(count(">50%<") == 1);
  CHECK(count(">500%<") == 1);
  CHECK(count("&lt;other&gt;") == 1);
  CHECK(count("<other>") == 0);
  // 1 ms and 100 ms on a scale from 0.1 to 100: a third of the way, and the top.
  CHECK(count(",433.3 ") == 12);
  CHECK(count(",300.0 ") == 12);
}

}  // namespace
}  // namespace ocs::load
