// The account's hierarchy, and the limits on its nodes.

#include <algorithm>
#include <string>

#include "balance/ledger.h"
#include "ocs/base/bytes.h"
#include "ocs/base/check.h"
#include "ocs/base/exact.h"
#include "ocs/base/limits.h"
#include "ocs/base/text.h"
#include "ocs/engine/account_operation.h"
#include "ocs/engine/internal/change.h"
#include "ocs/engine/internal/life_renewal.h"
#include "ocs/engine/internal/sale.h"
#include "ocs/engine/internal/shard.h"

namespace ocs::engine {
namespace {

using balance::Account;
using balance::AccountState;
using balance::EntryKind;
using balance::Limit;
using balance::Node;
using balance::NodeId;

bool CheckName(Operation* call, const std::string& name) {
  if (!name.empty() && name.size() <= static_cast<size_t>(kNameLengthMax)) return true;
  return FailField(call, "name", Cat("expected 1 to ", kNameLengthMax, " characters"));
}

bool CheckKind(Operation* call, balance::NodeKind kind) {
  const auto number = static_cast<int>(kind);
  if (number >= static_cast<int>(balance::NodeKind::kGroup) &&
      number <= static_cast<int>(balance::NodeKind::kKey)) {
    return true;
  }
  return FailField(call, "kind", "expected group, member or key");
}

bool CheckParent(Operation* call, const Account& account, const Node& node) {
  const Node* parent = account.FindNode(node.parent);
  if (node.parent != balance::kRootNode && parent == nullptr) {
    return RefuseField(call, "parent_id", absl::StatusCode::kNotFound,
                       Cat("the account has no node ", node.parent.value));
  }
  if (parent != nullptr && parent->state == AccountState::kClosed) {
    return RefuseField(call, "parent_id", absl::StatusCode::kFailedPrecondition, "is closed");
  }
  if (NodeFits(account, node)) return true;
  const bool is_new = account.FindNode(node.id) == nullptr;
  if (is_new && account.nodes.size() >= static_cast<size_t>(kNodesPerAccountMax)) {
    call->status =
        absl::ResourceExhaustedError(Cat("an account may have ", kNodesPerAccountMax, " nodes"));
    return false;
  }
  return RefuseField(
      call, "parent_id", absl::StatusCode::kFailedPrecondition,
      Cat("lies below the node, or too deep: at most ", kNodeDepthMax, " nodes below each other"));
}

// The limits that each member has for himself, of the offers that the new one comes under.
std::vector<Limit> MemberLimits(const Shard& shard, const Account& account, const Node& node) {
  std::vector<Limit> limits;
  if (node.kind != balance::NodeKind::kMember) return limits;
  for (const balance::Subscription& subscription : account.subscriptions) {
    const bool above =
        subscription.node == node.parent || account.IsAtOrAbove(subscription.node, node.parent);
    if (!above || subscription.valid_until <= shard.logged_at()) continue;
    const Revision* bought = shard.revisions().Find(subscription.terms.revision);
    OCS_CHECK(bought != nullptr);
    Sale sale;
    sale.quantity = 1;
    sale.anchor = subscription.anchor;
    for (const rating::LimitTerms& terms :
         bought->tariff->offer({subscription.terms.offer}).limits) {
      if (!terms.per_member) continue;
      Limit limit =
          LimitOf(sale, terms, account.next_limit + static_cast<uint32_t>(limits.size()), node.id);
      limit.until = std::min(subscription.valid_until, subscription.renews_at);
      limits.push_back(limit);
    }
  }
  return limits;
}

constexpr WindowKind kLimitWindows[] = {
    WindowKind::kHour,  WindowKind::kDay,     WindowKind::kWeek,    WindowKind::kMonth,
    WindowKind::kCycle, WindowKind::kSliding, WindowKind::kLifetime};
constexpr int64_t kSlidingMillisMin = 1'000;
constexpr int64_t kSlidingMillisMax = int64_t{366} * 86'400'000;

bool CheckWindow(Operation* call, const Window& window) {
  if (std::find(std::begin(kLimitWindows), std::end(kLimitWindows), window.kind) ==
      std::end(kLimitWindows)) {
    return FailField(call, "window", "expected hour, day, week, month, cycle, sliding or lifetime");
  }
  const bool sliding = window.kind == WindowKind::kSliding;
  const bool fits =
      sliding ? window.length_ms >= kSlidingMillisMin && window.length_ms <= kSlidingMillisMax
              : window.length_ms == 0;
  return fits || FailField(call, "window",
                           "expected a length for a sliding window only: from a "
                           "second to a year");
}

bool CheckAlerts(Operation* call, const std::vector<int>& alerts) {
  bool fits = alerts.size() <= static_cast<size_t>(kAlertsPerLimitMax);
  int before = 0;
  for (const int percent : alerts) {
    fits = fits && percent > before && percent <= 100;
    before = percent;
  }
  return fits || FailField(call, "alerts",
                           Cat("expected at most ", kAlertsPerLimitMax,
                               " per cent figures from 1 to 100, ascending"));
}

bool CheckLimit(SetLimitCall* call) {
  if (!CheckName(call, call->name) || !CheckWindow(call, call->window)) return false;
  if (call->unit.empty()) return FailField(call, "unit", "is missing");
  if (call->amount < 0 || call->amount > kAmountMicrosMax) {
    return FailField(call, "amount",
                     Cat("is ", call->amount, ", expected 0 to ", kAmountMicrosMax));
  }
  return CheckAlerts(call, call->alerts);
}

}  // namespace

void AddNodeCall::Execute(Shard& shard) {
  if (!CheckChange(this, change) || !CheckName(this, name) || !CheckKind(this, kind)) return;
  balance::Account* payer = FindPayerToChange(this, shard, account);
  if (payer == nullptr) return;
  ChangeRecord record(shard, change, account.partition(), EntryKind::kNodeChanged,
                      {{"account_id", Cat(account.value)},
                       {"node_id", "new"},
                       {"parent_id", Cat(parent.value)},
                       {"name", name},
                       {"kind", Cat(static_cast<int>(kind))},
                       {"state", ""}});
  if (record.Repeats(this,
                     [&](ByteReader& in) { node.value = static_cast<uint32_t>(in.Varint()); }))
    return;
  if (!CheckNotClosed(this, *payer)) return;
  const Node added{.id = {payer->next_node},
                   .parent = parent,
                   .kind = kind,
                   .state = AccountState::kActive,
                   .name = name};
  if (!CheckParent(this, *payer, added)) return;
  const std::vector<Limit> limits = MemberLimits(shard, *payer, added);
  if (payer->limits.size() + limits.size() > static_cast<size_t>(kLimitsPerAccountMax)) {
    status =
        absl::ResourceExhaustedError(Cat("an account may have ", kLimitsPerAccountMax, " limits"));
    return;
  }

  // Past this line the command cannot fail.
  node = added.id;
  balance::EntryBuilder& entry = record.Begin(account);
  entry.SetNode(added);
  for (const Limit& limit : limits) entry.SetLimit(limit);
  ByteWriter(entry.answer()).Varint(node.value);
  shard.Append(payer);
}

void ChangeNodeCall::Execute(Shard& shard) {
  if (!CheckChange(this, change) || (name && !CheckName(this, *name))) return;
  if (state && *state != AccountState::kActive && *state != AccountState::kSuspended &&
      *state != AccountState::kClosed) {
    FailField(this, "state", "expected active, suspended or closed");
    return;
  }
  balance::Account* payer = FindPayerToChange(this, shard, account);
  if (payer == nullptr) return;
  ChangeRecord record(shard, change, account.partition(), EntryKind::kNodeChanged,
                      {{"account_id", Cat(account.value)},
                       {"node_id", Cat(node.value)},
                       {"parent_id", parent ? Cat(parent->value) : ""},
                       {"name", name.value_or("")},
                       {"kind", ""},
                       {"state", state ? Cat(static_cast<int>(*state)) : ""}});
  if (record.Repeats(this, [](ByteReader&) {})) return;
  if (!CheckNotClosed(this, *payer)) return;
  const Node* before = payer->FindNode(node);
  if (before == nullptr) {
    RefuseField(this, "node_id", absl::StatusCode::kNotFound,
                Cat("the account has no node ", node.value));
    return;
  }
  if (before->state == AccountState::kClosed) {
    RefuseField(this, "node_id", absl::StatusCode::kFailedPrecondition, "is closed");
    return;
  }
  Node changed = *before;
  if (parent) changed.parent = *parent;
  if (name) changed.name = *name;
  if (state) changed.state = *state;
  if (parent && !CheckParent(this, *payer, changed)) return;

  // Past this line the command cannot fail.
  record.Begin(account).SetNode(changed);
  shard.Append(payer);
}

void SetLimitCall::Execute(Shard& shard) {
  if (!CheckChange(this, change) || !CheckLimit(this)) return;
  balance::Account* payer = FindPayerToChange(this, shard, account);
  if (payer == nullptr) return;
  std::string figures;
  for (const int percent : alerts) figures += Cat(percent, " ");
  ChangeRecord record(shard, change, account.partition(), EntryKind::kLimitChanged,
                      {{"account_id", Cat(account.value)},
                       {"limit_id", Cat(limit)},
                       {"node_id", Cat(node.value)},
                       {"name", name},
                       {"window", Cat(FormatWindow(window))},
                       {"unit", std::string(unit.code())},
                       {"amount", Cat(amount)},
                       {"alert_only", Cat(alert_only ? 1 : 0)},
                       {"alerts", figures}});
  if (record.Repeats(this, [&](ByteReader& in) { limit_set = static_cast<uint32_t>(in.Varint()); }))
    return;
  if (!CheckNotClosed(this, *payer)) return;
  if (unit.is_money() && unit != payer->currency) {
    FailField(this, "unit", Cat("is ", unit.code(), ", the account has ", payer->currency.code()));
    return;
  }
  if (node != balance::kRootNode && payer->FindNode(node) == nullptr) {
    RefuseField(this, "node_id", absl::StatusCode::kNotFound,
                Cat("the account has no node ", node.value));
    return;
  }
  const Limit* before = limit == 0 ? nullptr : payer->FindLimit(limit);
  if (limit != 0 && before == nullptr) {
    RefuseField(this, "limit_id", absl::StatusCode::kNotFound,
                Cat("the account has no limit ", limit));
    return;
  }
  if (before == nullptr && payer->limits.size() >= static_cast<size_t>(kLimitsPerAccountMax)) {
    status =
        absl::ResourceExhaustedError(Cat("an account may have ", kLimitsPerAccountMax, " limits"));
    return;
  }

  const bool anew = before != nullptr &&
                    (before->window != window || before->unit != unit || before->node != node);
  const balance::Counter* counter =
      anew ? payer->FindCounter(limit, balance::CounterOwner(before->node, BucketId{})) : nullptr;
  if (counter != nullptr && counter->held != 0) {
    RefuseField(this, "limit_id", absl::StatusCode::kFailedPrecondition,
                "counts for open sessions: its window, unit and node can change when they end");
    return;
  }

  // Past this line the command cannot fail.
  limit_set = before != nullptr ? limit : payer->next_limit;
  Limit set;
  set.id = limit_set;
  set.node = node;
  set.name = name;
  set.window = window;
  set.anchor = BillingAnchor(payer->billing_day, shard.logged_at(), ZoneInForce(shard.revisions()));
  set.unit = unit;
  set.amount = amount;
  set.alert_only = alert_only;
  for (const int percent : alerts) set.alerts.push_back(static_cast<uint8_t>(percent));
  if (before != nullptr) set.until = before->until;
  balance::EntryBuilder& entry = record.Begin(account);
  if (counter != nullptr) entry.DropCounter(counter->id, counter->owner);
  entry.SetLimit(set);
  ByteWriter(entry.answer()).Varint(limit_set);
  shard.Append(payer);
}

void DropLimitCall::Execute(Shard& shard) {
  if (!CheckChange(this, change)) return;
  balance::Account* payer = FindPayerToChange(this, shard, account);
  if (payer == nullptr) return;
  ChangeRecord record(shard, change, account.partition(), EntryKind::kLimitChanged,
                      {{"account_id", Cat(account.value)}, {"limit_id", Cat("drop ", limit)}});
  if (record.Repeats(this, [](ByteReader&) {})) return;
  const Limit* found = payer->FindLimit(limit);
  if (found == nullptr) {
    RefuseField(this, "limit_id", absl::StatusCode::kNotFound,
                Cat("the account has no limit ", limit));
    return;
  }

  // Past this line the command cannot fail.
  WriteDropLimit(*payer, *found, &record.Begin(account));
  shard.Append(payer);
}

}  // namespace ocs::engine
