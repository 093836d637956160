// A voucher is kept in the shard of the first partition and may be redeemed by an account of any.
// Where these are two it is claimed in its shard, credited in the account's, and settled in its
// own: three entries. What the account's shard says is the truth: while a claim is not settled it
// is asked, so that a crash in between neither loses the voucher nor turns it into something twice.

#ifndef OCS_ENGINE_INTERNAL_VOUCHER_CLAIMS_H_
#define OCS_ENGINE_INTERNAL_VOUCHER_CLAIMS_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "balance/voucher.h"
#include "ocs/base/ids.h"
#include "ocs/engine/internal/shard.h"

namespace ocs::engine {

// ---- In the shard of the vouchers ----

/// The voucher, or nothing where there is none. False: the shard has stopped.
bool FindVoucher(Shard& shard, const balance::VoucherHash& hash,
                 std::optional<balance::Voucher>* voucher);
/// Its batch; nothing: the shard has stopped.
std::optional<balance::VoucherBatch> FindBatchOf(Shard& shard, const balance::Voucher& voucher);

/// Claims it: it counts as redeemed. REQUIRES: it is there and not claimed.
void WriteClaim(Shard& shard, const balance::VoucherHash& hash, AccountId account);
/// Ends the account's claim, unless it has ended: the account has the voucher's worth, or the
/// voucher is free again.
void SettleClaim(Shard& shard, const balance::VoucherHash& hash, AccountId account, bool credited);
/// The mark of a voucher whose claim is being looked into: nobody may claim it meanwhile.
std::string MarkOfTakeOver(const balance::VoucherHash& hash);
/// Begins to settle what was claimed before the last stop. `home` has the vouchers; nothing has
/// been submitted yet. Errors: Unavailable, DataLoss.
absl::Status SettleVoucherClaims(Shard& home);

// ---- In the shard of the account ----

/// The mark of an account that redeems a voucher of another shard.
std::string MarkOfRedemption(AccountId account);
/// Whether the account got the voucher's worth. Errors: Unavailable, DataLoss.
absl::StatusOr<bool> HasCredit(Shard& shard, AccountId account, const balance::VoucherHash& hash);

}  // namespace ocs::engine

#endif  // OCS_ENGINE_INTERNAL_VOUCHER_CLAIMS_H_
