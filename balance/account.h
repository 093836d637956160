// The state of an account: buckets, holds, open sessions, carried remainders. Derived from the
// journal; kept in memory while in use, written back lazily. Plain values: all change goes through
// ledger::Apply (balance/ledger.h).

#ifndef BALANCE_ACCOUNT_H_
#define BALANCE_ACCOUNT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/status/statusor.h"
#include "ocs/base/exact.h"
#include "ocs/base/ids.h"
#include "ocs/base/quantity.h"
#include "ocs/base/time.h"
#include "ocs/base/unit.h"

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

/// A quantity in one unit. Law 3, at every entry: granted == available + held + spent + expired +
/// transferred.
struct Bucket {
  BucketId id;
  int32_t priority = 0;  ///< 1 is drawn first.
  uint32_t covered_models =
      0;  ///< How wide its scope is, as counted when it was bought; 0 = everything.
  Unit unit;
  Instant valid_from;
  Instant valid_until = Instant::Never();  ///< Cannot be newly drawn from this instant on; what is
                                           ///< held then, still can.
  Terms terms;
  int64_t granted = 0;
  int64_t available = 0;
  int64_t held = 0;
  int64_t spent = 0;
  int64_t expired = 0;
  int64_t transferred = 0;
  int64_t deferred_micros =
      0;  ///< What was paid for it: deferred revenue at its sale, in the account's currency.
  int64_t released_micros = 0;  ///< Of that, earned by use or turned into breakage so far.

  friend bool operator==(const Bucket&, const Bucket&) = default;
};

struct Hold {
  BucketId bucket;
  int64_t amount = 0;
  friend bool operator==(const Hold&, const Hold&) = default;
};

/// What one rating group of a session has been promised, and what is held for it.
struct Grant {
  uint32_t rating_group = 0;
  std::string model;  ///< Canonical id.
  Quantities granted;
  absl::InlinedVector<Hold, 2> holds;
  friend bool operator==(const Grant&, const Grant&) = default;
};

/// An open session (RFC 8506 section 7: state Open). A closed one leaves the account; its answers
/// stay in the journal.
struct Session {
  uint64_t id_hash =
      0;  ///< StableHash64(id): looked at first when one of many is sought. Not stored.
  std::string id;
  uint32_t revision = 0;         ///< The tariff that it was opened with (law 7).
  uint32_t number_max = 0;       ///< Highest CC-Request-Number seen.
  uint32_t record_sequence = 0;  ///< Of its last record; 0 = none yet.
  Instant opened_at;             ///< Event time of the initial request.
  Instant reported_at;           ///< Event time of the last report: where the next record opens.
  Instant ends_at;               ///< The supervision timer (Tcc), in logged time.
  int64_t cost_micros = 0;       ///< Charged so far, in the account's currency.
  Position last;                 ///< Its last entry; each entry of a session names the one before.
  absl::InlinedVector<Grant, 1> grants;
  friend bool operator==(const Session&, const Session&) = default;
};

/// An offer that was bought and whose prices may be used.
struct Subscription {
  Terms terms;  ///< `grant` is not used.
  Instant valid_from;
  Instant valid_until = Instant::Never();
  friend bool operator==(const Subscription&, const Subscription&) = default;
};

struct AccountIdentity {
  uint8_t type = 0;
  std::string data;
  friend bool operator==(const AccountIdentity&, const AccountIdentity&) = default;
};

/// A payer. Confined to its shard.
struct Account {
  AccountId id;
  AccountState state = AccountState::kActive;
  Unit currency;
  int64_t credit_limit_micros = 0;
  Instant created_at;
  uint32_t next_bucket = 1;
  uint64_t last_group =
      0;          ///< This state includes every entry of the account up to and with this group.
  Position last;  ///< Its last entry; each entry of an account names the one before.
  std::vector<Bucket> buckets;              ///< In draw order (ledger.h).
  std::vector<Subscription> subscriptions;  ///< Newest last.
  std::vector<Session> sessions;            ///< In no order that matters.
  std::vector<Carry> carries;               ///< Sorted by line.
  std::vector<AccountIdentity> identities;

  friend bool operator==(const Account&, const Account&) = default;

  Bucket* FindBucket(BucketId bucket);
  const Bucket* FindBucket(BucketId bucket) const;
  Session* FindSession(std::string_view session_id);
  const Session* FindSession(std::string_view session_id) const;

  /// What may be drawn from a bucket by a grant: available, and the credit limit for the main
  /// bucket. May be negative; stops at the largest number.
  int64_t Spendable(const Bucket& bucket) const;

  /// The earliest instant at which something of this account falls due: a session's or a bucket's
  /// end.
  Instant NextDue() const;
};

/// Appends the byte form (docs/format/account.md).
void EncodeAccount(const Account& account, std::string* out);

/// Errors: DataLoss when the bytes are not a whole account state of a known version.
absl::StatusOr<Account> DecodeAccount(std::string_view bytes);

}  // namespace ocs::balance

#endif  // BALANCE_ACCOUNT_H_
