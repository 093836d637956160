#include "ocs/engine/internal/voucher_claims.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "balance/journal.h"
#include "ocs/base/check.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "ocs/engine/internal/catalogue_text.h"
#include "ocs/engine/internal/vouchers.h"

namespace ocs::engine {
namespace {

using balance::EntryKind;
using balance::Voucher;
using balance::VoucherBatch;
using balance::VoucherHash;

std::string_view TextOf(const VoucherHash& hash) { return {hash.data(), hash.size()}; }
std::string ClaimKey(const VoucherHash& hash) {
  return Cat(balance::meta_key::kVoucherClaimPrefix, TextOf(hash));
}

void WriteEntry(Shard& shard, EntryKind kind, AccountId account, const VoucherHash& hash,
                std::string_view batch, std::string_view answer, Position* position) {
  balance::EntryBuilder& entry = shard.entry();
  entry.Begin(kind, account);
  balance::EncodeVoucherUse({.batch = std::string(batch), .voucher = hash},
                            entry.Attach(balance::AttachmentType::kVoucher));
  entry.answer()->append(answer);
  *position = shard.Append(nullptr);
}

void PutRows(Shard& shard, const VoucherHash& hash, const Voucher& voucher,
             const VoucherBatch& batch) {
  const uint64_t group = shard.book().open_group();
  balance::StoreBatch* derived = shard.book().derived();
  shard.vouchers().Put(hash, voucher, group, derived);
  shard.vouchers().PutBatch(batch, Vouchers::IsNew::kNo, group, derived);
}

// Settles a claim from before the last stop.
class SettleClaimCall final : public OwnOperation {
 public:
  SettleClaimCall(const VoucherHash& hash, AccountId holder) : hash_(hash), holder_(holder) {}
  const VoucherHash& hash() const { return hash_; }
  AccountId holder() const { return holder_; }

 private:
  AccountId payer() const override { return holder_; }
  void Execute(Shard& shard) override {
    if (asked_) {
      shard.Unmark(MarkOfTakeOver(hash_));
      return SettleClaim(shard, hash_, holder_, credited_);
    }
    const auto credited = HasCredit(shard, holder_, hash_);
    if (!credited.ok()) return shard.Stop(credited.status());
    credited_ = *credited;
    asked_ = true;
    GoOn(kCataloguePartition);
  }

  const VoucherHash hash_;
  const AccountId holder_;
  bool asked_ = false;
  bool credited_ = false;
};

}  // namespace

bool FindVoucher(Shard& shard, const VoucherHash& hash, std::optional<Voucher>* voucher) {
  auto found = shard.vouchers().Find(hash);
  if (!found.ok()) return shard.Stop(found.status()), false;
  *voucher = *std::move(found);
  return true;
}

std::optional<VoucherBatch> FindBatchOf(Shard& shard, const Voucher& voucher) {
  auto batch = shard.vouchers().FindBatch(voucher.batch);
  if (batch.ok() && !batch->has_value())
    batch = absl::DataLossError(Cat("batch ", voucher.batch, " of vouchers is not there"));
  if (!batch.ok()) return shard.Stop(batch.status()), std::nullopt;
  return *std::move(batch);
}

void WriteClaim(Shard& shard, const VoucherHash& hash, AccountId account) {
  std::optional<Voucher> voucher;
  if (!FindVoucher(shard, hash, &voucher)) return;
  OCS_CHECK(voucher.has_value());
  OCS_CHECK(!voucher->claimed_by.valid());
  std::optional<VoucherBatch> batch = FindBatchOf(shard, *voucher);
  if (!batch) return;
  Position position;
  WriteEntry(shard, EntryKind::kVoucherClaimed, account, hash, batch->name, "", &position);
  voucher->claimed_by = account;
  ++batch->redeemed;
  PutRows(shard, hash, *voucher, *batch);
  shard.book().derived()->Put(balance::Table::kMeta, ClaimKey(hash), "");
}

void SettleClaim(Shard& shard, const VoucherHash& hash, AccountId account, bool credited) {
  std::optional<Voucher> voucher;
  if (!FindVoucher(shard, hash, &voucher)) return;
  if (!voucher || voucher->claimed_by != account || voucher->redeemed.valid()) return;
  std::optional<VoucherBatch> batch = FindBatchOf(shard, *voucher);
  if (!batch) return;
  Position position;
  const char answer = credited ? 1 : 0;
  WriteEntry(shard, EntryKind::kVoucherSettled, account, hash, batch->name, {&answer, 1},
             &position);
  if (credited) {
    voucher->redeemed = position;
  } else {
    voucher->claimed_by = {};
    --batch->redeemed;
  }
  PutRows(shard, hash, *voucher, *batch);
  shard.book().derived()->Delete(balance::Table::kMeta, ClaimKey(hash));
}

std::string MarkOfTakeOver(const VoucherHash& hash) {
  return Cat("take over voucher ", TextOf(hash));
}

absl::Status SettleVoucherClaims(Shard& home) {
  const std::string_view prefix = balance::meta_key::kVoucherClaimPrefix;
  std::vector<std::unique_ptr<SettleClaimCall>> calls;
  auto cursor = home.store().Seek(balance::Table::kMeta, prefix);
  for (; cursor->valid() && cursor->key().substr(0, prefix.size()) == prefix; cursor->Next()) {
    const std::string_view text = cursor->key().substr(prefix.size());
    VoucherHash hash;
    if (text.size() != hash.size()) return absl::DataLossError("a voucher's claim is damaged");
    std::copy(text.begin(), text.end(), hash.begin());
    OCS_ASSIGN_OR_RETURN(const std::optional<Voucher> voucher, home.vouchers().Find(hash));
    if (!voucher || !voucher->claimed_by.valid())
      return absl::DataLossError("a voucher's claim is of no voucher that is claimed");
    calls.push_back(std::make_unique<SettleClaimCall>(hash, voucher->claimed_by));
  }
  OCS_RETURN_IF_ERROR(cursor->status());
  for (auto& call : calls) {
    OCS_CHECK(home.Mark(MarkOfTakeOver(call->hash())));
    const PartitionId partition = call->holder().partition();
    home.Begin(std::move(call), partition);
  }
  return absl::OkStatus();
}

std::string MarkOfRedemption(AccountId account) { return Cat("redemption of ", account.value); }

absl::StatusOr<bool> HasCredit(Shard& shard, AccountId account, const VoucherHash& hash) {
  OCS_ASSIGN_OR_RETURN(
      const std::unique_ptr<balance::StoredEntry> entry,
      shard.book().FindChange(account.partition(), balance::VoucherCreditKey(hash)));
  return entry != nullptr && entry->view.account == account &&
         entry->view.kind == EntryKind::kVoucherCredited;
}

}  // namespace ocs::engine
