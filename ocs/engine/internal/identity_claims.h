// An identity is kept in the shard that its text hashes to, and belongs to an account in any shard.
// Where these are two, an operation of the account claims it there before the account gets it, and
// gives it back there after the account has lost it: two entries, the account's and the keeper's.
//
//   1. What the account has is the truth. A claim says that an account has the identity or is about
//      to get it; nobody gets an identity without the claim.
//   2. A claim may be left without its account's entry: a crash between the two. It is then worth
//      nothing. Who wants the identity asks the account's shard, and takes it over.
//   3. While an operation is on its way, the account's shard has a mark for the identity, so that
//   it
//      can say "about to"; a restart has no operations, and no marks.
//   4. While a claim is being taken over the keeper has a mark, and refuses others meanwhile.

#ifndef OCS_ENGINE_INTERNAL_IDENTITY_CLAIMS_H_
#define OCS_ENGINE_INTERNAL_IDENTITY_CLAIMS_H_

#include <string>

#include "ocs/engine/internal/shard.h"
#include "ocs/engine/operation.h"

namespace ocs::engine {

/// How an account of this shard may come to an identity.
enum class Claimable : uint8_t {
  kHere,       ///< It is free, and this shard keeps it.
  kElsewhere,  ///< Another shard keeps it, or must say whether its account has it.
  kNot,        ///< An account of this shard has it.
};
/// Of no use when the shard has stopped.
Claimable IsClaimable(Shard& shard, IdentityType type, std::string_view data);

/// True when the account, of this shard, has the identity or an operation is about to give or to
/// take it.
bool HasOrWill(Shard& shard, AccountId account, IdentityType type, std::string_view data);

/// The mark of an account's change that is under way under that key, in the account's shard.
std::string MarkOfChange(PartitionId partition, const Change& change);

/// Marks the change and the identities, in the account's shard. False: one is marked already; then
/// none has been.
bool MarkClaims(Shard& shard, const IdentityClaims& claims, std::string change);
void UnmarkClaims(Shard& shard, const IdentityClaims& claims, const std::string& change);

/// Does the next step in the shard where the operation stands, and says where it goes on. When all
/// are claimed or all are given back that is the account's shard, and the stage is kDecide or kEnd.
/// REQUIRES: the stage is kClaim, kAsk, kTakeOver or kRelease. The result is of no use when the
/// shard has stopped.
PartitionId StepOfClaims(Shard& shard, IdentityClaims* claims);

/// Goes to the first identity of the list, to claim it. Returns where that is. REQUIRES: there is
/// one.
PartitionId BeginClaims(IdentityClaims* claims);
/// Goes to give back those before `end`, or where there is none to the account's shard.
PartitionId ReleaseClaims(IdentityClaims* claims);

}  // namespace ocs::engine

#endif  // OCS_ENGINE_INTERNAL_IDENTITY_CLAIMS_H_
