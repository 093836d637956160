// The extract that is shipped reads, and draws what its notice says.

#include <string>

#include "ocs/workload/workload.h"
#include "tests/support/catch.h"
#include "tools/oracle/records.h"

using ocs::tools::ReadMaybeGzip;
using ocs::workload::Call;
using ocs::workload::Workload;

namespace {

std::string Unzipped(const char* name) {
  auto text = ReadMaybeGzip(std::string(OCS_WORKLOAD_DATA) + "/" + name);
  REQUIRE(text.ok());
  return *std::move(text);
}

}  // namespace

TEST_CASE("the shipped extract holds 31 clients over seven days", "[workload][unit]") {
  auto workload = Workload::Read(Unzipped("m-large-31.rates.csv.gz"),
                                 Unzipped("m-large-31.lengths.jsonl.gz"), {.scale_ppm = 10'000});
  INFO(workload.status().ToString());
  REQUIRE(workload.ok());
  CHECK(workload->client_count() == 31);
  CHECK(workload->span_windows() == 7 * 144);
  int64_t calls_count = 0;
  int64_t tokens = 0;
  std::vector<Call> calls;
  for (int64_t window = 0; window < workload->span_windows(); ++window) {
    for (uint32_t client = 0; client < workload->client_count(); ++client) {
      calls.clear();
      workload->Draw(client, window, &calls);
      calls_count += static_cast<int64_t>(calls.size());
      for (const Call& call : calls) tokens += call.input_tokens + call.output_tokens;
    }
  }
  const int64_t expected = workload->ExpectedCalls(workload->span_windows());
  CHECK(std::abs(calls_count - expected) < 1000);
  CHECK(expected > 200'000);
  CHECK(tokens / calls_count > 300);
  CHECK(tokens / calls_count < 5000);
}
