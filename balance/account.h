// The state of an account: buckets, holds, open sessions, carried remainders. Derived from the
// journal; kept in memory while in use, written back lazily. Plain values: all change goes through
// ledger::Apply (balance/ledger.h).

#ifndef BALANCE_ACCOUNT_H_
#define BALANCE_ACCOUNT_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/status/statusor.h"
#include "balance/push.h"
#include "ocs/base/exact.h"
#include "ocs/base/ids.h"
#include "ocs/base/quantity.h"
#include "ocs/base/time.h"
#include "ocs/base/unit.h"
#include "ocs/base/window.h"

namespace ocs::balance {

/// Numbers are stored: never reused.
enum class AccountState : uint8_t {
  kPreActive = 1,
  kActive = 2,
  kGrace = 3,  ///< May only be topped up.
  kSuspended = 4,
  kClosed = 5,
};
std::string_view AccountStateName(AccountState state);

/// Which grant of which offer of which catalogue revision made a bucket. Opaque here; revision 0 =
/// none.
struct Terms {
  uint32_t revision = 0;
  uint32_t offer = 0;
  uint32_t grant = 0;
  friend bool operator==(const Terms&, const Terms&) = default;
};

/// The bucket of the account's own money: every account has it from the start. Its available amount
/// may go down to minus the credit limit by a grant, and lower only by overshoot.
inline constexpr BucketId kMainBucket{1};
inline constexpr int32_t kMainPriority = 1'000'000;  ///< Drawn after all that was bought.

/// A node of the account's hierarchy: billing root > groups > members > API keys. The root is the
/// account itself.
struct NodeId {
  uint32_t value = 0;
  friend constexpr auto operator<=>(const NodeId&, const NodeId&) = default;
};
inline constexpr NodeId kRootNode{0};

/// Numbers are stored: never reused.
enum class NodeKind : uint8_t {
  kGroup = 1,   ///< A family, a department.
  kMember = 2,  ///< A person.
  kKey = 3,     ///< An API key.
};
std::string_view NodeKindName(NodeKind kind);  ///< "group", "member", "key".

/// Part of its account: it has no state but what is here. At most kNodeDepthMax below the root.
struct Node {
  NodeId id = {};
  NodeId parent = kRootNode;
  NodeKind kind = NodeKind::kMember;
  AccountState state = AccountState::kActive;  ///< kActive, kSuspended or kClosed.
  std::string name = {};
  friend bool operator==(const Node&, const Node&) = default;
};

/// What was used, and is held, in a window. Absolute: law 6 needs no tariff to know it.
struct Counter {
  uint64_t id = 0;     ///< Of the price's counter, the grant's limit or the node's limit.
  uint64_t owner = 0;  ///< Which of those that share the id: CounterOwner(node, bucket).
  Window window = {};
  Instant began_at = {};  ///< Of the window that the amounts belong to; not for a sliding one.
  Instant ends_at = Instant::Never();  ///< The amounts are stale from then on.
  int64_t counted = 0;
  int64_t charged_micros = 0;   ///< Of a price's counter.
  int64_t held = 0;             ///< By open sessions; does not end with the window.
  uint8_t noticed_percent = 0;  ///< The highest threshold that was told in this window.
  struct Slot {
    Instant began_at;
    int64_t amount = 0;
    friend bool operator==(const Slot&, const Slot&) = default;
  };
  std::vector<Slot> slots = {};  ///< Of a sliding window, ascending; `counted` is then not used.

  friend bool operator==(const Counter&, const Counter&) = default;

  /// What counts at that instant: 0 once the window has ended; of a sliding one the slots that
  /// still meet it. Stops at the largest number.
  int64_t CountedAt(Instant at) const;
  /// When at least one piece more is free again than at `at`: the end of the window, or when the
  /// whole of the oldest slot has left it. Never() when nothing counts, or nothing ever frees it.
  Instant FreesAt(Instant at) const;
};
constexpr uint64_t CounterOwner(NodeId node, BucketId bucket) {
  return (uint64_t{bucket.value} << 32U) | node.value;
}

/// What use at a volume price has come to in a window that has not ended: what it charged before a
/// cheaper tier was reached is given back at the end.
struct VolumeWindow {
  uint64_t counter = 0;  ///< Counter::id of the price's counter.
  Window window = {};
  Instant anchor = {};  ///< Of kCycle.
  Instant began_at = {};
  Instant ends_at = Instant::Never();
  uint32_t revision = 0;       ///< Of the tariff that charged last.
  int64_t charged_micros = 0;  ///< Of its pieces, refunds deducted.
  int64_t own_micros = 0;      ///< Of that, from the main bucket.
  /// By how much that is more than the pieces cost at the tier reached; below 0 where less was
  /// charged (a maximum, a refund).
  int64_t excess_micros = 0;
  friend bool operator==(const VolumeWindow&, const VolumeWindow&) = default;

  /// What is to be given back to the main bucket if the window ends as it is: the excess, in the
  /// proportion in which that bucket paid, rounded down.
  int64_t Rebate() const;
};

/// A bound on what a node and all below it may use. Hard, or for notices only.
struct Limit {
  uint32_t id = 0;
  NodeId node = {};
  std::string name = {};
  Window window = {};
  Instant anchor = {};  ///< Of kCycle.
  Unit unit =
      {};  ///< Money of the account, "token", "request", or a unit of packages: draws in it.
  int64_t amount = 0;
  bool alert_only = false;
  absl::InlinedVector<uint8_t, 4> alerts = {};  ///< Per cent, ascending.
  Instant until = Instant::Never();             ///< Ends with the offer that gave it.
  friend bool operator==(const Limit&, const Limit&) = default;
};

/// A quantity in one unit. Law 3, at every entry: granted == available + held + spent + expired +
/// transferred.
struct Bucket {
  BucketId id = {};
  int32_t priority = 0;  ///< 1 is drawn first.
  uint32_t covered_models =
      0;  ///< How wide its scope is, as counted when it was bought; 0 = everything.
  Unit unit = {};
  Instant valid_from = {};
  Instant valid_until = Instant::Never();  ///< Cannot be newly drawn from this instant on; what is
                                           ///< held then, still can.
  Terms terms = {};
  int64_t granted = 0;
  int64_t available = 0;
  int64_t held = 0;
  int64_t spent = 0;
  int64_t expired = 0;
  int64_t transferred = 0;
  int64_t deferred_micros =
      0;  ///< What was paid for it: deferred revenue at its sale, in the account's currency.
  int64_t released_micros = 0;  ///< Of that, earned by use or turned into breakage so far.
  NodeId node = {};  ///< Whose pool it is: drawn on by that node and, where shared, all below it.
  bool shared = true;
  uint32_t subscription = 0;              ///< Which one issued it; 0: none.
  uint8_t carried = 0;                    ///< Cycles for which it may still be carried over.
  Instant refills_at = Instant::Never();  ///< Next begin of its refill window.
  int64_t refill_amount = 0;              ///< What it then has.
  /// Pieces that deferred_micros pays for; 0: `granted`. Of a refilled bucket: all of its refills.
  int64_t planned = 0;
  /// The validity begins with the first draw: until then valid_until is Never() and this is how
  /// long it will last. 0: it began at once.
  int64_t lasts_ms = 0;
  int32_t lasts_months = 0;
  uint8_t noticed_percent = 0;  ///< The highest threshold of its use that was told.
  /// So long before its end it is told that something is left; 0: it is not, or it was told.
  int64_t notice_ms = 0;

  friend bool operator==(const Bucket&, const Bucket&) = default;
};

struct Hold {
  BucketId bucket = {};
  int64_t amount = 0;
  friend bool operator==(const Hold&, const Hold&) = default;
};

/// What a grant holds in a counter.
struct CounterHold {
  uint64_t id = 0;
  uint64_t owner = 0;
  int64_t amount = 0;
  friend bool operator==(const CounterHold&, const CounterHold&) = default;
};

/// What one rating group of a session has been promised, and what is held for it.
struct Grant {
  uint32_t rating_group = 0;
  std::string model = {};  ///< Canonical id.
  Quantities granted;
  absl::InlinedVector<Hold, 2> holds = {};
  absl::InlinedVector<CounterHold, 1> counter_holds = {};
  int64_t prompt_tokens = 0;             ///< Reported so far; before the first report, requested.
  int64_t charged_micros = 0;            ///< Of the call so far: for its minimum and maximum.
  int64_t counted = 0;                   ///< Pieces of the call so far: for tiers of a call.
  bool request_counted = false;          ///< The call itself has been charged as a request.
  std::array<uint64_t, 6> context = {};  ///< rating::UseContext::values as at the start.
  /// The change of prices that was told with it: what is reported next may lie on both sides of it.
  /// 0: none was.
  Instant switches_at = {};
  /// Final-Unit-Action that was told with it, plus one; 0: none was.
  uint8_t final_units = 0;
  uint32_t pool = 0;  ///< The credit pool of the session that its holds belong to; 0: none.
  friend bool operator==(const Grant&, const Grant&) = default;
};

/// An open session (RFC 8506 section 7: state Open). A closed one leaves the account; its answers
/// stay in the journal.
struct Session {
  std::string id = {};
  uint32_t revision = 0;         ///< The tariff that it was opened with (law 7).
  uint32_t number_max = 0;       ///< Highest CC-Request-Number seen.
  uint32_t record_sequence = 0;  ///< Of its last record; 0 = none yet.
  Instant opened_at = {};        ///< Event time of the initial request.
  Instant reported_at = {};      ///< Event time of the last report: where the next record opens.
  Instant ends_at = {};          ///< The supervision timer (Tcc), in logged time.
  int64_t cost_micros = 0;       ///< Charged so far, in the account's currency.
  Position last = {};            ///< Its last entry; each entry of a session names the one before.
  NodeId node = {};              ///< Who makes the call.
  std::string origin_host = {};  ///< The gateway that demands go to; "": any that listens.
  uint32_t origin_state = 0;     ///< Its Origin-State-Id when the session began; 0: not stated.
  absl::InlinedVector<Grant, 1> grants = {};
  friend bool operator==(const Session&, const Session&) = default;
};

/// The open sessions of an account, in no order that matters. The hashes of their ids stand side by
/// side, so that finding one of n reads 8 n bytes in a row and not n sessions: a busy account has
/// thousands. Do not change the id of one that is in it.
class SessionList final {
 public:
  Session& Add(Session session);  ///< REQUIRES: none in it has its id.
  void Remove(Session* session);  ///< REQUIRES: it is in the list. The last takes its place.
  Session* Find(std::string_view id);
  const Session* Find(std::string_view id) const;
  void Sort();  ///< By id, so that two lists can be compared.

  bool empty() const { return sessions_.empty(); }
  size_t size() const { return sessions_.size(); }
  const Session* data() const { return sessions_.data(); }
  auto begin() { return sessions_.begin(); }
  auto end() { return sessions_.end(); }
  auto begin() const { return sessions_.begin(); }
  auto end() const { return sessions_.end(); }
  Session& operator[](size_t index) { return sessions_[index]; }
  const Session& operator[](size_t index) const { return sessions_[index]; }
  Session& back() { return sessions_.back(); }
  const Session& back() const { return sessions_.back(); }
  void clear();

  friend bool operator==(const SessionList& a, const SessionList& b) {
    return a.sessions_ == b.sessions_;
  }

 private:
  static constexpr size_t kNone = static_cast<size_t>(-1);
  size_t IndexOf(std::string_view id) const;

  std::vector<Session> sessions_;
  std::vector<uint64_t> hashes_;  // StableHash64 of the id of each, at the same index.
};

/// An offer that was bought and lasts: its prices may be used, or it renews.
struct Subscription {
  Terms terms = {};  ///< `grant` is not used.
  Instant valid_from = {};
  Instant valid_until = Instant::Never();
  uint32_t id = 0;                       ///< Of the account; 0 in states written before ids.
  NodeId node = {};                      ///< Who bought it.
  Instant renews_at = Instant::Never();  ///< When the next cycle begins.
  Instant anchor = {};                   ///< Where its first cycle began.
  uint32_t cycles = 0;                   ///< Begun so far.
  uint32_t switches = 0;                 ///< The customer's: bit i is the offer's switch i.
  bool cancelled = false;                ///< Does not renew.
  uint32_t quantity = 1;                 ///< Seats: fee and grants are those of so many.
  friend bool operator==(const Subscription&, const Subscription&) = default;
};

/// What has left this account for another one and is not yet known to have arrived: enough to write
/// the other half again after a crash.
struct Transfer {
  std::string id = {};  ///< The same in both halves.
  AccountId to;
  int64_t amount = 0;
  Instant sent_at = {};
  /// As the receiver shall have it, with amounts 0 but deferred_micros; its id is given there. Of
  /// money for the main bucket: id kMainBucket, and only the unit counts.
  Bucket bucket = {};
  friend bool operator==(const Transfer&, const Transfer&) = default;
};

/// When a subscription is to be looked at: its next cycle, unless it is cancelled, or its end.
/// Never() for one without an id: it ends by itself.
constexpr Instant DueOf(const Subscription& subscription) {
  if (subscription.id == 0) return Instant::Never();
  if (subscription.cancelled || subscription.valid_until < subscription.renews_at)
    return subscription.valid_until;
  return subscription.renews_at;
}

struct AccountIdentity {
  uint8_t type = 0;
  std::string data = {};
  NodeId node = {};  ///< Whose it is.
  friend bool operator==(const AccountIdentity&, const AccountIdentity&) = default;
};

/// What identities are sorted by.
inline auto IdentityKeyOf(const AccountIdentity& identity) {
  return std::tie(identity.type, identity.data);
}

/// How often an offer was bought: for "once per customer" and "at most n a month".
struct Bought {
  uint64_t offer = 0;  ///< StableHash64 of its id.
  Instant month = {};  ///< The calendar month that `in_month` counts.
  uint32_t in_month = 0;
  uint32_t ever = 0;
  friend bool operator==(const Bought&, const Bought&) = default;
};

/// A change that is to happen at a stated time.
struct DatedChange {
  Instant at = {};
  AccountState state = AccountState::kActive;
  std::string reason = {};
  friend bool operator==(const DatedChange&, const DatedChange&) = default;
};

/// A payer. Confined to its shard.
struct Account {
  AccountId id;
  AccountState state = AccountState::kActive;
  Unit currency = {};
  int64_t credit_limit_micros = 0;
  Instant created_at = {};
  uint32_t next_bucket = 1;
  uint64_t last_group =
      0;  ///< This state includes every entry of the account up to and with this group.
  Position last = {};  ///< Its last entry; each entry of an account names the one before.
  std::vector<Bucket> buckets = {};              ///< In draw order (ledger.h).
  std::vector<Subscription> subscriptions = {};  ///< Newest last.
  SessionList sessions = {};
  std::vector<Carry> carries = {};               ///< Sorted by line.
  std::vector<AccountIdentity> identities = {};  ///< Sorted by type and data.
  std::string segment = {};                      ///< For prices and offers; "" = none.
  std::string tenant = {};  ///< Whose customer this is; "" = the operator's own.
  uint8_t billing_day = 1;  ///< 1 to 31.
  uint32_t next_node = 1;
  uint32_t next_limit = 1;
  uint32_t next_subscription = 1;
  std::vector<Node> nodes = {};                   ///< By id.
  std::vector<Limit> limits = {};                 ///< By id.
  std::vector<Counter> counters = {};             ///< By (id, owner).
  std::vector<Bought> bought = {};                ///< By offer.
  std::vector<DatedChange> dated_changes = {};    ///< By time.
  std::vector<Transfer> transfers = {};           ///< On their way from here. By id.
  std::vector<VolumeWindow> volume_windows = {};  ///< By (counter, began_at).
  std::vector<Demand> demands = {};               ///< By session.
  std::vector<Watch> watches = {};                ///< By id.

  friend bool operator==(const Account&, const Account&) = default;

  // Nodes, limits, counters and identities are sorted: finding one of n takes log2 n comparisons,
  // 12 of 4,096. A path has at most kNodeDepthMax steps of such a search.
  const Node* FindNode(NodeId node) const;  ///< Null for the root and for what is not there.
  /// True when `upper` is the root, `node` itself or above it.
  bool IsAtOrAbove(NodeId upper, NodeId node) const;
  /// The node, those above it and the root, in that order. REQUIRES: the node is there or the root.
  absl::InlinedVector<NodeId, 9> PathOf(NodeId node) const;
  const AccountIdentity* FindIdentity(uint8_t type, std::string_view data) const;
  const Counter* FindCounter(uint64_t counter, uint64_t owner) const;
  const Limit* FindLimit(uint32_t limit) const;
  const VolumeWindow* FindVolumeWindow(uint64_t counter, Instant began_at) const;
  Subscription* FindSubscription(uint32_t subscription);
  const Subscription* FindSubscription(uint32_t subscription) const;
  const Transfer* FindTransfer(std::string_view transfer_id) const;
  const Demand* FindDemand(std::string_view session_id) const;
  const Watch* FindWatch(std::string_view watch_id) const;

  Bucket* FindBucket(BucketId bucket);
  const Bucket* FindBucket(BucketId bucket) const;
  Session* FindSession(std::string_view session_id);
  const Session* FindSession(std::string_view session_id) const;

  /// What may be drawn from a bucket by a grant: available, and the credit limit for the main
  /// bucket. May be negative; stops at the largest number.
  int64_t Spendable(const Bucket& bucket) const;

  /// The earliest instant at which something of this account falls due: a session's or a bucket's
  /// end and the notice of it, a refill, a renewal, the end of a subscription that has an id, a
  /// dated change, the end of a volume price's window, a transfer that has not arrived, a demand
  /// that is to be asked again, the end of a watch or a look at its statuses.
  Instant NextDue() const;
};

/// When it is told that something is left in a bucket that is about to end; Never() when not.
inline Instant NoticeAt(const Bucket& bucket) {
  const bool told =
      bucket.notice_ms > 0 && bucket.available > 0 && bucket.valid_until != Instant::Never();
  return told ? bucket.valid_until.PlusMillis(-bucket.notice_ms) : Instant::Never();
}

/// Appends the byte form (docs/format/account.md).
void EncodeAccount(const Account& account, std::string* out);

/// Errors: DataLoss when the bytes are not a whole account state of a known version.
absl::StatusOr<Account> DecodeAccount(std::string_view bytes);

}  // namespace ocs::balance

#endif  // BALANCE_ACCOUNT_H_
