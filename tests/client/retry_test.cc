// When a request is sent again, and after how long.

#include "tools/client/retry.h"  // tidy-allow arrow: the library's own tests

#include "tests/client/scripted_server.h"
#include "tests/support/catch.h"
#include "tests/support/seed.h"

namespace ocs::client {
namespace {

constexpr RetryPolicy kPolicy = {
    .attempt_ms = 1'000, .budget_ms = 10'000, .backoff_first_ms = 100, .backoff_most_ms = 1'600};

grpc::Status Away() { return {grpc::StatusCode::UNAVAILABLE, "away"}; }

TEST_CASE("only what may have been done, or may be done later, is sent again", "[client][unit]") {
  using grpc::StatusCode;
  CHECK(Judge(grpc::Status::OK).verdict == Verdict::kAnswered);
  for (const StatusCode code : {StatusCode::UNAVAILABLE, StatusCode::DEADLINE_EXCEEDED,
                                StatusCode::CANCELLED, StatusCode::UNKNOWN}) {
    INFO(code);
    CHECK(Judge({code, ""}).verdict == Verdict::kRepeat);
  }
  for (const StatusCode code :
       {StatusCode::INVALID_ARGUMENT, StatusCode::NOT_FOUND, StatusCode::ALREADY_EXISTS,
        StatusCode::PERMISSION_DENIED, StatusCode::RESOURCE_EXHAUSTED,
        StatusCode::FAILED_PRECONDITION, StatusCode::ABORTED, StatusCode::OUT_OF_RANGE,
        StatusCode::UNIMPLEMENTED, StatusCode::INTERNAL, StatusCode::DATA_LOSS,
        StatusCode::UNAUTHENTICATED}) {
    INFO(code);
    CHECK(Judge({code, ""}).verdict == Verdict::kFinal);
  }
}

TEST_CASE("a busy server says how long to wait, and that is kept", "[client][unit]") {
  CHECK(Judge(Busy(1'250)).verdict == Verdict::kRepeat);
  CHECK(Judge(Busy(1'250)).wait_ms_min == 1'250);
  CHECK(Judge(Busy(0)).verdict == Verdict::kRepeat);
  // Details that are no details, and a wait that nobody means.
  CHECK(Judge({grpc::StatusCode::RESOURCE_EXHAUSTED, "", "\xff\xff"}).verdict == Verdict::kFinal);
  CHECK(Judge(Busy(int64_t{1} << 40)).wait_ms_min == 3'600'000);
  Backoff backoff(kPolicy, 1);
  for (int i = 0; i < 20; ++i) CHECK(backoff.NextWaitMs(Judge(Busy(5'000))) >= 5'000);
}

TEST_CASE("waits double up to the most, and half of each is drawn at random",
          "[client][property]") {
  OCS_SEEDED_RANDOM(random, 7);
  bool differ = false;
  for (int round = 0; round < 1'000; ++round) {
    Backoff one(kPolicy, random.Next());
    Backoff other(kPolicy, random.Next());
    for (const int64_t most : {100, 200, 400, 800, 1'600, 1'600, 1'600}) {
      const int64_t wait = one.NextWaitMs(Judge(Away()));
      REQUIRE(wait >= most / 2);
      REQUIRE(wait <= most);
      differ = differ || wait != other.NextWaitMs(Judge(Away()));
    }
  }
  CHECK(differ);
}

TEST_CASE("tries end with the budget and never wait beyond it", "[client][unit]") {
  TestTime time;
  int count = 0;
  const Tried tried = TryWithin(kPolicy, 3, time, [&](grpc::ClientContext*) {
    ++count;
    return Away();
  });
  CHECK(tried.status.error_code() == grpc::StatusCode::UNAVAILABLE);
  CHECK(tried.tries == count);
  CHECK(count >= 8);
  CHECK(time.NowMs() < 1'000 + kPolicy.budget_ms);
  CHECK(std::ssize(time.waits) == count - 1);
  // A wait that the server asks for and that does not fit is not begun.
  TestTime short_time;
  CHECK(TryWithin(kPolicy, 3, short_time, [](grpc::ClientContext*) {
          return Busy(20'000);
        }).tries == 1);
  CHECK(short_time.waits.empty());
}

TEST_CASE("a try's deadline is within what is left of the budget", "[client][unit]") {
  TestTime time;
  const auto left_ms = [](grpc::ClientContext* context) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               context->deadline() - std::chrono::system_clock::now())  // tidy-allow clock: gRPC's
        .count();
  };
  std::vector<int64_t> deadlines;
  TryWithin({.attempt_ms = 60'000,
             .budget_ms = 100'000,
             .backoff_first_ms = 50'000,
             .backoff_most_ms = 50'000},
            1, time, [&](grpc::ClientContext* context) {
              deadlines.push_back(left_ms(context));
              return Away();
            });
  REQUIRE(deadlines.size() >= 2);
  CHECK(deadlines[0] > 50'000);
  CHECK(deadlines[0] <= 60'000);
  CHECK(deadlines.back() <= 100'000 - time.waits[0]);
}

TEST_CASE("one try is made even without a budget, and tries are bounded", "[client][unit]") {
  TestTime time;
  CHECK(TryWithin({.budget_ms = 0}, 1, time, [](grpc::ClientContext*) {
          return grpc::Status::OK;
        }).tries == 1);
  RetryPolicy one = kPolicy;
  one.tries_max = 1;
  CHECK(TryWithin(one, 1, time, [](grpc::ClientContext*) { return Away(); }).tries == 1);
}

TEST_CASE("an error of gRPC becomes ours with what was asked in front", "[client][unit]") {
  const absl::Status status = FromGrpc({grpc::StatusCode::NOT_FOUND, "no account"}, "GetAccount");
  CHECK(absl::IsNotFound(status));
  CHECK(status.message() == "GetAccount: no account");
  CHECK(FromGrpc(grpc::Status::OK, "x").ok());
  CHECK(JitterSeed() != JitterSeed());
}

}  // namespace
}  // namespace ocs::client
