// Administrative changes of accounts: created, known by identities, topped up.

#include <algorithm>
#include <string>
#include <utility>

#include "balance/changes.h"
#include "balance/ledger.h"
#include "ocs/base/bytes.h"
#include "ocs/base/exact.h"
#include "ocs/base/hash.h"
#include "ocs/base/limits.h"
#include "ocs/base/text.h"
#include "ocs/engine/internal/change.h"
#include "ocs/engine/internal/notices.h"
#include "ocs/engine/internal/shard.h"
#include "ocs/engine/operation.h"

namespace ocs::engine {
namespace {

using balance::EntryKind;

std::string IdentityText(IdentityType type, std::string_view data) {
  return Cat(static_cast<int>(type), ":", data);
}

bool CheckIdentity(Operation* call, std::string_view field, IdentityType type,
                   std::string_view data) {
  if (static_cast<uint8_t>(type) > static_cast<uint8_t>(IdentityType::kPrivate)) {
    return FailField(call, Cat(field, ".type"), "is not a Subscription-Id-Type");
  }
  if (data.empty() || data.size() > static_cast<size_t>(kIdentityLengthMax)) {
    return FailField(call, Cat(field, ".data"),
                     Cat("expected 1 to ", kIdentityLengthMax, " characters"));
  }
  return true;
}

}  // namespace

void CreateAccountCall::Execute(Shard& shard) {
  if (!CheckChange(this, change)) return;
  if (!currency.is_money()) {
    FailField(this, "currency", "expected an ISO 4217 currency such as CNY");
    return;
  }
  if (credit_limit_micros < 0 || credit_limit_micros > kAmountMicrosMax) {
    FailField(this, "credit_limit_micros",
              Cat("is ", credit_limit_micros, ", expected 0 to ", kAmountMicrosMax));
    return;
  }
  if (segment.size() > static_cast<size_t>(kNameLengthMax) ||
      tenant.size() > static_cast<size_t>(kNameLengthMax)) {
    FailField(this, segment.size() > static_cast<size_t>(kNameLengthMax) ? "segment" : "tenant",
              Cat("expected at most ", kNameLengthMax, " characters"));
    return;
  }
  if (billing_day < 1 || billing_day > 31) {
    FailField(this, "billing_day", Cat("is ", billing_day, ", expected 1 to 31"));
    return;
  }
  if (identities.size() > static_cast<size_t>(kIdentitiesPerRequestMax)) {
    FailField(this, "identities", Cat("expected at most ", kIdentitiesPerRequestMax));
    return;
  }
  std::string all;
  for (size_t i = 0; i < identities.size(); ++i) {
    const auto& [type, data] = identities[i];
    if (!CheckIdentity(this, Cat("identities[", i, "]"), type, data)) return;
    if (std::find(identities.begin(), identities.begin() + static_cast<std::ptrdiff_t>(i),
                  identities[i]) != identities.begin() + static_cast<std::ptrdiff_t>(i)) {
      FailField(this, Cat("identities[", i, "]"), "is there twice");
      return;
    }
    ByteWriter(&all).Text(IdentityText(type, data));
  }
  ChangeRecord record(shard, change, PartitionOf(change.key), EntryKind::kAccountCreated,
                      {{"currency", std::string(currency.code())},
                       {"credit_limit_micros", Cat(credit_limit_micros)},
                       {"identities", all},
                       {"state", Cat(pre_active ? 1 : 0)},
                       {"segment", segment},
                       {"tenant", tenant},
                       {"billing_day", Cat(billing_day)}});
  if (record.Repeats(this, [&](ByteReader& in) { account.value = in.Varint(); })) return;
  for (size_t i = 0; i < identities.size(); ++i) {
    const bool taken = shard.FindIdentity(identities[i].first, identities[i].second).valid();
    if (shard.stopped()) return;
    if (taken) {
      failed_field = Cat("identities[", i, "]");
      status = absl::AlreadyExistsError(Cat(failed_field, ": belongs to another account"));
      return;
    }
  }

  // Past this line the command cannot fail.
  balance::Account* created = shard.book().NewAccount(PartitionOf(change.key));
  account = created->id;
  for (const auto& [type, data] : identities) shard.ClaimIdentity(type, data, account);
  balance::EntryBuilder& entry = record.Begin(account);
  entry.CreateAccount(currency, credit_limit_micros, shard.logged_at());
  for (const auto& [type, data] : identities)
    entry.AddIdentity({.type = static_cast<uint8_t>(type), .data = data});
  if (pre_active || !segment.empty() || !tenant.empty() || billing_day != 1) {
    entry.SetProfile(
        {.state = pre_active ? balance::AccountState::kPreActive : balance::AccountState::kActive,
         .credit_limit_micros = credit_limit_micros,
         .segment = segment,
         .tenant = tenant,
         .billing_day = static_cast<uint8_t>(billing_day)});
  }
  ByteWriter(entry.answer()).Varint(account.value);
  shard.Append(created);
}

namespace {

EntryKind KindOf(ChangeIdentityCall::Action action) {
  switch (action) {
    case ChangeIdentityCall::Action::kAdd:
      return EntryKind::kIdentityAdded;
    case ChangeIdentityCall::Action::kRemove:
      return EntryKind::kIdentityRemoved;
    case ChangeIdentityCall::Action::kMove:
      return EntryKind::kNodeChanged;
  }
  return EntryKind::kIdentityAdded;
}

// Whether the identity and the node allow it.
bool MayChange(ChangeIdentityCall* call, const balance::Account& payer, AccountId owner) {
  using Action = ChangeIdentityCall::Action;
  const bool add = call->action == Action::kAdd;
  if (add && owner.valid()) {
    return RefuseField(call, "identity", absl::StatusCode::kAlreadyExists,
                       "belongs to an account already");
  }
  if (!add && owner != call->account) {
    return RefuseField(call, "identity", absl::StatusCode::kNotFound,
                       "does not belong to this account");
  }
  if (add && payer.identities.size() >= static_cast<size_t>(kIdentitiesPerAccountMax)) {
    call->status = absl::ResourceExhaustedError(
        Cat("an account may have ", kIdentitiesPerAccountMax, " identities"));
    return false;
  }
  if (call->action == Action::kRemove || call->node == balance::kRootNode) return true;
  const balance::Node* node = payer.FindNode(call->node);
  if (node == nullptr) {
    return RefuseField(call, "node_id", absl::StatusCode::kNotFound,
                       Cat("the account has no node ", call->node.value));
  }
  return node->state != balance::AccountState::kClosed ||
         RefuseField(call, "node_id", absl::StatusCode::kFailedPrecondition, "is closed");
}

}  // namespace

void ChangeIdentityCall::Execute(Shard& shard) {
  if (!CheckChange(this, change) || !CheckIdentity(this, "identity", type, data)) return;
  balance::Account* payer = FindPayerToChange(this, shard, account);
  if (payer == nullptr) return;
  ChangeRecord record(shard, change, account.partition(), KindOf(action),
                      {{"account_id", Cat(account.value)},
                       {"identity", IdentityText(type, data)},
                       {"node_id", Cat(node.value)}});
  if (record.Repeats(this, [](ByteReader&) {})) return;
  const AccountId owner = shard.FindIdentity(type, data);
  if (shard.stopped() || !MayChange(this, *payer, owner)) return;
  if (action != Action::kRemove && !CheckNotClosed(this, *payer)) return;

  // Past this line the command cannot fail.
  balance::AccountIdentity identity{.type = static_cast<uint8_t>(type), .data = data, .node = node};
  switch (action) {
    case Action::kAdd:
      shard.ClaimIdentity(type, data, account);
      record.Begin(account).AddIdentity(identity);
      break;
    case Action::kRemove:
      shard.ReleaseIdentity(type, data, account);
      identity.node = payer->FindIdentity(identity.type, data)->node;
      record.Begin(account).RemoveIdentity(identity);
      break;
    case Action::kMove:
      record.Begin(account).MoveIdentity(identity);
      break;
  }
  shard.Append(payer);
}

void TopUpCall::Execute(Shard& shard) {
  if (!CheckChange(this, change)) return;
  if (amount_micros < 1 || amount_micros > kAmountMicrosMax) {
    FailField(this, "amount_micros",
              Cat("is ", amount_micros, ", expected 1 to ", kAmountMicrosMax));
    return;
  }
  balance::Account* payer = FindPayerToChange(this, shard, account);
  if (payer == nullptr) return;
  if (currency != payer->currency) {
    FailField(this, "currency",
              Cat("is ", currency.code(), ", the account has ", payer->currency.code()));
    return;
  }
  ChangeRecord record(shard, change, account.partition(), EntryKind::kToppedUp,
                      {{"account_id", Cat(account.value)}, {"amount_micros", Cat(amount_micros)}});
  if (record.Repeats(this, [&](ByteReader& in) { available_micros = in.Signed(); })) return;
  if (!CheckNotClosed(this, *payer)) return;
  balance::EntryBuilder& entry = record.Begin(account);
  balance::PostTopUp(amount_micros, &entry);
  // What is owed in packages of money is paid from it; its own debt is by being below zero.
  balance::Bucket main = *payer->FindBucket(balance::kMainBucket);
  main.available = AddExact(main.available, amount_micros).value_or(0);
  balance::PostRecovery(*payer, main, &entry);
  EndLowBalance(*payer, main.available, shard.options().low_balance_micros, &entry);
  if (Judge(*payer, entry) != balance::Verdict::kAllowed) {
    status = absl::ResourceExhaustedError("amount_micros: the balance would not fit");
    return;
  }

  // Past this line the command cannot fail.
  available_micros = payer->FindBucket(balance::kMainBucket)->available;
  for (const balance::Posting& posting : entry.postings()) {
    const bool of_main = posting.bucket == balance::kMainBucket &&
                         posting.account == balance::LedgerAccount::kAvailable;
    if (of_main) available_micros += posting.amount;
  }
  ByteWriter(entry.answer()).Signed(available_micros);
  shard.Append(payer);
}

}  // namespace ocs::engine
