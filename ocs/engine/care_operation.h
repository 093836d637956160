// Calls of customer care: credits and corrections, debts that are given up, charges given back,
// gifts to another account. Each is known by its key (Change); all but gifts need a reason.
// Tested in: tests/engine/care_test.cc

#ifndef OCS_ENGINE_CARE_OPERATION_H_
#define OCS_ENGINE_CARE_OPERATION_H_

#include <cstdint>
#include <optional>
#include <string>

#include "balance/account.h"
#include "balance/changes.h"
#include "ocs/base/ids.h"
#include "ocs/base/unit.h"
#include "ocs/engine/operation.h"

namespace ocs::engine {

/// Adds to a bucket or takes from it (C11). Refused: bucket_id (not there; was paid for, so that
/// its pieces have a price: sell or give a new one instead), amount (0; takes more than there is,
/// the credit limit counted for the account's own money).
class AdjustCall : public Operation {
 public:
  Change change;
  AccountId account;
  BucketId bucket = balance::kMainBucket;
  int64_t amount = 0;  ///< Micros or pieces; below 0 takes away.
  balance::AdjustmentReason kind = balance::AdjustmentReason::kGoodwill;

  int64_t available = 0;  ///< Result: in the bucket, afterwards.

 private:
  AccountId payer() const override { return account; }
  void Execute(Shard& shard) override;
};

/// Gives up what is owed in a bucket, or a part of it. Refused: bucket_id (not there, owes
/// nothing), amount (more than is owed).
class WriteOffCall : public Operation {
 public:
  Change change;
  AccountId account;
  BucketId bucket = balance::kMainBucket;
  std::optional<int64_t> amount;  ///< Absent: all that is owed.

  int64_t written_off = 0;  ///< Result.

 private:
  AccountId payer() const override { return account; }
  void Execute(Shard& shard) override;
};

/// Gives back a charge for use, whole or a part of one of its lines, to the buckets that it came
/// from; never more in sum than was charged. Lines whose bucket is gone are left out: adjust
/// instead. Refused: record_id (names no charge of this account; all of it was given back; its
/// buckets are gone), line (not there), amount (more than is left of the line).
class RefundChargeCall : public Operation {
 public:
  Change change;
  AccountId account;
  std::string record_id;         ///< "shard.group.index".
  std::optional<uint32_t> line;  ///< Of that record, from 0; absent: the whole charge.
  int64_t amount = 0;            ///< With `line`: so much of it; 0: all that is left of it.

  // Results.
  int64_t refunded_micros = 0;  ///< Money.
  int64_t refunded_pieces = 0;  ///< Of packages, all units together.
  std::string refund_record_id;

 private:
  AccountId payer() const override { return account; }
  void Execute(Shard& shard) override;
};

/// Gives money or a part of a package to another account (C08). It leaves at once and arrives as
/// soon as the other account can take it; where that does not exist, is closed or has another
/// currency, it comes back. Refused: to_account_id (the same account), bucket_id (not there, ended,
/// refills), amount (less than 1, more than is available: a credit limit is not given away).
class TransferCall : public Operation {
 public:
  Change change;
  AccountId account;
  AccountId to;
  BucketId bucket = balance::kMainBucket;
  int64_t amount = 0;  ///< Micros or pieces.

  std::string transfer_id;  ///< Result.

 private:
  /// Of one that goes to another shard: it asks there whether the account exists, leaves here,
  /// arrives there, and is settled here.
  enum class Stage : uint8_t { kBegin, kLook, kSend, kReceive, kSettle };
  AccountId payer() const override { return account; }
  void Execute(Shard& shard) override;
  /// Whether the other account is there, for this caller.
  bool FindsReceiver(Shard& shard);
  void Begin(Shard& shard);
  void Send(Shard& shard, balance::Account* payer, ChangeRecord* record);
  Stage stage_ = Stage::kBegin;
  bool receiver_exists_ = false;
  bool arrived_ = false;
  balance::Transfer transfer_;
  Unit currency_;
};

}  // namespace ocs::engine

#endif  // OCS_ENGINE_CARE_OPERATION_H_
