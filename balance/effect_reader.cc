// Reads what EntryBuilder writes (balance/entry.cc): docs/format/journal.md, "Effects".

#include "balance/entry.h"
#include "balance/internal/codec.h"

namespace ocs::balance {
namespace {

// Damaged bytes may sum to anything: wraps where that does not fit.
int64_t Later(int64_t base_ms, int64_t more_ms) {
  return static_cast<int64_t>(static_cast<uint64_t>(base_ms) + static_cast<uint64_t>(more_ms));
}

}  // namespace

bool EffectReader::Next() {
  if (!ok_ || in_.done()) return false;
  const uint8_t code = in_.U8();
  effect_ = static_cast<Effect>(code & ~kLongForm);
  ok_ = Read(code) && in_.ok();
  return ok_;
}

bool EffectReader::Read(uint8_t code) {
  const bool long_form = (code & kLongForm) != 0;
  switch (effect_) {
    case Effect::kSetGrant:
      return DecodeGrant(in_, &grant_) && (!long_form || DecodeMore(in_, &grant_));
    case Effect::kAddBucket:
      return DecodeBucket(in_, &bucket_) && (!long_form || DecodeMore(in_, &bucket_));
    case Effect::kAddSubscription:
    case Effect::kDropSubscription:
      return DecodeSubscription(in_, &subscription_) &&
             (!long_form || DecodeMore(in_, &subscription_));
    case Effect::kAddIdentity:
    case Effect::kRemoveIdentity:
      identity_.type = in_.U8();
      identity_.data = in_.Text();
      identity_.node = {};
      if (long_form) identity_.node.value = static_cast<uint32_t>(in_.Varint());
      return true;
    case Effect::kOpenSession:
      return ReadOfSession() && (!long_form || DecodeMore(in_, &session_));
    case Effect::kRefundOf:
      refund_of_.group = in_.Varint();
      refund_of_.index = static_cast<uint32_t>(in_.Varint());
      refunded_.clear();
      return !long_form || ReadRefunded();
    default:
      return !long_form && (ReadOfBucket() || ReadOfSession() || ReadOfAccount());
  }
}

bool EffectReader::ReadRefunded() {
  const uint64_t count = in_.Varint();
  // Each takes three bytes at least: no count can make us reserve more than the entry has.
  if (!in_.ok() || count > in_.remaining()) return false;
  refunded_.resize(count);
  for (RefundedLine& line : refunded_) {
    line.record = static_cast<uint32_t>(in_.Varint());
    line.line = static_cast<uint32_t>(in_.Varint());
    line.amount = in_.Signed();
  }
  return in_.ok();
}

bool EffectReader::ReadOfBucket() {
  switch (effect_) {
    case Effect::kPost: {
      const uint8_t account = in_.U8();
      posting_.account = static_cast<LedgerAccount>(account);
      posting_.bucket.value = static_cast<uint32_t>(in_.Varint());
      posting_.amount = in_.Signed();
      return account > 0 && account < kLedgerAccountCount;
    }
    case Effect::kDropBucket:
      bucket_.id.value = static_cast<uint32_t>(in_.Varint());
      return true;
    case Effect::kSetCarry:
      return DecodeCarry(in_, &carry_);
    case Effect::kSetTimes:
      times_.bucket.value = static_cast<uint32_t>(in_.Varint());
      times_.valid_from.unix_ms = in_.Signed();
      times_.valid_until.unix_ms = in_.Signed();
      times_.refills_at.unix_ms = in_.Signed();
      return true;
    case Effect::kSetBucketNoticed:
      bucket_.id.value = static_cast<uint32_t>(in_.Varint());
      noticed_percent_ = in_.U8();
      return true;
    case Effect::kSetBucketNotice:
      bucket_.id.value = static_cast<uint32_t>(in_.Varint());
      bucket_.notice_ms = in_.Signed();
      return bucket_.notice_ms >= 0;
    case Effect::kSetVolumeWindow:
    case Effect::kDropVolumeWindow:
      return DecodeVolumeWindow(in_, &volume_window_);
    case Effect::kSetTransfer:
      return DecodeTransfer(in_, &transfer_);
    case Effect::kDropTransfer:
      transfer_.id = in_.Text();
      return true;
    case Effect::kCount:
      counter_.id = in_.Fixed64();
      counter_.owner = in_.Varint();
      if (!DecodeWindow(in_, &counter_.window)) return false;
      counter_.began_at.unix_ms = in_.Signed();
      counter_.ends_at.unix_ms = in_.Signed();
      counter_.at.unix_ms = in_.Signed();
      counter_.counted = in_.Signed();
      counter_.charged_micros = in_.Signed();
      counter_.held = in_.Signed();
      counter_.noticed_percent = in_.U8();
      return true;
    case Effect::kDropCounter:
      counter_.id = in_.Fixed64();
      counter_.owner = in_.Varint();
      return true;
    default:
      return false;  // Of a newer format.
  }
}

bool EffectReader::ReadOfSession() {
  switch (effect_) {
    case Effect::kOpenSession:
      session_ = {};
      session_.revision = static_cast<uint32_t>(in_.Varint());
      session_.opened_at.unix_ms = in_.Signed();
      session_.ends_at.unix_ms = Later(session_.opened_at.unix_ms, in_.Signed());
      return true;
    case Effect::kReport:
      report_.number_max = static_cast<uint32_t>(in_.Varint());
      report_.record_sequence = static_cast<uint32_t>(in_.Varint());
      report_.reported_at.unix_ms = in_.Signed();
      report_.ends_at.unix_ms = Later(report_.reported_at.unix_ms, in_.Signed());
      report_.cost_micros = in_.Signed();
      return true;
    case Effect::kSetSessionNode:
      node_.id.value = static_cast<uint32_t>(in_.Varint());
      return true;
    case Effect::kCloseSession:
      return true;
    case Effect::kSetDemand:
      return DecodeDemand(in_, &demand_);
    case Effect::kDropDemand:
      demand_.session_id = in_.Text();
      return true;
    default:
      return false;
  }
}

bool EffectReader::ReadOfAccount() {
  switch (effect_) {
    case Effect::kCreateAccount:
      if (!DecodeUnit(in_, &account_.currency)) return false;
      account_.credit_limit_micros = in_.Signed();
      account_.created_at.unix_ms = in_.Signed();
      return true;
    case Effect::kSetSubscription:
      return DecodeSubscription(in_, &subscription_) && DecodeMore(in_, &subscription_);
    case Effect::kSetNode:
      return DecodeNode(in_, &node_);
    case Effect::kSetLimit:
      return DecodeLimit(in_, &limit_);
    case Effect::kDropLimit:
      limit_.id = static_cast<uint32_t>(in_.Varint());
      return true;
    case Effect::kSetProfile:
      if (!DecodeState(in_, &profile_.state)) return false;
      profile_.credit_limit_micros = in_.Signed();
      profile_.segment = in_.Text();
      profile_.tenant = in_.Text();
      profile_.billing_day = in_.U8();
      return profile_.billing_day >= 1 && profile_.billing_day <= 31;
    case Effect::kSetWatch: {
      const uint8_t there = in_.U8();
      watch_ends_ = there == 0;
      if (there == 1) return DecodeWatch(in_, &watch_);
      watch_.id = in_.Text();
      return watch_ends_;
    }
    case Effect::kSetBought:
      return DecodeBought(in_, &bought_);
    case Effect::kSetDatedChange:
    case Effect::kDropDatedChange:
      return DecodeDatedChange(in_, &dated_change_);
    case Effect::kMoveIdentity:
      identity_.type = in_.U8();
      identity_.data = in_.Text();
      identity_.node.value = static_cast<uint32_t>(in_.Varint());
      return true;
    default:
      return false;
  }
}

}  // namespace ocs::balance
