#include "ocs/engine/internal/vouchers.h"

#include <utility>

#include "ocs/base/status.h"

namespace ocs::engine {

using balance::Table;
using balance::Voucher;
using balance::VoucherBatch;
using balance::VoucherHash;

absl::StatusOr<bool> Vouchers::GetRow(const std::string& key, std::string* row) const {
  if (const auto waiting = waiting_.find(key); waiting != waiting_.end()) {
    *row = waiting->second;
    return true;
  }
  return store_->GetInto(Table::kVouchers, key, row);
}

absl::StatusOr<std::optional<Voucher>> Vouchers::Find(const VoucherHash& voucher) const {
  std::string row;
  OCS_ASSIGN_OR_RETURN(const bool there, GetRow(balance::VoucherKey(voucher), &row));
  if (!there) return std::optional<Voucher>();
  OCS_ASSIGN_OR_RETURN(Voucher found, balance::DecodeVoucher(row));
  return std::optional<Voucher>(std::move(found));
}

absl::StatusOr<std::optional<VoucherBatch>> Vouchers::FindBatch(std::string_view batch) const {
  std::string row;
  OCS_ASSIGN_OR_RETURN(const bool there, GetRow(balance::VoucherBatchKey(batch), &row));
  if (!there) return std::optional<VoucherBatch>();
  OCS_ASSIGN_OR_RETURN(VoucherBatch found, balance::DecodeVoucherBatch(row));
  return std::optional<VoucherBatch>(std::move(found));
}

absl::StatusOr<int64_t> Vouchers::CountBatches() {
  if (batches_ >= 0) return batches_;
  int64_t count = 0;
  const auto cursor = store_->Seek(Table::kVouchers, balance::VoucherBatchKey(""));
  for (; cursor->valid() && !balance::IsVoucherKey(cursor->key()); cursor->Next()) ++count;
  OCS_RETURN_IF_ERROR(cursor->status());
  batches_ = count;  // Asked for before the first new one is written: none waits.
  return batches_;
}

void Vouchers::PutRow(std::string key, std::string row, uint64_t group,
                      balance::StoreBatch* derived) {
  derived->Put(Table::kVouchers, key, row);
  waiting_[std::move(key)] = std::move(row);
  last_group_ = group;
}

void Vouchers::Put(const VoucherHash& voucher, const Voucher& row, uint64_t group,
                   balance::StoreBatch* derived) {
  std::string bytes;
  balance::EncodeVoucher(row, &bytes);
  PutRow(balance::VoucherKey(voucher), std::move(bytes), group, derived);
}

void Vouchers::PutBatch(const VoucherBatch& row, IsNew is_new, uint64_t group,
                        balance::StoreBatch* derived) {
  if (is_new == IsNew::kYes) ++batches_;
  std::string bytes;
  balance::EncodeVoucherBatch(row, &bytes);
  PutRow(balance::VoucherBatchKey(row.name), std::move(bytes), group, derived);
}

void Vouchers::Durable(uint64_t group) {
  if (last_group_ <= group) waiting_.clear();
}

}  // namespace ocs::engine
