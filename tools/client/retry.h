// When to send a request again, and how long to wait before it. What is sent again is the same
// request under the same key, so the server does it once.
// Tested in: tests/client/retry_test.cc

#ifndef TOOLS_CLIENT_RETRY_H_
#define TOOLS_CLIENT_RETRY_H_

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <functional>
#include <string_view>

#include "absl/status/status.h"
#include "ocs/base/random.h"

namespace ocs::client {

struct RetryPolicy {
  int64_t attempt_ms = 2'000;       ///< Deadline of one try; above the latency that is normal.
  int64_t budget_ms = 10'000;       ///< Of all tries and waits of one request together.
  int64_t backoff_first_ms = 50;    ///< The first wait is between half of it and all of it.
  int64_t backoff_most_ms = 5'000;  ///< Where doubling ends.
  int tries_max = 1'000;            ///< Whatever time is left: a bound for clocks that stand still.
};

enum class Verdict : uint8_t {
  kAnswered,  ///< The server has answered; its result code says what.
  kRepeat,    ///< Whether it was done is not known, or the server is busy: send the same again.
  kFinal,     ///< Refused: the same request would be refused again.
};

struct Judgement {
  Verdict verdict = Verdict::kFinal;
  int64_t wait_ms_min = 0;  ///< What the server asks for: RetryInfo.
};

/// What a status says. RESOURCE_EXHAUSTED is worth a repeat only with a RetryInfo: without one it
/// is a limit of the account or of a message, which waiting does not lift.
Judgement Judge(const grpc::Status& status);

/// The waits between the tries of one request. Confined to it.
class Backoff final {
 public:
  /// `policy` is copied. REQUIRES: 0 < backoff_first_ms <= backoff_most_ms.
  Backoff(const RetryPolicy& policy, uint64_t seed);

  /// The next wait: twice as long as the one before up to the most, of which half is drawn at
  /// random, so that those who failed together do not come back together; and at least what the
  /// server asks for, with the random part on top.
  int64_t NextWaitMs(const Judgement& judgement);

 private:
  RetryPolicy policy_;
  Random random_;
  int64_t base_ms_;
};

/// Time as the retries see it; tests have one of their own. Thread-safe.
class RetryTime {
 public:
  virtual ~RetryTime() = default;
  virtual int64_t NowMs() = 0;  ///< Never goes back.
  virtual void Wait(int64_t milliseconds) = 0;
  /// The machine's.
  static RetryTime& Real();
};

/// Makes one try; the context has its deadline already.
using Try = std::function<grpc::Status(grpc::ClientContext*)>;

struct Tried {
  grpc::Status status;  ///< Of the last try.
  int tries = 0;
};

/// Tries until there is an answer or a final refusal, or the next wait would end after the budget.
/// Blocks.
Tried TryWithin(const RetryPolicy& policy, uint64_t seed, RetryTime& time, const Try& attempt);

/// A seed for jitter that differs between processes and between calls.
uint64_t JitterSeed();

/// The error as ours, with what was asked in front.
absl::Status FromGrpc(const grpc::Status& status, std::string_view context);

}  // namespace ocs::client

#endif  // TOOLS_CLIENT_RETRY_H_
