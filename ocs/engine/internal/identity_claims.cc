#include "ocs/engine/internal/identity_claims.h"

#include <utility>

#include "balance/book.h"
#include "ocs/base/check.h"
#include "ocs/base/text.h"

namespace ocs::engine {
namespace {

using Stage = IdentityClaims::Stage;
using Refusal = IdentityClaims::Refusal;

std::string KeyOf(const std::pair<IdentityType, std::string>& identity) {
  return balance::Book::IdentityKey(static_cast<uint8_t>(identity.first), identity.second);
}
PartitionId KeeperOf(const std::pair<IdentityType, std::string>& identity) {
  return balance::Book::IdentityPartition(static_cast<uint8_t>(identity.first), identity.second);
}
std::string MarkOfIdentity(const std::pair<IdentityType, std::string>& identity,
                           AccountId account) {
  return Cat("identity ", account.value, " ", KeyOf(identity));
}
std::string MarkOfIdentityTakeOver(const std::pair<IdentityType, std::string>& identity) {
  return Cat("take over ", KeyOf(identity));
}

// To the next identity, or when there is none to the account's shard.
PartitionId Next(IdentityClaims* claims) {
  if (++claims->next < claims->end) return KeeperOf(claims->claimed[claims->next]);
  claims->stage = claims->stage == Stage::kRelease ? Stage::kEnd : Stage::kDecide;
  return claims->account.partition();
}

// What was claimed so far is given back, or the account's shard is told at once.
PartitionId Refuse(Refusal why, IdentityClaims* claims) {
  claims->refusal = why;
  claims->refused = claims->next;
  claims->end = claims->next;
  return ReleaseClaims(claims);
}

PartitionId Claim(Shard& shard, IdentityClaims* claims) {
  const auto& identity = claims->claimed[claims->next];
  if (shard.marked(MarkOfIdentityTakeOver(identity))) return Refuse(Refusal::kBusy, claims);
  const AccountId holder = shard.FindClaim(identity.first, identity.second);
  if (shard.stopped()) return {};
  if (holder == claims->account) return Next(claims);  // From before a crash.
  if (!holder.valid()) {
    shard.ClaimIdentity(identity.first, identity.second, claims->account);
    return Next(claims);
  }
  OCS_CHECK(shard.Mark(MarkOfIdentityTakeOver(identity)));
  claims->holder = holder;
  claims->stage = Stage::kAsk;
  return holder.partition();
}

PartitionId Ask(Shard& shard, IdentityClaims* claims) {
  const auto& identity = claims->claimed[claims->next];
  claims->held = HasOrWill(shard, claims->holder, identity.first, identity.second);
  claims->stage = Stage::kTakeOver;
  return KeeperOf(identity);
}

PartitionId TakeOver(Shard& shard, IdentityClaims* claims) {
  const auto& identity = claims->claimed[claims->next];
  shard.Unmark(MarkOfIdentityTakeOver(identity));
  if (claims->held) return Refuse(Refusal::kTaken, claims);
  const AccountId holder = shard.FindClaim(identity.first, identity.second);
  if (shard.stopped()) return {};
  if (holder.valid()) {
    OCS_CHECK(holder == claims->holder);  // Nobody could claim it meanwhile.
    shard.ReleaseIdentity(identity.first, identity.second, holder);
  }
  shard.ClaimIdentity(identity.first, identity.second, claims->account);
  claims->stage = Stage::kClaim;
  return Next(claims);
}

PartitionId Release(Shard& shard, IdentityClaims* claims) {
  const auto& identity = claims->claimed[claims->next];
  // Another may have taken it over already: the account did not have it any more.
  if (shard.FindClaim(identity.first, identity.second) == claims->account)
    shard.ReleaseIdentity(identity.first, identity.second, claims->account);
  return Next(claims);
}

}  // namespace

bool HasOrWill(Shard& shard, AccountId account, IdentityType type, std::string_view data) {
  if (shard.marked(MarkOfIdentity({type, std::string(data)}, account))) return true;
  const balance::Account* found = shard.FindAccount(account);
  return found != nullptr && found->FindIdentity(static_cast<uint8_t>(type), data) != nullptr;
}

Claimable IsClaimable(Shard& shard, IdentityType type, std::string_view data) {
  if (!shard.Has(balance::Book::IdentityPartition(static_cast<uint8_t>(type), data)))
    return Claimable::kElsewhere;
  const AccountId holder = shard.FindClaim(type, data);
  if (!holder.valid()) return Claimable::kHere;
  if (shard.has_all_partitions()) return Claimable::kNot;
  const bool held = shard.Has(holder.partition()) && HasOrWill(shard, holder, type, data);
  return held ? Claimable::kNot : Claimable::kElsewhere;
}

std::string MarkOfChange(PartitionId partition, const Change& change) {
  return Cat("change ", partition.value, " ", change.tenant, "/", change.key);
}

bool MarkClaims(Shard& shard, const IdentityClaims& claims, std::string change) {
  if (shard.marked(change)) return false;
  for (const auto& identity : claims.claimed)
    if (shard.marked(MarkOfIdentity(identity, claims.account))) return false;
  for (const auto& identity : claims.claimed)
    OCS_CHECK(shard.Mark(MarkOfIdentity(identity, claims.account)));
  return shard.Mark(std::move(change));
}

void UnmarkClaims(Shard& shard, const IdentityClaims& claims, const std::string& change) {
  for (const auto& identity : claims.claimed)
    shard.Unmark(MarkOfIdentity(identity, claims.account));
  shard.Unmark(change);
}

PartitionId StepOfClaims(Shard& shard, IdentityClaims* claims) {
  switch (claims->stage) {
    case Stage::kClaim:
      return Claim(shard, claims);
    case Stage::kAsk:
      return Ask(shard, claims);
    case Stage::kTakeOver:
      return TakeOver(shard, claims);
    case Stage::kRelease:
      return Release(shard, claims);
    case Stage::kBegin:
    case Stage::kDecide:
    case Stage::kEnd:
      break;
  }
  OCS_CHECK(false);
  return {};
}

PartitionId BeginClaims(IdentityClaims* claims) {
  OCS_CHECK(!claims->claimed.empty());
  claims->stage = Stage::kClaim;
  claims->next = 0;
  claims->end = claims->claimed.size();
  return KeeperOf(claims->claimed.front());
}

PartitionId ReleaseClaims(IdentityClaims* claims) {
  claims->next = 0;
  claims->stage = claims->end == 0 ? Stage::kEnd : Stage::kRelease;
  return claims->end == 0 ? claims->account.partition() : KeeperOf(claims->claimed.front());
}

}  // namespace ocs::engine
