#include "tools/inspect/voucher_check.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "ocs/base/text.h"

namespace ocs::tools {

using balance::EntryKind;

namespace {
// Whose shard has the vouchers.
constexpr PartitionId kFirstPartition{0};
}  // namespace

void VoucherCheck::Fail(Position at, std::string what) {
  report_->Fail(Check::kVouchers, PlaceOf(at), std::move(what));
}

void VoucherCheck::Add(const balance::EntryView& entry, Instant logged_at) {
  const bool issued = entry.kind == EntryKind::kVouchersIssued;
  const bool redeemed = entry.kind == EntryKind::kVoucherRedeemed;
  const bool claim =
      entry.kind == EntryKind::kVoucherClaimed || entry.kind == EntryKind::kVoucherSettled;
  if (claim) return AddClaim(entry, entry.attachment(balance::AttachmentType::kVoucher), logged_at);
  if (!issued && !redeemed && entry.kind != EntryKind::kVouchersCancelled) return;
  const std::string_view bytes = entry.attachment(balance::AttachmentType::kVoucher);
  if (issued) return AddIssued(entry, bytes);
  if (redeemed) return AddRedeemed(entry, bytes, logged_at);
  report_->Count(Check::kVouchers);
  const auto use = balance::DecodeVoucherUse(bytes);
  if (!use.ok()) return Fail(entry.position, std::string(use.status().message()));
  batches_[use->batch].cancelled = true;
}

void VoucherCheck::AddIssued(const balance::EntryView& entry, std::string_view bytes) {
  const auto issued = balance::DecodeVouchersIssued(bytes);
  if (!issued.ok()) {
    report_->Count(Check::kVouchers);
    return Fail(entry.position, std::string(issued.status().message()));
  }
  Batch& batch = batches_[issued->batch];
  if (batch.known && batch.terms != issued->terms)
    Fail(entry.position, Cat("issues vouchers of batch ", issued->batch, " with other terms"));
  if (batch.cancelled)
    Fail(entry.position, Cat("issues vouchers of batch ", issued->batch, ", which was cancelled"));
  batch.terms = issued->terms;
  batch.known = true;
  for (size_t i = 0; i < issued->vouchers.size(); ++i) {
    report_->Count(Check::kVouchers);
    const bool added =
        vouchers_.try_emplace(issued->vouchers[i], Seen{.batch = issued->batch}).second;
    if (!added) Fail(entry.position, Cat("issues voucher ", i, " a second time"));
  }
}

void VoucherCheck::AddRedeemed(const balance::EntryView& entry, std::string_view bytes,
                               Instant logged_at) {
  report_->Count(Check::kVouchers);
  const auto use = balance::DecodeVoucherUse(bytes);
  if (!use.ok()) return Fail(entry.position, std::string(use.status().message()));
  if (!others_->IsOwn(kFirstPartition)) return AddElsewhere(entry, *use);
  const auto [seen, added] = vouchers_.try_emplace(use->voucher, Seen{.batch = use->batch});
  if (added && !trimmed()) Fail(entry.position, "redeems a voucher that was never issued");
  if (seen->second.batch != use->batch)
    Fail(entry.position, Cat("names batch ", use->batch, ", issued in ", seen->second.batch));
  if (seen->second.redeemed.valid()) {
    Fail(entry.position,
         Cat("redeems a voucher that ", PlaceOf(seen->second.redeemed), " redeemed already"));
  }
  if (seen->second.claimed_by.valid()) {  // By an account of this shard; settled afterwards.
    if (seen->second.claimed_by != entry.account)
      Fail(entry.position, "redeems a voucher that another account has claimed");
    return;
  }
  seen->second.redeemed = entry.position;
  CheckBatchOf(entry, *use, logged_at);
}

void VoucherCheck::CheckBatchOf(const balance::EntryView& entry, const balance::VoucherUse& use,
                                Instant logged_at) {
  const Batch& batch = batches_[use.batch];
  if (batch.cancelled)
    Fail(entry.position, Cat("redeems one of batch ", use.batch, ", which was cancelled"));
  if (batch.known && batch.terms.expires_at <= logged_at)
    Fail(entry.position, Cat("redeems one of batch ", use.batch, ", which had expired"));
}

// Redeemed by an account of this shard: the shard of the vouchers says that this account may.
void VoucherCheck::AddElsewhere(const balance::EntryView& entry, const balance::VoucherUse& use) {
  const auto [before, added] = elsewhere_.try_emplace(use.voucher, entry.position);
  if (!added) {
    return Fail(entry.position,
                Cat("redeems a voucher that ", PlaceOf(before->second), " redeemed already"));
  }
  const balance::Store* home = others_->StoreOf(kFirstPartition);
  if (home == nullptr) return;
  const auto row = home->Get(balance::Table::kVouchers, balance::VoucherKey(use.voucher));
  if (!row.ok()) return Fail(entry.position, std::string(row.status().message()));
  if (!row->has_value()) return Fail(entry.position, "redeems a voucher that was never issued");
  const auto voucher = balance::DecodeVoucher(**row);
  if (!voucher.ok()) return Fail(entry.position, std::string(voucher.status().message()));
  if (voucher->claimed_by != entry.account)
    Fail(entry.position, "redeems a voucher that its account has not claimed");
}

void VoucherCheck::AddClaim(const balance::EntryView& entry, std::string_view bytes,
                            Instant logged_at) {
  report_->Count(Check::kVouchers);
  const auto use = balance::DecodeVoucherUse(bytes);
  if (!use.ok()) return Fail(entry.position, std::string(use.status().message()));
  const auto [at, added] = vouchers_.try_emplace(use->voucher, Seen{.batch = use->batch});
  Seen& seen = at->second;
  if (added && !trimmed()) Fail(entry.position, "claims a voucher that was never issued");
  if (seen.redeemed.valid()) {
    return Fail(entry.position,
                Cat("is of a voucher that ", PlaceOf(seen.redeemed), " redeemed already"));
  }
  if (entry.kind == EntryKind::kVoucherClaimed) {
    if (seen.claimed_by.valid())
      Fail(entry.position, Cat("claims a voucher of account ", seen.claimed_by.value));
    seen.claimed_by = entry.account;
    return CheckBatchOf(entry, *use, logged_at);
  }
  const bool known = seen.claimed_by.valid() || !trimmed();
  if (known && seen.claimed_by != entry.account)
    Fail(entry.position, "settles a claim that its account has not");
  const bool credited = entry.answer == std::string_view("\1", 1);
  seen.claimed_by = credited ? entry.account : AccountId{};
  if (credited) seen.redeemed = entry.position;
}

void VoucherCheck::CheckRow(const balance::VoucherHash& hash, std::string_view row,
                            uint64_t number) {
  const std::string place = Cat("row ", number, " of the table of vouchers");
  const auto fail = [&](std::string what) {
    report_->Fail(Check::kVouchers, place, std::move(what));
  };
  const auto voucher = balance::DecodeVoucher(row);
  if (!voucher.ok()) return fail(std::string(voucher.status().message()));
  Counts& counts = counts_[voucher->batch];
  ++counts.issued;
  if (voucher->redeemed.valid() || voucher->claimed_by.valid()) ++counts.redeemed;
  const auto seen = vouchers_.find(hash);
  if (seen == vouchers_.end()) {
    // What was issued and redeemed before the journal's front is only known here.
    if (!trimmed() || voucher->redeemed.group >= first_group_)
      fail("is of a voucher that the journal does not have");
    return;
  }
  ++rows_;
  if (seen->second.batch != voucher->batch)
    fail(Cat("names batch ", voucher->batch, ", the journal ", seen->second.batch));
  if (seen->second.claimed_by != voucher->claimed_by)
    fail(Cat("is claimed by account ", voucher->claimed_by.value, ", the journal says ",
             seen->second.claimed_by.value));
  if (seen->second.redeemed != voucher->redeemed) {
    const auto words = [](Position at) {
      return at.valid() ? Cat("was redeemed by ", PlaceOf(at)) : std::string("was not redeemed");
    };
    fail(Cat("says that it ", words(voucher->redeemed), ", the journal that it ",
             words(seen->second.redeemed)));
  }
}

void VoucherCheck::CheckBatchRow(std::string_view row) {
  report_->Count(Check::kVouchers);
  const auto batch = balance::DecodeVoucherBatch(row);
  if (!batch.ok()) {
    return report_->Fail(Check::kVouchers, "a batch of vouchers",
                         std::string(batch.status().message()));
  }
  const auto fail = [&](std::string what) {
    report_->Fail(Check::kVouchers, Cat("batch ", batch->name), std::move(what));
  };
  const Counts& counts = counts_[batch->name];
  if (batch->issued != counts.issued || batch->redeemed != counts.redeemed) {
    fail(Cat("counts ", batch->issued, " issued and ", batch->redeemed, " redeemed, the table has ",
             counts.issued, " and ", counts.redeemed));
  }
  counts_.erase(batch->name);
  const auto known = batches_.find(batch->name);
  if (known == batches_.end()) return;
  if (known->second.known && known->second.terms != batch->terms)
    fail("has other terms than the journal says");
  if (known->second.cancelled != batch->cancelled && (known->second.cancelled || !trimmed()))
    fail(batch->cancelled ? "is cancelled, the journal does not say so"
                          : "is not cancelled, the journal says that it was");
}

absl::Status VoucherCheck::Finish() {
  report_->Count(Check::kVouchers);
  std::vector<std::string> batches;
  uint64_t number = 0;
  auto cursor = store_->Seek(balance::Table::kVouchers, "");
  for (; cursor->valid(); cursor->Next()) {
    if (!balance::IsVoucherKey(cursor->key())) {
      batches.emplace_back(cursor->value());
      continue;
    }
    balance::VoucherHash hash = {};
    const std::string_view key = cursor->key();
    if (key.size() >= hash.size()) std::copy_n(key.end() - hash.size(), hash.size(), hash.begin());
    CheckRow(hash, cursor->value(), ++number);
  }
  for (const std::string& row : batches) CheckBatchRow(row);
  for (const auto& [name, counts] : counts_)
    report_->Fail(Check::kVouchers, Cat("batch ", name), "has vouchers, but no row of its own");
  if (rows_ != vouchers_.size()) {
    report_->Fail(Check::kVouchers, "the table of vouchers",
                  Cat("has ", rows_, " of the ", vouchers_.size(), " that the journal has"));
  }
  return cursor->status();
}

}  // namespace ocs::tools
