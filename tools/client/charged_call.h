// One model call and its charging session: reserve before it, report while it streams, commit or
// release at its end. One model, one rating group. It numbers the requests and keeps those that got
// no answer, to send them again before anything newer.
//
// What happens when nobody answers is the policy of Credit-Control-Failure-Handling (RFC 8506
// section 8.14).
// Tested in: tests/client/charged_call_test.cc

#ifndef TOOLS_CLIENT_CHARGED_CALL_H_
#define TOOLS_CLIENT_CHARGED_CALL_H_

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "ocs/charging/v1/charging.pb.h"
#include "tools/client/charging_client.h"

namespace ocs::client {

/// What to do with the model call when the server cannot be asked.
enum class FailureHandling : uint8_t {
  kTerminate,          ///< Fail closed at once: one try, then stop.
  kRetryAndTerminate,  ///< Fail closed after the budget of repeats.
  kContinue,  ///< Fail open after the budget: the model goes on, the use is reported later.
};

struct TokenCount {
  type::v1::TokenKind kind = type::v1::TOKEN_KIND_UNSPECIFIED;
  int64_t quantity = 0;
};
using Tokens = std::vector<TokenCount>;  ///< Each kind at most once; zeros are left out.

/// Who has counted what is reported.
enum class Count : uint8_t {
  kReported,   ///< The model's provider.
  kEstimated,  ///< The caller itself: the record is marked so.
};

struct CallOptions {
  std::string session_id;  ///< Unique for ever.
  std::string customer;    ///< END_USER_PRIVATE.
  std::string service_context_id;
  std::string model;
  std::string origin_host = {};  ///< Of the gateway's DemandListener; empty: nobody's.
  /// Greater after each restart of the gateway that has lost its calls, as the seconds since 1970
  /// of its start: the server then ends those at once. 0: not stated.
  uint32_t origin_state_id = 0;
  FailureHandling failure_handling = FailureHandling::kRetryAndTerminate;
};

enum class Decision : uint8_t {
  kGo,            ///< The tokens of `output_tokens` are reserved.
  kUncontrolled,  ///< Nobody has answered, and the policy lets the model go on.
  kStop,          ///< Do not begin, or end now.
};

struct Permission {
  Decision decision = Decision::kStop;
  int64_t output_tokens = 0;  ///< That may follow; of kUncontrolled what was asked for.
  bool last = false;          ///< There will be no more: the call ends with these.
  /// When the model writes nothing for so long, GiveBack(); 0: never, -1: the server does not say.
  int64_t quota_holding_seconds = -1;
  charging::v1::ResultCode result_code = charging::v1::RESULT_CODE_UNSPECIFIED;  ///< None: 0.
  std::string why = {};  ///< Of kStop and kUncontrolled, for people.
};

struct Settlement {
  bool settled = false;        ///< Every request of the call is answered.
  int64_t charged_micros = 0;  ///< Of the whole call, as far as answered.
  int64_t drawn = 0;           ///< From packages, likewise.
  Tokens refused = {};         ///< Used, and refused by the server: not charged.
  std::string why = {};        ///< Where not settled, or something was refused.
};

/// Confined to its call.
class ChargedCall final {
 public:
  /// The client must outlive it.
  ChargedCall(ChargingClient* client, CallOptions options);

  /// INITIAL. Once, and first.
  Permission Reserve(const Tokens& wanted);

  /// UPDATE: what was used since the last report; asks for more. REQUIRES: Reserve() let it go.
  Permission Report(const Tokens& used, const Tokens& wanted);

  /// The same as the answer to a demand: the server wants to know and to decide now, though units
  /// are left.
  Permission Reauthorise(const Tokens& used, const Tokens& wanted);

  /// The call stands still for as long as the server lets it hold units: reports what was used and
  /// gives back what is left. Report() asks for more when it goes on.
  Permission GiveBack(const Tokens& used);

  /// TERMINATION with what was used since the last report. After a refused Reserve it sends
  /// nothing. Once.
  Settlement Commit(const Tokens& used, Count count);

  /// TERMINATION without use: the call failed before it cost anything.
  Settlement Release() { return Commit({}, Count::kReported); }

  /// Sends again what has no answer, for example later, when Commit() could not settle.
  Settlement Settle();

  /// What has no answer yet, in the order in which it must be sent. A caller that ends now keeps
  /// them, and sends them with ChargingClient::Ask after its restart.
  const std::deque<charging::v1::CreditControlRequest>& unanswered() const { return unanswered_; }

 private:
  /// Fail open is not for ever: with so many requests unanswered the call ends.
  static constexpr size_t kUnansweredMax = 64;

  charging::v1::CreditControlRequest MakeRequest(charging::v1::CcRequestType request_type);
  grpc::Status SendAll(charging::v1::CreditControlAnswer* last_answer);
  void Take(const charging::v1::CreditControlRequest& request,
            const charging::v1::CreditControlAnswer& answer);
  void Refuse(const charging::v1::CreditControlRequest& request, std::string why);
  Permission Ask(charging::v1::CreditControlRequest request, const Tokens& wanted);
  Settlement Sum(const grpc::Status& status) const;

  ChargingClient* const client_;
  const CallOptions options_;
  uint32_t number_ = 0;
  bool opened_ = false;
  bool refused_ = false;  ///< By the server, for good: no session is open there.
  std::deque<charging::v1::CreditControlRequest> unanswered_;
  Settlement sum_;
};

}  // namespace ocs::client

#endif  // TOOLS_CLIENT_CHARGED_CALL_H_
