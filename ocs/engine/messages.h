// What goes into the engine and what comes out: requests and answers as typed values. The names and
// numbers are those of RFC 8506 and 3GPP (docs/GLOSSARY.md); translation to and from the wire is
// somebody else's work (ocs/rpc).
// Tested in: tests/engine/outcomes_test.cc

#ifndef OCS_ENGINE_MESSAGES_H_
#define OCS_ENGINE_MESSAGES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "ocs/base/ids.h"
#include "ocs/base/quantity.h"
#include "ocs/base/time.h"
#include "ocs/base/unit.h"
#include "rating/tariff.h"

namespace ocs::engine {

/// CC-Request-Type; its numbers.
enum class RequestType : uint8_t { kInitial = 1, kUpdate = 2, kTermination = 3, kEvent = 4 };

/// Requested-Action of an event; its numbers.
enum class RequestedAction : uint8_t {
  kDirectDebiting = 0,
  kRefundAccount = 1,
  kCheckBalance = 2,
  kPriceEnquiry = 3,
};

/// Result-Code; its numbers (RFC 8506 section 9, RFC 6733 section 7).
enum class ResultCode : uint16_t {
  kSuccess = 2001,
  kEndUserServiceDenied = 4010,
  kCreditControlNotApplicable = 4011,
  kCreditLimitReached = 4012,
  kUnknownSessionId = 5002,
  kInvalidAvpValue = 5004,
  kMissingAvp = 5005,
  kUnableToComply = 5012,
  kUserUnknown = 5030,
  kRatingFailed = 5031,
};

/// "DIAMETER_SUCCESS", "DIAMETER_CREDIT_LIMIT_REACHED", ...
std::string_view ResultCodeName(ResultCode code);

/// Bytes of an Origin-Host: a domain name has at most 255, in the field 20 to 60.
inline constexpr int kOriginHostLengthMax = 128;

/// Subscription-Id-Type; its numbers.
enum class IdentityType : uint8_t {
  kE164 = 0,  ///< MSISDN.
  kImsi = 1,
  kSipUri = 2,
  kNai = 3,
  kPrivate = 4,  ///< Customer number, hash of an API key.
};

struct Identity {
  IdentityType type = IdentityType::kE164;
  std::string_view data;
};

/// Tariff-Change-Usage; its numbers (RFC 8506 section 8.27).
enum class TariffChangeUsage : uint8_t { kBefore = 0, kAfter = 1, kIndeterminate = 2 };

/// What of the used units lies on one side of the change of prices that the grant told of.
struct TariffUsage {
  TariffChangeUsage side = TariffChangeUsage::kBefore;
  Quantities used;
};

/// How a call came to its end: what it used may be charged differently, by the catalogue (`calls`).
enum class CallOutcome : uint8_t { kCompleted = 0, kFailed = 1, kCancelled = 2, kModerated = 3 };

/// Reporting-Reason; its numbers (TS 32.299 section 7.2.175).
enum class ReportingReason : uint8_t {
  kThreshold = 0,
  kQuotaHoldingTime = 1,
  kFinal = 2,
  kQuotaExhausted = 3,
  kValidityTime = 4,
  kOtherQuotaType = 5,
  kRatingConditionChange = 6,
  kForcedReauthorisation = 7,
  kPoolExhausted = 8,
  kUnusedQuotaTimer = 9,
};

/// What a use is like, where a change of it asks for a new grant (Trigger-Type, TS 32.299 section
/// 7.2.236, in the words of model calls).
enum class Trigger : uint8_t {
  kModel = 0,
  kServiceTier = 1,
  kProduct = 2,
  kScenario = 3,
  kRegion = 4,
  kChannel = 5,
  kPromptLength = 6,
};
inline constexpr int kTriggerCount = 7;
/// Some of them: bit i is Trigger i.
using Triggers = uint8_t;
constexpr Triggers BitOf(Trigger trigger) {
  return static_cast<Triggers>(1U << static_cast<unsigned>(trigger));
}

/// Multiple-Services-Credit-Control of a request: one rating group, which here is one model.
struct ServiceRequest {
  uint32_t rating_group = 0;
  std::string_view model;  ///< Id or alias. May be empty on an update or termination: then as at
                           ///< the initial request.
  bool requests_quota = false;  ///< Requested-Service-Unit is there, even if empty (CC-31).
  Quantities requested;         ///< Empty: the server chooses how much.
  Quantities used;              ///< Since the last report, not cumulative (CC-34); each kind once.
  bool has_used = false;        ///< Used-Service-Unit is there, even if all of it is 0.
  /// Parts of `used`, each side at most once (CC-63). What they leave of it was used before the
  /// change, unless the event time is after it. Where no change was told with the grant they mean
  /// nothing.
  std::vector<TariffUsage> by_tariff;
  bool estimated = false;  ///< The caller's own count: the provider reported none.
  /// "batch", "flex", "priority", ...; empty on a start or an event: "standard"; empty later: as
  /// before. Prices may depend on it.
  std::string_view service_tier;
  /// Which model served a call of what is sold under `model`; empty: that itself. What the call
  /// costs us follows it (PRODUCTS A12). The record names it even where no catalogue knows it.
  std::string_view served_model;
  /// Length of the whole prompt, cached tokens included, where prices depend on it. Absent: the
  /// prompt kinds reported so far in the call; before the first report, those requested.
  std::optional<int64_t> prompt_tokens;
  CallOutcome outcome = CallOutcome::kCompleted;  ///< Of a termination or an event.
  std::optional<ReportingReason> reason;          ///< Only where usage is reported (CC-67).
  /// Of a request for quota: the credit pool of this session that the grant shall go into, where
  /// its price allows (CC-80); 0: none.
  uint32_t pool = 0;
  Triggers triggers = 0;  ///< What has changed: with the reason kRatingConditionChange (CC-43).
};

/// A Credit-Control-Request. Its texts point into memory of the caller that must live until Done().
struct CreditControlRequest {
  std::string_view session_id;
  RequestType type = RequestType::kInitial;
  uint32_t number = 0;                  ///< CC-Request-Number.
  AccountId account;                    ///< Either this,
  Identity subscriber;                  ///< or this; on every request, as at the session's start.
  std::string_view service_context_id;  ///< "ai-tokens.v1@..." (CC-13).
  std::optional<Instant>
      event_time;  ///< Event-Timestamp: what is rated by; absent = arrival (CC-14).
  std::optional<RequestedAction> action;
  std::string_view refund_information;  ///< Of the answer to what is to be refunded (CC-42, CC-71).
  /// What the use is like, where prices, packages or reports depend on it. Each may be empty: then
  /// as before in this session, at its start not stated.
  std::string_view product;
  std::string_view scenario;
  std::string_view region;
  std::string_view channel;
  /// W3C trace context of the call, for the record. What is not of the form of version 00 is taken
  /// as absent, as that standard demands. Not part of what a repeat is compared by: a repeat has a
  /// span of its own.
  std::string_view traceparent;
  /// Origin-Host: the gateway that demands for this session go to, as at its start; empty: any that
  /// listens. Not part of what a repeat is compared by.
  std::string_view origin_host;
  /// Origin-State-Id of that gateway: greater after each restart that has lost its sessions
  /// (CC-15); 0: not stated. Not part of what a repeat is compared by.
  uint32_t origin_state_id = 0;
  absl::InlinedVector<ServiceRequest, 1> services;
};

enum class FinalUnitAction : uint8_t { kTerminate = 0, kRedirect = 1, kRestrictAccess = 2 };

/// A rate at which use goes on.
struct ThrottleRate {
  int64_t amount = 0;
  Unit unit;  ///< "token", "request", or the package's.
  int64_t window_ms = 0;
  friend bool operator==(const ThrottleRate&, const ThrottleRate&) = default;
};

/// What happens when the granted units are used up; of a refusal, why and until when.
struct EndOfUnits {
  rating::AtEnd at_end = rating::AtEnd::kStop;
  std::string limited_by;  ///< The limit that leaves no more; "": the balance.
  std::string node;        ///< Whose limit it is, from the top; "" = the account's own.
  Instant retry_at = Instant::Never();  ///< When there is more again; Never(): not known.
  std::string fallback_model;           ///< Of kFallback.
  std::string next_price;               ///< Of kBillOn: the rule that prices what follows.
  std::vector<ThrottleRate> rates;      ///< Of kThrottle.
  friend bool operator==(const EndOfUnits&, const EndOfUnits&) = default;
};

/// Of a price enquiry: what one kind would draw from one source.
struct PricePart {
  TokenKind kind = TokenKind::kInput;
  int64_t quantity = 0;
  BucketId bucket;
  Unit unit;  ///< Of `amount`: money, or what the package counts.
  int64_t amount = 0;
  std::string rule;  ///< The price or the package's weight that makes it.
  friend bool operator==(const PricePart&, const PricePart&) = default;
};

/// G-S-U-Pool-Reference of a grant: how many of the pool's abstract units one piece of a kind takes
/// (CC-80). A unit is one of the account's currency: 0.1 of it is {1, -1}.
struct PoolReference {
  uint32_t pool = 0;
  TokenKind kind = TokenKind::kInput;
  int64_t value_digits = 0;  ///< Unit-Value: digits * 10^exponent.
  int32_t exponent = 0;
  friend bool operator==(const PoolReference&, const PoolReference&) = default;
};

/// Multiple-Services-Credit-Control of an answer.
struct ServiceAnswer {
  uint32_t rating_group = 0;
  ResultCode code = ResultCode::kSuccess;
  bool has_grant = false;  ///< Granted-Service-Unit is there.
  Quantities granted;
  uint32_t validity_seconds = 0;              ///< Validity-Time of the grant; 0 = none.
  std::optional<FinalUnitAction> final_unit;  ///< These are the last units.
  std::string redirect_to;                    ///< Of kRedirect: where to (CC-52).
  std::vector<std::string> filters;           ///< Of kRestrictAccess: Filter-Ids (CC-53, CC-60).
  /// Tariff-Time-Change: when prices change while the grant lasts (CC-62); Never(): they do not.
  Instant tariff_changes_at = Instant::Never();
  std::vector<PoolReference> pool;  ///< One for each kind granted; empty: not in a pool.
  /// Unit-Quota-Threshold: ask for more when fewer of the growing kinds are left (CC-38); 0: none.
  int64_t threshold_tokens = 0;
  /// How many output tokens beyond what was reported the account could pay for now, this grant
  /// included: a call that is clamped to them never overruns. -1: not told.
  int64_t output_tokens_safe = -1;
  /// Quota-Holding-Time: report and give back what is left when nothing was used for so long
  /// (CC-39); 0: never; -1: not told.
  int32_t quota_holding_seconds = -1;
  Triggers triggers = 0;  ///< Changes that ask for a new grant, and no others; 0: not told (CC-43).
  int64_t charged_micros = 0;  ///< Money charged for the units this request reports.
  int64_t drawn =
      0;  ///< Pieces drawn from packages for them (all units together, for a gateway's log).
  bool overshoot = false;  ///< More was used than granted; it was charged all the same.
  /// There where not all was granted, or where what follows a package has begun.
  std::optional<EndOfUnits> end;
  std::vector<PricePart> parts;  ///< Of a price enquiry, which is never recorded.
  std::string failed_field;      ///< Failed-AVP: the path of the field that is at fault, or "".
  std::string message;           ///< What was found and what was expected, or "".
};

enum class CheckBalanceResult : uint8_t { kEnoughCredit = 0, kNoCredit = 1 };

/// A Credit-Control-Answer. Recorded with the entry that it answers: a repeat gets it again, byte
/// for byte.
struct CreditControlAnswer {
  ResultCode code = ResultCode::kSuccess;
  RequestType type = RequestType::kInitial;
  uint32_t number = 0;
  absl::InlinedVector<ServiceAnswer, 1> services;
  Unit currency;            ///< Of the money amounts here; empty when no account was reached.
  int64_t cost_micros = 0;  ///< Cost-Information: so far in this session, reservations excluded
                            ///< (CC-41); or of the event.
  bool has_cost = false;
  std::optional<CheckBalanceResult> check_balance;
  std::string
      refund_information;  ///< Names this charge for a later refund; "" when nothing was charged.
  uint32_t tariff_revision = 0;  ///< Rated by this revision; 0 when nothing was rated.
  int64_t calls_affordable = 0;  ///< Price enquiry: how many such calls the balance holds now.
  std::string failed_field;      ///< As in ServiceAnswer, for the request as a whole.
  std::string message;
};

/// Appends the byte form that is recorded in the journal (docs/format/journal.md).
void EncodeAnswer(const CreditControlAnswer& answer, std::string* out);

/// Reads it back. False when the bytes are not a whole answer of a known version.
[[nodiscard]] bool DecodeAnswer(std::string_view bytes, CreditControlAnswer* answer);

/// For people and tools: what an account looks like now.
struct BucketView {
  BucketId id;
  std::string name;   ///< "10 M tokens"; "main balance".
  std::string offer;  ///< Id of the offer it came from; "" for money paid in.
  Unit unit;
  int32_t priority = 0;
  Instant valid_from;
  Instant valid_until;
  int64_t granted = 0, available = 0, held = 0, spent = 0, expired = 0, transferred = 0;
  uint32_t node = 0;  ///< Whose pool; 0 is the account's.
  bool shared = true;
  uint32_t subscription = 0;  ///< Which issued it; 0: none.
  uint32_t carried = 0;       ///< Cycles for which what is left may still be carried over.
  Instant refills_at = Instant::Never();
  int64_t refill_amount = 0;
};
struct SwitchView {
  std::string id;
  std::string name;
  bool on = false;
};
struct SubscriptionView {
  std::string offer;
  std::string name;
  uint32_t tariff_revision = 0;
  Instant valid_from;
  Instant valid_until;
  uint32_t id = 0;    ///< Of the account; 0 in those bought before they were counted.
  uint32_t node = 0;  ///< Who bought it.
  Instant renews_at = Instant::Never();
  uint32_t cycles = 0;  ///< Begun so far.
  int64_t quantity = 1;
  bool cancelled = false;
  std::vector<SwitchView> switches;
};
struct NodeView {
  uint32_t id = 0;
  uint32_t parent = 0;
  uint8_t kind = 0;   ///< balance::NodeKind.
  uint8_t state = 0;  ///< balance::AccountState.
  std::string name;
};
struct LimitView {
  uint32_t id = 0;
  uint32_t node = 0;
  std::string name;
  std::string window;  ///< "day", "sliding 5 hours", ...
  Unit unit;
  int64_t amount = 0;
  int64_t used = 0;  ///< In the present window.
  int64_t held = 0;
  int64_t left = 0;  ///< Never below 0.
  bool alert_only = false;
  std::vector<int> alerts;
  Instant frees_at = Instant::Never();  ///< When some of it is free again.
  Instant until = Instant::Never();
};
struct DatedChangeView {
  Instant at;
  uint8_t state = 0;  ///< balance::AccountState.
  std::string reason;
};
struct IdentityView {
  IdentityType type = IdentityType::kPrivate;
  std::string data;
  uint32_t node = 0;  ///< Whose it is.
};
struct SessionView {
  std::string session_id;
  Instant opened_at;
  Instant ends_at;  ///< When the supervision timer frees its holds.
  uint32_t tariff_revision = 0;
};
struct AccountView {
  AccountId id;
  std::string state;  ///< "active", ...
  Unit currency;
  int64_t credit_limit_micros = 0;
  Instant created_at;
  std::string segment;
  std::string tenant;
  int billing_day = 1;
  std::vector<IdentityView> identities;
  std::vector<BucketView> buckets;  ///< In draw order.
  std::vector<SubscriptionView> subscriptions;
  std::vector<SessionView> sessions;
  std::vector<NodeView> nodes;
  std::vector<LimitView> limits;
  std::vector<DatedChangeView> dated_changes;
};

/// One entry of an account's history, in words.
struct HistoryItem {
  ShardId shard;
  Position position;
  Instant logged_at;
  std::string kind;                   ///< "session opened", "top-up", ...
  std::string text;                   ///< What it did, in a sentence.
  std::vector<std::string> postings;  ///< "bucket 1 available -120 CNY micros", ...
  std::vector<std::string> charges;   ///< The record's sentences: why it cost that.
};

/// What was decided of a revision. Numbers are stored.
enum class RevisionDecision : uint8_t {
  kPublished = 1,
  kProposed = 2,   ///< Waits for another person's approval.
  kRejected = 3,   ///< Was proposed; never comes into force.
  kCancelled = 4,  ///< Was published; taken back before it was in force.
};

/// What a revision is at some moment.
enum class RevisionState : uint8_t {
  kProposed = 1,
  kExpired = 2,  ///< Was proposed and not approved in time; never comes into force.
  kRejected = 3,
  kPending = 4,  ///< Published; in force from an instant to come.
  kInForce = 5,
  kPast = 6,  ///< A newer one is in force. Sessions that were opened with it keep it.
  kCancelled = 7,
};
std::string_view RevisionStateName(RevisionState state);  ///< "proposed", ..., "in force", "past".

struct RevisionView {
  uint32_t revision = 0;
  std::string name;
  RevisionDecision decision = RevisionDecision::kPublished;
  RevisionState state = RevisionState::kPast;
  Instant effective_from;    ///< Of one that is not published: as was asked; 0 = from its approval.
  Instant published_at;      ///< When its text was published or proposed,
  std::string published_by;  ///< by whom,
  std::string reason;        ///< and why.
  Instant expires_at;        ///< Of a proposal: not approved after it. 0 when it never was one.
  Instant decided_at;        ///< Of an approval, a rejection or a cancellation; 0 without.
  std::string decided_by;
  std::string decided_reason;
  uint32_t copy_of = 0;           ///< The revision whose text was published again; 0: none.
  std::string text_sha256;        ///< 64 hexadecimal digits.
  int64_t simulation_bytes = 0;   ///< Of the attached result; 0: none.
  std::string simulation_sha256;  ///< Of the attached result; "" without.
  uint32_t model_count = 0;
  uint32_t offer_count = 0;
  int64_t text_bytes = 0;
};

}  // namespace ocs::engine

#endif  // OCS_ENGINE_MESSAGES_H_
