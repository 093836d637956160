// Decides one credit-control request: the session machine of RFC 8506 section 7 over rating and
// ledger. Reads the account as it is, computes what follows, and only when nothing can fail any
// more writes the entry.

#ifndef OCS_ENGINE_INTERNAL_CHARGING_H_
#define OCS_ENGINE_INTERNAL_CHARGING_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "balance/book.h"
#include "cdr/record.h"
#include "ocs/engine/internal/bounds.h"
#include "ocs/engine/internal/quota.h"
#include "ocs/engine/internal/shard.h"
#include "ocs/engine/internal/volume.h"
#include "ocs/engine/messages.h"

namespace ocs::engine {

/// What was used on one side of a change of prices.
struct Side {
  Quantities used;
  uint32_t tariff_change = 0;  ///< As in a record: Tariff-Change-Usage plus one; 0: not stated.
  Instant priced_at = {};      ///< Whose price it has; 0: that of the request's event time.
};

/// The service of a request worked out: what it charges, what it holds.
struct ServiceOutcome {
  std::string_view model;  ///< Canonical id; of the tariff, or of the session's grant.
  std::string_view provider;
  rating::ChargeLines lines;
  absl::InlinedVector<Pots::Source, 6> sources;  ///< Of the lines' pots.
  rating::ChargeLines costs;  ///< What it costs us, in `cost_currency`; their pot is nobody's.
  Unit cost_currency = {};
  rating::UseContext context;
  bool counts_request = false;  ///< The call has not been charged before: it counts as a request.
  bool unrated = false;         ///< Used, but nothing sells it: recorded without a charge.
  int64_t call_counted = 0;     ///< Of the call so far, for prices by the call.
  int64_t call_charged_micros = 0;
  absl::InlinedVector<balance::Hold, 2> holds;
  absl::InlinedVector<balance::CounterHold, 1> counter_holds;
  bool sets_grant = false;
  uint8_t final_units = 0;   ///< Told with it: Final-Unit-Action plus one.
  Instant switches_at = {};  ///< Told with it: when prices change; 0: not.
  uint32_t pool = 0;         ///< The credit pool that it is in; 0: none.
  /// Of use that is itemised by a change of prices: the sides but the last, each with its own
  /// record; this is the last. Empty: it is all there is.
  std::vector<ServiceOutcome> earlier = {};
  Quantities uncharged = {};  ///< Used, and not charged: of a call that came to no good end.
  Side side = {};
  Instant switched_at = {};  ///< The change; 0: nothing is itemised.
};

/// Whether the call goes on after what is charged.
enum class CallPart : uint8_t { kGoesOn = 0, kEnds = 1 };

/// How much of what is asked for can be held.
struct Affordance {
  Pots pots;
  Bounds bounds;
  Quantities asked;  ///< With the call itself, where requests are sold.
  int64_t requests = 0;
  bool request_added = false;  ///< Of asked: the caller did not state it.
  int64_t uncounted_requests =
      0;  ///< Not of asked: the caller stated them, and nothing counts them yet.
  rating::HoldResult held;
  bool whole = false;  ///< All that was asked for.
  /// A change of prices comes while it lasts, and it is held for the dearer side: the rows of
  /// `pots`.
  Instant switches_at = Instant::Never();
  std::vector<rating::RateRow> envelope;
  Instant valid_until = Instant::Never();  ///< It may not last longer: a change that it does not
                                           ///< span.
  const Bound* limiting = nullptr;         ///< Of bounds: without it, more would have been granted.
};

/// One request being decided. Lives for one Execute.
class Charging final {
 public:
  Charging(Shard& shard, const CreditControlRequest& request, CreditControlAnswer* answer);

  /// Fills the answer and, where the request changes or must be remembered, writes its entry. A
  /// failed read has stopped the shard, and the answer is then not to be used. An account that
  /// `call` may not reach is not there for it.
  void Decide(Operation* call);

  /// Of a session that fell silent: charges what the request names as used, and closes it. False,
  /// and nothing is written, where that cannot be: an amount does not fit.
  bool ChargeLost(balance::Account* account, const balance::Session& session);

  /// After Decide: who pays; null when nobody was found.
  balance::Account* payer() const { return account_; }

 private:
  // In order of precedence: the first that does not pass answers.
  bool PassesForm();
  bool FindPayer(Operation* call);
  /// What the request says of its gateway; sessions of this account that the gateway has lost end.
  void NoteOrigin(const Operation& call);
  bool IsNew();
  bool FindSession();
  bool FindRevision();
  /// Who uses it: the session's node, else the identity's. Sets barred_ when it may not.
  void FindNode();
  /// What is demanded of the session. Sets barred_ when that is to end.
  void FindDemand();

  void DecideInitial();
  void DecideUpdate();
  void DecideTermination();
  void DecideEvent();
  /// The session is closed, its use comes late and is to be charged: puts together what is known of
  /// it.
  bool FindLateSession();
  void DecideLate();
  void DecideDirectDebit();
  void DecideRefund();
  void DecideEnquiry(RequestedAction action);
  /// Of an event that fails as a whole.
  void RefuseService(ServiceAnswer failed);

  /// Releases what the service's rating group holds, charges what it used, and at the call's end
  /// what it is short of its minimum. False: answered as a whole.
  bool ChargeUsed(const ServiceRequest& service, CallPart part, ServiceAnswer* answer,
                  ServiceOutcome* outcome);
  /// The same of what was used on one side of a change of prices, or of all of it.
  bool ChargePart(const ServiceRequest& service, CallPart part, ServiceAnswer* answer,
                  ServiceOutcome* outcome);
  bool ChargeSides(const ServiceRequest& service, CallPart part, Instant switches_at,
                   ServiceAnswer* answer, ServiceOutcome* outcome);
  /// When the price held by which a side is charged: where more than one may have, the dearest.
  Instant PricedAt(const ServiceRequest& service, CallPart part, const Side& side,
                   Instant switches_at, const ServiceOutcome& so_far);
  /// Names the model; false, and the answer says so, where there is none.
  bool BeginService(const ServiceRequest& service, ServiceAnswer* answer, ServiceOutcome* outcome);
  /// Rates what was used into the outcome's lines.
  rating::RateOutcome Rate(const ServiceRequest& service, CallPart part, const Pots& pots,
                           ServiceOutcome* outcome);
  /// Rates what the use costs us; `first`: it is the call's first. Nothing where no wholesale price
  /// is for it.
  void RateCost(const ServiceRequest& service, bool first, ServiceOutcome* outcome);
  void PostCosts();
  void AddCosts(const ServiceOutcome& outcome, cdr::Record* record) const;
  /// Takes the lines out of buckets and counters. False when a sum does not fit.
  [[nodiscard]] bool TakeUse(const ServiceRequest& service, const Bounds& bounds, Pots* pots,
                             ServiceOutcome* outcome);
  /// What is granted where the request leaves it to the server.
  Quantities ChooseQuantities(const ServiceRequest& service, const ServiceOutcome& outcome) const;
  /// How many tokens last as long as the policy says, at the speed of the use that this reports;
  /// nothing where that is not known.
  std::optional<int64_t> TokensBySpeed(const ServiceRequest& service) const;
  /// When to ask for more, and how far a stream may go.
  void TellStream(const Affordance& affordance, ServiceAnswer* answer) const;
  /// How long it may stand still, and which changes of it ask for a new grant.
  void TellConditions(const ServiceOutcome& outcome, ServiceAnswer* answer) const;
  /// What of the use the catalogue does not charge, as the call failed, was cancelled or moderated:
  /// moves it from `used` to the outcome's `uncharged`.
  void TakeUncharged(ServiceRequest* service, ServiceOutcome* outcome) const;
  void HoldRequested(const ServiceRequest& service, ServiceAnswer* answer, ServiceOutcome* outcome);
  /// Its last units were granted for redirection or restriction, and nothing since.
  bool IsRestricted(const ServiceRequest& service) const;
  bool WantsQuota(const ServiceRequest& service) const;
  /// The request takes the service's grant back: it reports, or asks anew.
  bool Touches(const ServiceRequest& service) const {
    return service.has_used || WantsQuota(service);
  }
  /// Puts a grant that was just taken into the pool that the request names, where it may.
  void JoinPool(const ServiceRequest& service, const Affordance& affordance, ServiceAnswer* answer,
                ServiceOutcome* outcome) const;
  /// Releases what a grant holds; of one in a pool, what the whole pool holds.
  void TakeBack(const balance::Grant& grant);
  /// Frees all that is held in a pool, so that a report of one of its services may draw on it.
  void OpenPool(uint32_t pool);
  /// When all that was used is charged: holds again what it has left in the opened pools.
  void SettlePools();
  /// What the network does when the last of these pots is used up.
  const rating::FinalUnits& FinalUnitsOf(const Pots& pots) const;
  static void TellFinalUnits(const rating::FinalUnits& final_units, ServiceAnswer* answer,
                             ServiceOutcome* outcome);
  void TellRestricted(const rating::FinalUnits& final_units, ServiceAnswer* answer,
                      ServiceOutcome* outcome);
  /// The final units were reported as used: nothing is granted, and the restricted state begins
  /// (CC-54).
  void TellLastUse(const ServiceRequest& service, ServiceAnswer* answer, ServiceOutcome* outcome);
  /// Of a service that cannot be granted a piece: true when that is a success that restricts it
  /// (CC-55, CC-56) or ends it (CC-57), and the answer says so; false where it is a refusal.
  bool EndsWithoutUnits(const ServiceRequest& service, const Affordance& affordance,
                        ServiceAnswer* answer, ServiceOutcome* outcome);
  /// How much of `requested` could be held now; holds nothing.
  Affordance Afford(const ServiceRequest& service, const ServiceOutcome& outcome,
                    const Quantities& requested) const;
  /// Buys the next package where the last one's terms say so. After true the pots, the bounds and
  /// what points into the account are not good any more.
  bool BuyMore(const Pots& pots);
  void RefreshModels();
  void TakeHold(const Affordance& affordance, ServiceAnswer* answer, ServiceOutcome* outcome);
  /// By which the session, or what is to become one, is charged at an instant.
  const Revision& RevisionAt(Instant at) const;
  const Revision& RevisionOf(const ServiceOutcome& outcome) const {
    return outcome.side.priced_at == Instant{} ? *revision_ : RevisionAt(outcome.side.priced_at);
  }
  /// The first change of prices or of the revision after `at` and before `until`; Never().
  Instant NextChange(const Pots& pots, const ServiceOutcome& outcome,
                     const rating::UseContext& context, Instant until) const;
  Pots PotsOf(const ServiceRequest& service, const ServiceOutcome& outcome) const;
  Pots PotsAt(const ServiceRequest& service, const ServiceOutcome& outcome,
              const rating::UseContext& context) const;
  /// Where prices change while a grant would last: makes the pots' rows those of the dearer side,
  /// or lets the grant end there.
  void SpanSwitch(const ServiceRequest& service, const ServiceOutcome& outcome,
                  Affordance* affordance) const;
  static void HoldSpanned(Affordance* affordance);
  /// What happens when the units that are granted are used up, or why none are.
  void TellEnd(const Affordance& affordance, ServiceAnswer* answer) const;
  /// Of an enquiry: what happens when the packages that pay for it are used up, though they are
  /// not.
  void TellFollowing(const Affordance& affordance, ServiceAnswer* answer) const;
  /// How many times all services of the enquiry, one after the other, are granted in full and
  /// charged: exact, or a lower bound after 10,000 steps. What was worked out before is forgotten.
  int64_t CallsOfAll();
  /// Charges all services so many times over; once, only when each is granted in full: else false.
  /// Adds to `drawn` what each bucket gave; `steady`: the same pots will pay the next time.
  bool ChargeTimes(int64_t times, Movements* drawn, bool* steady);
  void Release(const balance::Grant& grant);
  void Refund(const balance::StoredEntry& charged);
  /// What the charge counted against limits and prices counts no more.
  void GiveBackCounts(const balance::StoredEntry& charged);
  bool AddRefundMovements(const cdr::Record& record);

  /// Writes the entry with all that was worked out. REQUIRES: every refusal has been decided.
  void Commit(balance::EntryKind kind) { TryCommit(kind); }
  /// False: it was refused, and that is recorded; or, of a session that fell silent, nothing is.
  bool TryCommit(balance::EntryKind kind);
  bool EntryAllowed();
  void WriteSession(balance::EntryKind kind);
  void WriteCharges(balance::EntryKind kind);
  /// What every record of this request says; takes the next number.
  cdr::Record BeginRecord(cdr::ClosingCause cause);
  /// Of a termination that names no rating group.
  void WriteClosingRecord();
  using Revenue = absl::InlinedVector<std::pair<BucketId, int64_t>, 4>;
  /// Of one rating group: one, or one for each side of a change of prices.
  void WriteRecords(balance::EntryKind kind, size_t index, Revenue* revenue);
  /// `outcome` is a side of outcomes_[index], or that itself.
  void WriteRecord(balance::EntryKind kind, size_t index, const ServiceOutcome& outcome,
                   Revenue* revenue);
  /// Of a record, its lines.
  void AddLines(const ServiceRequest& service, const ServiceOutcome& outcome, Revenue* revenue,
                cdr::Record* record) const;
  void Refuse(ResultCode code, std::string_view field,
              std::string message);  ///< Answers; nothing is recorded.
  void RefuseRecorded(ResultCode code, std::string_view field, std::string message);
  void RecordRefusal();  ///< Writes the answer as it is.
  void WriteKey();
  void
  NoteNumber();  ///< Where the session is open, it must know the number of what is not its own.
  std::string_view ModelOf(const ServiceRequest& service) const;
  /// Of outcomes_[index].
  const ServiceRequest& ServiceAt(size_t index) const {
    const size_t stated = request_.services.size();
    return index < stated ? request_.services[index] : implied_[index - stated];
  }

  Shard& shard_;
  const CreditControlRequest& request_;
  CreditControlAnswer* answer_;
  Instant at_;  ///< Event time: what is rated by.
  balance::Account* account_ = nullptr;
  const balance::Session* session_ = nullptr;  ///< Null: Idle.
  const Revision* revision_ = nullptr;
  balance::NodeId node_ = {};
  std::string node_path_;        ///< For records, which point into it.
  std::string barred_;           ///< Why nothing may be granted; "" = it may.
  uint32_t origin_known_ = 0;    ///< The greatest Origin-State-Id of the request's gateway.
  bool answers_demand_ = false;  ///< What its gateway was asked, it does.
  Position session_previous_;
  uint32_t number_max_before_ = 0;  ///< Of a session of this id that is not open any more.
  balance::Fingerprint fingerprint_;
  bool enquires_ = false;                         ///< An enquiry changes nothing.
  bool expires_ = false;                          ///< No request: a session that fell silent.
  std::optional<balance::Session> late_session_;  ///< Closed, and reported on: session_ is this.
  Movements movements_;
  CounterChanges counters_;
  VolumeChanges volumes_;
  absl::InlinedVector<ServiceOutcome, 1> outcomes_;
  std::vector<Carry> carries_;  ///< Only when more than one service charges.
  bool carries_changed_ = false;
  int64_t charged_micros_ = 0;
  struct OpenedPool {
    uint32_t pool = 0;
    int64_t held = 0;
  };
  absl::InlinedVector<OpenedPool, 1> opened_pools_;
  std::vector<balance::Grant> pool_grants_;  ///< Of an opened pool, and not of the request.
  /// Rating groups of a termination that it leaves out, and that have something to pay.
  absl::InlinedVector<ServiceRequest, 1> implied_;
  Position refunded_;  ///< Of the entry that a refund gives back.
  std::vector<cdr::Record> refund_records_;
};

/// What a package's terms say of its end now: a switch of the customer's may make it stop.
/// REQUIRES: source.grant != nullptr.
rating::AtEnd AtEndOf(const Pots::Source& source);

/// The limits of a package that another one of its purchase waits behind: the rates at which use
/// goes on when that is used up.
std::vector<ThrottleRate> RatesOf(const rating::GrantTerms& grant);

/// True when more of some kind was used than granted.
bool UsedBeyond(const Quantities& used, const Quantities& granted);

/// The session's grant of a rating group, or null; null for no session.
const balance::Grant* FindGrant(const balance::Session* session, uint32_t rating_group);

/// The names of the fields of a request's fingerprint, in its order.
std::string_view FingerprintFieldName(size_t index);
/// Hashes of the request's fields; the retransmission flag and the trace context are not among
/// them, the payer is known by the key.
balance::Fingerprint FingerprintOf(const CreditControlRequest& request);
/// The first field in which they differ; what one does not have is 0.
std::optional<size_t> DifferingField(const balance::Fingerprint& a, const balance::Fingerprint& b);

}  // namespace ocs::engine

#endif  // OCS_ENGINE_INTERNAL_CHARGING_H_
