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
#include "ocs/engine/internal/quota.h"
#include "ocs/engine/internal/shard.h"
#include "ocs/engine/messages.h"

namespace ocs::engine {

/// The service of a request worked out: what it charges, what it holds.
struct ServiceOutcome {
  std::string_view model;  ///< Canonical id; of the tariff, or of the session's grant.
  std::string_view provider;
  rating::ChargeLines lines;
  absl::InlinedVector<Pots::Source, 6> sources;  ///< Of the lines' pots.
  rating::UseContext context;
  bool counts_request = false;  ///< The call has not been charged before: it counts as a request.
  bool unrated = false;         ///< Used, but nothing sells it: recorded without a charge.
  absl::InlinedVector<balance::Hold, 2> holds;
  bool sets_grant = false;
};

/// One request being decided. Lives for one Execute.
class Charging final {
 public:
  Charging(Shard& shard, const CreditControlRequest& request, CreditControlAnswer* answer);

  /// Fills the answer and, where the request changes or must be remembered, writes its entry. A
  /// failed read has stopped the shard, and the answer is then not to be used.
  void Decide();

 private:
  // In order of precedence: the first that does not pass answers.
  bool PassesForm();
  bool FindPayer();
  bool IsNew();
  bool FindSession();
  bool FindRevision();

  void DecideInitial();
  void DecideUpdate();
  void DecideTermination();
  void DecideEvent();
  void DecideDirectDebit();
  void DecideRefund();
  void DecideEnquiry(RequestedAction action);

  /// Releases what the service's rating group holds, charges what it used. False: answered as a
  /// whole.
  bool ChargeUsed(const ServiceRequest& service, ServiceAnswer* answer, ServiceOutcome* outcome);
  void HoldRequested(const ServiceRequest& service, ServiceAnswer* answer, ServiceOutcome* outcome);
  /// The pots of a service of an event, as they are after what was worked out before it.
  Pots PotsOf(const ServiceRequest& service, std::string_view model) const;
  void Refund(const balance::StoredEntry& charged);
  bool AddRefundMovements(const cdr::Record& record);

  /// Writes the entry with all that was worked out. REQUIRES: every refusal has been decided.
  void Commit(balance::EntryKind kind);
  bool EntryAllowed();
  void WriteSession(balance::EntryKind kind);
  void WriteCharges(balance::EntryKind kind);
  /// What every record of this request says; takes the next number.
  cdr::Record BeginRecord(cdr::ClosingCause cause);
  /// Of a termination that names no rating group.
  void WriteClosingRecord();
  void WriteRecord(balance::EntryKind kind, size_t index,
                   absl::InlinedVector<std::pair<BucketId, int64_t>, 4>* revenue);
  void Refuse(ResultCode code, std::string_view field,
              std::string message);  ///< Answers; nothing is recorded.
  void RefuseRecorded(ResultCode code, std::string_view field, std::string message);
  void WriteKey();
  void
  NoteNumber();  ///< Where the session is open, it must know the number of what is not its own.
  std::string_view ModelOf(const ServiceRequest& service) const;

  Shard& shard_;
  const CreditControlRequest& request_;
  CreditControlAnswer* answer_;
  Instant at_;  ///< Event time: what is rated by.
  balance::Account* account_ = nullptr;
  const balance::Session* session_ = nullptr;  ///< Null: Idle.
  const Revision* revision_ = nullptr;
  Position session_previous_;
  uint32_t number_max_before_ = 0;  ///< Of a session of this id that is not open any more.
  balance::Fingerprint fingerprint_;
  Movements movements_;
  absl::InlinedVector<ServiceOutcome, 1> outcomes_;
  std::vector<Carry> carries_;  ///< Only when more than one service charges.
  bool carries_changed_ = false;
  int64_t charged_micros_ = 0;
  Position refunded_;  ///< Of the entry that a refund gives back.
  std::vector<cdr::Record> refund_records_;
};

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
