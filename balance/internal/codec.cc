#include "balance/internal/codec.h"

#include "ocs/base/limits.h"

namespace ocs::balance {
namespace {

void EncodeTerms(const Terms& terms, ByteWriter& out) {
  out.Varint(terms.revision);
  out.Varint(terms.offer);
  out.Varint(terms.grant);
}

void DecodeTerms(ByteReader& in, Terms* terms) {
  terms->revision = static_cast<uint32_t>(in.Varint());
  terms->offer = static_cast<uint32_t>(in.Varint());
  terms->grant = static_cast<uint32_t>(in.Varint());
}

}  // namespace

bool DecodeUnit(ByteReader& in, Unit* unit) {
  const std::string_view code = in.Text();
  if (!in.ok()) return false;
  auto parsed = Unit::Parse(code);
  if (!parsed.ok()) return false;
  *unit = *parsed;
  return true;
}

void EncodeQuantities(const Quantities& quantities, ByteWriter& out) {
  out.U8(static_cast<uint8_t>(quantities.size()));
  for (const KindQuantity& q : quantities) {
    out.U8(static_cast<uint8_t>(q.kind));
    out.Varint(static_cast<uint64_t>(q.quantity));
  }
}

bool DecodeQuantities(ByteReader& in, Quantities* quantities) {
  const uint8_t count = in.U8();
  if (!in.ok() || count > kTokenKindCount) return false;
  quantities->clear();
  for (uint8_t i = 0; i < count; ++i) {
    const uint8_t kind = in.U8();
    const auto quantity = static_cast<int64_t>(in.Varint());
    if (!in.ok() || kind >= kTokenKindCount || quantity < 0) return false;
    quantities->push_back({.kind = static_cast<TokenKind>(kind), .quantity = quantity});
  }
  return true;
}

void EncodeBucket(const Bucket& bucket, ByteWriter& out) {
  out.Varint(bucket.id.value);
  out.Signed(bucket.priority);
  out.Varint(bucket.covered_models);
  out.Text(bucket.unit.code());
  out.Signed(bucket.valid_from.unix_ms);
  out.Signed(bucket.valid_until.unix_ms);
  EncodeTerms(bucket.terms, out);
  for (const int64_t amount :
       {bucket.granted, bucket.available, bucket.held, bucket.spent, bucket.expired,
        bucket.transferred, bucket.deferred_micros, bucket.released_micros}) {
    out.Signed(amount);
  }
}

bool DecodeBucket(ByteReader& in, Bucket* bucket) {
  bucket->id.value = static_cast<uint32_t>(in.Varint());
  bucket->priority = static_cast<int32_t>(in.Signed());
  bucket->covered_models = static_cast<uint32_t>(in.Varint());
  if (!DecodeUnit(in, &bucket->unit)) return false;
  bucket->valid_from.unix_ms = in.Signed();
  bucket->valid_until.unix_ms = in.Signed();
  DecodeTerms(in, &bucket->terms);
  for (int64_t* amount :
       {&bucket->granted, &bucket->available, &bucket->held, &bucket->spent, &bucket->expired,
        &bucket->transferred, &bucket->deferred_micros, &bucket->released_micros}) {
    *amount = in.Signed();
  }
  return in.ok();
}

void EncodeGrant(const Grant& grant, ByteWriter& out) {
  out.Varint(grant.rating_group);
  out.Text(grant.model);
  EncodeQuantities(grant.granted, out);
  out.Varint(grant.holds.size());
  for (const Hold& hold : grant.holds) {
    out.Varint(hold.bucket.value);
    out.Varint(static_cast<uint64_t>(hold.amount));
  }
}

bool DecodeGrant(ByteReader& in, Grant* grant) {
  grant->rating_group = static_cast<uint32_t>(in.Varint());
  grant->model = in.Text();
  if (!DecodeQuantities(in, &grant->granted)) return false;
  const uint64_t count = in.Varint();
  if (!in.ok() || count > kHoldsPerGrantMax) return false;
  grant->holds.resize(count);
  for (Hold& hold : grant->holds) {
    hold.bucket.value = static_cast<uint32_t>(in.Varint());
    hold.amount = static_cast<int64_t>(in.Varint());
    if (hold.amount < 0) return false;
  }
  return in.ok();
}

void EncodeSubscription(const Subscription& subscription, ByteWriter& out) {
  EncodeTerms(subscription.terms, out);
  out.Signed(subscription.valid_from.unix_ms);
  out.Signed(subscription.valid_until.unix_ms);
}

bool DecodeSubscription(ByteReader& in, Subscription* subscription) {
  DecodeTerms(in, &subscription->terms);
  subscription->valid_from.unix_ms = in.Signed();
  subscription->valid_until.unix_ms = in.Signed();
  return in.ok();
}

void EncodeCarry(const Carry& carry, ByteWriter& out) {
  out.Fixed64(carry.line);
  out.Varint(static_cast<uint64_t>(carry.denominator));
  out.Varint(static_cast<uint64_t>(carry.remainder));
}

bool DecodeCarry(ByteReader& in, Carry* carry) {
  carry->line = in.Fixed64();
  carry->denominator = static_cast<int64_t>(in.Varint());
  carry->remainder = static_cast<int64_t>(in.Varint());
  return in.ok() && carry->denominator > 0 && carry->remainder >= 0 &&
         carry->remainder < carry->denominator;
}

}  // namespace ocs::balance
