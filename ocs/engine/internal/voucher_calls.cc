// Vouchers are issued, cancelled and listed. Redeeming them stands in voucher_redemption.cc.

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "ocs/base/bytes.h"
#include "ocs/base/limits.h"
#include "ocs/base/text.h"
#include "ocs/engine/internal/catalogue_text.h"
#include "ocs/engine/internal/change.h"
#include "ocs/engine/internal/shard.h"
#include "ocs/engine/internal/vouchers.h"
#include "ocs/engine/voucher_operation.h"

namespace ocs::engine {
namespace {

using balance::EntryKind;
using balance::VoucherBatch;
using balance::VoucherHash;
using balance::VoucherTerms;
using balance::VoucherValue;

bool CheckBatchName(Operation* call, std::string_view name) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  };
  if (!name.empty() && name.size() <= static_cast<size_t>(balance::kVoucherBatchNameLengthMax) &&
      std::all_of(name.begin(), name.end(), good)) {
    return true;
  }
  return FailField(
      call, "batch",
      Cat("expected 1 to ", balance::kVoucherBatchNameLengthMax, " of a-z, 0-9, '-', '_', '.'"));
}

bool CheckVouchers(IssueVouchersCall* call) {
  const auto& vouchers = call->vouchers;
  if (vouchers.empty() || vouchers.size() > static_cast<size_t>(balance::kVouchersPerEntryMax)) {
    return FailField(
        call, "code_sha256",
        Cat("has ", vouchers.size(), " items, expected 1 to ", balance::kVouchersPerEntryMax));
  }
  absl::flat_hash_set<std::string_view> seen;
  for (size_t i = 0; i < vouchers.size(); ++i) {
    if (!seen.insert(std::string_view(vouchers[i].data(), vouchers[i].size())).second)
      return FailField(call, Cat("code_sha256[", i, "]"), "is there twice");
  }
  return true;
}

bool CheckTerms(IssueVouchersCall* call, Instant now) {
  const VoucherTerms& terms = call->terms;
  const bool money = terms.value != VoucherValue::kOffer;
  if (money && !terms.currency.is_money())
    return FailField(call, "currency", "is missing: expected one such as CNY");
  if (money && (terms.amount_micros < 1 || terms.amount_micros > kAmountMicrosMax)) {
    return FailField(call, "amount_micros",
                     Cat("is ", terms.amount_micros, ", expected 1 to ", kAmountMicrosMax));
  }
  const bool bonus = terms.value == VoucherValue::kBonus;
  if (bonus && (terms.lasts_days < 1 || terms.lasts_days > balance::kVoucherDaysMax)) {
    return FailField(call, "bonus_days",
                     Cat("is ", terms.lasts_days, ", expected 1 to ", balance::kVoucherDaysMax));
  }
  if (bonus && terms.sold)
    return FailField(call, "sold", "a bonus is given away; sell an offer that has one");
  if (!money && terms.offer.empty())
    return FailField(call, "offer", "is missing: expected the id of one");
  if (terms.offer.size() > static_cast<size_t>(kNameLengthMax))
    return FailField(call, "offer", Cat("expected at most ", kNameLengthMax, " characters"));
  if (terms.expires_at <= now)
    return FailField(call, "expires_at", "is in the past: nobody could redeem them");
  return true;
}

// The terms of a batch never change.
bool CheckSameTerms(Operation* call, const VoucherTerms& made, const VoucherTerms& asked) {
  const auto differs = [&](std::string_view field) {
    return RefuseField(call, field, absl::StatusCode::kAlreadyExists,
                       "differs from that of the batch: take another name for other vouchers");
  };
  if (made.value != asked.value) return differs("value");
  if (made.sold != asked.sold) return differs("sold");
  if (made.currency != asked.currency) return differs("currency");
  if (made.amount_micros != asked.amount_micros) return differs("amount_micros");
  if (made.lasts_days != asked.lasts_days) return differs("bonus_days");
  if (made.offer != asked.offer) return differs("offer");
  if (made.expires_at != asked.expires_at) return differs("expires_at");
  return true;
}

// The batch, made where it is not there yet. Nothing when it is refused or the shard stopped.
std::optional<VoucherBatch> FindOrMake(IssueVouchersCall* call, Shard& shard) {
  const auto batches = shard.vouchers().CountBatches();
  if (!batches.ok()) return shard.Stop(batches.status()), std::nullopt;
  auto found = shard.vouchers().FindBatch(call->batch);
  if (!found.ok()) return shard.Stop(found.status()), std::nullopt;
  VoucherBatch batch = found->value_or(
      VoucherBatch{.name = call->batch, .terms = call->terms, .issued_at = shard.logged_at()});
  if (batch.cancelled) {
    RefuseField(call, "batch", absl::StatusCode::kFailedPrecondition, "was cancelled");
    return std::nullopt;
  }
  if (!CheckSameTerms(call, batch.terms, call->terms)) return std::nullopt;
  if (!found->has_value() && *batches >= balance::kVoucherBatchesMax) {
    RefuseField(call, "batch", absl::StatusCode::kResourceExhausted,
                Cat("there are ", balance::kVoucherBatchesMax, " batches, the most there may be"));
    return std::nullopt;
  }
  if (batch.issued + static_cast<int64_t>(call->vouchers.size()) > balance::kVouchersPerBatchMax) {
    RefuseField(
        call, "batch", absl::StatusCode::kResourceExhausted,
        Cat("has ", batch.issued, " vouchers and may have ", balance::kVouchersPerBatchMax));
    return std::nullopt;
  }
  return batch;
}

// False: one is there already, or the shard stopped.
bool CheckNew(IssueVouchersCall* call, Shard& shard) {
  for (size_t i = 0; i < call->vouchers.size(); ++i) {
    const auto known = shard.vouchers().Find(call->vouchers[i]);
    if (!known.ok()) return shard.Stop(known.status()), false;
    if (known->has_value()) {
      return RefuseField(call, Cat("code_sha256[", i, "]"), absl::StatusCode::kAlreadyExists,
                         Cat("was issued before, in batch ", (*known)->batch));
    }
  }
  return true;
}

std::string AllOf(const std::vector<VoucherHash>& vouchers) {
  std::string all;
  for (const VoucherHash& hash : vouchers) all.append(hash.data(), hash.size());
  return all;
}

}  // namespace

void IssueVouchersCall::Execute(Shard& shard) {
  if (!CheckChange(this, change) || !CheckBatchName(this, batch) || !CheckVouchers(this)) return;
  ChangeRecord record(shard, change, kCataloguePartition, EntryKind::kVouchersIssued,
                      {{"batch", batch},
                       {"value", Cat(static_cast<int>(terms.value))},
                       {"sold", terms.sold ? "1" : ""},
                       {"currency", std::string(terms.currency.code())},
                       {"amount_micros", Cat(terms.amount_micros)},
                       {"bonus_days", Cat(terms.lasts_days)},
                       {"offer", terms.offer},
                       {"expires_at", Cat(terms.expires_at.unix_ms)},
                       {"code_sha256", AllOf(vouchers)}});
  if (record.Repeats(this, [&](ByteReader& in) { issued = in.Signed(); })) return;
  if (!CheckTerms(this, shard.logged_at())) return;
  std::optional<VoucherBatch> found = FindOrMake(this, shard);
  if (!found || !CheckNew(this, shard)) return;

  // Past this line the command cannot fail.
  const auto is_new = found->issued == 0 ? Vouchers::IsNew::kYes : Vouchers::IsNew::kNo;
  found->issued += static_cast<int64_t>(vouchers.size());
  issued = found->issued;
  balance::EntryBuilder& entry = record.Begin(AccountId{});
  balance::EncodeVouchersIssued({.batch = batch, .terms = terms, .vouchers = vouchers},
                                entry.Attach(balance::AttachmentType::kVoucher));
  ByteWriter(entry.answer()).Signed(issued);
  shard.Append(nullptr);
  balance::StoreBatch* derived = shard.book().derived();
  const uint64_t group = shard.book().open_group();
  shard.vouchers().PutBatch(*found, is_new, group, derived);
  for (const VoucherHash& hash : vouchers)
    shard.vouchers().Put(hash, {.batch = batch}, group, derived);
}

void CancelVouchersCall::Execute(Shard& shard) {
  if (!CheckChange(this, change)) return;
  if (change.reason.empty()) {
    FailField(this, "reason", "is missing: expected why this is done; it is recorded");
    return;
  }
  if (!CheckBatchName(this, batch)) return;
  ChangeRecord record(shard, change, kCataloguePartition, EntryKind::kVouchersCancelled,
                      {{"batch", batch}});
  if (record.Repeats(this, [&](ByteReader& in) { cancelled = in.Signed(); })) return;
  auto found = shard.vouchers().FindBatch(batch);
  if (!found.ok()) return shard.Stop(found.status());
  if (!found->has_value()) {
    RefuseField(this, "batch", absl::StatusCode::kNotFound, "there is no such batch");
    return;
  }

  // Past this line the command cannot fail.
  VoucherBatch row = **std::move(found);
  row.cancelled = true;
  cancelled = row.issued - row.redeemed;
  balance::EntryBuilder& entry = record.Begin(AccountId{});
  balance::EncodeVoucherUse({.batch = batch}, entry.Attach(balance::AttachmentType::kVoucher));
  ByteWriter(entry.answer()).Signed(cancelled);
  shard.Append(nullptr);
  shard.vouchers().PutBatch(row, Vouchers::IsNew::kNo, shard.book().open_group(),
                            shard.book().derived());
}

void ListVouchersCall::Execute(Shard& shard) {
  const auto cursor = shard.store().Seek(balance::Table::kVouchers, balance::VoucherBatchKey(""));
  for (; cursor->valid() && !balance::IsVoucherKey(cursor->key()); cursor->Next()) {
    auto row = balance::DecodeVoucherBatch(cursor->value());
    if (!row.ok()) return shard.Stop(row.status());
    batches.push_back(*std::move(row));
  }
  if (!cursor->status().ok()) shard.Stop(cursor->status());
}

}  // namespace ocs::engine
