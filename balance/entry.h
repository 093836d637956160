// An entry of the journal: one decision, with all that follows from it. It holds effects, never the
// request to decide again, so replaying it needs no tariff and no clock. The byte form is described
// in docs/format/journal.md.

#ifndef BALANCE_ENTRY_H_
#define BALANCE_ENTRY_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/status/statusor.h"
#include "balance/account.h"
#include "ocs/base/bytes.h"
#include "ocs/base/ids.h"

namespace ocs::balance {

/// Numbers are stored: never reused.
enum class EntryKind : uint8_t {
  kAccountCreated = 1,
  kIdentityAdded = 2,
  kIdentityRemoved = 3,
  kOfferPurchased = 4,
  kToppedUp = 5,
  kSessionOpened = 6,
  kSessionUpdated = 7,
  kSessionTerminated = 8,
  kSessionExpired = 9,  ///< The supervision timer ended it.
  kEventCharged = 10,   ///< Direct debit.
  kEventRefunded = 11,
  kBucketsExpired = 12,
  kRefused = 13,  ///< Nothing changed but that the answer is known.
  kCataloguePublished = 14,
  kIdentityClaimed = 15,  ///< Of the partition that an identity hashes to, not of an account.
  kIdentityReleased = 16,
  kOfferRenewed = 17,       ///< A new cycle of a subscription: fee, buckets, what is carried over.
  kSubscriptionEnded = 18,  ///< Cancelled, not paid or run out.
  kBucketsRefilled = 19,
  kNodeChanged = 20,  ///< Added, moved, renamed, suspended or closed.
  kLimitChanged = 21,
  kAccountChanged = 22,  ///< State, credit limit, segment, billing day.
  kAdjusted = 23,        ///< By customer care: goodwill, correction, with actor and reason.
  kWrittenOff = 24,
  kTransferSent = 25,  ///< To another account; the other half has the same transfer id.
  kTransferReceived = 26,
  kTransferSettled = 27,  ///< The sender knows that it arrived.
  kSwitchSet = 28,
  kVoucherRedeemed = 29,
  kNoticeGiven = 30,
  kCatalogueProposed = 31,  ///< A revision that another person must approve.
  kCatalogueApproved = 32,
  kCatalogueRejected = 33,
  kCatalogueCancelled = 34,  ///< Published, and taken back before it was in force.
  kWindowSettled = 36,   ///< A volume price's window ended: what was charged too much goes back.
  kReRated = 37,         ///< A charge given back, and made again by a corrected tariff.
  kDemanded = 41,        ///< A gateway is asked to re-authorise or abort a session, or asked again.
  kWatchChanged = 42,    ///< Who watches spending limits: begun, ended, or told of a change.
  kVouchersIssued = 49,  ///< Of no account.
  kVouchersCancelled = 50,  ///< A whole batch. Of no account.
  kVoucherGuessed = 51,     ///< A code that no voucher has: counted, so that there is an end of it.
  kTransferRefused = 52,    ///< In the shard of the receiver: it comes back to the sender.
  kVoucherClaimed = 53,     ///< In the shard of the vouchers, for an account of another.
  kVoucherSettled = 54,     ///< There: the account has it (answer 1), or will not (0).
  kVoucherCredited = 55,    ///< In the account's shard, beside what it was turned into.
  kOperated = 56,           ///< An operator changed how the server works. Of no account.
  kOriginRestarted = 57,    ///< A gateway, with its Origin-State-Id from then on. Of no account.
};
/// "session opened", "top-up", ...
std::string_view EntryKindName(EntryKind kind);

/// True where an entry names an account without being applied to it: what a shard keeps for
/// accounts that may be another shard's, or may not be there.
constexpr bool IsBesideAccount(EntryKind kind) {
  return kind == EntryKind::kIdentityClaimed || kind == EntryKind::kIdentityReleased ||
         (kind >= EntryKind::kTransferRefused && kind <= EntryKind::kVoucherCredited);
}

/// Where an amount goes to or comes from. Postings of an entry sum to zero in each unit. Numbers
/// are stored.
enum class LedgerAccount : uint8_t {
  kAvailable = 1,  ///< The customer's: free to use. Unit of the bucket.
  kHeld = 2,       ///< The customer's: promised to a session. Unit of the bucket.
  kCash = 3,      ///< Money received by a top-up. Unit of the bucket; negative when money comes in.
  kIssued = 4,    ///< Pieces made by a purchase. Unit of the bucket.
  kEarned = 5,    ///< Revenue earned by use that was paid in money. Unit of the bucket.
  kConsumed = 6,  ///< Pieces used. Unit of the bucket.
  kDeferred =
      7,  ///< Revenue of packages sold and not yet used, at their sale. Unit of the (money) bucket.
  kExpired = 8,            ///< What ended unused. Unit of the bucket.
  kWrittenOff = 9,         ///< What was owed and is given up. Unit of the bucket.
  kDeferredReleased = 10,  ///< The same as kDeferred, when it is earned or lost. Account's
                           ///< currency; of the package's bucket.
  kPackageEarned = 11,     ///< Revenue earned by using a package. Account's currency.
  kBreakage = 12,          ///< Revenue of what expired unused. Account's currency.
  kGoodwill = 13,          ///< Given by customer care, or as a bonus. Unit of the bucket.
  kCorrection = 14,        ///< An adjustment that puts right what was wrong. Unit of the bucket.
  kTransferred = 15,       ///< On the way between two accounts. Unit of the bucket.
  kRebate = 16,            ///< Revenue given back where a volume price fell. Unit of the bucket.
  kTax = 17,               ///< Contained in what was charged; booked out of revenue by the bill.
  kVendorCost = 18,        ///< What the model vendor is owed for a use. Account's currency.
  kVendorPayable = 19,     ///< The other side of it.
  kRounding = 20,          ///< Of bills, in the account's currency.
  kDeferredMoved = 21,     ///< Deferred revenue that goes with what is transferred to another
                           ///< account. Account's currency; of the package's bucket.
};
inline constexpr int kLedgerAccountCount = 22;
std::string_view LedgerAccountName(LedgerAccount account);

/// True for the ledger accounts that count in the account's currency whatever the bucket's unit is.
constexpr bool CountsInCurrency(LedgerAccount account) {
  return (account >= LedgerAccount::kDeferredReleased && account <= LedgerAccount::kBreakage) ||
         account >= LedgerAccount::kTax;
}

struct Posting {
  LedgerAccount account = LedgerAccount::kAvailable;
  BucketId bucket = {};
  int64_t amount = 0;
  friend bool operator==(const Posting&, const Posting&) = default;
};

/// What bytes ride along with an entry. Opaque here. Numbers are stored.
enum class AttachmentType : uint8_t {
  kRecord = 1,      ///< A CDR (docs/format/cdr.md).
  kCatalogue = 2,   ///< The text of a revision.
  kNote = 3,        ///< Who made an administrative change and why: two texts.
  kNotice = 4,      ///< Something to be told: balance/notice.h.
  kSimulation = 5,  ///< What a simulation of a catalogue's text came to, as it was handed in.
  kVoucher = 16,    ///< Which were issued, redeemed or cancelled: balance/voucher.h.
  /// The account's tenant, of an entry that has records or notices; none: it is the operator's.
  kTenant = 17,
};

/// How much of a line of a charge's records has been given back by a refund and those before it.
struct RefundedLine {
  uint32_t record = 0;  ///< The record's number in its entry.
  uint32_t line = 0;    ///< The line's number in its record.
  int64_t amount = 0;   ///< In the line's unit.
  friend bool operator==(const RefundedLine&, const RefundedLine&) = default;
};

/// How the caller knows the request that made an entry.
struct EntryKey {
  enum class Type : uint8_t {
    kNone = 0,
    kRequest = 1,  ///< (session id, CC-Request-Number).
    kChange = 2,   ///< Idempotency key of an administrative change.
    kSession = 3,  ///< A session, but no request: its supervision timer.
  };
  Type type = Type::kNone;
  std::string_view text;
  uint32_t number = 0;
};

inline constexpr int kAttachmentsMax =
    35;  ///< Two records for each rating group of a request (a tariff change parts them), and 3.

/// Hashes of a request's fields, in an order that its kind of request defines: equal content, equal
/// fingerprint.
using Fingerprint = absl::InlinedVector<uint32_t, 10>;
inline constexpr int kFingerprintFieldsMax = 32;

/// What an entry may do to an account beside postings. Numbers are stored; below 64, which marks a
/// longer form of the same effect (docs/format/journal.md).
enum class Effect : uint8_t {
  kPost = 1,
  kOpenSession = 2,
  kReport = 3,
  kSetGrant = 4,
  kCloseSession = 6,
  kAddBucket = 7,
  kDropBucket = 8,
  kSetCarry = 9,
  kCreateAccount = 10,
  kAddSubscription = 11,
  kDropSubscription = 12,
  kAddIdentity = 13,
  kRemoveIdentity = 14,
  kRefundOf = 15,
  kSetTimes = 16,         ///< Of a bucket: its validity, its refill.
  kSetSubscription = 17,  ///< One of the account's, by id: all of it anew.
  kSetNode = 18,          ///< Added, or all of it anew.
  kSetLimit = 19,
  kDropLimit = 20,
  kCount = 21,  ///< Moves a counter.
  kDropCounter = 22,
  kSetProfile = 23,  ///< State, credit limit, segment, tenant, billing day.
  kSetBought = 24,
  kSetDatedChange = 25,  ///< Added.
  kDropDatedChange = 26,
  kSetSessionNode = 27,
  kMoveIdentity = 28,  ///< To another node.
  kSetTransfer = 29,   ///< One on the way, at its sender.
  kDropTransfer = 30,
  kSetBucketNoticed = 31,
  kSetVolumeWindow = 32,  ///< One of a volume price, added or all of it anew.
  kDropVolumeWindow = 33,
  kSetDemand = 45,
  kDropDemand = 46,
  kSetBucketNotice = 47,  ///< How long before its end something left is told; 0: it was told.
  kSetWatch = 48,         ///< One, all of it anew, or that it is gone.
};

/// Moves a counter, and makes it where it is not there. Where `began_at` is later than the
/// counter's own, or the window is another one, what was counted begins anew; what is held stays.
/// Where it is earlier, use still counts, but what is given back does not: it was not of the
/// present window. What was counted never falls below zero.
struct CounterMove {
  uint64_t id = 0;
  uint64_t owner = 0;
  Window window = {};
  Instant began_at = {};
  Instant ends_at = Instant::Never();
  Instant at = {};  ///< Of a sliding window: when it was used.
  int64_t counted = 0;
  int64_t charged_micros = 0;
  int64_t held = 0;             ///< May be negative.
  uint8_t noticed_percent = 0;  ///< 0: as it was.
  friend bool operator==(const CounterMove&, const CounterMove&) = default;
};

/// Writes an entry's content. Reused from entry to entry: holds its buffers. Thread-compatible.
/// Order of calls within one entry does not matter but for effects, which apply in the order
/// written.
class EntryBuilder final {
 public:
  /// Starts anew. `account` may be 0 for entries of no account.
  void Begin(EntryKind kind, AccountId account);

  /// From now on each bucket that is added and lasts longer than this gets Bucket::notice_ms. 0:
  /// none does.
  void SetBucketNoticeDefault(int64_t notice_ms) { bucket_notice_ms_ = notice_ms; }

  void SetKey(const EntryKey& key);  ///< The text must live until the entry is appended.
  void SetFingerprint(const Fingerprint& fingerprint) { fingerprint_ = fingerprint; }
  /// The entry of the same session before this one.
  void SetSessionPrevious(Position position) { session_previous_ = position; }

  void Post(LedgerAccount account, BucketId bucket,
            int64_t amount);  ///< An amount of 0 is left out.
  void OpenSession(uint32_t revision, Instant opened_at, Instant ends_at);
  void OpenSession(uint32_t revision, Instant opened_at, Instant ends_at,
                   std::string_view origin_host, uint32_t origin_state);
  /// The session has reported: what is then true of it.
  struct Report {
    uint32_t number_max;
    uint32_t record_sequence;
    Instant reported_at;
    Instant ends_at;
    int64_t cost_micros;
  };
  void ReportSession(const Report& report);
  void SetGrant(const Grant& grant);
  void CloseSession();
  void AddBucket(
      const Bucket& bucket);         ///< With all amounts 0 but deferred_micros; postings fill it.
  void DropBucket(BucketId bucket);  ///< A bucket with nothing available and nothing held.
  void SetCarry(const Carry& carry);
  void CreateAccount(Unit currency, int64_t credit_limit_micros, Instant created_at);
  void AddSubscription(const Subscription& subscription);
  void DropSubscription(const Subscription& subscription);
  void AddIdentity(const AccountIdentity& identity);
  void RemoveIdentity(const AccountIdentity& identity);
  void RefundOf(Position charged);  ///< This entry gives back all that that one charged.
  /// This entry gives back a part of it. `so_far`: what then has been given back in all, so that
  /// the last refund of a charge says it for those before it.
  void RefundOf(Position charged, const std::vector<RefundedLine>& so_far);
  struct Times {
    BucketId bucket;
    Instant valid_from;
    Instant valid_until;
    Instant refills_at;
  };
  void SetTimes(const Times& times);
  void SetSubscription(const Subscription& subscription);
  void SetNode(const Node& node);
  void SetLimit(const Limit& limit);
  void DropLimit(uint32_t limit);
  void Count(const CounterMove& move);
  void DropCounter(uint64_t counter, uint64_t owner);
  struct Profile {
    AccountState state;
    int64_t credit_limit_micros;
    std::string_view segment;
    std::string_view tenant;
    uint8_t billing_day;
  };
  void SetProfile(const Profile& profile);
  void SetBought(const Bought& bought);
  void SetDatedChange(const DatedChange& change);
  void DropDatedChange(const DatedChange& change);
  void SetSessionNode(NodeId node);                    ///< Of the session of this entry's key.
  void MoveIdentity(const AccountIdentity& identity);  ///< It is of that node from now on.
  void SetTransfer(const Transfer& transfer);
  void DropTransfer(std::string_view transfer_id);
  /// The highest threshold of a bucket's use that was told.
  void SetBucketNoticed(BucketId bucket, uint8_t percent);
  void SetVolumeWindow(const VolumeWindow& window);
  /// As it was at its end: refunds of later days ask what it came to.
  void DropVolumeWindow(const VolumeWindow& window);
  void SetDemand(const Demand& demand);  ///< Of an open session: added, or all of it anew.
  void DropDemand(std::string_view session_id);
  void SetBucketNotice(BucketId bucket, int64_t notice_ms);
  void SetWatch(const Watch& watch);  ///< Added, or all of it anew.
  void DropWatch(std::string_view watch_id);

  /// Where to append the recorded answer.
  std::string* answer() { return &answer_; }
  /// Adds an attachment and returns where to append its bytes; good until the entry is appended. At
  /// most kAttachmentsMax.
  std::string* Attach(AttachmentType type);

  EntryKind kind() const { return kind_; }
  AccountId account() const { return account_; }
  const EntryKey& key() const { return key_; }
  const absl::InlinedVector<Posting, 12>& postings() const { return postings_; }
  const std::vector<Bucket>& added_buckets() const { return added_buckets_; }
  const std::vector<CounterMove>& counter_moves() const { return counter_moves_; }
  int attachment_count() const { return attachment_count_; }
  /// True when something is attached that leaves the house: records, notices.
  bool attaches_news() const;

  /// Appends the entry's bytes, its length before it. `previous` is the account's last entry,
  /// `group` the number of the group that it goes into.
  void AppendTo(std::string* out, uint64_t group, Position previous);

 private:
  int64_t bucket_notice_ms_ = 0;
  EntryKind kind_ = EntryKind::kRefused;
  AccountId account_;
  EntryKey key_;
  Fingerprint fingerprint_;
  Position session_previous_ = {};
  absl::InlinedVector<Posting, 12> postings_ = {};
  std::vector<Bucket> added_buckets_ = {};
  std::vector<CounterMove> counter_moves_ = {};
  std::string effects_ = {};
  std::string answer_ = {};
  std::string attachments_[kAttachmentsMax];
  AttachmentType attachment_types_[kAttachmentsMax] = {};
  int attachment_count_ = 0;
  std::string body_ = {};
};

/// An entry as it stands in a group. Views point into the group's bytes.
struct EntryView {
  EntryKind kind = EntryKind::kRefused;
  AccountId account;
  Position position = {};
  Position previous = {};  ///< Of the same account.
  EntryKey key;
  Fingerprint fingerprint;
  Position session_previous = {};  ///< Of the same session.
  std::string_view effects;
  std::string_view answer;
  struct Attachment {
    AttachmentType type;
    std::string_view bytes;
  };
  absl::InlinedVector<Attachment, 2> attachments = {};

  /// The first attachment of a type, or "".
  std::string_view attachment(AttachmentType type) const;
};

/// Parses an entry's body (without its length). Errors: DataLoss.
absl::StatusOr<EntryView> ParseEntry(std::string_view body, Position position);

/// Every effect of an entry in words, its postings as they sum: for histories and the inspector.
/// Errors: DataLoss.
absl::StatusOr<absl::InlinedVector<Posting, 12>> PostingsOf(const EntryView& entry);

/// Reads effects one after the other. After the last, or when the bytes are damaged, Next() is
/// false; ok() tells which. Only the member that belongs to effect() is filled.
class EffectReader final {
 public:
  EffectReader() : in_({}) {}
  explicit EffectReader(std::string_view effects) : in_(effects) {}

  /// Starts over on other bytes; keeps its memory.
  void Reset(std::string_view effects) {
    in_ = ByteReader(effects);
    ok_ = true;
  }

  bool Next();
  bool ok() const { return ok_; }

  Effect effect() const { return effect_; }
  const Posting& posting() const { return posting_; }
  const Session& session() const {
    return session_;
  }  ///< kOpenSession: revision, opened_at, ends_at.
  const EntryBuilder::Report& report() const { return report_; }
  Grant& grant() { return grant_; }
  const Bucket& bucket() const { return bucket_; }  ///< kAddBucket; kDropBucket: id.
  const Carry& carry() const { return carry_; }
  struct NewAccount {
    Unit currency;
    int64_t credit_limit_micros = 0;
    Instant created_at;
  };
  const NewAccount& account() const { return account_; }
  const Subscription& subscription() const { return subscription_; }
  const AccountIdentity& identity() const { return identity_; }
  Position refund_of() const { return refund_of_; }
  /// Of kRefundOf; empty where all was given back.
  const std::vector<RefundedLine>& refunded() const { return refunded_; }
  const EntryBuilder::Times& times() const { return times_; }
  const Node& node() const { return node_; }               ///< kSetNode; kSetSessionNode: id.
  const Limit& limit() const { return limit_; }            ///< kSetLimit; kDropLimit: id.
  const CounterMove& counter() const { return counter_; }  ///< kCount; kDropCounter: id, owner.
  /// Its texts point into the entry's bytes.
  const EntryBuilder::Profile& profile() const { return profile_; }
  const Bought& bought() const { return bought_; }
  const DatedChange& dated_change() const { return dated_change_; }
  const Transfer& transfer() const { return transfer_; }  ///< kSetTransfer; kDropTransfer: id.
  uint8_t noticed_percent() const { return noticed_percent_; }  ///< Of bucket().id.
  const VolumeWindow& volume_window() const { return volume_window_; }
  const Demand& demand() const { return demand_; }  ///< kSetDemand; kDropDemand: session_id.
  const Watch& watch() const { return watch_; }     ///< kSetWatch.
  bool watch_ends() const { return watch_ends_; }   ///< Of kSetWatch: it is gone.

 private:
  bool Read(uint8_t code);
  bool ReadRefunded();
  bool ReadOfBucket();
  bool ReadOfSession();
  bool ReadOfAccount();
  ByteReader in_;
  bool ok_ = true;
  Effect effect_ = Effect::kPost;
  Posting posting_;
  Session session_;
  EntryBuilder::Report report_ = {};
  Grant grant_;
  Bucket bucket_;
  Carry carry_;
  NewAccount account_;
  Subscription subscription_;
  AccountIdentity identity_;
  Position refund_of_ = {};
  std::vector<RefundedLine> refunded_ = {};
  EntryBuilder::Times times_ = {};
  Node node_;
  Limit limit_;
  CounterMove counter_;
  EntryBuilder::Profile profile_ = {};
  Bought bought_;
  DatedChange dated_change_;
  Transfer transfer_;
  uint8_t noticed_percent_ = 0;
  VolumeWindow volume_window_;
  Demand demand_;
  Watch watch_;
  bool watch_ends_ = false;
};

}  // namespace ocs::balance

#endif  // BALANCE_ENTRY_H_
