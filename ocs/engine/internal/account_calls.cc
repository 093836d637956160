// Administrative changes of accounts: created, known by identities, topped up, given what they buy.

#include <algorithm>
#include <string>
#include <utility>

#include "balance/ledger.h"
#include "cdr/record.h"
#include "ocs/base/bytes.h"
#include "ocs/base/check.h"
#include "ocs/base/hash.h"
#include "ocs/base/limits.h"
#include "ocs/base/text.h"
#include "ocs/engine/internal/change.h"
#include "ocs/engine/internal/shard.h"
#include "ocs/engine/operation.h"
#include "ocs/engine/record_id.h"

namespace ocs::engine {
namespace {

using balance::EntryKind;

std::string IdentityText(IdentityType type, std::string_view data) {
  return Cat(static_cast<int>(type), ":", data);
}

bool CheckIdentity(Operation* call, std::string_view field, IdentityType type,
                   std::string_view data) {
  if (static_cast<uint8_t>(type) > static_cast<uint8_t>(IdentityType::kPrivate)) {
    return FailField(call, Cat(field, ".type"), "is not a Subscription-Id-Type");
  }
  if (data.empty() || data.size() > static_cast<size_t>(kIdentityLengthMax)) {
    return FailField(call, Cat(field, ".data"),
                     Cat("expected 1 to ", kIdentityLengthMax, " characters"));
  }
  return true;
}

// The bucket that a grant makes.
balance::Bucket BucketOf(const rating::GrantTerms& terms, const balance::Terms& origin, BucketId id,
                         Instant at, const rating::Tariff& tariff) {
  balance::Bucket bucket;
  bucket.id = id;
  bucket.priority = terms.priority;
  bucket.unit = terms.unit;
  bucket.valid_from = at;
  bucket.valid_until = rating::EndOf(at, terms.validity, tariff.zone());
  bucket.terms = origin;
  for (uint32_t model = 0; model < tariff.model_count(); ++model) {
    if (tariff.FindDraw({origin.offer}, origin.grant, {model}, {.at = at}) != nullptr)
      ++bucket.covered_models;
  }
  return bucket;
}

// Makes room among the buckets for `wanted` new ones by dropping what is used up.
void DropUsedUp(const balance::Account& account, size_t wanted, balance::EntryBuilder* entry) {
  size_t count = account.buckets.size();
  for (const balance::Bucket& bucket : account.buckets) {
    if (count + wanted <= static_cast<size_t>(kBucketsPerAccountMax)) return;
    const bool used_up = bucket.id != balance::kMainBucket && bucket.available == 0 &&
                         bucket.held == 0 && bucket.released_micros == bucket.deferred_micros;
    if (!used_up) continue;
    entry->DropBucket(bucket.id);
    --count;
  }
}

// Those that have not ended; the others leave with the next purchase.
size_t OpenSubscriptions(const balance::Account& account, Instant at) {
  return static_cast<size_t>(
      std::count_if(account.subscriptions.begin(), account.subscriptions.end(),
                    [&](const balance::Subscription& s) { return s.valid_until > at; }));
}

size_t UsedUpCount(const balance::Account& account) {
  return static_cast<size_t>(
      std::count_if(account.buckets.begin(), account.buckets.end(), [](const balance::Bucket& b) {
        return b.id != balance::kMainBucket && b.available == 0 && b.held == 0 &&
               b.released_micros == b.deferred_micros;
      }));
}

}  // namespace

void CreateAccountCall::Execute(Shard& shard) {
  if (!CheckChange(this, change)) return;
  if (!currency.is_money()) {
    FailField(this, "currency", "expected an ISO 4217 currency such as CNY");
    return;
  }
  if (credit_limit_micros < 0 || credit_limit_micros > kAmountMicrosMax) {
    FailField(this, "credit_limit_micros",
              Cat("is ", credit_limit_micros, ", expected 0 to ", kAmountMicrosMax));
    return;
  }
  if (identities.size() > static_cast<size_t>(kIdentitiesPerRequestMax)) {
    FailField(this, "identities", Cat("expected at most ", kIdentitiesPerRequestMax));
    return;
  }
  std::string all;
  for (size_t i = 0; i < identities.size(); ++i) {
    const auto& [type, data] = identities[i];
    if (!CheckIdentity(this, Cat("identities[", i, "]"), type, data)) return;
    if (std::find(identities.begin(), identities.begin() + static_cast<std::ptrdiff_t>(i),
                  identities[i]) != identities.begin() + static_cast<std::ptrdiff_t>(i)) {
      FailField(this, Cat("identities[", i, "]"), "is there twice");
      return;
    }
    ByteWriter(&all).Text(IdentityText(type, data));
  }
  ChangeRecord record(shard, change, PartitionOf(change.key), EntryKind::kAccountCreated,
                      {{"currency", std::string(currency.code())},
                       {"credit_limit_micros", Cat(credit_limit_micros)},
                       {"identities", all}});
  if (record.Repeats(this, [&](ByteReader& in) { account.value = in.Varint(); })) return;
  for (size_t i = 0; i < identities.size(); ++i) {
    const bool taken = shard.FindIdentity(identities[i].first, identities[i].second).valid();
    if (shard.stopped()) return;
    if (taken) {
      failed_field = Cat("identities[", i, "]");
      status = absl::AlreadyExistsError(Cat(failed_field, ": belongs to another account"));
      return;
    }
  }

  // Past this line the command cannot fail.
  balance::Account* created = shard.book().NewAccount(PartitionOf(change.key));
  account = created->id;
  for (const auto& [type, data] : identities) shard.ClaimIdentity(type, data, account);
  balance::EntryBuilder& entry = record.Begin(account);
  entry.CreateAccount(currency, credit_limit_micros, shard.logged_at());
  for (const auto& [type, data] : identities)
    entry.AddIdentity({.type = static_cast<uint8_t>(type), .data = data});
  ByteWriter(entry.answer()).Varint(account.value);
  shard.Append(created);
}

void ChangeIdentityCall::Execute(Shard& shard) {
  if (!CheckChange(this, change) || !CheckIdentity(this, "identity", type, data)) return;
  balance::Account* payer = FindPayer(this, shard, account);
  if (payer == nullptr) return;
  const bool add = action == Action::kAdd;
  ChangeRecord record(shard, change, account.partition(),
                      add ? EntryKind::kIdentityAdded : EntryKind::kIdentityRemoved,
                      {{"account_id", Cat(account.value)}, {"identity", IdentityText(type, data)}});
  if (record.Repeats(this, [](ByteReader&) {})) return;
  const AccountId owner = shard.FindIdentity(type, data);
  if (shard.stopped()) return;
  if (add && owner.valid()) {
    failed_field = "identity";
    status = absl::AlreadyExistsError("identity: belongs to an account already");
    return;
  }
  if (add && payer->identities.size() >= static_cast<size_t>(kIdentitiesPerAccountMax)) {
    status = absl::ResourceExhaustedError(
        Cat("an account may have ", kIdentitiesPerAccountMax, " identities"));
    return;
  }
  if (!add && owner != account) {
    failed_field = "identity";
    status = absl::NotFoundError("identity: does not belong to this account");
    return;
  }

  // Past this line the command cannot fail.
  const balance::AccountIdentity identity{.type = static_cast<uint8_t>(type), .data = data};
  if (add) {
    shard.ClaimIdentity(type, data, account);
    record.Begin(account).AddIdentity(identity);
  } else {
    shard.ReleaseIdentity(type, data, account);
    record.Begin(account).RemoveIdentity(identity);
  }
  shard.Append(payer);
}

void TopUpCall::Execute(Shard& shard) {
  if (!CheckChange(this, change)) return;
  if (amount_micros < 1 || amount_micros > kAmountMicrosMax) {
    FailField(this, "amount_micros",
              Cat("is ", amount_micros, ", expected 1 to ", kAmountMicrosMax));
    return;
  }
  balance::Account* payer = FindPayer(this, shard, account);
  if (payer == nullptr) return;
  if (currency != payer->currency) {
    FailField(this, "currency",
              Cat("is ", currency.code(), ", the account has ", payer->currency.code()));
    return;
  }
  ChangeRecord record(shard, change, account.partition(), EntryKind::kToppedUp,
                      {{"account_id", Cat(account.value)}, {"amount_micros", Cat(amount_micros)}});
  if (record.Repeats(this, [&](ByteReader& in) { available_micros = in.Signed(); })) return;
  balance::EntryBuilder& entry = record.Begin(account);
  balance::PostTopUp(amount_micros, &entry);
  if (Judge(*payer, entry) != balance::Verdict::kAllowed) {
    status = absl::ResourceExhaustedError("amount_micros: the balance would not fit");
    return;
  }

  // Past this line the command cannot fail.
  available_micros = payer->FindBucket(balance::kMainBucket)->available + amount_micros;
  ByteWriter(entry.answer()).Signed(available_micros);
  shard.Append(payer);
}

namespace {

// What was bought, as it is recorded for a repeat.
void EncodePurchase(const PurchaseCall& call, std::string* out) {
  ByteWriter writer(out);
  writer.Varint(call.tariff_revision);
  writer.Signed(call.fee_micros);
  writer.Text(call.currency.code());
  writer.Text(call.record_id);
  writer.Signed(call.valid_until.unix_ms);
  writer.Varint(call.buckets.size());
  for (const BucketId bucket : call.buckets) writer.Varint(bucket.value);
}

void DecodePurchase(ByteReader& in, PurchaseCall* call) {
  call->tariff_revision = static_cast<uint32_t>(in.Varint());
  call->fee_micros = in.Signed();
  const auto unit = Unit::Parse(in.Text());
  OCS_CHECK(unit.ok());
  call->currency = *unit;
  call->record_id = in.Text();
  call->valid_until.unix_ms = in.Signed();
  for (uint64_t count = in.Varint(); count > 0 && in.ok(); --count) {
    call->buckets.push_back({static_cast<uint32_t>(in.Varint())});
  }
}

struct Sale {
  const Revision* revision = nullptr;
  rating::OfferIndex index;
  const rating::Offer* offer = nullptr;
  Instant at;
};

// Finds what is to be bought, and whether the account may. False: the call has been refused.
bool FindSale(PurchaseCall* call, const Shard& shard, const balance::Account& payer, Sale* sale) {
  sale->revision = shard.revisions().EffectiveAt(sale->at);
  if (sale->revision == nullptr) {
    call->status = absl::FailedPreconditionError("no catalogue is in force: publish one first");
    return false;
  }
  const auto index = sale->revision->tariff->FindOffer(call->offer);
  if (!index) {
    call->failed_field = "offer";
    call->status = absl::NotFoundError(Cat("offer: revision ", sale->revision->view.revision,
                                           " has no offer '",
                                           call->offer.substr(0, kModelNameLengthMax), "'"));
    return false;
  }
  sale->index = *index;
  sale->offer = &sale->revision->tariff->offer(*index);
  if (sale->offer->currency != payer.currency) {
    call->failed_field = "offer";
    call->status =
        absl::FailedPreconditionError(Cat("offer: is sold in ", sale->offer->currency.code(),
                                          ", the account has ", payer.currency.code()));
    return false;
  }
  const balance::Bucket* main = payer.FindBucket(balance::kMainBucket);
  if (payer.Spendable(*main) < sale->offer->fee_micros) {
    call->status = absl::FailedPreconditionError(
        Cat("the fee of ", FormatAmount(sale->offer->fee_micros, payer.currency),
            " is more than the account has (", FormatAmount(payer.Spendable(*main), payer.currency),
            "): top it up first"));
    return false;
  }
  const size_t buckets = payer.buckets.size() - UsedUpCount(payer) + sale->offer->grants.size();
  if (buckets > static_cast<size_t>(kBucketsPerAccountMax) ||
      OpenSubscriptions(payer, sale->at) >= static_cast<size_t>(kOffersPerAccountMax)) {
    call->status = absl::ResourceExhaustedError(Cat("an account may have ", kBucketsPerAccountMax,
                                                    " buckets and ", kOffersPerAccountMax,
                                                    " offers with prices"));
    return false;
  }
  return true;
}

void AttachFeeRecord(const PurchaseCall& call, const Sale& sale, Shard& shard) {
  cdr::Record record;
  record.type = cdr::RecordType::kFee;
  record.local_sequence = shard.book().NextRecordSequence();
  record.account = call.account;
  record.session_id = call.change.key;
  record.opened_at = sale.at;
  record.closed_at = sale.at;
  record.recorded_at = shard.logged_at();
  record.offer = sale.offer->id;
  record.tariff_revision = call.tariff_revision;
  const std::string rule = Cat("offer ", sale.offer->id);
  cdr::RecordLine& line = record.lines.emplace_back();
  line.kind = TokenKind::kRequest;
  line.quantity = 1;
  line.unit = call.currency;
  line.amount = call.fee_micros;
  line.price_numerator = call.fee_micros;
  line.bucket = balance::kMainBucket;
  line.charge_code = sale.offer->charge_code;
  line.rule = rule;
  EncodeRecord(record, shard.entry().Attach(balance::AttachmentType::kRecord));
  shard.CountRecord();
}

// The buckets that the offer grants, and the fee that pays for them.
void WriteSale(PurchaseCall* call, const Sale& sale, const balance::Account& payer,
               balance::EntryBuilder* entry) {
  const rating::Offer& offer = *sale.offer;
  const rating::Tariff& tariff = *sale.revision->tariff;
  DropUsedUp(payer, offer.grants.size(), entry);
  for (const balance::Subscription& subscription : payer.subscriptions) {
    if (subscription.valid_until <= sale.at) entry->DropSubscription(subscription);
  }
  const auto count = static_cast<int64_t>(offer.grants.size());
  int64_t rest = count == 0 ? 0 : offer.fee_micros;
  balance::PostFee(offer.fee_micros, rest, entry);
  for (int64_t i = 0; i < count; ++i) {
    const auto grant = static_cast<uint32_t>(i);
    const BucketId id{payer.next_bucket + grant};
    balance::Bucket bucket =
        BucketOf(offer.grants[grant],
                 {.revision = call->tariff_revision, .offer = sale.index.value, .grant = grant}, id,
                 sale.at, tariff);
    // Each bucket is paid by an equal share; the last takes what does not divide.
    bucket.deferred_micros = i + 1 == count ? rest : offer.fee_micros / count;
    rest -= bucket.deferred_micros;
    entry->AddBucket(bucket);
    balance::PostIssue(id, offer.grants[grant].amount, entry);
    call->buckets.push_back(id);
    call->valid_until = std::min(call->valid_until, bucket.valid_until);
  }
  if (!offer.has_prices) return;
  const Instant until = rating::EndOf(sale.at, offer.validity, tariff.zone());
  entry->AddSubscription(
      {.terms = {.revision = call->tariff_revision, .offer = sale.index.value, .grant = 0},
       .valid_from = sale.at,
       .valid_until = until});
  if (count == 0) call->valid_until = until;
}

}  // namespace

void PurchaseCall::Execute(Shard& shard) {
  if (!CheckChange(this, change)) return;
  balance::Account* payer = FindPayer(this, shard, account);
  if (payer == nullptr) return;
  ChangeRecord record(shard, change, account.partition(), EntryKind::kOfferPurchased,
                      {{"account_id", Cat(account.value)},
                       {"offer", offer},
                       {"event_timestamp", event_time ? Cat(event_time->unix_ms) : ""}});
  if (record.Repeats(this, [&](ByteReader& in) { DecodePurchase(in, this); })) return;
  Sale sale;
  sale.at = event_time.value_or(shard.logged_at());
  if (!CheckEventTime(this, shard, sale.at) || !FindSale(this, shard, *payer, &sale)) return;
  tariff_revision = sale.revision->view.revision;
  fee_micros = sale.offer->fee_micros;
  currency = sale.offer->currency;
  valid_until = Instant::Never();
  balance::EntryBuilder& entry = record.Begin(account);
  WriteSale(this, sale, *payer, &entry);
  if (Judge(*payer, entry) != balance::Verdict::kAllowed) {
    status = absl::ResourceExhaustedError("offer: an amount would not fit");
    return;
  }

  // Past this line the command cannot fail.
  if (fee_micros != 0) {
    record_id =
        cdr::FormatRecordId(RecordIdOf(shard.id(), shard.book().NextPosition(), /*record=*/0));
    AttachFeeRecord(*this, sale, shard);
  }
  EncodePurchase(*this, entry.answer());
  shard.Append(payer);
}

}  // namespace ocs::engine
