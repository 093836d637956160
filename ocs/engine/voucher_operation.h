// Vouchers: issued in bulk by their hashes, redeemed once each by their code, cancelled by the
// batch. Each call but the list is known by its key (Change): a repeat changes nothing.
// Tested in: tests/engine/voucher_test.cc

#ifndef OCS_ENGINE_VOUCHER_OPERATION_H_
#define OCS_ENGINE_VOUCHER_OPERATION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "balance/voucher.h"
#include "ocs/base/ids.h"
#include "ocs/base/time.h"
#include "ocs/base/unit.h"
#include "ocs/engine/operation.h"

namespace ocs::engine {

/// Issues vouchers of a batch: its first call makes the batch, later ones add to it. All or none of
/// them. Refused, in this order: batch, vouchers (none, too many, one twice), the terms
/// (InvalidArgument); FailedPrecondition for a batch that was cancelled, AlreadyExists for one that
/// was made with other terms, naming which, and for a voucher that is there already;
/// ResourceExhausted for too many batches or vouchers.
class IssueVouchersCall : public Operation {
 public:
  Change change;
  std::string batch;  ///< 1 to kVoucherBatchNameLengthMax of a-z, 0-9, '-', '_', '.'.
  balance::VoucherTerms terms;
  std::vector<balance::VoucherHash> vouchers;  ///< 1 to kVouchersPerEntryMax.

  int64_t issued = 0;  ///< Result: of the batch, these included.

 private:
  void Execute(Shard& shard) override;
};

/// Cancels a batch: what is not redeemed never will be. Refused: NotFound.
class CancelVouchersCall : public Operation {
 public:
  Change change;  ///< With a reason.
  std::string batch;

  int64_t cancelled = 0;  ///< Result: how many had not been redeemed.

 private:
  void Execute(Shard& shard) override;
};

/// Turns a voucher into what it is worth, once. An offer is bought at the price of the catalogue in
/// force, and the voucher pays its fee, whatever that is then. Refused, in this order:
///   code              InvalidArgument: no code, or its check fails. Nothing is counted.
///   account_id        NotFound; FailedPrecondition when it is closed.
///   code              ResourceExhausted: kVoucherGuessesPerHourMax unknown codes were tried for
///                     this account within the hour of the clock; the message says until when.
///   code              NotFound: no voucher has it. This is counted, as an entry.
///   code              FailedPrecondition: redeemed before, its batch was cancelled, it has
///   expired. code              FailedPrecondition: of another currency than the account. what a
///   purchase is refused for (internal/sale.h) but the money; amounts that would not fit.
class RedeemVoucherCall : public Operation {
 public:
  Change change;
  AccountId account;
  std::string code;  ///< As people write it. Never stored, logged or repeated in a message.

  // Results.
  balance::VoucherValue value = balance::VoucherValue::kMoney;
  std::string batch;
  int64_t amount_micros = 0;  ///< Money or bonus; of an offer: the fee that it paid.
  Unit currency;
  int64_t available_micros = 0;  ///< Of the account's own money, afterwards.
  std::string offer;
  std::vector<BucketId> buckets;  ///< That it made.
  uint32_t subscription = 0;      ///< Of an offer that lasts.
  Instant valid_until;            ///< The earliest end among the buckets; Never() without one.

 private:
  /// Of one whose account is not in the shard of the vouchers: it is claimed there, credited here
  /// and settled there. Whoever else has claimed it is asked in between.
  enum class Stage : uint8_t { kBegin, kClaim, kAsk, kTakeOver, kCredit, kGuessed, kSettle, kEnd };
  AccountId payer() const override { return account; }
  void Execute(Shard& shard) override;
  void Begin(Shard& shard);
  void BeginElsewhere(Shard& shard);
  void Claim(Shard& shard);
  void Ask(Shard& shard);
  void TakeOver(Shard& shard);
  void CreditClaimed(Shard& shard);
  void End(Shard& shard);
  void GoTo(Stage stage, PartitionId partition);
  bool Credit(Shard& shard, balance::Account* payer, const balance::VoucherBatch& of,
              Position* redeemed);
  Stage stage_ = Stage::kBegin;
  balance::VoucherHash hash_ = {};
  balance::VoucherBatch found_;  ///< Of a voucher that was claimed.
  AccountId holder_;             ///< Who has claimed it, as it seems.
  bool held_ = false;            ///< And has got it.
  bool busy_ = false;            ///< Or is about to.
  bool credited_ = false;        ///< This call's account has got it.
};

/// Reads the batches, by name, without those that are not durable yet.
class ListVouchersCall : public Operation {
 public:
  std::vector<balance::VoucherBatch> batches;  ///< Result: at most kVoucherBatchesMax.

 private:
  void Execute(Shard& shard) override;
};

}  // namespace ocs::engine

#endif  // OCS_ENGINE_VOUCHER_OPERATION_H_
