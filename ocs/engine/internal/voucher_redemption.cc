// A voucher is turned into what it is worth, once.

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "balance/changes.h"
#include "balance/ledger.h"
#include "ocs/base/bytes.h"
#include "ocs/base/check.h"
#include "ocs/base/exact.h"
#include "ocs/base/hash.h"
#include "ocs/base/limits.h"
#include "ocs/base/text.h"
#include "ocs/base/voucher_code.h"
#include "ocs/engine/internal/change.h"
#include "ocs/engine/internal/notices.h"
#include "ocs/engine/internal/sale.h"
#include "ocs/engine/internal/shard.h"
#include "ocs/engine/internal/vouchers.h"
#include "ocs/engine/voucher_operation.h"

namespace ocs::engine {
namespace {

using balance::Account;
using balance::Bucket;
using balance::EntryBuilder;
using balance::EntryKind;
using balance::Verdict;
using balance::Voucher;
using balance::VoucherBatch;
using balance::VoucherHash;
using balance::VoucherValue;

constexpr int64_t kDayMillis = 86'400'000;
// A bonus is used up before the account's own money, and after every package.
constexpr int32_t kBonusPriority = balance::kMainPriority - 1;

// The counter of an account's wrong codes: of no price, grant or limit, so its id is of a name.
uint64_t GuessCounter() { return StableHash64("codes that no voucher has"); }
constexpr uint64_t kGuessOwner = balance::CounterOwner(balance::kRootNode, BucketId{});
constexpr Window kGuessWindow{.kind = WindowKind::kHour, .length_ms = 0};

bool RefuseCode(RedeemVoucherCall* call, absl::StatusCode code, std::string_view why) {
  return RefuseField(call, "code", code, why);
}

bool CheckGuesses(RedeemVoucherCall* call, const Account& payer, Instant now) {
  const balance::Counter* guesses = payer.FindCounter(GuessCounter(), kGuessOwner);
  if (guesses == nullptr || guesses->CountedAt(now) < balance::kVoucherGuessesPerHourMax)
    return true;
  return RefuseCode(call, absl::StatusCode::kResourceExhausted,
                    Cat("too many wrong codes were tried for this account: try again after ",
                        FormatInstant(guesses->ends_at, absl::UTCTimeZone())));
}

// The wrong code is counted, durably, and the call refused.
void CountGuess(RedeemVoucherCall* call, Shard& shard, Account* payer) {
  const Instant now = shard.logged_at();
  EntryBuilder& entry = shard.entry();
  entry.Begin(EntryKind::kVoucherGuessed, payer->id);
  ByteWriter note(entry.Attach(balance::AttachmentType::kNote));
  note.Text(call->change.actor);
  note.Text(call->change.reason);
  const absl::TimeZone utc = absl::UTCTimeZone();
  entry.Count({.id = GuessCounter(),
               .owner = kGuessOwner,
               .window = kGuessWindow,
               .began_at = WindowBegin(kGuessWindow, now, {}, utc),
               .ends_at = WindowEnd(kGuessWindow, now, {}, utc),
               .at = now,
               .counted = 1});
  if (Judge(*payer, entry) != Verdict::kAllowed) {  // No room for one more counter.
    RefuseCode(call, absl::StatusCode::kResourceExhausted,
               "the account has as many counters as it may have");
    return;
  }
  shard.Append(payer);
  RefuseCode(call, absl::StatusCode::kNotFound, "no voucher has this code");
}

// The voucher and its batch, when it may be redeemed.
struct Found {
  VoucherHash hash = {};
  Voucher voucher = {};
  VoucherBatch batch = {};
};

// False: refused, or the shard stopped.
bool FindVoucher(RedeemVoucherCall* call, Shard& shard, Account* payer, Found* found) {
  if (!CheckGuesses(call, *payer, shard.logged_at())) return false;
  auto voucher = shard.vouchers().Find(found->hash);
  if (!voucher.ok()) return shard.Stop(voucher.status()), false;
  if (!voucher->has_value()) return CountGuess(call, shard, payer), false;
  found->voucher = **std::move(voucher);
  auto batch = shard.vouchers().FindBatch(found->voucher.batch);
  if (batch.ok() && !batch->has_value())
    batch = absl::DataLossError(Cat("batch ", found->voucher.batch, " of vouchers is not there"));
  if (!batch.ok()) return shard.Stop(batch.status()), false;
  found->batch = **std::move(batch);
  constexpr auto kNo = absl::StatusCode::kFailedPrecondition;
  if (found->voucher.redeemed.valid())
    return RefuseCode(call, kNo, "this voucher was redeemed before");
  if (found->batch.cancelled) return RefuseCode(call, kNo, "this voucher was cancelled");
  if (found->batch.terms.expires_at <= shard.logged_at())
    return RefuseCode(call, kNo, "this voucher has expired");
  const Unit& currency = found->batch.terms.currency;
  if (found->batch.terms.value != VoucherValue::kOffer && currency != payer->currency) {
    return RefuseCode(
        call, kNo,
        Cat("this voucher is of ", currency.code(), ", the account has ", payer->currency.code()));
  }
  return true;
}

// Money comes into the main bucket: received when the voucher was sold, or given away.
void PostMoney(const Account& payer, int64_t amount, bool sold, EntryBuilder* entry) {
  if (amount == 0) return;
  if (sold) return balance::PostTopUp(amount, entry);
  balance::PostAdjustment(*payer.FindBucket(balance::kMainBucket), amount,
                          balance::AdjustmentReason::kGoodwill, entry);
}

// As a top-up: what is owed in packages of money is paid from it.
void WriteMoney(const Account& payer, const balance::VoucherTerms& terms,
                int64_t low_balance_micros, EntryBuilder* entry) {
  const int64_t amount = terms.amount_micros;
  PostMoney(payer, amount, terms.sold, entry);
  Bucket main = *payer.FindBucket(balance::kMainBucket);
  main.available = AddExact(main.available, amount).value_or(0);
  balance::PostRecovery(payer, main, entry);
  EndLowBalance(payer, main.available, low_balance_micros, entry);
}

Bucket BonusOf(const Account& payer, const balance::VoucherTerms& terms, Instant now) {
  Bucket bonus;
  bonus.id = {payer.next_bucket};
  bonus.priority = kBonusPriority;
  bonus.unit = terms.currency;
  bonus.valid_from = now;
  bonus.valid_until = now.PlusMillis(int64_t{terms.lasts_days} * kDayMillis);
  return bonus;
}

// What the purchase of a voucher's offer writes, behind the entry that brings its fee.
void WritePurchase(const Sale& sale, const Account& payer, EntryBuilder* entry, Payment* payment) {
  entry->Begin(EntryKind::kOfferPurchased, payer.id);
  DropWhatIsOver(sale, payer, entry);
  *payment = WriteFee(sale, payer, entry);
  WriteGrants(sale, payer, payer.next_bucket, payment, entry);
  if (sale.lasts()) WriteSubscription(sale, payer, entry);
  WriteBought(sale, payer, /*also=*/0, entry);
}

// The account as it is with so much more of its own money, and nothing owed.
Account Funded(const Account& payer, int64_t micros) {
  Account funded = payer;
  Bucket& main = *funded.FindBucket(balance::kMainBucket);
  const int64_t before = std::max<int64_t>(main.available, 0);
  const int64_t now = AddExact(before, micros).value_or(before);
  main.granted = AddExact(main.granted, now - main.available).value_or(main.granted);
  main.available = now;
  return funded;
}

// Works out the sale that the voucher pays for. False: the call has been refused.
bool FindPaidSale(RedeemVoucherCall* call, Shard& shard, const Account& payer, const Found& found,
                  Sale* sale) {
  const SaleRequest wanted{.offer = found.batch.terms.offer,
                           .at = shard.logged_at(),
                           .node = balance::kRootNode,
                           .quantity = 1};
  SaleOutcome outcome = FindSale(shard.revisions(), payer, wanted, sale);
  if (outcome == SaleOutcome::kNotEnoughMoney) {
    const Account funded = Funded(payer, sale->fee_micros);
    *sale = {};  // What was found so far is found again.
    outcome = FindSale(shard.revisions(), funded, wanted, sale);
  }
  if (outcome != SaleOutcome::kSold) {
    call->status = SaleRefusal(outcome, wanted, payer, *sale, &call->failed_field);
    return false;
  }
  EntryBuilder& entry = shard.entry();
  Payment payment;
  WritePurchase(*sale, Funded(payer, sale->fee_micros), &entry, &payment);
  if (Judge(Funded(payer, sale->fee_micros), entry) == Verdict::kAllowed) return true;
  call->status = absl::ResourceExhaustedError("code: an amount would not fit");
  return false;
}

void FillOffer(const Sale& sale, const Account& payer, RedeemVoucherCall* call) {
  call->amount_micros = sale.fee_micros;
  call->currency = sale.offer->currency;
  call->offer = sale.offer->id;
  call->subscription = sale.subscription;
  for (uint32_t grant = 0; grant < sale.grants.size(); ++grant) {
    const BucketId id{payer.next_bucket + grant};
    call->buckets.push_back(id);
    call->valid_until = std::min(call->valid_until, BucketOf(sale, grant, id).valid_until);
  }
}

void EncodeRedemption(const RedeemVoucherCall& call, std::string* out) {
  ByteWriter writer(out);
  writer.U8(static_cast<uint8_t>(call.value));
  writer.Text(call.batch);
  writer.Signed(call.amount_micros);
  writer.Text(call.currency.code());
  writer.Signed(call.available_micros);
  writer.Text(call.offer);
  writer.Varint(call.buckets.size());
  for (const BucketId bucket : call.buckets) writer.Varint(bucket.value);
  writer.Varint(call.subscription);
  writer.Signed(call.valid_until.unix_ms);
}

void DecodeRedemption(ByteReader& in, RedeemVoucherCall* call) {
  call->value = static_cast<VoucherValue>(in.U8());
  call->batch = in.Text();
  call->amount_micros = in.Signed();
  const auto currency = Unit::Parse(in.Text());
  OCS_CHECK(currency.ok());
  call->currency = *currency;
  call->available_micros = in.Signed();
  call->offer = in.Text();
  for (uint64_t count = in.Varint(); count > 0 && in.ok(); --count)
    call->buckets.push_back({static_cast<uint32_t>(in.Varint())});
  call->subscription = static_cast<uint32_t>(in.Varint());
  call->valid_until.unix_ms = in.Signed();
}

int64_t MainAfter(const Account& payer, const EntryBuilder& entry) {
  int64_t available = payer.FindBucket(balance::kMainBucket)->available;
  for (const balance::Posting& posting : entry.postings()) {
    const bool of_main = posting.bucket == balance::kMainBucket &&
                         posting.account == balance::LedgerAccount::kAvailable;
    if (of_main) available += posting.amount;
  }
  return available;
}

}  // namespace

void RedeemVoucherCall::Execute(Shard& shard) {
  if (!CheckChange(this, change)) return;
  const std::optional<std::string> normal = NormalVoucherCode(code);
  if (!normal) {
    FailField(this, "code",
              Cat("is no voucher's code: expected ", kVoucherCodeLength,
                  " letters and digits; one is wrong, or two are exchanged"));
    return;
  }
  Found found{.hash = balance::HashOfVoucher(*normal)};
  Account* payer = FindPayerToChange(this, shard, account);
  if (payer == nullptr) return;
  ChangeRecord record(shard, change, account.partition(), EntryKind::kVoucherRedeemed,
                      {{"account_id", Cat(account.value)},
                       {"code", std::string(found.hash.data(), found.hash.size())}});
  if (record.Repeats(this, [&](ByteReader& in) { DecodeRedemption(in, this); })) return;
  if (!CheckNotClosed(this, *payer) || !FindVoucher(this, shard, payer, &found)) return;
  const balance::VoucherTerms& terms = found.batch.terms;
  valid_until = Instant::Never();
  value = terms.value;
  batch = found.batch.name;
  Sale sale;
  if (value == VoucherValue::kOffer) {
    if (!FindPaidSale(this, shard, *payer, found, &sale)) return;
    FillOffer(sale, *payer, this);
  } else {
    amount_micros = terms.amount_micros;
    currency = terms.currency;
  }
  EntryBuilder& entry = record.Begin(account);
  balance::EncodeVoucherUse({.batch = batch, .voucher = found.hash},
                            entry.Attach(balance::AttachmentType::kVoucher));
  if (value == VoucherValue::kBonus) {
    const Bucket bonus = BonusOf(*payer, terms, shard.logged_at());
    buckets = {bonus.id};
    valid_until = bonus.valid_until;
    entry.AddBucket(bonus);
    balance::PostIssue(bonus.id, amount_micros, &entry);
  } else if (value == VoucherValue::kMoney) {
    WriteMoney(*payer, terms, shard.options().low_balance_micros, &entry);
  } else {
    PostMoney(*payer, sale.fee_micros, terms.sold, &entry);  // The fee, no more.
  }
  if (Judge(*payer, entry) != Verdict::kAllowed) {
    status = absl::ResourceExhaustedError("code: the balance would not fit");
    return;
  }

  // Past this line the command cannot fail.
  available_micros =
      MainAfter(*payer, entry) - (value == VoucherValue::kOffer ? sale.fee_micros : 0);
  EncodeRedemption(*this, entry.answer());
  const uint64_t group = shard.book().open_group();
  found.voucher.redeemed = shard.Append(payer);
  ++found.batch.redeemed;
  shard.vouchers().Put(found.hash, found.voucher, group, shard.book().derived());
  shard.vouchers().PutBatch(found.batch, Vouchers::IsNew::kNo, group, shard.book().derived());
  if (value != VoucherValue::kOffer) return;
  Payment payment;
  WritePurchase(sale, *payer, &shard.entry(), &payment);
  OCS_CHECK(Judge(*payer, shard.entry()) == Verdict::kAllowed);
  AttachFeeRecord(sale, *payer, payment, change.key, shard);
  shard.Append(payer);
}

}  // namespace ocs::engine
