#include "balance/voucher.h"

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "ocs/base/ids.h"
#include "ocs/base/text.h"
#include "tests/balance/samples.h"

namespace ocs::balance::tests {
namespace {

std::string ToHex(std::string_view bytes) { return absl::BytesToHexString(ToAbsl(bytes)); }

VoucherTerms AnyTerms() {
  return {.value = VoucherValue::kBonus,
          .sold = false,
          .currency = Unit::Of("CNY"),
          .amount_micros = 10'000'000,
          .lasts_days = 90,
          .offer = "pack",
          .expires_at = kNow.PlusSeconds(86'400)};
}

// Every prefix and every longer text is refused.
template <typename Decode>
void CheckDamaged(const std::string& bytes, Decode decode) {
  for (size_t length = 0; length < bytes.size(); ++length) {
    CAPTURE(length);
    CHECK(absl::IsDataLoss(decode(bytes.substr(0, length)).status()));
  }
  CHECK(absl::IsDataLoss(decode(bytes + "x").status()));
}

TEST_CASE("what is kept of vouchers is what was encoded", "[balance][unit]") {
  const VoucherHash first = HashOfVoucher("00000000000000000012");
  const VoucherHash second = HashOfVoucher("00000000000000000024");
  CHECK(first != second);

  const VouchersIssued issued{.batch = "may", .terms = AnyTerms(), .vouchers = {first, second}};
  std::string bytes;
  EncodeVouchersIssued(issued, &bytes);
  CHECK(DecodeVouchersIssued(bytes).value() == issued);
  CHECK(bytes.find("00000000000000000012") == std::string::npos);
  CheckDamaged(bytes, DecodeVouchersIssued);

  const VoucherUse use{.batch = "may", .voucher = first};
  bytes.clear();
  EncodeVoucherUse(use, &bytes);
  CHECK(DecodeVoucherUse(bytes).value() == use);
  CheckDamaged(bytes, DecodeVoucherUse);

  const VoucherBatch batch{.name = "may",
                           .terms = AnyTerms(),
                           .issued_at = kNow,
                           .issued = 1'000,
                           .redeemed = 3,
                           .cancelled = true};
  bytes.clear();
  EncodeVoucherBatch(batch, &bytes);
  CHECK(DecodeVoucherBatch(bytes).value() == batch);
  CheckDamaged(bytes, DecodeVoucherBatch);

  const Voucher voucher{.batch = "may", .redeemed = {.group = 12, .index = 3}};
  bytes.clear();
  EncodeVoucher(voucher, &bytes);
  CHECK(DecodeVoucher(bytes).value() == voucher);
  CheckDamaged(bytes, DecodeVoucher);

  // Of an account of another shard: behind what the row has without.
  Voucher claimed = voucher;
  claimed.claimed_by = AccountId::Of(PartitionId{77}, 5);
  std::string longer;
  EncodeVoucher(claimed, &longer);
  CHECK(longer.substr(0, bytes.size()) == bytes);
  CHECK(DecodeVoucher(longer).value() == claimed);
  CHECK(absl::IsDataLoss(DecodeVoucher(longer + "x").status()));
  CHECK(absl::IsDataLoss(DecodeVoucher(bytes + '\1').status()));
  CHECK(absl::IsDataLoss(DecodeVoucher(bytes + std::string("\1\0", 2)).status()));
}

TEST_CASE("the bytes of vouchers are pinned", "[balance][unit]") {
  VoucherHash hash{};
  for (size_t i = 0; i < hash.size(); ++i) hash[i] = static_cast<char>(i + 16);
  std::string bytes;
  EncodeVouchersIssued({.batch = "m", .terms = AnyTerms(), .vouchers = {hash}}, &bytes);
  CHECK(ToHex(bytes) ==
        "016d020003434e5980dac4095a047061636b80e8809dc76701101112131415161718191a1b1c1d1e1f");
  bytes.clear();
  EncodeVoucherUse({.batch = "m", .voucher = hash}, &bytes);
  CHECK(ToHex(bytes) == "016d101112131415161718191a1b1c1d1e1f");
  CHECK(ToHex(VoucherKey(hash)) == "001176101112131415161718191a1b1c1d1e1f");
  CHECK(ToHex(VoucherBatchKey("m")) == "0000626d");
  CHECK(IsVoucherKey(VoucherKey(hash)));
  CHECK(!IsVoucherKey(VoucherBatchKey("m")));
  CHECK(!IsVoucherKey(VoucherBatchKey("v")));
}

TEST_CASE("terms that no release wrote are refused", "[balance][unit]") {
  std::string bytes;
  EncodeVoucherBatch({.name = "", .terms = AnyTerms()}, &bytes);
  for (const char value : {'\0', '\x04'}) {
    std::string wrong = bytes;
    wrong[1] = value;  // Behind the empty name.
    CHECK(absl::IsDataLoss(DecodeVoucherBatch(wrong).status()));
  }
  std::string wrong = bytes;
  wrong[2] = '\x02';
  CHECK(absl::IsDataLoss(DecodeVoucherBatch(wrong).status()));
}

TEST_CASE("values of vouchers have names", "[balance][unit]") {
  CHECK(VoucherValueName(VoucherValue::kMoney) == "money");
  CHECK(VoucherValueName(VoucherValue::kBonus) == "bonus");
  CHECK(VoucherValueName(VoucherValue::kOffer) == "offer");
}

}  // namespace
}  // namespace ocs::balance::tests
