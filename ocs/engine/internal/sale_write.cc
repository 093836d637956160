// What a sale writes: its fee, its buckets, its subscription, its record.

#include <algorithm>

#include "balance/changes.h"
#include "balance/ledger.h"
#include "cdr/record.h"
#include "ocs/base/check.h"
#include "ocs/base/exact.h"
#include "ocs/base/limits.h"
#include "ocs/base/text.h"
#include "ocs/engine/internal/attach_record.h"
#include "ocs/engine/internal/sale.h"
#include "ocs/engine/record_id.h"

namespace ocs::engine {
namespace {

using balance::Account;
using balance::Bucket;

// Refills that are planned for a bucket beyond this are not counted one by one: ten years of hours.
constexpr int64_t kRefillsCountedMax = 87'600;

// How often the bucket will have been full when it ends; 0 when it has no end.
int64_t TimesFull(const Bucket& bucket, const Window& refill, Instant anchor, absl::TimeZone zone) {
  if (bucket.valid_until == Instant::Never()) return 0;
  int64_t times = 1;
  for (Instant at = bucket.refills_at; at < bucket.valid_until && times < kRefillsCountedMax;
       at = WindowEnd(refill, at, anchor, zone)) {
    ++times;
  }
  return times;
}

void SetRefill(const Sale& sale, const rating::GrantTerms& terms, Bucket* bucket) {
  const absl::TimeZone zone = sale.tariff().zone();
  const Instant next = WindowEnd(terms.refill, bucket->valid_from, sale.anchor, zone);
  if (next >= bucket->valid_until) return;
  bucket->refills_at = next;
  bucket->refill_amount = MultiplyExact(terms.amount, sale.quantity).value_or(terms.amount);
  const int64_t times = TimesFull(*bucket, terms.refill, sale.anchor, zone);
  bucket->planned = MultiplyExact(bucket->refill_amount, times).value_or(0);
}

// One line of the fee's record.
cdr::RecordLine LineOf(const SoldPart& part, const Sale& sale, std::string_view rule) {
  cdr::RecordLine line;
  line.kind = TokenKind::kRequest;
  line.quantity = sale.quantity;
  line.unit = sale.offer->currency;
  line.amount = part.each_micros * sale.quantity;  // Their sum is the fee, which fits.
  line.price_numerator = part.each_micros;
  line.bucket = balance::kMainBucket;
  line.charge_code = part.charge_code;
  line.rule = rule;
  line.tax_basis_points = part.tax_basis_points;
  return line;
}

}  // namespace

Payment WriteFee(const Sale& sale, const Account& account, balance::EntryBuilder* entry) {
  Payment payment;
  balance::PostFee(sale.fee_micros, sale.deferred_micros, entry);
  int64_t left = sale.fee_points;
  for (const Bucket& bucket : account.buckets) {  // In draw order.
    if (left == 0) break;
    if (bucket.unit != sale.offer->fee_unit || bucket.available <= 0) continue;
    if (!balance::MayDraw(account, bucket, {.node = sale.node, .at = sale.at})) continue;
    const int64_t points = std::min(left, bucket.available);
    const balance::Movement movement{
        .bucket = bucket.id, .released = 0, .spent = points, .held = 0};
    payment.points.push_back({.bucket = bucket.id,
                              .points = points,
                              .revenue_micros = balance::PostMovement(account, movement, entry)});
    left -= points;
  }
  OCS_CHECK(left == 0);  // CheckFee.
  return payment;
}

Bucket BucketOf(const Sale& sale, uint32_t grant, BucketId id) {
  const rating::GrantTerms& terms = sale.offer->grants[grant];
  const rating::Tariff& tariff = sale.tariff();
  Bucket bucket;
  bucket.id = id;
  bucket.priority = terms.priority;
  bucket.unit = terms.unit;
  bucket.valid_from = sale.at;
  bucket.terms = {
      .revision = sale.revision->view.revision, .offer = sale.index.value, .grant = grant};
  bucket.node = sale.node;
  bucket.shared = terms.shared;
  bucket.subscription = sale.subscription;
  const bool has_length =
      terms.validity.months != 0 || terms.validity.days != 0 || terms.validity.hours != 0;
  if (terms.from_first_use && has_length) {
    constexpr int64_t kHourMillis = 3'600'000;
    bucket.lasts_months = terms.validity.months;
    bucket.lasts_ms = (int64_t{24} * terms.validity.days + terms.validity.hours) * kHourMillis;
  } else {
    bucket.valid_until = rating::EndOf(sale.at, terms.validity, tariff.zone());
  }
  if (terms.validity.cycle) bucket.valid_until = std::min(bucket.valid_until, sale.cycle_end);
  const auto cycles = static_cast<uint8_t>(std::clamp(terms.carry_over.cycles, 0, 255));
  bucket.carried = sale.cycle_end == Instant::Never() ? 0 : cycles;
  for (uint32_t model = 0; model < tariff.model_count(); ++model) {
    if (tariff.FindDraw(sale.index, grant, {model}, {.at = sale.at}) != nullptr)
      ++bucket.covered_models;
  }
  // Covered in some uses only: narrower than any whole model. (0 would mean everything.)
  bucket.covered_models = std::max(bucket.covered_models, 1U);
  bucket.deferred_micros = sale.grants[grant].deferred;
  if (terms.refill.kind != WindowKind::kNone) SetRefill(sale, terms, &bucket);
  return bucket;
}

void WriteGrants(const Sale& sale, const Account& account, uint32_t first_bucket, Payment* payment,
                 balance::EntryBuilder* entry) {
  std::vector<Unit> recovered;  // What is owed in a unit is paid once.
  for (uint32_t grant = 0; grant < sale.grants.size(); ++grant) {
    Bucket bucket = BucketOf(sale, grant, BucketId{first_bucket + grant});
    entry->AddBucket(bucket);
    const int64_t amount = sale.grants[grant].amount;
    balance::PostIssue(bucket.id, amount, entry);
    if (std::find(recovered.begin(), recovered.end(), bucket.unit) != recovered.end()) continue;
    recovered.push_back(bucket.unit);
    bucket.granted = amount;
    bucket.available = amount;
    payment->recovered_micros += balance::PostRecovery(account, bucket, entry);
  }
}

std::vector<balance::NodeId> NodesLimited(const Account& account, balance::NodeId node,
                                          const rating::LimitTerms& terms) {
  if (!terms.per_member) return {node};
  std::vector<balance::NodeId> members;
  for (const balance::Node& member : account.nodes) {
    if (member.kind == balance::NodeKind::kMember && account.IsAtOrAbove(node, member.id))
      members.push_back(member.id);
  }
  return members;
}

balance::Limit LimitOf(const Sale& sale, const rating::LimitTerms& terms, uint32_t id,
                       balance::NodeId node) {
  balance::Limit limit;
  limit.id = id;
  limit.node = node;
  limit.name = terms.name;
  limit.window = terms.window;
  limit.anchor = sale.anchor;
  limit.unit = terms.unit;
  limit.amount = MultiplyExact(terms.amount, sale.quantity).value_or(terms.amount);
  limit.alert_only = terms.alert_only;
  for (const int percent : terms.alerts) limit.alerts.push_back(static_cast<uint8_t>(percent));
  return limit;
}

void WriteSubscription(const Sale& sale, const Account& account, balance::EntryBuilder* entry) {
  const rating::Offer& offer = *sale.offer;
  balance::Subscription subscription;
  subscription.terms = {
      .revision = sale.revision->view.revision, .offer = sale.index.value, .grant = 0};
  subscription.id = sale.subscription;
  subscription.node = sale.node;
  subscription.valid_from = sale.at;
  subscription.valid_until = rating::EndOf(sale.at, offer.validity, sale.tariff().zone());
  if (offer.validity.cycle)
    subscription.valid_until = std::min(subscription.valid_until, sale.cycle_end);
  subscription.anchor = sale.anchor;
  subscription.cycles = 1;
  subscription.quantity = static_cast<uint32_t>(sale.quantity);
  subscription.renews_at = sale.cycle_end;
  if (offer.cycles_max == 1) {
    subscription.valid_until = std::min(subscription.valid_until, sale.cycle_end);
    subscription.renews_at = Instant::Never();
  }
  for (size_t i = 0; i < offer.switches.size(); ++i) {
    if (offer.switches[i].on_at_first) subscription.switches |= 1U << i;
  }
  entry->AddSubscription(subscription);
  const Instant until = std::min(subscription.valid_until, subscription.renews_at);
  uint32_t next_limit = account.next_limit;
  for (const rating::LimitTerms& terms : offer.limits) {
    for (const balance::NodeId node : NodesLimited(account, sale.node, terms)) {
      balance::Limit limit = LimitOf(sale, terms, next_limit++, node);
      limit.until = until;
      entry->SetLimit(limit);
    }
  }
}

std::string AttachFeeRecord(const Sale& sale, const Account& account, const Payment& payment,
                            std::string_view key, Shard& shard) {
  if (sale.fee_micros == 0 && payment.points.empty()) return "";
  const std::string id =
      cdr::FormatRecordId(RecordIdOf(shard.id(), shard.book().NextPosition(), /*record=*/0));
  cdr::Record record;
  record.type = cdr::RecordType::kFee;
  record.local_sequence = shard.book().NextRecordSequence();
  record.account = account.id;
  record.session_id = key;
  record.opened_at = sale.at;
  record.closed_at = sale.at;
  record.recorded_at = shard.logged_at();
  record.offer = sale.offer->id;
  record.tariff_revision = sale.revision->view.revision;
  const std::string offer = Cat("offer ", sale.offer->id);
  std::vector<std::string> rules;
  rules.reserve(sale.parts.size());  // The lines point into it.
  for (const SoldPart& part : sale.parts) {
    rules.push_back(part.name.empty() ? offer : Cat(offer, ", part ", part.name));
    if (part.each_micros != 0) record.lines.push_back(LineOf(part, sale, rules.back()));
  }
  for (const PaidPoints& paid : payment.points) {
    cdr::RecordLine& line = record.lines.emplace_back();
    line.kind = TokenKind::kRequest;
    line.quantity = 1;
    line.unit = sale.offer->fee_unit;
    line.amount = paid.points;
    line.price_numerator = paid.points;
    line.bucket = paid.bucket;
    line.revenue_micros = paid.revenue_micros;
    line.charge_code = sale.offer->charge_code;
    line.rule = offer;
  }
  record.lines.front().revenue_micros += payment.recovered_micros;
  AttachRecord(shard, account, &record);
  return id;
}

}  // namespace ocs::engine
