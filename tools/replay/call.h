// One model call as a client of the charging system sees it: which request comes next, and what an
// answer means for it. Pure: no clock, no network, so a repeat of a call is the same bytes.
//
// A call reserves its prompt and one slice of output, asks for another slice each time one is used
// up, and ends with what was really used. Where the grant is the last one the model is stopped at
// its end.
// Tested in: tests/e2e/replay_plan_test.cc

#ifndef TOOLS_REPLAY_CALL_H_
#define TOOLS_REPLAY_CALL_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "ocs/charging/v1/charging.pb.h"
#include "tools/replay/population.h"

namespace ocs::replay {

inline constexpr int64_t kOutputSliceTokens = 512;
/// How fast the declared models write: the time of an update follows from it, not from a clock.
inline constexpr int64_t kMillisPerOutputToken = 20;
/// Event times run so many times as fast as the trace: its 45 minutes then lie within what a server
/// tolerates between an event and its report.
inline constexpr int64_t kTimeCompression = 20;

/// How a call ended.
enum class CallEnd : uint8_t {
  kCompleted = 0,
  kCut = 1,      ///< The balance ended before the model did.
  kBlocked = 2,  ///< The balance did not cover the prompt: it never ran.
};

struct CallResult {
  CallEnd end = CallEnd::kCompleted;
  int64_t requests = 0;
  int64_t input_tokens = 0;  ///< Charged, as all that follows.
  int64_t cached_tokens = 0;
  int64_t output_tokens = 0;
  int64_t charged_micros = 0;
  int64_t drawn_tokens = 0;  ///< From packages.
};

/// Thread-compatible.
class Call final {
 public:
  /// `base_unix_ms` is the instant at which the trace begins.
  Call(const PlannedCall& planned, int64_t rank, int64_t base_unix_ms);

  bool done() const { return done_; }
  ocs::charging::v1::CcRequestType next_type() const { return next_; }

  /// Fills the next request. The same until Take. REQUIRES: !done().
  void Write(ocs::charging::v1::CreditControlRequest* request) const;

  /// Goes on with the answer to it. Errors: Internal for a result that this client has no use for;
  /// the call is then stuck. REQUIRES: !done().
  absl::Status Take(const ocs::charging::v1::CreditControlAnswer& answer);

  /// What came of it. REQUIRES: done().
  const CallResult& result() const { return result_; }

 private:
  int64_t OutputNow() const;
  void Report(ocs::charging::v1::MultipleServicesCreditControl* service) const;
  absl::Status TakeGrant(const ocs::charging::v1::MultipleServicesCreditControlAnswer& service);
  void ChooseNext();

  PlannedCall planned_;
  std::string session_id_;
  int64_t rank_;
  int64_t base_unix_ms_;
  ocs::charging::v1::CcRequestType next_ = ocs::charging::v1::INITIAL_REQUEST;
  uint32_t number_ = 0;
  int64_t output_granted_ = 0;  // By the answer before.
  bool last_grant_ = false;
  bool prompt_reported_ = false;
  bool done_ = false;
  CallResult result_;
};

/// Says who pays, on any request.
void SetCustomer(int64_t rank, ocs::charging::v1::CreditControlRequest* request);

}  // namespace ocs::replay

#endif  // TOOLS_REPLAY_CALL_H_
