// Vouchers: codes that each can be turned into money, a bonus or an offer once. What is kept of a
// code is its hash; the code itself is never stored, and the server does not see it before it is
// redeemed.
//
// A voucher belongs to a batch, which says what it is worth and how long it is good. Issuing,
// redeeming and cancelling are entries with an attachment of type kVoucher
// (docs/format/journal.md); the rows of Table::kVouchers are derived from them and written in the
// same group.

#ifndef BALANCE_VOUCHER_H_
#define BALANCE_VOUCHER_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "ocs/base/ids.h"
#include "ocs/base/time.h"
#include "ocs/base/unit.h"

namespace ocs::balance {

// Bounds, as those of ocs/base/limits.h: reaching one is an answer.
/// In one request and one entry: 16 bytes each, so that an entry stays far below a group.
inline constexpr int kVouchersPerEntryMax = 1'000;
/// Of one name: ten million of the largest campaigns; counted, not held.
inline constexpr int64_t kVouchersPerBatchMax = 10'000'000;
/// A list of them is one answer; some hundred a year.
inline constexpr int kVoucherBatchesMax = 10'000;
inline constexpr int kVoucherBatchNameLengthMax = 48;
/// Codes that no voucher has, of one account, in one hour of the clock: people who mistype are
/// told so by the check character, without asking.
inline constexpr int kVoucherGuessesPerHourMax = 5;
inline constexpr int kVoucherDaysMax = 3'660;  ///< Of a bonus: ten years.

/// The first 16 bytes of a code's SHA-256. A code has 95 random bits (ocs/base/voucher_code.h), so
/// nobody finds the code to a hash, nor two codes with the same.
using VoucherHash = std::array<char, 16>;
VoucherHash HashOfVoucher(std::string_view code);

/// What a voucher is turned into. Numbers are stored.
enum class VoucherValue : uint8_t {
  kMoney = 1,  ///< The account's own money, as by a top-up.
  kBonus = 2,  ///< A bucket of money of its own that ends; drawn before the account's own money.
  kOffer = 3,  ///< An offer of the catalogue, its fee included.
};
std::string_view VoucherValueName(VoucherValue value);  ///< "money", "bonus", "offer".

/// What all vouchers of a batch are.
struct VoucherTerms {
  VoucherValue value = VoucherValue::kMoney;
  /// They were sold: what they are worth is cash received. Else they are given away. A bonus always
  /// is.
  bool sold = true;
  Unit currency = {};         ///< Of kMoney and kBonus, and of the account that redeems it.
  int64_t amount_micros = 0;  ///< Of kMoney and kBonus.
  int32_t lasts_days = 0;     ///< Of kBonus: 24 hours each, from when it is redeemed.
  std::string offer = {};     ///< Of kOffer: its id.
  Instant expires_at = Instant::Never();  ///< Cannot be redeemed from this instant on.
  friend bool operator==(const VoucherTerms&, const VoucherTerms&) = default;
};

/// A row of Table::kVouchers: a batch.
struct VoucherBatch {
  std::string name = {};
  VoucherTerms terms = {};
  Instant issued_at = {};  ///< Its first vouchers.
  int64_t issued = 0;
  int64_t redeemed = 0;
  bool cancelled = false;  ///< Those that are not redeemed never will be.
  friend bool operator==(const VoucherBatch&, const VoucherBatch&) = default;
};

/// A row of Table::kVouchers: one voucher.
struct Voucher {
  std::string batch = {};  ///< Its name.
  Position redeemed = {};  ///< The entry that redeemed it; not valid: none has.
  /// Of another shard, that has claimed it. While `redeemed` is not valid, its shard knows whether
  /// it has it.
  AccountId claimed_by = {};
  friend bool operator==(const Voucher&, const Voucher&) = default;
};

/// The attachment of EntryKind::kVouchersIssued.
struct VouchersIssued {
  std::string batch = {};
  VoucherTerms terms = {};
  std::vector<VoucherHash> vouchers = {};
  friend bool operator==(const VouchersIssued&, const VouchersIssued&) = default;
};
/// The attachment of EntryKind::kVoucherRedeemed, and of kVouchersCancelled (without a voucher).
struct VoucherUse {
  std::string batch = {};
  VoucherHash voucher = {};
  friend bool operator==(const VoucherUse&, const VoucherUse&) = default;
};

// Byte forms. Decoding errors: DataLoss when the bytes are not whole.
void EncodeVouchersIssued(const VouchersIssued& issued, std::string* out);
absl::StatusOr<VouchersIssued> DecodeVouchersIssued(std::string_view bytes);
void EncodeVoucherUse(const VoucherUse& use, std::string* out);
absl::StatusOr<VoucherUse> DecodeVoucherUse(std::string_view bytes);
void EncodeVoucherBatch(const VoucherBatch& batch, std::string* out);
absl::StatusOr<VoucherBatch> DecodeVoucherBatch(std::string_view bytes);
void EncodeVoucher(const Voucher& voucher, std::string* out);
absl::StatusOr<Voucher> DecodeVoucher(std::string_view bytes);

/// Keys of Table::kVouchers. Batches belong to partition 0, where they stand before its vouchers; a
/// voucher to the partition that its hash names.
std::string VoucherBatchKey(std::string_view batch);
std::string VoucherKey(const VoucherHash& voucher);
/// The idempotency key, in the account's shard, of what a voucher of another shard was turned into.
std::string VoucherCreditKey(const VoucherHash& voucher);
/// True for the key of a voucher, false for that of a batch.
bool IsVoucherKey(std::string_view key);

}  // namespace ocs::balance

#endif  // BALANCE_VOUCHER_H_
