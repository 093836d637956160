// An account's profile and state, and what it has subscribed to.

#include <algorithm>
#include <string>

#include "balance/ledger.h"
#include "ocs/base/bytes.h"
#include "ocs/base/check.h"
#include "ocs/base/limits.h"
#include "ocs/base/text.h"
#include "ocs/engine/account_operation.h"
#include "ocs/engine/internal/change.h"
#include "ocs/engine/internal/closing.h"
#include "ocs/engine/internal/shard.h"

namespace ocs::engine {
namespace {

using balance::Account;
using balance::AccountState;
using balance::EntryKind;
using balance::Subscription;

bool CheckProfile(SetProfileCall* call) {
  if (call->credit_limit_micros &&
      (*call->credit_limit_micros < 0 || *call->credit_limit_micros > kAmountMicrosMax)) {
    return FailField(call, "credit_limit_micros",
                     Cat("is ", *call->credit_limit_micros, ", expected 0 to ", kAmountMicrosMax));
  }
  const auto too_long = [](const std::optional<std::string>& text) {
    return text && text->size() > static_cast<size_t>(kNameLengthMax);
  };
  const std::string length = Cat("expected at most ", kNameLengthMax, " characters");
  if (too_long(call->segment)) return FailField(call, "segment", length);
  if (too_long(call->tenant)) return FailField(call, "tenant", length);
  if (call->tenant && !call->caller_tenant.empty() && *call->tenant != call->caller_tenant) {
    return RefuseField(call, "tenant", absl::StatusCode::kPermissionDenied,
                       "only the operator gives an account to another tenant");
  }
  if (call->billing_day && (*call->billing_day < 1 || *call->billing_day > 31)) {
    return FailField(call, "billing_day", Cat("is ", *call->billing_day, ", expected 1 to 31"));
  }
  return true;
}

// Puts a change of state into the calendar, or takes one out of it.
bool WriteDated(SetStateCall* call, const Account& payer, ChangeRecord* record) {
  const auto& dated = payer.dated_changes;
  const auto found =
      std::find_if(dated.begin(), dated.end(), [&](const balance::DatedChange& change) {
        return change.at == *call->at && change.state == call->state;
      });
  if (call->withdraw) {
    if (found == dated.end())
      return RefuseField(call, "at", absl::StatusCode::kNotFound,
                         "there is no such dated change to take back");
    record->Begin(call->account).DropDatedChange(*found);
    return true;
  }
  if (dated.size() >= static_cast<size_t>(kDatedChangesPerAccountMax)) {
    call->status = absl::ResourceExhaustedError(
        Cat("an account may have ", kDatedChangesPerAccountMax, " dated changes"));
    return false;
  }
  record->Begin(call->account)
      .SetDatedChange({.at = *call->at, .state = call->state, .reason = call->change.reason});
  return true;
}

const Subscription* FindSubscription(Operation* call, const Account& payer, uint32_t id) {
  const Subscription* found = id == 0 ? nullptr : payer.FindSubscription(id);
  if (found == nullptr) {
    RefuseField(call, "subscription_number", absl::StatusCode::kNotFound,
                Cat("the account has no subscription ", id));
  }
  return found;
}

// True while a grant of the subscription has something left.
bool HasLeft(const Account& account, uint32_t subscription, int grant) {
  return std::any_of(account.buckets.begin(), account.buckets.end(),
                     [&](const balance::Bucket& bucket) {
                       return bucket.subscription == subscription &&
                              bucket.terms.grant == static_cast<uint32_t>(grant) &&
                              (bucket.available > 0 || bucket.held > 0);
                     });
}

}  // namespace

void SetProfileCall::Execute(Shard& shard) {
  if (!CheckChange(this, change) || !CheckProfile(this)) return;
  balance::Account* payer = FindPayerToChange(this, shard, account);
  if (payer == nullptr) return;
  ChangeRecord record(
      shard, change, account.partition(), EntryKind::kAccountChanged,
      {{"account_id", Cat(account.value)},
       {"credit_limit_micros", credit_limit_micros ? Cat(*credit_limit_micros) : ""},
       {"segment", segment ? Cat("=", *segment) : ""},
       {"tenant", tenant ? Cat("=", *tenant) : ""},
       {"billing_day", billing_day ? Cat(*billing_day) : ""}});
  if (record.Repeats(this, [](ByteReader&) {})) return;
  if (!CheckNotClosed(this, *payer)) return;

  // Past this line the command cannot fail.
  record.Begin(account).SetProfile(
      {.state = payer->state,
       .credit_limit_micros = credit_limit_micros.value_or(payer->credit_limit_micros),
       .segment = segment ? std::string_view(*segment) : std::string_view(payer->segment),
       .tenant = tenant ? std::string_view(*tenant) : std::string_view(payer->tenant),
       .billing_day = static_cast<uint8_t>(billing_day.value_or(payer->billing_day))});
  shard.Append(payer);
}

void SetStateCall::Execute(Shard& shard) {
  if (!CheckChange(this, change)) return;
  if (state < AccountState::kPreActive || state > AccountState::kClosed) {
    FailField(this, "state", "expected active, grace, suspended or closed");
    return;
  }
  if (withdraw && !at) {
    FailField(this, "at", "is missing: expected the time of the dated change to take back");
    return;
  }
  balance::Account* payer = FindPayerToChange(this, shard, account);
  if (payer == nullptr) return;
  ChangeRecord record(shard, change, account.partition(), EntryKind::kAccountChanged,
                      {{"account_id", Cat(account.value)},
                       {"state", Cat(static_cast<int>(state))},
                       {"at", at ? Cat(at->unix_ms) : ""},
                       {"settle", Cat(static_cast<int>(settle))},
                       {"withdraw", Cat(withdraw ? 1 : 0)}});
  if (record.Repeats(this, [&](ByteReader& in) { paid_out_micros = in.done() ? 0 : in.Signed(); }))
    return;
  if (!CheckNotClosed(this, *payer)) return;
  if (at && *at <= shard.logged_at()) {
    FailField(this, "at", "expected a time to come; leave it out for now");
    return;
  }
  if (at) {
    if (WriteDated(this, *payer, &record)) shard.Append(payer);
    return;
  }
  if (!MayFollow(payer->state, state)) {
    RefuseField(this, "state", absl::StatusCode::kFailedPrecondition,
                Cat("the account is ", balance::AccountStateName(payer->state),
                    ": it cannot become ", balance::AccountStateName(state)));
    return;
  }

  // Past this line the command cannot fail.
  if (state == AccountState::kClosed) EndSessions(shard, payer);
  balance::EntryBuilder& entry = record.Begin(account);
  paid_out_micros =
      WriteState(*payer, {.state = state, .settle = settle, .at = shard.logged_at()}, &entry);
  OCS_CHECK(Judge(*payer, entry) == balance::Verdict::kAllowed);
  ByteWriter(entry.answer()).Signed(paid_out_micros);
  shard.Append(payer);
}

void CancelSubscriptionCall::Execute(Shard& shard) {
  if (!CheckChange(this, change)) return;
  balance::Account* payer = FindPayerToChange(this, shard, account);
  if (payer == nullptr) return;
  ChangeRecord record(
      shard, change, account.partition(), EntryKind::kSubscriptionEnded,
      {{"account_id", Cat(account.value)}, {"subscription_number", Cat(subscription)}});
  if (record.Repeats(this, [&](ByteReader& in) { ends_at.unix_ms = in.Signed(); })) return;
  const Subscription* found = FindSubscription(this, *payer, subscription);
  if (found == nullptr) return;
  if (found->cancelled) {
    RefuseField(this, "subscription_number", absl::StatusCode::kFailedPrecondition,
                "is cancelled already");
    return;
  }

  // Past this line the command cannot fail.
  Subscription cancelled = *found;
  const Instant now = shard.logged_at();
  const bool has_cycles = cancelled.renews_at != Instant::Never();
  const bool paid_until = cancelled.cycles > 0 && cancelled.valid_until != Instant::Never();
  if (has_cycles || !paid_until) {
    cancelled.valid_until = std::min(cancelled.valid_until, has_cycles ? cancelled.renews_at : now);
  }
  cancelled.renews_at = Instant::Never();
  cancelled.cancelled = true;
  ends_at = cancelled.valid_until;
  balance::EntryBuilder& entry = record.Begin(account);
  entry.SetSubscription(cancelled);
  ByteWriter(entry.answer()).Signed(ends_at.unix_ms);
  shard.Append(payer);
}

void SetSwitchCall::Execute(Shard& shard) {
  if (!CheckChange(this, change)) return;
  balance::Account* payer = FindPayerToChange(this, shard, account);
  if (payer == nullptr) return;
  ChangeRecord record(shard, change, account.partition(), EntryKind::kSwitchSet,
                      {{"account_id", Cat(account.value)},
                       {"subscription_number", Cat(subscription)},
                       {"switch_id", switch_id},
                       {"on", Cat(on ? 1 : 0)}});
  if (record.Repeats(this, [](ByteReader&) {})) return;
  const Subscription* found = FindSubscription(this, *payer, subscription);
  if (found == nullptr) return;
  const Revision* bought = shard.revisions().Find(found->terms.revision);
  OCS_CHECK(bought != nullptr);
  const auto& switches = bought->tariff->offer({found->terms.offer}).switches;
  const auto known =
      std::find_if(switches.begin(), switches.end(),
                   [&](const rating::SwitchTerms& terms) { return terms.id == switch_id; });
  if (known == switches.end()) {
    RefuseField(this, "switch_id", absl::StatusCode::kNotFound, "the offer has no such switch");
    return;
  }
  const uint32_t bit = 1U << (known - switches.begin());
  if (!on && (found->switches & bit) != 0 && known->locked_by_grant >= 0 &&
      HasLeft(*payer, subscription, known->locked_by_grant)) {
    RefuseField(this, "switch_id", absl::StatusCode::kFailedPrecondition,
                "stays on until what it guards is used up");
    return;
  }

  // Past this line the command cannot fail.
  Subscription changed = *found;
  changed.switches = on ? changed.switches | bit : changed.switches & ~bit;
  record.Begin(account).SetSubscription(changed);
  shard.Append(payer);
}

}  // namespace ocs::engine
