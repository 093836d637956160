// A piece of work for the engine: the caller makes one, fills its request, submits it, and is
// called back once. Derive from the call that you need and override Done(); the object must live
// until Done() has been called.

#ifndef OCS_ENGINE_OPERATION_H_
#define OCS_ENGINE_OPERATION_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "balance/account.h"
#include "cdr/bill.h"
#include "ocs/base/ids.h"
#include "ocs/base/time.h"
#include "ocs/base/unit.h"
#include "ocs/engine/messages.h"

namespace ocs::engine {

class ChangeRecord;
class Engine;
class Shard;
struct Revision;

/// How far an operation has come that claims identities in the shards which keep them, on behalf of
/// an account in its own (internal/identity_claims.h).
struct IdentityClaims {
  enum class Stage : uint8_t { kBegin, kClaim, kAsk, kTakeOver, kDecide, kRelease, kEnd };
  enum class Refusal : uint8_t { kNone, kTaken, kBusy };
  Stage stage = Stage::kBegin;
  AccountId account;                                          ///< That shall have them.
  std::vector<std::pair<IdentityType, std::string>> claimed;  ///< Of other shards, or held there.
  size_t next = 0;                                            ///< The one that it is at.
  size_t end = 0;                                             ///< It goes through those before.
  AccountId holder;                                           ///< Who has that one, as it seems.
  bool held = false;                                          ///< And who says so.
  Refusal refusal = Refusal::kNone;
  size_t refused = 0;  ///< Which of them it is about.
};

/// Numbers of sources that an operation may come from: more than a credentials file has lines.
inline constexpr int kSourcesMax = 4'096;

/// What an operation is refused with while too many wait: back off and repeat it.
absl::Status Overloaded();
/// True for that status, and for no other ResourceExhausted.
bool IsOverload(const absl::Status& status);

/// Base of all calls. Not copyable; confined to its caller until Submit, to the engine until
/// Done().
class Operation {
 public:
  Operation() = default;
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;
  virtual ~Operation() = default;

  /// OK: the answer or result is filled and everything that it promises is durable. Otherwise
  /// nothing is known of changes only when the code is Unavailable and the shard stopped: ask again
  /// with the same key.
  ///   InvalidArgument      `failed_field` names the field; nothing was changed.
  ///   NotFound, AlreadyExists, FailedPrecondition   refused; nothing was changed; the message says
  ///   why. ResourceExhausted    overloaded, or a limit of ocs/base/limits.h is reached: nothing
  ///   was changed; back off. DeadlineExceeded     the caller gave up before the work was begun;
  ///   nothing was changed. Aborted    another request is just changing the same in another shard:
  ///   nothing was changed; repeat it. Unavailable          stopping, or stopped after a failed
  ///   write: repeat with the same key after the restart.
  absl::Status status;
  std::string failed_field;

  /// Who it comes from, below kSourcesMax; set before Submit. Where a shard has more work than it
  /// can do, sources share it fairly. 0: nobody in particular, and the queue may be all its own.
  uint16_t source = 0;

  /// Of whose accounts it may see and change: those of this tenant; empty: of all, as the operator.
  /// Set before Submit; the text must live until Done().
  std::string_view caller_tenant;
  /// After Done(): it named what is another tenant's, and was refused as if that were not there.
  bool foreign = false;

  /// Called once when the work is finished and durable, on an engine thread: must not block or
  /// throw. The engine does not touch the operation afterwards: it may delete itself.
  virtual void Done() noexcept = 0;

  /// Asked just before the work is begun: true when nobody waits for it any more. Thread: the
  /// shard's.
  virtual bool abandoned() const { return false; }

 protected:
  /// Said while it executes: when what it has decided here is durable it goes on in the shard of
  /// that partition, where Execute is called again. Done() comes at the end of its way.
  void GoOn(PartitionId partition) { next_stop_ = partition; }

 private:
  friend class Engine;
  friend class Shard;
  friend class OperationList;
  friend class Inbox;
  /// What can be done before the shard is bothered, on the submitter's thread. False: it is
  /// finished.
  virtual bool Prepare(Engine& /*engine*/) { return true; }
  /// Decides the operation and writes its entry, on the shard's thread.
  virtual void Execute(Shard& shard) = 0;
  /// Whose account it will need, where that is known before it executes; 0 otherwise.
  virtual AccountId payer() const { return {}; }
  /// The partition whose shard decides it. That of no account is the first, where the catalogue and
  /// the batches of vouchers are.
  virtual PartitionId partition() const { return payer().partition(); }
  /// The shard that it is about, where it is about a shard's journal.
  virtual std::optional<ShardId> shard_wanted() const { return std::nullopt; }
  /// The identity that stands for its account, where that is not given: it is looked up where
  /// identities of its partition are kept, and the shard of the account decides.
  virtual std::optional<Identity> identity_wanted() const { return std::nullopt; }
  /// What becomes true with durability, before Done(), on the completing thread.
  virtual void Durable() noexcept {}
  Operation* next_ = nullptr;
  std::optional<PartitionId> next_stop_;
  bool on_its_way_ =
      false;                ///< It has been in a shard before: it is neither refused nor abandoned.
  bool looked_up_ = false;  ///< Its identity: it leads to this account, or to none.
  AccountId identified_;
};

/// A credit-control request (RFC 8506). Business refusals are answers with status OK.
class CreditControlCall : public Operation {
 public:
  CreditControlRequest request;
  CreditControlAnswer answer;

 private:
  AccountId payer() const override { return request.account; }
  std::optional<Identity> identity_wanted() const override {
    if (request.account.valid()) return std::nullopt;
    return request.subscriber;
  }
  void Execute(Shard& shard) override;
};

/// Who makes an administrative change, why, and under which key: a repeat of the key with the same
/// content gets the same result and changes nothing; with other content it is refused as
/// AlreadyExists, naming what differs.
struct Change {
  std::string key;          ///< Idempotency key, 1 to 128 characters.
  std::string tenant = {};  ///< Whose key: those of tenants do not meet. Empty: the operator's.
  std::string actor;        ///< Who; recorded.
  std::string reason;       ///< Why; recorded.
};

/// Records that an operator changes how the server works, where nothing of an account or a
/// catalogue changes: the entry proves who did it, when and why. To do it is the caller's, when
/// this is Done(). Refused: change, then `what`, as InvalidArgument; AlreadyExists as every change.
class OperatorActCall : public Operation {
 public:
  Change change;     ///< With a reason.
  std::string what;  ///< In words, 1 to kReasonLengthMax bytes: "log level of charging: debug".

 private:
  void Execute(Shard& shard) override;
};

class CreateAccountCall : public Operation {
 public:
  Change change;
  Unit currency;
  int64_t credit_limit_micros = 0;  ///< 0: prepaid. Above: post-paid up to it, or hybrid.
  std::vector<std::pair<IdentityType, std::string>>
      identities;           ///< Each belongs to one account at most.
  bool pre_active = false;  ///< No use before SetStateCall makes it active.
  std::string segment;      ///< For prices and offers.
  std::string tenant;       ///< Whose customer this is; of a tenant's caller: its own, or empty.
  int billing_day = 1;      ///< 1 to 31.

  AccountId account;  ///< Result.

 private:
  PartitionId partition() const override;
  void Execute(Shard& shard) override;
  bool CheckForm();
  std::string IdentityTexts() const;
  void Decide(Shard& shard);
  void BeginElsewhere(Shard& shard);
  void Write(Shard& shard, ChangeRecord* record);
  IdentityClaims claims_;  ///< In other shards.
};

/// Adds or removes a subscriber identity, or gives it to another node of its account.
class ChangeIdentityCall : public Operation {
 public:
  enum class Action : uint8_t { kAdd, kRemove, kMove };
  Change change;
  AccountId account;
  Action action = Action::kAdd;
  IdentityType type = IdentityType::kE164;
  std::string data;
  balance::NodeId node = balance::kRootNode;  ///< Whose it becomes: of kAdd and kMove.

 private:
  AccountId payer() const override { return account; }
  void Execute(Shard& shard) override;
  void Decide(Shard& shard);
  bool GoElsewhere(Shard& shard, IdentityClaims::Stage stage);
  IdentityClaims claims_;  ///< In another shard.
};

/// Buys an offer: charges its fee, makes its buckets, opens its prices, begins its cycles. What may
/// be bought, and what a first cycle costs, stands in internal/sale.h; refusals in its order.
class PurchaseCall : public Operation {
 public:
  Change change;
  AccountId account;
  std::string offer;
  balance::NodeId node = balance::kRootNode;  ///< Whose pool, subscription and limits it becomes.
  int64_t quantity = 1;                       ///< Seats: so many at once. 1 to 100,000.
  std::optional<Instant>
      event_time;  ///< When it was bought; absent = arrival. Within the event-time skew.

  // Results.
  uint32_t tariff_revision = 0;
  int64_t fee_micros = 0;
  Unit currency;
  int64_t fee_points = 0;  ///< Paid in points instead, of `fee_unit`.
  Unit fee_unit;
  std::vector<BucketId> buckets;
  uint32_t subscription = 0;  ///< Of the account; 0: nothing of it lasts but the buckets.
  std::string record_id;      ///< Of the fee's CDR; "" when it was free.
  Instant valid_until;        ///< The earliest end among what it gave.
  Instant renews_at;          ///< Never() when it does not renew.

 private:
  AccountId payer() const override { return account; }
  void Execute(Shard& shard) override;
};

class TopUpCall : public Operation {
 public:
  Change change;
  AccountId account;
  int64_t amount_micros = 0;  ///< 1 to kAmountMicrosMax.
  Unit currency;              ///< Must be the account's.

  int64_t available_micros = 0;  ///< Result: of the main balance, afterwards.

 private:
  AccountId payer() const override { return account; }
  void Execute(Shard& shard) override;
};

/// Reads an account, by id or by identity.
class GetAccountCall : public Operation {
 public:
  AccountId account;
  IdentityType identity_type = IdentityType::kE164;
  std::string identity;  ///< Used when `account` is not given.

  AccountView view;

 private:
  AccountId payer() const override { return account; }
  std::optional<Identity> identity_wanted() const override {
    if (account.valid()) return std::nullopt;
    return Identity{identity_type, identity};
  }
  void Execute(Shard& shard) override;
};

/// Reads an account's history, newest first.
class HistoryCall : public Operation {
 public:
  AccountId account;
  int32_t items_max = 100;  ///< 1 to 1,000.
  Position before;          ///< Only what is older than this; not valid = from the newest.

  std::vector<HistoryItem> items;
  Position next_before;  ///< For the next page; not valid at the end.

 private:
  AccountId payer() const override { return account; }
  void Execute(Shard& shard) override;
};

/// Computes an account's bill of [from, until) from its records. Changes nothing.
class BillCall : public Operation {
 public:
  AccountId account;
  Instant from;
  Instant until;
  std::vector<cdr::CarriedMicros> carried_in;  ///< What the bill before left, by currency.

  cdr::Bill bill;

 private:
  AccountId payer() const override { return account; }
  void Execute(Shard& shard) override;
};

/// What a simulation of a catalogue's text came to. Opaque here but for the text that it names.
struct SimulationResult {
  std::string bytes;        ///< Empty: there is none. At most kSimulationResultBytesMax.
  std::string text_sha256;  ///< Of the text that was simulated: 64 hexadecimal digits, lower case.
};
/// A report with its tables; input and events stay where they are.
inline constexpr int kSimulationResultBytesMax = 512 * 1024;

/// Publishes a catalogue revision. It applies to sessions opened at or after `effective_from`; one
/// that is open keeps its own. Where PublishingPolicy asks for a second approval, it makes a
/// proposal instead (catalogue_operation.h).
///
/// Refused, in this order: InvalidArgument for the text (every fault), a simulation of another
/// text, an actor or reason that is missing where a second approval is needed; NotFound for
/// `copy_of`; FailedPrecondition where a simulation is required and missing, and for a revision
/// that would be in force before one that is pending: it would never see the pending one's changes.
class PublishCatalogueCall : public Operation {
 public:
  Change change;
  std::string text;
  std::string file_name;                  ///< For messages only.
  std::optional<Instant> effective_from;  ///< Absent = now, or when it is approved.
  /// Rolls back: publishes that revision's text again, with its simulation unless another is given;
  /// `text` stays empty. 0: publishes `text`.
  uint32_t copy_of = 0;
  SimulationResult simulation;

  // Results.
  uint32_t revision = 0;
  RevisionDecision decision = RevisionDecision::kPublished;  ///< Or kProposed.
  Instant expires_at;                                        ///< Of a proposal.
  std::vector<std::string>
      diagnostics;  ///< With InvalidArgument: every fault, "file:line: field: ...".

 private:
  bool Prepare(Engine& engine) override;
  void Execute(Shard& shard) override;
  void Durable() noexcept override;
  bool TakeCopy();
  bool CheckSimulation();
  bool CheckPolicy(Instant effective, Instant now);
  Engine* engine_ = nullptr;
  std::shared_ptr<Revision> compiled_;
};

/// Makes a consumer's position in the stream of records durable (Engine::Acknowledge).
class AcknowledgeCall : public Operation {
 public:
  std::string consumer;
  ShardId shard;
  Position position;

 private:
  std::optional<ShardId> shard_wanted() const override { return shard; }
  void Execute(Shard& shard) override;
};

}  // namespace ocs::engine

#endif  // OCS_ENGINE_OPERATION_H_
