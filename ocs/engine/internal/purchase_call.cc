// Somebody buys an offer.

#include <algorithm>
#include <string>

#include "balance/ledger.h"
#include "ocs/base/bytes.h"
#include "ocs/base/check.h"
#include "ocs/base/text.h"
#include "ocs/engine/internal/change.h"
#include "ocs/engine/internal/sale.h"
#include "ocs/engine/internal/shard.h"
#include "ocs/engine/operation.h"

namespace ocs::engine {
namespace {

using balance::EntryKind;

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
  writer.Signed(call.fee_points);
  writer.Text(call.fee_unit.code());
  writer.Varint(call.subscription);
  writer.Signed(call.renews_at.unix_ms);
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
  call->renews_at = Instant::Never();
  if (in.done()) return;  // Written before offers renewed.
  call->fee_points = in.Signed();
  if (const auto points = Unit::Parse(in.Text()); points.ok()) call->fee_unit = *points;
  call->subscription = static_cast<uint32_t>(in.Varint());
  call->renews_at.unix_ms = in.Signed();
}

void FillResults(const Sale& sale, const balance::Account& payer, PurchaseCall* call) {
  call->tariff_revision = sale.revision->view.revision;
  call->fee_micros = sale.fee_micros;
  call->currency = sale.offer->currency;
  call->fee_points = sale.fee_points;
  if (sale.fee_points != 0) call->fee_unit = sale.offer->fee_unit;
  call->subscription = sale.subscription;
  call->renews_at = sale.offer->cycles_max == 1 ? Instant::Never() : sale.cycle_end;
  call->valid_until = Instant::Never();
  for (uint32_t grant = 0; grant < sale.grants.size(); ++grant) {
    const BucketId id{payer.next_bucket + grant};
    call->buckets.push_back(id);
    call->valid_until = std::min(call->valid_until, BucketOf(sale, grant, id).valid_until);
  }
  if (sale.grants.empty()) {
    call->valid_until = rating::EndOf(sale.at, sale.offer->validity, sale.tariff().zone());
  }
}

}  // namespace

void PurchaseCall::Execute(Shard& shard) {
  if (!CheckChange(this, change)) return;
  if (quantity < 1 || quantity > kQuantityBoughtMax) {
    FailField(this, "quantity", Cat("is ", quantity, ", expected 1 to ", kQuantityBoughtMax));
    return;
  }
  balance::Account* payer = FindPayerToChange(this, shard, account);
  if (payer == nullptr) return;
  ChangeRecord record(shard, change, account.partition(), EntryKind::kOfferPurchased,
                      {{"account_id", Cat(account.value)},
                       {"offer", offer},
                       {"event_timestamp", event_time ? Cat(event_time->unix_ms) : ""},
                       {"node_id", Cat(node.value)},
                       {"quantity", Cat(quantity)}});
  if (record.Repeats(this, [&](ByteReader& in) { DecodePurchase(in, this); })) return;
  const SaleRequest wanted{.offer = offer,
                           .at = event_time.value_or(shard.logged_at()),
                           .node = node,
                           .quantity = quantity};
  if (!CheckEventTime(this, shard, wanted.at)) return;
  Sale sale;
  const SaleOutcome outcome = FindSale(shard.revisions(), *payer, wanted, &sale);
  if (outcome != SaleOutcome::kSold) {
    status = SaleRefusal(outcome, wanted, *payer, sale, &failed_field);
    return;
  }
  FillResults(sale, *payer, this);
  balance::EntryBuilder& entry = record.Begin(account);
  DropWhatIsOver(sale, *payer, &entry);
  Payment payment = WriteFee(sale, *payer, &entry);
  WriteGrants(sale, *payer, payer->next_bucket, &payment, &entry);
  if (sale.lasts()) WriteSubscription(sale, *payer, &entry);
  WriteBought(sale, *payer, /*also=*/0, &entry);
  if (Judge(*payer, entry) != balance::Verdict::kAllowed) {
    status = absl::ResourceExhaustedError("offer: an amount would not fit");
    return;
  }

  // Past this line the command cannot fail.
  record_id = AttachFeeRecord(sale, *payer, payment, change.key, shard);
  EncodePurchase(*this, entry.answer());
  shard.Append(payer);
}

}  // namespace ocs::engine
