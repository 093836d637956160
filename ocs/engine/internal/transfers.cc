#include "ocs/engine/internal/transfers.h"

#include <algorithm>
#include <memory>

#include "balance/changes.h"
#include "balance/ledger.h"
#include "ocs/base/check.h"
#include "ocs/base/limits.h"
#include "ocs/base/text.h"
#include "ocs/engine/account_operation.h"
#include "ocs/engine/care_operation.h"
#include "ocs/engine/internal/change.h"
#include "ocs/engine/internal/notices.h"

namespace ocs::engine {
namespace {

using balance::Account;
using balance::Bucket;
using balance::EntryKind;
using balance::Transfer;

// Whether the account can take it.
bool CanReceive(const Account& receiver, const Unit& sender_currency, const Transfer& transfer) {
  if (receiver.state == balance::AccountState::kClosed) return false;
  const bool in_money = transfer.bucket.unit.is_money() || transfer.bucket.deferred_micros != 0;
  if (in_money && receiver.currency != sender_currency) return false;
  return transfer.bucket.id == balance::kMainBucket ||
         receiver.buckets.size() < static_cast<size_t>(kBucketsPerAccountMax);
}

// The receiver's half, as an entry of its own. False: it would not fit there.
bool Receive(Shard& shard, Account* receiver, const Transfer& transfer, std::string_view key) {
  balance::EntryBuilder& entry = shard.entry();
  entry.Begin(EntryKind::kTransferReceived, receiver->id);
  entry.SetKey({.type = balance::EntryKey::Type::kChange, .text = key, .number = 0});
  const BucketId into = balance::PostTransferIn(*receiver, transfer, &entry);
  AttachNotice({.type = balance::NoticeType::kTransferReceived,
                .subject = into.value,
                .unit = transfer.bucket.unit,
                .amount = transfer.amount,
                .at = shard.logged_at(),
                .name = transfer.id},
               &entry);
  if (Judge(*receiver, entry) != balance::Verdict::kAllowed) return false;
  shard.Append(receiver);
  return true;
}

void Settle(Shard& shard, Account* sender, const Transfer& transfer, bool comes_back) {
  balance::EntryBuilder& entry = shard.entry();
  entry.Begin(EntryKind::kTransferSettled, sender->id);
  if (comes_back) balance::PostTransferIn(*sender, transfer, &entry);
  entry.DropTransfer(transfer.id);
  OCS_CHECK(Judge(*sender, entry) == balance::Verdict::kAllowed);
  shard.Append(sender);
}

// The bucket that the receiver gets, without amounts.
Bucket Given(const Bucket& from) {
  Bucket given;
  given.id = from.id;
  given.unit = from.unit;
  if (from.id == balance::kMainBucket) return given;
  given.priority = from.priority;
  given.covered_models = from.covered_models;
  given.valid_from = from.valid_from;
  given.valid_until = from.valid_until;
  given.terms = from.terms;
  given.lasts_ms = balance::WaitsForFirstUse(from) ? from.lasts_ms : 0;
  given.lasts_months = balance::WaitsForFirstUse(from) ? from.lasts_months : 0;
  return given;
}

bool CheckTransfer(TransferCall* call, const Account& payer, Instant now) {
  const Bucket* from = payer.FindBucket(call->bucket);
  if (from == nullptr) {
    return RefuseField(call, "bucket_id", absl::StatusCode::kNotFound,
                       Cat("the account has no bucket ", call->bucket.value));
  }
  if (from->valid_until <= now || from->refills_at != Instant::Never()) {
    return RefuseField(call, "bucket_id", absl::StatusCode::kFailedPrecondition,
                       "has ended, or is refilled: it cannot be given away");
  }
  if (call->amount > from->available) {
    return RefuseField(
        call, "amount", absl::StatusCode::kFailedPrecondition,
        Cat("is more than the ", FormatAmount(from->available, from->unit), " that are available"));
  }
  if (payer.transfers.size() >= static_cast<size_t>(kTransfersPendingMax)) {
    call->status = absl::ResourceExhaustedError(
        Cat("an account may have ", kTransfersPendingMax, " transfers on their way"));
    return false;
  }
  return true;
}

std::string MarkOfTransfer(const Transfer& transfer) { return Cat("transfer ", transfer.id); }

// In the receiver's shard, another than the sender's: what is decided there is written there, so
// that it is never decided otherwise. True when the receiver has it.
bool ReceiveFromElsewhere(Shard& shard, const Transfer& transfer, const Unit& sender_currency) {
  const std::string key = balance::TransferKey(transfer.id);
  const auto decided = shard.book().FindChange(transfer.to.partition(), key);
  if (!decided.ok()) return shard.Stop(decided.status()), false;
  if (*decided != nullptr) return (*decided)->view.kind == EntryKind::kTransferReceived;
  Account* receiver = shard.FindAccount(transfer.to);
  if (shard.stopped()) return false;
  if (receiver != nullptr && CanReceive(*receiver, sender_currency, transfer) &&
      Receive(shard, receiver, transfer, key))
    return true;
  balance::EntryBuilder& entry = shard.entry();
  entry.Begin(EntryKind::kTransferRefused, transfer.to);
  entry.SetKey({.type = balance::EntryKey::Type::kChange, .text = key, .number = 0});
  shard.Append(nullptr);
  return false;
}

// In the sender's shard, after that.
void SettleElsewhere(Shard& shard, AccountId account, const Transfer& transfer, bool arrived) {
  shard.Unmark(MarkOfTransfer(transfer));
  Account* sender = shard.FindAccount(account);
  if (shard.stopped()) return;
  OCS_CHECK(sender != nullptr);
  if (sender->FindTransfer(transfer.id) != nullptr) Settle(shard, sender, transfer, !arrived);
}

// Goes on with a transfer to another shard that a stop has left on its way.
class FinishTransferCall final : public OwnOperation {
 public:
  FinishTransferCall(const Account& sender, const Transfer& transfer)
      : account_(sender.id), currency_(sender.currency), transfer_(transfer) {}

 private:
  AccountId payer() const override { return account_; }
  void Execute(Shard& shard) override {
    if (decided_) return SettleElsewhere(shard, account_, transfer_, arrived_);
    arrived_ = ReceiveFromElsewhere(shard, transfer_, currency_);
    decided_ = true;
    GoOn(account_.partition());
  }

  const AccountId account_;
  const Unit currency_;
  const Transfer transfer_;
  bool decided_ = false;
  bool arrived_ = false;
};

}  // namespace

bool IsOnItsWay(const Shard& shard, const Transfer& transfer) {
  return !shard.Has(transfer.to.partition()) && shard.marked(MarkOfTransfer(transfer));
}

void FinishTransfer(Shard& shard, Account* sender, const Transfer& transfer) {
  if (!shard.Has(transfer.to.partition())) {
    if (shard.Mark(MarkOfTransfer(transfer)))
      shard.Begin(std::make_unique<FinishTransferCall>(*sender, transfer), transfer.to.partition());
    return;
  }
  const std::string key = balance::TransferKey(transfer.id);
  const auto arrived = shard.book().FindChange(transfer.to.partition(), key);
  if (!arrived.ok()) return shard.Stop(arrived.status());
  bool comes_back = false;
  if (*arrived == nullptr) {
    Account* receiver = shard.FindAccount(transfer.to);
    if (shard.stopped()) return;
    const bool taken = receiver != nullptr && CanReceive(*receiver, sender->currency, transfer) &&
                       Receive(shard, receiver, transfer, key);
    comes_back = !taken;
  }
  Settle(shard, sender, transfer, comes_back);
}

void TransferCall::Execute(Shard& shard) {
  switch (stage_) {
    case Stage::kBegin:
      return Begin(shard);
    case Stage::kLook:
      receiver_exists_ = FindsReceiver(shard);
      stage_ = Stage::kSend;
      return GoOn(account.partition());
    case Stage::kSend:
      return Begin(shard);
    case Stage::kReceive:
      arrived_ = ReceiveFromElsewhere(shard, transfer_, currency_);
      stage_ = Stage::kSettle;
      return GoOn(account.partition());
    case Stage::kSettle:
      stage_ = Stage::kBegin;
      return SettleElsewhere(shard, account, transfer_, arrived_);
  }
}

bool TransferCall::FindsReceiver(Shard& shard) {
  const Account* receiver = shard.FindAccount(to);
  return receiver != nullptr && MayReach(this, *receiver);
}

void TransferCall::Begin(Shard& shard) {
  if (!CheckChange(this, change)) return;
  if (!to.valid() || to == account) {
    FailField(this, "to_account_id", "expected another account");
    return;
  }
  if (amount < 1 || amount > kAmountMicrosMax) {
    FailField(this, "amount", Cat("is ", amount, ", expected 1 to ", kAmountMicrosMax));
    return;
  }
  Account* payer = FindPayerToChange(this, shard, account);
  if (payer == nullptr) return;
  ChangeRecord record(shard, change, account.partition(), EntryKind::kTransferSent,
                      {{"account_id", Cat(account.value)},
                       {"to_account_id", Cat(to.value)},
                       {"bucket_id", Cat(bucket.value)},
                       {"amount", Cat(amount)}});
  if (record.Repeats(this, [&](ByteReader& in) { transfer_id = in.Text(); })) return;
  if (!CheckNotClosed(this, *payer)) return;
  const bool here = shard.Has(to.partition());
  if (!here && stage_ == Stage::kBegin) {
    stage_ = Stage::kLook;
    return GoOn(to.partition());
  }
  stage_ = Stage::kBegin;
  const bool exists = here ? FindsReceiver(shard) : receiver_exists_;
  if (shard.stopped()) return;
  if (!exists) {
    RefuseField(this, "to_account_id", absl::StatusCode::kNotFound, "there is no such account");
    return;
  }
  if (CheckTransfer(this, *payer, shard.logged_at())) Send(shard, payer, &record);
}

void TransferCall::Send(Shard& shard, Account* payer, ChangeRecord* record) {
  // Past this line the transfer leaves.
  const Bucket& from = *payer->FindBucket(bucket);
  const Position position = shard.book().NextPosition();
  transfer_id = Cat(account.value, "-", position.group, "-", position.index);
  const Transfer transfer{.id = transfer_id,
                          .to = to,
                          .amount = amount,
                          .sent_at = shard.logged_at(),
                          .bucket = Given(from)};
  balance::EntryBuilder& entry = record->Begin(account);
  AttachNotice({.type = balance::NoticeType::kTransferSent,
                .subject = bucket.value,
                .unit = from.unit,
                .amount = amount,
                .at = shard.logged_at(),
                .name = transfer_id},
               &entry);
  balance::PostTransferOut(from, transfer, &entry);
  OCS_CHECK(Judge(*payer, entry) == balance::Verdict::kAllowed);
  ByteWriter(entry.answer()).Text(transfer_id);
  shard.Append(payer);
  transfer_ = *payer->FindTransfer(transfer_id);  // With the deferred revenue that goes along.
  if (shard.Has(to.partition())) return FinishTransfer(shard, payer, transfer_);
  OCS_CHECK(shard.Mark(MarkOfTransfer(transfer_)));
  currency_ = payer->currency;
  stage_ = Stage::kReceive;
  GoOn(to.partition());
}

}  // namespace ocs::engine
