// Calls that change an account over its life: its nodes and limits, its profile and state, what it
// has subscribed to, what customer care gives and takes, what goes to another account. Each is
// known by its key (Change): a repeat changes nothing. What is due by the time of arrival is done
// first.
//
// What the states allow:
//   pre-active  top-up, purchase, care; no use
//   active      everything
//   grace       top-up and care; no use, no purchase, no renewal
//   suspended   the same as grace; a bar that the operator has set rather than a lack of money
//   closed      nothing any more: it is settled and stays for its history
// Tested in: tests/engine/account_operation_test.cc

#ifndef OCS_ENGINE_ACCOUNT_OPERATION_H_
#define OCS_ENGINE_ACCOUNT_OPERATION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "balance/account.h"
#include "ocs/base/ids.h"
#include "ocs/base/time.h"
#include "ocs/base/unit.h"
#include "ocs/base/window.h"
#include "ocs/engine/operation.h"

namespace ocs::engine {

/// Adds a node: a family, a department, a member, a key. Refused: parent_id (not there, closed, too
/// deep), the account has as many nodes as it may. The new node gets the limits per member of the
/// offers that it comes under.
class AddNodeCall : public Operation {
 public:
  Change change;
  AccountId account;
  balance::NodeId parent = balance::kRootNode;
  balance::NodeKind kind = balance::NodeKind::kMember;
  std::string name;  ///< 1 to 128 characters.

  balance::NodeId node;  ///< Result.

 private:
  AccountId payer() const override { return account; }
  void Execute(Shard& shard) override;
};

/// Moves, renames, suspends, reactivates or closes a node. What is not given stays. A closed node
/// stays closed. Refused: node_id (not there, closed), parent_id (below the node, too deep, not
/// there).
class ChangeNodeCall : public Operation {
 public:
  Change change;
  AccountId account;
  balance::NodeId node;
  std::optional<balance::NodeId> parent;
  std::optional<std::string> name;
  std::optional<balance::AccountState> state;  ///< kActive, kSuspended or kClosed.

 private:
  AccountId payer() const override { return account; }
  void Execute(Shard& shard) override;
};

/// Sets a limit on what a node and all below it may use, or changes it: what was counted stays
/// counted while window, unit and node are the same. Refused: unit (another currency), node_id,
/// limit_id (not there; another window, unit or node while open sessions hold in it).
class SetLimitCall : public Operation {
 public:
  Change change;
  AccountId account;
  uint32_t limit = 0;  ///< 0: a new one.
  balance::NodeId node = balance::kRootNode;
  std::string name;    ///< 1 to 128 characters.
  Window window = {};  ///< Hour, day, week, month, cycle (from the billing day), sliding, lifetime.
  Unit unit;           ///< The account's currency, "token", "request", or a unit of packages.
  int64_t amount = 0;  ///< In the unit's smallest pieces; 0: nothing at all.
  bool alert_only = false;
  std::vector<int> alerts;  ///< Per cent, ascending, 1 to 100; at most 8.

  uint32_t limit_set = 0;  ///< Result: its number.

 private:
  AccountId payer() const override { return account; }
  void Execute(Shard& shard) override;
};

/// Takes a limit away.
class DropLimitCall : public Operation {
 public:
  Change change;
  AccountId account;
  uint32_t limit = 0;

 private:
  AccountId payer() const override { return account; }
  void Execute(Shard& shard) override;
};

/// Changes what is given; the rest stays. Only the operator gives an account to another tenant. A
/// credit limit below what is owed only means that nothing more is granted. A new billing day holds
/// for cycles that begin with a later purchase.
class SetProfileCall : public Operation {
 public:
  Change change;
  AccountId account;
  std::optional<int64_t> credit_limit_micros;
  std::optional<std::string> segment;
  std::optional<std::string> tenant;
  std::optional<int> billing_day;  ///< 1 to 31.

 private:
  AccountId payer() const override { return account; }
  void Execute(Shard& shard) override;
};

/// Changes the account's state, now or at a stated time. Allowed: pre-active to active; active,
/// grace and suspended to each other; all of them to closed. Closing ends the open sessions, ends
/// what was bought (what is left of packages is lost), writes off what is owed, and pays out or
/// keeps what money is left.
class SetStateCall : public Operation {
 public:
  enum class Settle : uint8_t {
    kPayOut = 0,   ///< Money that is left is paid back.
    kForfeit = 1,  ///< It expires.
  };
  Change change;
  AccountId account;
  balance::AccountState state = balance::AccountState::kActive;
  std::optional<Instant> at;        ///< Later than now: a dated change. Closing then pays out.
  Settle settle = Settle::kPayOut;  ///< Of closing now.
  bool withdraw = false;            ///< Takes the dated change at `at` to that state back instead.

  int64_t paid_out_micros = 0;  ///< Result of closing now.

 private:
  AccountId payer() const override { return account; }
  void Execute(Shard& shard) override;
};

/// Ends a subscription with its present cycle, or at once where it has no cycles. The fee of a
/// cycle that has begun is not given back.
class CancelSubscriptionCall : public Operation {
 public:
  Change change;
  AccountId account;
  uint32_t subscription = 0;

  Instant ends_at;  ///< Result.

 private:
  AccountId payer() const override { return account; }
  void Execute(Shard& shard) override;
};

/// Turns a switch of a subscription. Refused: switch_id (unknown), and turning off what stays on
/// while its grant has something left.
class SetSwitchCall : public Operation {
 public:
  Change change;
  AccountId account;
  uint32_t subscription = 0;
  std::string switch_id;
  bool on = false;

 private:
  AccountId payer() const override { return account; }
  void Execute(Shard& shard) override;
};

struct NoticeView {
  Position position;  ///< Of its entry.
  AccountId account;
  std::string type;  ///< "limit threshold", "renewed", ...
  uint32_t node = 0;
  uint64_t subject = 0;  ///< The limit, bucket or subscription: what the type says.
  int percent = 0;
  Unit unit;  ///< Of `amount`; empty where there is none.
  int64_t amount = 0;
  Instant at;
  std::string name;
  std::string text;  ///< In a sentence.
};

/// Reads the notices of a shard, oldest first: what customers and operators are to be told. Only
/// durable ones. A call looks at a bounded part of the journal: ask again from `next_after` until
/// it stays the same.
class NoticesCall : public Operation {
 public:
  Position after;              ///< Only those of later entries.
  int32_t notices_max = 1000;  ///< 1 to 1,000, and a few more where one entry has several.
  ShardId shard = {};          ///< Whose journal is read.

  std::vector<NoticeView> notices;  ///< Of the caller's tenant.
  Position next_after;
  int shard_count = 1;  ///< How many shards there are to read.

 private:
  std::optional<ShardId> shard_wanted() const override { return shard; }
  void Execute(Shard& at) override;
};

}  // namespace ocs::engine

#endif  // OCS_ENGINE_ACCOUNT_OPERATION_H_
