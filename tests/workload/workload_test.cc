#include "ocs/workload/workload.h"

#include <algorithm>
#include <string>
#include <thread>

#include "tests/support/catch.h"

using ocs::workload::Call;
using ocs::workload::kWindowMillis;
using ocs::workload::Workload;
using ocs::workload::WorkloadOptions;

namespace {

const std::string kRates =
    "client,window_start_s,rate_rps,cv,arrival_dist,dist_param1,dist_param2\n"
    "7,0,10,1,Gamma,1,0.1\n"
    "7,600,0,0,,0,0\n"
    "7,1200,0.0025,3,Weibull,0.4,300\n"
    "9,0,2,8,Gamma,0.06,20\n"
    "9,1200,1,,,,\n";
const std::string kLengths =
    R"({"client":9,"window_start_s":0,"input_tokens":{"100":0.25,"1000":0.75},)"
    R"("output_tokens":{"10":1.0},"reason_ratio":{"0.5":1.0}})"
    "\n"
    R"({"client":9,"window_start_s":21600,"input_tokens":{},"output_tokens":{}})"
    "\n";

Workload Made(WorkloadOptions options) {
  auto workload = Workload::Read(kRates, kLengths, std::move(options));
  INFO(workload.status().ToString());
  REQUIRE(workload.ok());
  return *std::move(workload);
}

std::vector<Call> All(const Workload& workload, int64_t windows) {
  std::vector<Call> calls;
  for (int64_t window = 0; window < windows; ++window) {
    for (uint32_t client = 0; client < workload.client_count(); ++client) {
      workload.Draw(client, window, &calls);
    }
  }
  return calls;
}

std::string FaultOf(const std::string& rates, const std::string& lengths,
                    WorkloadOptions options = {}) {
  const auto workload = Workload::Read(rates, lengths, std::move(options));
  REQUIRE(!workload.ok());
  return std::string(workload.status().message());
}

std::string RatesFault(const std::string& row) {
  return FaultOf(kRates.substr(0, kRates.find('\n') + 1) + row + "\n", kLengths);
}

}  // namespace

TEST_CASE("each window holds its rate's calls, in order of time", "[workload][unit]") {
  const Workload workload = Made({});
  REQUIRE(workload.client_count() == 2);
  CHECK(workload.client_number(0) == 7);
  CHECK(workload.client_borrows_lengths(0));
  CHECK(!workload.client_borrows_lengths(1));
  CHECK(workload.span_windows() == 3);
  std::vector<Call> calls;
  workload.Draw(0, 0, &calls);
  REQUIRE(calls.size() == 6000);
  CHECK(std::is_sorted(calls.begin(), calls.end(),
                       [](const Call& a, const Call& b) { return a.at_millis < b.at_millis; }));
  CHECK(calls.front().at_millis >= 0);
  CHECK(calls.back().at_millis < kWindowMillis);
  CHECK(calls.back().at_millis > kWindowMillis * 99 / 100);
  calls.clear();
  workload.Draw(0, 1, &calls);
  CHECK(calls.empty());
  workload.Draw(0, 3, &calls);  // The rates repeat, other calls with them.
  REQUIRE(calls.size() == 6000);
  CHECK(calls.front().at_millis >= 3 * kWindowMillis);
}

TEST_CASE("the mean of fractional rates is exact and lengths have their shares",
          "[workload][unit]") {
  const Workload workload = Made({.cached_share_ppm = 200'000});
  int64_t rare = 0;
  for (int64_t round = 0; round < 4000; ++round) {
    std::vector<Call> calls;
    workload.Draw(0, round * 3 + 2, &calls);  // 1.5 calls a window.
    REQUIRE((calls.size() == 1 || calls.size() == 2));
    rare += static_cast<int64_t>(calls.size());
  }
  CHECK(std::abs(rare - 6000) < 200);
  const std::vector<Call> calls = All(workload, 3);
  int64_t longer = 0;
  for (const Call& call : calls) {
    REQUIRE((call.input_tokens == 80 || call.input_tokens == 800));
    CHECK(call.cached_tokens * 4 == call.input_tokens);
    CHECK(call.output_tokens == 5);
    CHECK(call.reasoning_tokens == 5);
    longer += call.input_tokens == 800 ? 1 : 0;
  }
  CHECK(std::abs(longer * 4 - static_cast<int64_t>(calls.size()) * 3) <
        static_cast<int64_t>(calls.size()) / 10);
}

TEST_CASE("the same seed gives the same calls in any order, on any number of threads",
          "[workload][property]") {
  WorkloadOptions options = {.seed = 42, .scale_ppm = 300'000};
  options.mix.parts = {{"a", 1}, {"b", 3}};
  const Workload workload = Made(options);
  const std::vector<Call> forward = All(workload, 30);
  REQUIRE(forward.size() > 10'000);
  std::vector<std::vector<Call>> parts(60);
  {
    std::vector<std::jthread> threads;
    for (size_t thread = 0; thread < 3; ++thread) {
      threads.emplace_back([&, thread] {
        for (size_t i = 60; i-- > 0;) {  // Backwards, and with another object of the same seed.
          if (i % 3 == thread) {
            workload.Draw(static_cast<uint32_t>(i % 2), static_cast<int64_t>(i / 2), &parts[i]);
          }
        }
      });
    }
  }
  std::vector<Call> joined;
  for (const auto& part : parts) joined.insert(joined.end(), part.begin(), part.end());
  CHECK(joined == forward);
  CHECK(All(Made(options), 30) == forward);
  options.seed = 43;
  CHECK(All(Made(options), 30) != forward);
}

TEST_CASE("scale and growth change how many calls there are, as expected", "[workload][unit]") {
  const Workload plain = Made({});
  const int64_t day = 144;
  CHECK(plain.ExpectedCalls(3) == 6000 + 1200 + 600 + 1 + 1);  // 1.5 is rounded up.
  CHECK(plain.ExpectedCalls(day) == 48 * 7802 - 24);
  const Workload grown = Made({.scale_ppm = 500'000, .growth_ppm_per_day = 100'000});
  CHECK(grown.ExpectedCalls(day) == 24 * 7802 - 12);
  const int64_t second_day = grown.ExpectedCalls(2 * day) - grown.ExpectedCalls(day);
  CHECK(std::abs(second_day * 10 - grown.ExpectedCalls(day) * 11) <= 20);
  const auto drawn = static_cast<int64_t>(All(grown, 2 * day).size());
  CHECK(std::abs(drawn - grown.ExpectedCalls(2 * day)) < 200);
}

TEST_CASE("models are drawn by their shares", "[workload][unit]") {
  WorkloadOptions options;
  options.mix.parts = {{"a", 1}, {"b", 3}};
  std::vector<Call> calls;
  Made(options).Draw(0, 0, &calls);
  const auto second =
      std::count_if(calls.begin(), calls.end(), [](const Call& call) { return call.model == 1; });
  CHECK(std::abs(second - 4500) < 200);
}

TEST_CASE("faults of rates, lengths and options are told with their place", "[workload][unit]") {
  CHECK(FaultOf("x\n", kLengths).starts_with("rates:1: expected the header client,"));
  CHECK(FaultOf("", kLengths).starts_with("rates:1: expected the header client,"));
  CHECK(RatesFault("1,0") == "rates:2: 2 cells where 7 are expected");
  CHECK(RatesFault("x,0,1,1,,0,0") == "rates:2: client: expected a number from 0");
  CHECK(RatesFault("1,30,1,1,,0,0") ==
        "rates:2: window_start_s: expected seconds, a multiple of 600");
  CHECK(RatesFault("1,0,nan,1,,0,0") == "rates:2: rate_rps: expected calls a second, 0 to 6666");
  CHECK(RatesFault("1,0,7000,1,,0,0") == "rates:2: rate_rps: expected calls a second, 0 to 6666");
  CHECK(RatesFault("1,0,1,1,Pareto,0,0") ==
        "rates:2: arrival_dist: expected Gamma, Weibull or nothing");
  CHECK(RatesFault("1,0,1,1,Gamma,0,0") ==
        "rates:2: dist_param1: expected the law's shape, above 0");
  CHECK(RatesFault("1,600,1,1,,0,0\n1,0,1,1,,0,0") ==
        "rates:3: window_start_s: a client's windows must come in order, each once");
  CHECK(FaultOf(kRates, "") == "lengths: no client has any");
  CHECK(FaultOf(kRates, "[]") == "lengths:1: is no JSON object");
  CHECK(FaultOf(kRates, R"({"client":1})") ==
        "lengths:1: window_start_s: expected a whole number from 0");
  CHECK(FaultOf(kRates, R"({"client":1,"window_start_s":0,"input_tokens":{"x":1}})") ==
        "lengths:1: input_tokens: 'x' is no value");
  CHECK(FaultOf(kRates, R"({"client":1,"window_start_s":0,"input_tokens":{"1":-1}})") ==
        "lengths:1: input_tokens: the probability of 1 is no number from 0");
  CHECK(FaultOf(kRates, kLengths, {.scale_ppm = 0}) ==
        "scale: expected a millionth to a million times");
  CHECK(FaultOf(kRates, kLengths, {.growth_ppm_per_day = 1'000'001}) ==
        "growth: expected -90 % to 100 % a day");
  CHECK(FaultOf(kRates, kLengths, {.cached_share_ppm = -1}) == "cached share: expected 0 to 1");
}
