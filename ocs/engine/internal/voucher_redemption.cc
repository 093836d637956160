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
#include "ocs/engine/internal/catalogue_text.h"
#include "ocs/engine/internal/change.h"
#include "ocs/engine/internal/notices.h"
#include "ocs/engine/internal/sale.h"
#include "ocs/engine/internal/shard.h"
#include "ocs/engine/internal/voucher_claims.h"
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

// Whether a voucher of the batch may be redeemed.
bool CheckBatch(RedeemVoucherCall* call, const Shard& shard, const Voucher& voucher,
                const VoucherBatch& batch) {
  constexpr auto kNo = absl::StatusCode::kFailedPrecondition;
  if (voucher.redeemed.valid()) return RefuseCode(call, kNo, "this voucher was redeemed before");
  if (batch.cancelled) return RefuseCode(call, kNo, "this voucher was cancelled");
  if (batch.terms.expires_at <= shard.logged_at())
    return RefuseCode(call, kNo, "this voucher has expired");
  return true;
}

bool CheckCurrency(RedeemVoucherCall* call, const Account& payer, const VoucherBatch& batch) {
  const Unit& currency = batch.terms.currency;
  if (batch.terms.value == VoucherValue::kOffer || currency == payer.currency) return true;
  return RefuseCode(
      call, absl::StatusCode::kFailedPrecondition,
      Cat("this voucher is of ", currency.code(), ", the account has ", payer.currency.code()));
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
bool FindPaidSale(RedeemVoucherCall* call, Shard& shard, const Account& payer,
                  const VoucherBatch& batch, Sale* sale) {
  const SaleRequest wanted{.offer = batch.terms.offer,
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

ChangeRecord RecordOf(Shard& shard, const RedeemVoucherCall& call, const VoucherHash& hash) {
  return {
      shard,
      call.change,
      call.account.partition(),
      EntryKind::kVoucherRedeemed,
      {{"account_id", Cat(call.account.value)}, {"code", std::string(hash.data(), hash.size())}}};
}

void RefuseBusyVoucher(RedeemVoucherCall* call) {
  RefuseCode(call, absl::StatusCode::kAborted,
             "a voucher is being redeemed by another request: repeat this one");
}

}  // namespace

void RedeemVoucherCall::Execute(Shard& shard) {
  switch (stage_) {
    case Stage::kBegin:
      return Begin(shard);
    case Stage::kClaim:
      return Claim(shard);
    case Stage::kAsk:
      return Ask(shard);
    case Stage::kTakeOver:
      return TakeOver(shard);
    case Stage::kCredit:
      return CreditClaimed(shard);
    case Stage::kSettle:
      SettleClaim(shard, hash_, account, credited_);
      return GoTo(Stage::kEnd, account.partition());
    case Stage::kGuessed:
    case Stage::kEnd:
      return End(shard);
  }
}

void RedeemVoucherCall::GoTo(Stage stage, PartitionId partition) {
  stage_ = stage;
  GoOn(partition);
}

void RedeemVoucherCall::Begin(Shard& shard) {
  if (!CheckChange(this, change)) return;
  const std::optional<std::string> normal = NormalVoucherCode(code);
  if (!normal) {
    FailField(this, "code",
              Cat("is no voucher's code: expected ", kVoucherCodeLength,
                  " letters and digits; one is wrong, or two are exchanged"));
    return;
  }
  hash_ = balance::HashOfVoucher(*normal);
  Account* payer = FindPayerToChange(this, shard, account);
  if (payer == nullptr) return;
  if (RecordOf(shard, *this, hash_).Repeats(this, [&](ByteReader& in) {
        DecodeRedemption(in, this);
      }))
    return;
  if (!CheckNotClosed(this, *payer) || !CheckGuesses(this, *payer, shard.logged_at())) return;
  if (!shard.Has(kCataloguePartition)) return BeginElsewhere(shard);
  std::optional<Voucher> voucher;
  if (!FindVoucher(shard, hash_, &voucher)) return;
  if (!voucher) return CountGuess(this, shard, payer);
  std::optional<VoucherBatch> batch_row = FindBatchOf(shard, *voucher);
  if (!batch_row || !CheckBatch(this, shard, *voucher, *batch_row)) return;
  if (voucher->claimed_by.valid()) return BeginElsewhere(shard);
  if (!CheckCurrency(this, *payer, *batch_row)) return;
  const uint64_t group = shard.book().open_group();
  if (!Credit(shard, payer, *batch_row, &voucher->redeemed)) return;
  ++batch_row->redeemed;
  shard.vouchers().Put(hash_, *voucher, group, shard.book().derived());
  shard.vouchers().PutBatch(*batch_row, Vouchers::IsNew::kNo, group, shard.book().derived());
}

// The voucher is claimed in its shard first, and settled there afterwards.
void RedeemVoucherCall::BeginElsewhere(Shard& shard) {
  const auto known = shard.book().FindChange(account.partition(), balance::VoucherCreditKey(hash_));
  if (!known.ok()) return shard.Stop(known.status());
  if (*known != nullptr) {
    RefuseCode(this, absl::StatusCode::kFailedPrecondition, "this voucher was redeemed before");
    return;
  }
  // One at a time, so that no more codes can be tried than may be.
  if (!shard.Mark(MarkOfRedemption(account))) return RefuseBusyVoucher(this);
  GoTo(Stage::kClaim, kCataloguePartition);
}

void RedeemVoucherCall::Claim(Shard& shard) {
  const auto refused = [&] { GoTo(Stage::kEnd, account.partition()); };
  if (shard.marked(MarkOfTakeOver(hash_))) return RefuseBusyVoucher(this), refused();
  std::optional<Voucher> voucher;
  if (!FindVoucher(shard, hash_, &voucher)) return;
  if (!voucher) return GoTo(Stage::kGuessed, account.partition());
  std::optional<VoucherBatch> row = FindBatchOf(shard, *voucher);
  if (!row) return;
  if (!CheckBatch(this, shard, *voucher, *row)) return refused();
  found_ = *std::move(row);
  if (voucher->claimed_by.valid() && voucher->claimed_by != account) {
    OCS_CHECK(shard.Mark(MarkOfTakeOver(hash_)));
    holder_ = voucher->claimed_by;
    return GoTo(Stage::kAsk, holder_.partition());
  }
  // It may be claimed from before a crash.
  if (!voucher->claimed_by.valid()) WriteClaim(shard, hash_, account);
  GoTo(Stage::kCredit, account.partition());
}

void RedeemVoucherCall::Ask(Shard& shard) {
  const auto known = HasCredit(shard, holder_, hash_);
  if (!known.ok()) return shard.Stop(known.status());
  held_ = *known;
  busy_ = shard.marked(MarkOfRedemption(holder_));
  GoTo(Stage::kTakeOver, kCataloguePartition);
}

void RedeemVoucherCall::TakeOver(Shard& shard) {
  shard.Unmark(MarkOfTakeOver(hash_));
  if (held_ || busy_) {
    if (held_) {
      RefuseCode(this, absl::StatusCode::kFailedPrecondition, "this voucher was redeemed before");
    } else {
      RefuseBusyVoucher(this);
    }
    return GoTo(Stage::kEnd, account.partition());
  }
  SettleClaim(shard, hash_, holder_, /*credited=*/false);
  Claim(shard);
}

void RedeemVoucherCall::CreditClaimed(Shard& shard) {
  Account* payer = FindPayerToChange(this, shard, account);
  if (payer == nullptr) return;
  Position redeemed;
  credited_ = CheckNotClosed(this, *payer) && CheckCurrency(this, *payer, found_) &&
              Credit(shard, payer, found_, &redeemed);
  if (shard.stopped()) return;
  if (credited_) {
    const std::string key = balance::VoucherCreditKey(hash_);
    EntryBuilder& entry = shard.entry();
    entry.Begin(EntryKind::kVoucherCredited, account);
    entry.SetKey({.type = balance::EntryKey::Type::kChange, .text = key, .number = 0});
    shard.Append(nullptr);
  }
  GoTo(Stage::kSettle, kCataloguePartition);
}

void RedeemVoucherCall::End(Shard& shard) {
  shard.Unmark(MarkOfRedemption(account));
  const bool guessed = stage_ == Stage::kGuessed;
  stage_ = Stage::kBegin;
  if (!guessed) return;
  Account* payer = FindPayerToChange(this, shard, account);
  if (payer != nullptr) CountGuess(this, shard, payer);
}

// Writes what the voucher is turned into. False: refused, and nothing is written.
bool RedeemVoucherCall::Credit(Shard& shard, Account* payer, const VoucherBatch& of,
                               Position* redeemed) {
  const balance::VoucherTerms& terms = of.terms;
  valid_until = Instant::Never();
  value = terms.value;
  batch = of.name;
  Sale sale;
  if (value == VoucherValue::kOffer) {
    if (!FindPaidSale(this, shard, *payer, of, &sale)) return false;
    FillOffer(sale, *payer, this);
  } else {
    amount_micros = terms.amount_micros;
    currency = terms.currency;
  }
  ChangeRecord record = RecordOf(shard, *this, hash_);  // Its key is the entry's.
  EntryBuilder& entry = record.Begin(account);
  balance::EncodeVoucherUse({.batch = batch, .voucher = hash_},
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
    return false;
  }

  // Past this line the command cannot fail.
  available_micros =
      MainAfter(*payer, entry) - (value == VoucherValue::kOffer ? sale.fee_micros : 0);
  EncodeRedemption(*this, entry.answer());
  *redeemed = shard.Append(payer);
  if (value != VoucherValue::kOffer) return true;
  Payment payment;
  WritePurchase(sale, *payer, &shard.entry(), &payment);
  OCS_CHECK(Judge(*payer, shard.entry()) == Verdict::kAllowed);
  AttachFeeRecord(sale, *payer, payment, change.key, shard);
  shard.Append(payer);
  return true;
}

}  // namespace ocs::engine
