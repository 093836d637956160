#include "balance/internal/codec.h"

#include "ocs/base/limits.h"

namespace ocs::balance {
namespace {

void EncodeTerms(const Terms& terms, ByteWriter& out) {
  out.Varint(terms.revision);
  out.Varint(terms.offer);
  out.Varint(terms.grant);
}

uint32_t Flag(int bit, bool differs) { return differs ? 1U << static_cast<unsigned>(bit) : 0U; }

// The bits of `More`; false when there is one that this release does not know.
bool ReadFlags(ByteReader& in, int known, uint64_t* flags) {
  *flags = in.Varint();
  return in.ok() && (*flags >> static_cast<unsigned>(known)) == 0;
}

bool Has(uint64_t flags, int bit) { return ((flags >> static_cast<unsigned>(bit)) & 1U) != 0; }

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
  *bucket = {};
  bucket->id.value = static_cast<uint32_t>(in.Varint());
  bucket->priority = static_cast<int32_t>(in.Signed());
  bucket->covered_models = static_cast<uint32_t>(in.Varint());
  if (!in.ok() || !DecodeUnit(in, &bucket->unit)) return false;
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
  *grant = {};
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
  *subscription = {};
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

namespace {

enum BucketBit : int {
  kBucketNode = 0,
  kBucketOwn = 1,  // Not shared.
  kBucketSubscription = 2,
  kBucketCarried = 3,
  kBucketRefill = 4,
  kBucketPlanned = 5,
  kBucketLasts = 6,
  kBucketNoticed = 7,
  kBucketNoticeMs = 8,
  kBucketBits = 9,
};

uint32_t FlagsOf(const Bucket& b) {
  return Flag(kBucketNode, b.node != kRootNode) | Flag(kBucketOwn, !b.shared) |
         Flag(kBucketSubscription, b.subscription != 0) | Flag(kBucketCarried, b.carried != 0) |
         Flag(kBucketRefill, b.refills_at != Instant::Never() || b.refill_amount != 0) |
         Flag(kBucketPlanned, b.planned != 0) |
         Flag(kBucketLasts, b.lasts_ms != 0 || b.lasts_months != 0) |
         Flag(kBucketNoticed, b.noticed_percent != 0) | Flag(kBucketNoticeMs, b.notice_ms != 0);
}

enum GrantBit : int {
  kGrantCounterHolds = 0,
  kGrantPrompt = 1,
  kGrantCharged = 2,
  kGrantCounted = 3,
  kGrantRequestCounted = 4,
  kGrantContext = 5,
  kGrantSwitches = 6,
  kGrantFinal = 7,
  kGrantPool = 8,
  kGrantBits = 9,
};

uint32_t ContextMask(const Grant& grant) {
  uint32_t mask = 0;
  for (size_t i = 0; i < grant.context.size(); ++i)
    mask |= Flag(static_cast<int>(i), grant.context[i] != 0);
  return mask;
}

uint32_t FlagsOf(const Grant& g) {
  return Flag(kGrantCounterHolds, !g.counter_holds.empty()) |
         Flag(kGrantPrompt, g.prompt_tokens != 0) | Flag(kGrantCharged, g.charged_micros != 0) |
         Flag(kGrantCounted, g.counted != 0) | Flag(kGrantRequestCounted, g.request_counted) |
         Flag(kGrantContext, ContextMask(g) != 0) |
         Flag(kGrantSwitches, g.switches_at != Instant{}) | Flag(kGrantFinal, g.final_units != 0) |
         Flag(kGrantPool, g.pool != 0);
}

enum SessionBit : int {
  kSessionOriginHost = 0,
  kSessionOriginState = 1,
  kSessionBits = 2,
};

uint32_t FlagsOf(const Session& s) {
  return Flag(kSessionOriginHost, !s.origin_host.empty()) |
         Flag(kSessionOriginState, s.origin_state != 0);
}

enum SubscriptionBit : int {
  kSubscriptionId = 0,
  kSubscriptionNode = 1,
  kSubscriptionRenews = 2,
  kSubscriptionAnchor = 3,
  kSubscriptionCycles = 4,
  kSubscriptionSwitches = 5,
  kSubscriptionCancelled = 6,
  kSubscriptionQuantity = 7,
  kSubscriptionBits = 8,
};

uint32_t FlagsOf(const Subscription& s) {
  return Flag(kSubscriptionId, s.id != 0) | Flag(kSubscriptionNode, s.node != kRootNode) |
         Flag(kSubscriptionRenews, s.renews_at != Instant::Never()) |
         Flag(kSubscriptionAnchor, s.anchor != Instant{}) |
         Flag(kSubscriptionCycles, s.cycles != 0) | Flag(kSubscriptionSwitches, s.switches != 0) |
         Flag(kSubscriptionCancelled, s.cancelled) | Flag(kSubscriptionQuantity, s.quantity != 1);
}

}  // namespace

bool HasMore(const Bucket& bucket) { return FlagsOf(bucket) != 0; }

void EncodeMore(const Bucket& bucket, ByteWriter& out) {
  const uint32_t flags = FlagsOf(bucket);
  out.Varint(flags);
  if (Has(flags, kBucketNode)) out.Varint(bucket.node.value);
  if (Has(flags, kBucketSubscription)) out.Varint(bucket.subscription);
  if (Has(flags, kBucketCarried)) out.U8(bucket.carried);
  if (Has(flags, kBucketRefill)) {
    out.Signed(bucket.refills_at.unix_ms);
    out.Signed(bucket.refill_amount);
  }
  if (Has(flags, kBucketPlanned)) out.Signed(bucket.planned);
  if (Has(flags, kBucketLasts)) {
    out.Signed(bucket.lasts_ms);
    out.Signed(bucket.lasts_months);
  }
  if (Has(flags, kBucketNoticed)) out.U8(bucket.noticed_percent);
  if (Has(flags, kBucketNoticeMs)) out.Signed(bucket.notice_ms);
}

bool DecodeMore(ByteReader& in, Bucket* bucket) {
  uint64_t flags = 0;
  if (!ReadFlags(in, kBucketBits, &flags)) return false;
  if (Has(flags, kBucketNode)) bucket->node.value = static_cast<uint32_t>(in.Varint());
  bucket->shared = !Has(flags, kBucketOwn);
  if (Has(flags, kBucketSubscription)) bucket->subscription = static_cast<uint32_t>(in.Varint());
  if (Has(flags, kBucketCarried)) bucket->carried = in.U8();
  if (Has(flags, kBucketRefill)) {
    bucket->refills_at.unix_ms = in.Signed();
    bucket->refill_amount = in.Signed();
  }
  if (Has(flags, kBucketPlanned)) bucket->planned = in.Signed();
  if (Has(flags, kBucketLasts)) {
    bucket->lasts_ms = in.Signed();
    bucket->lasts_months = static_cast<int32_t>(in.Signed());
  }
  if (Has(flags, kBucketNoticed)) bucket->noticed_percent = in.U8();
  if (Has(flags, kBucketNoticeMs)) bucket->notice_ms = in.Signed();
  return in.ok();
}

bool HasMore(const Grant& grant) { return FlagsOf(grant) != 0; }

void EncodeMore(const Grant& grant, ByteWriter& out) {
  const uint32_t flags = FlagsOf(grant);
  out.Varint(flags);
  if (Has(flags, kGrantCounterHolds)) {
    out.Varint(grant.counter_holds.size());
    for (const CounterHold& hold : grant.counter_holds) {
      out.Fixed64(hold.id);
      out.Varint(hold.owner);
      out.Varint(static_cast<uint64_t>(hold.amount));
    }
  }
  if (Has(flags, kGrantPrompt)) out.Signed(grant.prompt_tokens);
  if (Has(flags, kGrantCharged)) out.Signed(grant.charged_micros);
  if (Has(flags, kGrantCounted)) out.Signed(grant.counted);
  if (Has(flags, kGrantContext)) {
    out.U8(static_cast<uint8_t>(ContextMask(grant)));
    for (const uint64_t value : grant.context) {
      if (value != 0) out.Fixed64(value);
    }
  }
  if (Has(flags, kGrantSwitches)) out.Signed(grant.switches_at.unix_ms);
  if (Has(flags, kGrantFinal)) out.U8(grant.final_units);
  if (Has(flags, kGrantPool)) out.Varint(grant.pool);
}

bool DecodeMore(ByteReader& in, Grant* grant) {
  uint64_t flags = 0;
  if (!ReadFlags(in, kGrantBits, &flags)) return false;
  if (Has(flags, kGrantCounterHolds)) {
    const uint64_t count = in.Varint();
    if (!in.ok() || count > kCounterHoldsPerGrantMax) return false;
    grant->counter_holds.resize(count);
    for (CounterHold& hold : grant->counter_holds) {
      hold.id = in.Fixed64();
      hold.owner = in.Varint();
      hold.amount = static_cast<int64_t>(in.Varint());
      if (hold.amount < 0) return false;
    }
  }
  if (Has(flags, kGrantPrompt)) grant->prompt_tokens = in.Signed();
  if (Has(flags, kGrantCharged)) grant->charged_micros = in.Signed();
  if (Has(flags, kGrantCounted)) grant->counted = in.Signed();
  grant->request_counted = Has(flags, kGrantRequestCounted);
  if (Has(flags, kGrantContext)) {
    const uint8_t mask = in.U8();
    if ((mask >> grant->context.size()) != 0) return false;
    for (size_t i = 0; i < grant->context.size(); ++i) {
      if (Has(mask, static_cast<int>(i))) grant->context[i] = in.Fixed64();
    }
  }
  if (Has(flags, kGrantSwitches)) grant->switches_at.unix_ms = in.Signed();
  if (Has(flags, kGrantFinal)) grant->final_units = in.U8();
  if (Has(flags, kGrantPool)) grant->pool = static_cast<uint32_t>(in.Varint());
  return in.ok();
}

bool HasMore(const Session& session) { return FlagsOf(session) != 0; }

void EncodeMore(const Session& session, ByteWriter& out) {
  const uint32_t flags = FlagsOf(session);
  out.Varint(flags);
  if (Has(flags, kSessionOriginHost)) out.Text(session.origin_host);
  if (Has(flags, kSessionOriginState)) out.Varint(session.origin_state);
}

bool DecodeMore(ByteReader& in, Session* session) {
  uint64_t flags = 0;
  if (!ReadFlags(in, kSessionBits, &flags)) return false;
  if (Has(flags, kSessionOriginHost)) session->origin_host = in.Text();
  if (Has(flags, kSessionOriginState)) session->origin_state = static_cast<uint32_t>(in.Varint());
  return in.ok();
}

bool HasMore(const Subscription& subscription) { return FlagsOf(subscription) != 0; }

void EncodeMore(const Subscription& subscription, ByteWriter& out) {
  const uint32_t flags = FlagsOf(subscription);
  out.Varint(flags);
  if (Has(flags, kSubscriptionId)) out.Varint(subscription.id);
  if (Has(flags, kSubscriptionNode)) out.Varint(subscription.node.value);
  if (Has(flags, kSubscriptionRenews)) out.Signed(subscription.renews_at.unix_ms);
  if (Has(flags, kSubscriptionAnchor)) out.Signed(subscription.anchor.unix_ms);
  if (Has(flags, kSubscriptionCycles)) out.Varint(subscription.cycles);
  if (Has(flags, kSubscriptionSwitches)) out.Varint(subscription.switches);
  if (Has(flags, kSubscriptionQuantity)) out.Varint(subscription.quantity);
}

bool DecodeMore(ByteReader& in, Subscription* subscription) {
  uint64_t flags = 0;
  if (!ReadFlags(in, kSubscriptionBits, &flags)) return false;
  if (Has(flags, kSubscriptionId)) subscription->id = static_cast<uint32_t>(in.Varint());
  if (Has(flags, kSubscriptionNode)) subscription->node.value = static_cast<uint32_t>(in.Varint());
  if (Has(flags, kSubscriptionRenews)) subscription->renews_at.unix_ms = in.Signed();
  if (Has(flags, kSubscriptionAnchor)) subscription->anchor.unix_ms = in.Signed();
  if (Has(flags, kSubscriptionCycles)) subscription->cycles = static_cast<uint32_t>(in.Varint());
  if (Has(flags, kSubscriptionSwitches))
    subscription->switches = static_cast<uint32_t>(in.Varint());
  subscription->cancelled = Has(flags, kSubscriptionCancelled);
  if (Has(flags, kSubscriptionQuantity))
    subscription->quantity = static_cast<uint32_t>(in.Varint());
  return in.ok();
}

void EncodeWindow(const Window& window, ByteWriter& out) {
  out.U8(static_cast<uint8_t>(window.kind));
  if (window.kind == WindowKind::kSliding) out.Signed(window.length_ms);
}

bool DecodeWindow(ByteReader& in, Window* window) {
  *window = {};
  const uint8_t kind = in.U8();
  if (kind > static_cast<uint8_t>(WindowKind::kLifetime)) return false;
  window->kind = static_cast<WindowKind>(kind);
  if (window->kind == WindowKind::kSliding) window->length_ms = in.Signed();
  return in.ok() && window->length_ms >= 0;
}

void EncodeNode(const Node& node, ByteWriter& out) {
  out.Varint(node.id.value);
  out.Varint(node.parent.value);
  out.U8(static_cast<uint8_t>(node.kind));
  out.U8(static_cast<uint8_t>(node.state));
  out.Text(node.name);
}

bool DecodeNode(ByteReader& in, Node* node) {
  node->id.value = static_cast<uint32_t>(in.Varint());
  node->parent.value = static_cast<uint32_t>(in.Varint());
  const uint8_t kind = in.U8();
  node->kind = static_cast<NodeKind>(kind);
  const bool state_ok = DecodeState(in, &node->state);
  node->name = in.Text();
  return in.ok() && state_ok && kind >= 1 && kind <= static_cast<uint8_t>(NodeKind::kKey) &&
         node->id != kRootNode;
}

void EncodeLimit(const Limit& limit, ByteWriter& out) {
  out.Varint(limit.id);
  out.Varint(limit.node.value);
  out.Text(limit.name);
  EncodeWindow(limit.window, out);
  out.Signed(limit.anchor.unix_ms);
  out.Text(limit.unit.code());
  out.Signed(limit.amount);
  out.U8(limit.alert_only ? 1 : 0);
  out.U8(static_cast<uint8_t>(limit.alerts.size()));
  for (const uint8_t percent : limit.alerts) out.U8(percent);
  out.Signed(limit.until.unix_ms);
}

bool DecodeLimit(ByteReader& in, Limit* limit) {
  *limit = {};
  limit->id = static_cast<uint32_t>(in.Varint());
  limit->node.value = static_cast<uint32_t>(in.Varint());
  limit->name = in.Text();
  if (!DecodeWindow(in, &limit->window)) return false;
  limit->anchor.unix_ms = in.Signed();
  if (!DecodeUnit(in, &limit->unit)) return false;
  limit->amount = in.Signed();
  const uint8_t alert_only = in.U8();
  limit->alert_only = alert_only == 1;
  const uint8_t alerts = in.U8();
  if (!in.ok() || alert_only > 1 || alerts > kAlertsPerLimitMax) return false;
  for (uint8_t i = 0; i < alerts; ++i) limit->alerts.push_back(in.U8());
  limit->until.unix_ms = in.Signed();
  return in.ok();
}

void EncodeCounter(const Counter& counter, ByteWriter& out) {
  out.Fixed64(counter.id);
  out.Varint(counter.owner);
  EncodeWindow(counter.window, out);
  out.Signed(counter.began_at.unix_ms);
  out.Signed(counter.ends_at.unix_ms);
  out.Signed(counter.counted);
  out.Signed(counter.charged_micros);
  out.Signed(counter.held);
  out.U8(counter.noticed_percent);
  out.Varint(counter.slots.size());
  for (const Counter::Slot& slot : counter.slots) {
    out.Signed(slot.began_at.unix_ms);
    out.Signed(slot.amount);
  }
}

bool DecodeCounter(ByteReader& in, Counter* counter) {
  counter->id = in.Fixed64();
  counter->owner = in.Varint();
  if (!DecodeWindow(in, &counter->window)) return false;
  counter->began_at.unix_ms = in.Signed();
  counter->ends_at.unix_ms = in.Signed();
  counter->counted = in.Signed();
  counter->charged_micros = in.Signed();
  counter->held = in.Signed();
  counter->noticed_percent = in.U8();
  const uint64_t count = in.Varint();
  if (!in.ok() || count > static_cast<uint64_t>(kSlotsMax) + 1) return false;
  counter->slots.resize(count);
  for (Counter::Slot& slot : counter->slots) {
    slot.began_at.unix_ms = in.Signed();
    slot.amount = in.Signed();
  }
  return in.ok();
}

void EncodeBought(const Bought& bought, ByteWriter& out) {
  out.Fixed64(bought.offer);
  out.Signed(bought.month.unix_ms);
  out.Varint(bought.in_month);
  out.Varint(bought.ever);
}

bool DecodeBought(ByteReader& in, Bought* bought) {
  bought->offer = in.Fixed64();
  bought->month.unix_ms = in.Signed();
  bought->in_month = static_cast<uint32_t>(in.Varint());
  bought->ever = static_cast<uint32_t>(in.Varint());
  return in.ok();
}

void EncodeDatedChange(const DatedChange& change, ByteWriter& out) {
  out.Signed(change.at.unix_ms);
  out.U8(static_cast<uint8_t>(change.state));
  out.Text(change.reason);
}

bool DecodeDatedChange(ByteReader& in, DatedChange* change) {
  change->at.unix_ms = in.Signed();
  if (!DecodeState(in, &change->state)) return false;
  change->reason = in.Text();
  return in.ok();
}

void EncodeVolumeWindow(const VolumeWindow& window, ByteWriter& out) {
  out.Fixed64(window.counter);
  EncodeWindow(window.window, out);
  out.Signed(window.anchor.unix_ms);
  out.Signed(window.began_at.unix_ms);
  out.Signed(window.ends_at.unix_ms);
  out.Varint(window.revision);
  out.Signed(window.charged_micros);
  out.Signed(window.own_micros);
  out.Signed(window.excess_micros);
}

bool DecodeVolumeWindow(ByteReader& in, VolumeWindow* window) {
  window->counter = in.Fixed64();
  if (!DecodeWindow(in, &window->window)) return false;
  window->anchor.unix_ms = in.Signed();
  window->began_at.unix_ms = in.Signed();
  window->ends_at.unix_ms = in.Signed();
  window->revision = static_cast<uint32_t>(in.Varint());
  window->charged_micros = in.Signed();
  window->own_micros = in.Signed();
  window->excess_micros = in.Signed();
  return in.ok();
}

void EncodeTransfer(const Transfer& transfer, ByteWriter& out) {
  out.Text(transfer.id);
  out.Varint(transfer.to.value);
  out.Signed(transfer.amount);
  out.Signed(transfer.sent_at.unix_ms);
  EncodeBucket(transfer.bucket, out);
  EncodeMore(transfer.bucket, out);
}

bool DecodeTransfer(ByteReader& in, Transfer* transfer) {
  transfer->id = in.Text();
  transfer->to.value = in.Varint();
  transfer->amount = in.Signed();
  transfer->sent_at.unix_ms = in.Signed();
  return DecodeBucket(in, &transfer->bucket) && DecodeMore(in, &transfer->bucket);
}

void EncodeDemand(const Demand& demand, ByteWriter& out) {
  out.Text(demand.session_id);
  out.U8(static_cast<uint8_t>(demand.kind));
  out.U8(demand.rating_group ? 1 : 0);
  if (demand.rating_group) out.Varint(*demand.rating_group);
  out.Varint(demand.asked.group);
  out.Varint(demand.asked.index);
  out.Signed(demand.asked_at.unix_ms);
  out.Signed(demand.ask_at.unix_ms);
  out.Varint(demand.asks);
  out.Text(demand.reason);
}

bool DecodeDemand(ByteReader& in, Demand* demand) {
  *demand = {};
  demand->session_id = in.Text();
  const uint8_t kind = in.U8();
  demand->kind = static_cast<DemandKind>(kind);
  const uint8_t has_group = in.U8();
  if (has_group == 1) demand->rating_group = static_cast<uint32_t>(in.Varint());
  demand->asked.group = in.Varint();
  demand->asked.index = static_cast<uint32_t>(in.Varint());
  demand->asked_at.unix_ms = in.Signed();
  demand->ask_at.unix_ms = in.Signed();
  demand->asks = static_cast<uint32_t>(in.Varint());
  demand->reason = in.Text();
  return in.ok() && kind >= 1 && kind <= static_cast<uint8_t>(DemandKind::kAbort) && has_group <= 1;
}

void EncodeWatch(const Watch& watch, ByteWriter& out) {
  out.Text(watch.id);
  out.Varint(watch.counters.size());
  for (const std::string& counter : watch.counters) out.Text(counter);
  out.Signed(watch.expires_at.unix_ms);
  out.Varint(watch.told.size());
  for (const Watch::Told& told : watch.told) {
    out.Text(told.counter);
    out.Text(told.status);
    out.Text(told.next_status);
    out.Signed(told.next_at.unix_ms);
  }
}

bool DecodeWatch(ByteReader& in, Watch* watch) {
  *watch = {};
  watch->id = in.Text();
  const uint64_t counters = in.Varint();
  if (!in.ok() || counters > kWatchedCountersMax) return false;
  for (uint64_t i = 0; i < counters; ++i) watch->counters.emplace_back(in.Text());
  watch->expires_at.unix_ms = in.Signed();
  const uint64_t told = in.Varint();
  if (!in.ok() || told > kWatchedCountersMax) return false;
  watch->told.resize(told);
  for (Watch::Told& one : watch->told) {
    one.counter = in.Text();
    one.status = in.Text();
    one.next_status = in.Text();
    one.next_at.unix_ms = in.Signed();
  }
  return in.ok();
}

bool DecodeState(ByteReader& in, AccountState* state) {
  const uint8_t value = in.U8();
  *state = static_cast<AccountState>(value);
  return in.ok() && value >= 1 && value <= static_cast<uint8_t>(AccountState::kClosed);
}

}  // namespace ocs::balance
