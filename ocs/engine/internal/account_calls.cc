// Administrative changes of accounts: created, known by identities, topped up.

#include <algorithm>
#include <string>
#include <utility>

#include "balance/book.h"
#include "balance/changes.h"
#include "balance/ledger.h"
#include "ocs/base/bytes.h"
#include "ocs/base/exact.h"
#include "ocs/base/hash.h"
#include "ocs/base/limits.h"
#include "ocs/base/text.h"
#include "ocs/engine/internal/change.h"
#include "ocs/engine/internal/demands.h"
#include "ocs/engine/internal/identity_claims.h"
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

bool IsClaimed(const IdentityClaims& claims, const std::pair<IdentityType, std::string>& identity) {
  return std::find(claims.claimed.begin(), claims.claimed.end(), identity) != claims.claimed.end();
}

void RefuseTaken(CreateAccountCall* call, size_t index) {
  call->account = {};
  RefuseField(call, Cat("identities[", index, "]"), absl::StatusCode::kAlreadyExists,
              "belongs to another account");
}

// The same is being done in another shard. Nothing was changed.
void RefuseBusy(Operation* call, std::string_view field) {
  RefuseField(call, field, absl::StatusCode::kAborted,
              "is being changed by another request: repeat this one");
}

// Says why the identity at which the claims ended could not be had.
void RefuseClaim(CreateAccountCall* call, const IdentityClaims& claims,
                 const std::vector<std::pair<IdentityType, std::string>>& identities) {
  const auto at = std::find(identities.begin(), identities.end(), claims.claimed[claims.refused]);
  const auto index = static_cast<size_t>(at - identities.begin());
  if (claims.refusal == IdentityClaims::Refusal::kTaken) return RefuseTaken(call, index);
  RefuseBusy(call, Cat("identities[", index, "]"));
}

}  // namespace

PartitionId CreateAccountCall::partition() const { return PartitionOf(change.key); }

bool CreateAccountCall::CheckForm() {
  if (!CheckChange(this, change)) return false;
  if (!currency.is_money())
    return FailField(this, "currency", "expected an ISO 4217 currency such as CNY");
  if (credit_limit_micros < 0 || credit_limit_micros > kAmountMicrosMax) {
    return FailField(this, "credit_limit_micros",
                     Cat("is ", credit_limit_micros, ", expected 0 to ", kAmountMicrosMax));
  }
  if (segment.size() > static_cast<size_t>(kNameLengthMax) ||
      tenant.size() > static_cast<size_t>(kNameLengthMax)) {
    return FailField(this,
                     segment.size() > static_cast<size_t>(kNameLengthMax) ? "segment" : "tenant",
                     Cat("expected at most ", kNameLengthMax, " characters"));
  }
  if (!caller_tenant.empty() && tenant.empty()) tenant = caller_tenant;
  if (!caller_tenant.empty() && tenant != caller_tenant)
    return FailField(this, "tenant", "expected the caller's own, or nothing");
  if (billing_day < 1 || billing_day > 31)
    return FailField(this, "billing_day", Cat("is ", billing_day, ", expected 1 to 31"));
  if (identities.size() > static_cast<size_t>(kIdentitiesPerRequestMax))
    return FailField(this, "identities", Cat("expected at most ", kIdentitiesPerRequestMax));
  for (size_t i = 0; i < identities.size(); ++i) {
    const auto& [type, data] = identities[i];
    if (!CheckIdentity(this, Cat("identities[", i, "]"), type, data)) return false;
    const auto here = identities.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::find(identities.begin(), here, identities[i]) != here)
      return FailField(this, Cat("identities[", i, "]"), "is there twice");
  }
  return true;
}

std::string CreateAccountCall::IdentityTexts() const {
  std::string all;
  for (const auto& [type, data] : identities) ByteWriter(&all).Text(IdentityText(type, data));
  return all;
}

void CreateAccountCall::Execute(Shard& shard) {
  using Stage = IdentityClaims::Stage;
  switch (claims_.stage) {
    case Stage::kBegin:
    case Stage::kDecide:
      return Decide(shard);
    case Stage::kEnd:
      UnmarkClaims(shard, claims_, MarkOfChange(partition(), change));
      if (status.ok()) RefuseClaim(this, claims_, identities);
      claims_ = {};
      return;
    default:
      return GoOn(StepOfClaims(shard, &claims_));
  }
}

void CreateAccountCall::Decide(Shard& shard) {
  if (!CheckForm()) return;
  ChangeRecord record(shard, change, partition(), EntryKind::kAccountCreated,
                      {{"currency", std::string(currency.code())},
                       {"credit_limit_micros", Cat(credit_limit_micros)},
                       {"identities", IdentityTexts()},
                       {"state", Cat(pre_active ? 1 : 0)},
                       {"segment", segment},
                       {"tenant", tenant},
                       {"billing_day", Cat(billing_day)}});
  const bool claimed = claims_.stage == IdentityClaims::Stage::kDecide;
  // Nobody else has used the key since it was marked.
  if (!claimed && record.Repeats(this, [&](ByteReader& in) { account.value = in.Varint(); }))
    return;
  for (size_t i = 0; i < identities.size(); ++i) {
    if (claimed && IsClaimed(claims_, identities[i])) continue;
    const Claimable claimable = IsClaimable(shard, identities[i].first, identities[i].second);
    if (shard.stopped()) return;
    if (claimable == Claimable::kElsewhere && !claimed) {
      claims_.claimed.push_back(identities[i]);
    } else if (claimable != Claimable::kHere) {
      RefuseTaken(this, i);
      if (claimed) return GoOn(ReleaseClaims(&claims_));
      claims_ = {};
      return;
    }
  }
  if (!claimed && !claims_.claimed.empty()) return BeginElsewhere(shard);

  // Past this line the command cannot fail.
  account = claimed ? claims_.account : shard.book().ReserveAccount(partition());
  Write(shard, &record);
  if (claimed) UnmarkClaims(shard, claims_, MarkOfChange(partition(), change));
  claims_ = {};
}

// Some identities are claimed in other shards first, for an account that is not there yet.
void CreateAccountCall::BeginElsewhere(Shard& shard) {
  claims_.account = shard.book().ReserveAccount(partition());
  if (!MarkClaims(shard, claims_, MarkOfChange(partition(), change))) {
    claims_ = {};
    return RefuseBusy(this, "idempotency_key");
  }
  GoOn(BeginClaims(&claims_));
}

void CreateAccountCall::Write(Shard& shard, ChangeRecord* record) {
  balance::Account* created = shard.book().NewReserved(account);
  for (const auto& identity : identities) {
    if (!IsClaimed(claims_, identity))
      shard.ClaimIdentity(identity.first, identity.second, account);
  }
  balance::EntryBuilder& entry = record->Begin(account);
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
  using Stage = IdentityClaims::Stage;
  const std::string mark = MarkOfChange(account.partition(), change);
  switch (claims_.stage) {
    case Stage::kBegin:
    case Stage::kDecide:
      return Decide(shard);
    case Stage::kEnd:
      UnmarkClaims(shard, claims_, mark);
      if (claims_.refusal == IdentityClaims::Refusal::kTaken)
        MayChange(this, *shard.FindAccount(account), claims_.holder);
      if (claims_.refusal == IdentityClaims::Refusal::kBusy) RefuseBusy(this, "identity");
      claims_ = {};
      return;
    default:
      return GoOn(StepOfClaims(shard, &claims_));
  }
}

void ChangeIdentityCall::Decide(Shard& shard) {
  if (!CheckChange(this, change) || !CheckIdentity(this, "identity", type, data)) return;
  balance::Account* payer = FindPayerToChange(this, shard, account);
  if (payer == nullptr) return;
  ChangeRecord record(shard, change, account.partition(), KindOf(action),
                      {{"account_id", Cat(account.value)},
                       {"identity", IdentityText(type, data)},
                       {"node_id", Cat(node.value)}});
  const bool claimed = claims_.stage == IdentityClaims::Stage::kDecide;
  if (!claimed && record.Repeats(this, [](ByteReader&) {})) return;
  const bool has = payer->FindIdentity(static_cast<uint8_t>(type), data) != nullptr;
  Claimable claimable = Claimable::kHere;
  if (!has && !claimed) claimable = IsClaimable(shard, type, data);
  if (shard.stopped()) return;
  // Whose it is where it is not this account's only matters to who adds it.
  AccountId owner = has ? account : AccountId{};
  if (claimable == Claimable::kNot) owner = shard.FindClaim(type, data);
  if (!MayChange(this, *payer, owner) ||
      (action != Action::kRemove && !CheckNotClosed(this, *payer))) {
    if (claimed) GoOn(ReleaseClaims(&claims_));
    return;
  }
  if (claimable == Claimable::kElsewhere) {
    GoElsewhere(shard, IdentityClaims::Stage::kClaim);
    return;
  }
  const bool released_elsewhere =
      action == Action::kRemove &&
      !shard.Has(balance::Book::IdentityPartition(static_cast<uint8_t>(type), data));
  if (released_elsewhere && !GoElsewhere(shard, IdentityClaims::Stage::kRelease)) return;

  // Past this line the command cannot fail.
  balance::AccountIdentity identity{.type = static_cast<uint8_t>(type), .data = data, .node = node};
  switch (action) {
    case Action::kAdd:
      if (!claimed) shard.ClaimIdentity(type, data, account);
      record.Begin(account).AddIdentity(identity);
      break;
    case Action::kRemove:
      if (!released_elsewhere) shard.ReleaseIdentity(type, data, account);
      identity.node = payer->FindIdentity(identity.type, data)->node;
      record.Begin(account).RemoveIdentity(identity);
      break;
    case Action::kMove:
      record.Begin(account).MoveIdentity(identity);
      break;
  }
  shard.Append(payer);
  if (!claimed) return;
  UnmarkClaims(shard, claims_, MarkOfChange(account.partition(), change));
  claims_ = {};
}

// The identity is claimed in its shard before it is added here, or given back there after it was
// taken away here. False: refused, as the same is under way.
bool ChangeIdentityCall::GoElsewhere(Shard& shard, IdentityClaims::Stage stage) {
  claims_.account = account;
  claims_.claimed = {{type, data}};
  claims_.end = 1;
  if (!MarkClaims(shard, claims_, MarkOfChange(account.partition(), change))) {
    claims_ = {};
    RefuseBusy(this, "identity");
    return false;
  }
  GoOn(stage == IdentityClaims::Stage::kClaim ? BeginClaims(&claims_) : ReleaseClaims(&claims_));
  return true;
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
  const bool was_out_of_money = IsOutOfMoney(*payer);
  available_micros = payer->FindBucket(balance::kMainBucket)->available;
  for (const balance::Posting& posting : entry.postings()) {
    const bool of_main = posting.bucket == balance::kMainBucket &&
                         posting.account == balance::LedgerAccount::kAvailable;
    if (of_main) available_micros += posting.amount;
  }
  ByteWriter(entry.answer()).Signed(available_micros);
  shard.Append(payer);
  AskAfterCredit(shard, payer, was_out_of_money);
}

}  // namespace ocs::engine
