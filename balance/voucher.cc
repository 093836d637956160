#include "balance/voucher.h"

#include <algorithm>
#include <utility>

#include "balance/journal.h"
#include "ocs/base/bytes.h"

namespace ocs::balance {
namespace {

constexpr char kBatchRow = 'b';
constexpr char kVoucherRow = 'v';
// Behind a voucher's row: who of another shard has claimed it.
constexpr uint8_t kClaimed = 1;

absl::Status Damaged(absl::string_view what) {
  return absl::DataLossError("the bytes of " + std::string(what) + " are damaged");
}

void PutTerms(const VoucherTerms& terms, ByteWriter& out) {
  out.U8(static_cast<uint8_t>(terms.value));
  out.U8(terms.sold ? 1 : 0);
  out.Text(terms.currency.code());
  out.Signed(terms.amount_micros);
  out.Varint(static_cast<uint64_t>(terms.lasts_days));
  out.Text(terms.offer);
  out.Signed(terms.expires_at.unix_ms);
}

bool GetTerms(ByteReader& in, VoucherTerms* terms) {
  const uint8_t value = in.U8();
  if (value < static_cast<uint8_t>(VoucherValue::kMoney) ||
      value > static_cast<uint8_t>(VoucherValue::kOffer)) {
    return false;
  }
  terms->value = static_cast<VoucherValue>(value);
  const uint8_t sold = in.U8();
  if (sold > 1) return false;
  terms->sold = sold == 1;
  const std::string_view currency = in.Text();
  if (!currency.empty()) {
    const auto unit = Unit::Parse(currency);
    if (!unit.ok()) return false;
    terms->currency = *unit;
  }
  terms->amount_micros = in.Signed();
  terms->lasts_days = static_cast<int32_t>(in.Varint());
  terms->offer = in.Text();
  terms->expires_at.unix_ms = in.Signed();
  return in.ok();
}

void PutHash(const VoucherHash& hash, ByteWriter& out) {
  out.Raw(std::string_view(hash.data(), hash.size()));
}

bool GetHash(ByteReader& in, VoucherHash* hash) {
  const std::string_view bytes = in.Raw(hash->size());
  if (!in.ok()) return false;
  std::copy(bytes.begin(), bytes.end(), hash->begin());
  return true;
}

}  // namespace

VoucherHash HashOfVoucher(std::string_view code) {
  const ChainHash whole = Sha256(code);
  VoucherHash hash;
  std::copy_n(whole.begin(), hash.size(), hash.begin());
  return hash;
}

std::string_view VoucherValueName(VoucherValue value) {
  switch (value) {
    case VoucherValue::kMoney:
      return "money";
    case VoucherValue::kBonus:
      return "bonus";
    case VoucherValue::kOffer:
      return "offer";
  }
  return "unknown";
}

void EncodeVouchersIssued(const VouchersIssued& issued, std::string* out) {
  ByteWriter writer(out);
  writer.Text(issued.batch);
  PutTerms(issued.terms, writer);
  writer.Varint(issued.vouchers.size());
  for (const VoucherHash& hash : issued.vouchers) PutHash(hash, writer);
}

absl::StatusOr<VouchersIssued> DecodeVouchersIssued(std::string_view bytes) {
  ByteReader in(bytes);
  VouchersIssued issued;
  issued.batch = in.Text();
  if (!GetTerms(in, &issued.terms)) return Damaged("issued vouchers");
  const uint64_t count = in.Varint();
  if (!in.ok() || count > static_cast<uint64_t>(kVouchersPerEntryMax))
    return Damaged("issued vouchers");
  issued.vouchers.resize(count);
  for (VoucherHash& hash : issued.vouchers) {
    if (!GetHash(in, &hash)) return Damaged("issued vouchers");
  }
  return in.done() ? absl::StatusOr<VouchersIssued>(std::move(issued)) : Damaged("issued vouchers");
}

void EncodeVoucherUse(const VoucherUse& use, std::string* out) {
  ByteWriter writer(out);
  writer.Text(use.batch);
  PutHash(use.voucher, writer);
}

absl::StatusOr<VoucherUse> DecodeVoucherUse(std::string_view bytes) {
  ByteReader in(bytes);
  VoucherUse use;
  use.batch = in.Text();
  if (!GetHash(in, &use.voucher) || !in.done()) return Damaged("a used voucher");
  return use;
}

void EncodeVoucherBatch(const VoucherBatch& batch, std::string* out) {
  ByteWriter writer(out);
  writer.Text(batch.name);
  PutTerms(batch.terms, writer);
  writer.Signed(batch.issued_at.unix_ms);
  writer.Signed(batch.issued);
  writer.Signed(batch.redeemed);
  writer.U8(batch.cancelled ? 1 : 0);
}

absl::StatusOr<VoucherBatch> DecodeVoucherBatch(std::string_view bytes) {
  ByteReader in(bytes);
  VoucherBatch batch;
  batch.name = in.Text();
  if (!GetTerms(in, &batch.terms)) return Damaged("a batch of vouchers");
  batch.issued_at.unix_ms = in.Signed();
  batch.issued = in.Signed();
  batch.redeemed = in.Signed();
  batch.cancelled = in.U8() != 0;
  if (!in.ok() || !in.done()) return Damaged("a batch of vouchers");
  return batch;
}

void EncodeVoucher(const Voucher& voucher, std::string* out) {
  ByteWriter writer(out);
  writer.Text(voucher.batch);
  writer.Varint(voucher.redeemed.group);
  writer.Varint(voucher.redeemed.index);
  if (!voucher.claimed_by.valid()) return;
  writer.U8(kClaimed);
  writer.Varint(voucher.claimed_by.value);
}

absl::StatusOr<Voucher> DecodeVoucher(std::string_view bytes) {
  ByteReader in(bytes);
  Voucher voucher;
  voucher.batch = in.Text();
  voucher.redeemed.group = in.Varint();
  voucher.redeemed.index = static_cast<uint32_t>(in.Varint());
  if (in.ok() && !in.done()) {
    if (in.U8() != kClaimed) return Damaged("a voucher");
    voucher.claimed_by.value = in.Varint();
    if (!voucher.claimed_by.valid()) return Damaged("a voucher");
  }
  if (!in.ok() || !in.done()) return Damaged("a voucher");
  return voucher;
}

std::string VoucherBatchKey(std::string_view batch) {
  std::string key;
  ByteWriter out(&key);
  out.Big16(0);
  out.U8(static_cast<uint8_t>(kBatchRow));
  out.Raw(batch);
  return key;
}

std::string VoucherKey(const VoucherHash& voucher) {
  std::string key;
  ByteWriter out(&key);
  const uint32_t first = static_cast<uint8_t>(voucher[0]) * 256U + static_cast<uint8_t>(voucher[1]);
  out.Big16(static_cast<uint16_t>(first % kPartitionCount));
  out.U8(static_cast<uint8_t>(kVoucherRow));
  PutHash(voucher, out);
  return key;
}

std::string VoucherCreditKey(const VoucherHash& voucher) {
  std::string key("\xffvoucher ");  // No text of a client begins so: it is not UTF-8.
  key.append(voucher.data(), voucher.size());
  return key;
}

bool IsVoucherKey(std::string_view key) { return key.size() > 2 && key[2] == kVoucherRow; }

}  // namespace ocs::balance
