#include "tools/client/retry.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <thread>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "ocs/base/check.h"
#include "ocs/base/text.h"

namespace ocs::client {
namespace {

constexpr int64_t kMillisPerSecond = 1'000;
constexpr int64_t kNanosPerMilli = 1'000'000;
constexpr int64_t kWaitMsMax = 3'600'000;  // Nobody waits an hour for a request: a wrong number.

class RealTime final : public RetryTime {
 public:
  int64_t NowMs() override {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }
  void Wait(int64_t milliseconds) override {
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
  }
};

// The wait that the server asks for, rounded up to milliseconds, or nothing.
std::optional<int64_t> WaitAskedFor(const grpc::Status& status) {
  google::rpc::Status details;
  if (status.error_details().empty() || !details.ParseFromString(status.error_details())) {
    return std::nullopt;
  }
  for (const auto& detail : details.details()) {
    google::rpc::RetryInfo info;
    if (!detail.Is<google::rpc::RetryInfo>() || !detail.UnpackTo(&info)) continue;
    const auto& delay = info.retry_delay();
    if (delay.seconds() < 0 || delay.seconds() >= kWaitMsMax / kMillisPerSecond) return kWaitMsMax;
    return delay.seconds() * kMillisPerSecond +
           (std::max(delay.nanos(), 0) + kNanosPerMilli - 1) / kNanosPerMilli;
  }
  return std::nullopt;
}

}  // namespace

Judgement Judge(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::OK:
      return {.verdict = Verdict::kAnswered};
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::UNKNOWN:  // gRPC's own word for a connection that broke off.
      return {.verdict = Verdict::kRepeat, .wait_ms_min = WaitAskedFor(status).value_or(0)};
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      if (const auto wait = WaitAskedFor(status)) {
        return {.verdict = Verdict::kRepeat, .wait_ms_min = *wait};
      }
      return {.verdict = Verdict::kFinal};
    default:
      return {.verdict = Verdict::kFinal};
  }
}

Backoff::Backoff(const RetryPolicy& policy, uint64_t seed)
    : policy_(policy), random_(seed), base_ms_(policy.backoff_first_ms) {
  OCS_CHECK(policy.backoff_first_ms > 0);
  OCS_CHECK(policy.backoff_first_ms <= policy.backoff_most_ms);
}

int64_t Backoff::NextWaitMs(const Judgement& judgement) {
  const int64_t half = base_ms_ / 2;
  const int64_t jitter = random_.Between(0, base_ms_ - half);
  base_ms_ = std::min(base_ms_ * 2, policy_.backoff_most_ms);
  return std::max(half, judgement.wait_ms_min) + jitter;
}

RetryTime& RetryTime::Real() {
  static RealTime time;
  return time;
}

Tried TryWithin(const RetryPolicy& policy, uint64_t seed, RetryTime& time, const Try& attempt) {
  OCS_CHECK(policy.attempt_ms > 0);
  const int64_t until = time.NowMs() + policy.budget_ms;
  Backoff backoff(policy, seed);
  Tried tried;
  while (true) {
    // The first try is made whatever the budget says: a request that is never sent helps nobody.
    const int64_t left = std::max<int64_t>(until - time.NowMs(), 1);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::milliseconds(std::min(policy.attempt_ms, left)));
    tried.status = attempt(&context);
    ++tried.tries;
    const Judgement judgement = Judge(tried.status);
    if (judgement.verdict != Verdict::kRepeat || tried.tries >= policy.tries_max) return tried;
    const int64_t wait = backoff.NextWaitMs(judgement);
    if (time.NowMs() + wait >= until) return tried;
    time.Wait(wait);
  }
}

uint64_t JitterSeed() {
  static std::atomic<uint64_t> calls{0};
  const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
  return static_cast<uint64_t>(now) ^ (static_cast<uint64_t>(::getpid()) << 40) ^
         (calls.fetch_add(1, std::memory_order_relaxed) << 20);
}

absl::Status FromGrpc(const grpc::Status& status, std::string_view context) {
  if (status.ok()) return absl::OkStatus();
  return {static_cast<absl::StatusCode>(status.error_code()),
          Cat(context, ": ", status.error_message())};
}

}  // namespace ocs::client
