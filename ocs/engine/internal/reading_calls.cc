// Calls that read: an account, its history in words, its bill; and the call that hands a request to
// Charging.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "balance/journal.h"
#include "balance/notice.h"
#include "balance/words.h"
#include "cdr/bill.h"
#include "cdr/explain.h"
#include "ocs/base/bytes.h"
#include "ocs/base/check.h"
#include "ocs/base/exact.h"
#include "ocs/base/limits.h"
#include "ocs/base/text.h"
#include "ocs/engine/account_operation.h"
#include "ocs/engine/internal/change.h"
#include "ocs/engine/internal/charging.h"
#include "ocs/engine/internal/notices.h"
#include "ocs/engine/internal/shard.h"
#include "ocs/engine/operation.h"
#include "ocs/engine/record_id.h"

namespace ocs::engine {
namespace {

constexpr int32_t kHistoryItemsMax = 1'000;

BucketView ViewOf(const balance::Bucket& bucket, const Revisions& revisions) {
  BucketView view{.id = bucket.id,
                  .name = "main balance",
                  .offer = "",
                  .unit = bucket.unit,
                  .priority = bucket.priority,
                  .valid_from = bucket.valid_from,
                  .valid_until = bucket.valid_until,
                  .granted = bucket.granted,
                  .available = bucket.available,
                  .held = bucket.held,
                  .spent = bucket.spent,
                  .expired = bucket.expired,
                  .transferred = bucket.transferred,
                  .node = bucket.node.value,
                  .shared = bucket.shared,
                  .subscription = bucket.subscription,
                  .carried = bucket.carried,
                  .refills_at = bucket.refills_at,
                  .refill_amount = bucket.refill_amount};
  if (const Revision* revision = revisions.Find(bucket.terms.revision)) {
    const rating::Offer& offer = revision->tariff->offer({bucket.terms.offer});
    view.offer = offer.id;
    view.name = offer.grants[bucket.terms.grant].name;
  }
  return view;
}

SubscriptionView ViewOf(const balance::Subscription& subscription, const Revisions& revisions) {
  const Revision* revision = revisions.Find(subscription.terms.revision);
  OCS_CHECK(revision != nullptr);
  const rating::Offer& offer = revision->tariff->offer({subscription.terms.offer});
  SubscriptionView view{.offer = offer.id,
                        .name = offer.name,
                        .tariff_revision = subscription.terms.revision,
                        .valid_from = subscription.valid_from,
                        .valid_until = subscription.valid_until,
                        .id = subscription.id,
                        .node = subscription.node.value,
                        .renews_at = subscription.renews_at,
                        .cycles = subscription.cycles,
                        .quantity = subscription.quantity,
                        .cancelled = subscription.cancelled,
                        .switches = {}};
  for (size_t i = 0; i < offer.switches.size(); ++i) {
    view.switches.push_back({.id = offer.switches[i].id,
                             .name = offer.switches[i].name,
                             .on = (subscription.switches >> i & 1U) != 0});
  }
  return view;
}

LimitView ViewOf(const balance::Limit& limit, const balance::Account& account, Instant now) {
  LimitView view{.id = limit.id,
                 .node = limit.node.value,
                 .name = limit.name,
                 .window = FormatWindow(limit.window),
                 .unit = limit.unit,
                 .amount = limit.amount,
                 .left = limit.amount,
                 .alert_only = limit.alert_only,
                 .alerts = {limit.alerts.begin(), limit.alerts.end()},
                 .until = limit.until};
  const balance::Counter* counter =
      account.FindCounter(limit.id, balance::CounterOwner(limit.node, BucketId{}));
  if (counter == nullptr) return view;
  view.used = counter->CountedAt(now);
  view.held = counter->held;
  view.frees_at = counter->FreesAt(now);
  view.left =
      SubtractExact(limit.amount - std::min(limit.amount, view.used), view.held).value_or(0);
  view.left = std::max<int64_t>(view.left, 0);
  return view;
}

AccountView ViewOf(const balance::Account& account, const Revisions& revisions, Instant now) {
  AccountView view;
  view.id = account.id;
  view.state = std::string(balance::AccountStateName(account.state));
  view.currency = account.currency;
  view.credit_limit_micros = account.credit_limit_micros;
  view.created_at = account.created_at;
  for (const balance::AccountIdentity& identity : account.identities) {
    view.identities.push_back({.type = static_cast<IdentityType>(identity.type),
                               .data = identity.data,
                               .node = identity.node.value});
  }
  for (const balance::Bucket& bucket : account.buckets)
    view.buckets.push_back(ViewOf(bucket, revisions));
  view.segment = account.segment;
  view.tenant = account.tenant;
  view.billing_day = account.billing_day;
  for (const balance::Subscription& subscription : account.subscriptions)
    view.subscriptions.push_back(ViewOf(subscription, revisions));
  for (const balance::Node& node : account.nodes) {
    view.nodes.push_back({.id = node.id.value,
                          .parent = node.parent.value,
                          .kind = static_cast<uint8_t>(node.kind),
                          .state = static_cast<uint8_t>(node.state),
                          .name = node.name});
  }
  for (const balance::Limit& limit : account.limits)
    view.limits.push_back(ViewOf(limit, account, now));
  for (const balance::DatedChange& change : account.dated_changes) {
    view.dated_changes.push_back(
        {.at = change.at, .state = static_cast<uint8_t>(change.state), .reason = change.reason});
  }
  for (const balance::Session& session : account.sessions) {
    view.sessions.push_back({.session_id = session.id,
                             .opened_at = session.opened_at,
                             .ends_at = session.ends_at,
                             .tariff_revision = session.revision});
  }
  std::sort(view.sessions.begin(), view.sessions.end(),
            [](const SessionView& a, const SessionView& b) { return a.session_id < b.session_id; });
  return view;
}

std::vector<std::pair<BucketId, Unit>> UnitsOf(const balance::Account& account) {
  std::vector<std::pair<BucketId, Unit>> units;
  for (const balance::Bucket& bucket : account.buckets) units.push_back({bucket.id, bucket.unit});
  return units;
}

absl::StatusOr<HistoryItem> ItemOf(const balance::StoredEntry& stored, ShardId shard,
                                   const std::vector<std::pair<BucketId, Unit>>& units,
                                   absl::TimeZone zone) {
  HistoryItem item;
  item.shard = shard;
  item.position = stored.view.position;
  item.logged_at = stored.logged_at;
  item.kind = std::string(balance::EntryKindName(stored.view.kind));
  auto words = balance::DescribeEntry(stored.view, zone, units);
  if (!words.ok()) return words.status();
  item.text = std::move(words->text);
  item.postings = std::move(words->postings);
  for (const balance::EntryView::Attachment& attachment : stored.view.attachments) {
    if (attachment.type != balance::AttachmentType::kRecord) continue;
    const auto record = cdr::DecodeRecord(attachment.bytes);
    if (!record.ok()) return record.status();
    for (const cdr::RecordLine& line : record->lines)
      item.charges.push_back(cdr::ExplainLine(*record, line));
  }
  return item;
}

// Adds the records of one entry to a bill. False: the call has failed.
bool AddToBill(const balance::StoredEntry& entry, Shard& shard, cdr::BillBuilder* builder,
               Operation* call) {
  uint32_t number = 0;
  for (const balance::EntryView::Attachment& attachment : entry.view.attachments) {
    if (attachment.type != balance::AttachmentType::kRecord) continue;
    const auto record = cdr::DecodeRecord(attachment.bytes);
    if (!record.ok()) {
      shard.Stop(record.status());
      return false;
    }
    const auto outcome =
        builder->Add(RecordIdOf(shard.id(), entry.view.position, number++), *record);
    if (outcome == cdr::BillAddOutcome::kAdded || outcome == cdr::BillAddOutcome::kOutsideCycle)
      continue;
    call->status =
        absl::InternalError(Cat("a record cannot be billed, outcome ", static_cast<int>(outcome)));
    return false;
  }
  return true;
}

constexpr int32_t kNoticesMax = 1'000;
// So that who asks does not stop the shard where there are few notices: he asks again from there.
constexpr int kGroupsLookedAtMax = 2'000;

// Adds the notices of one group. False: there are enough, or the shard has stopped.
bool AddNotices(balance::GroupReader& group, Shard& shard, NoticesCall* call) {
  while (true) {
    const auto entry = group.Next();
    if (!entry.ok()) return shard.Stop(entry.status()), false;
    if (!*entry) return true;
    const balance::EntryView& view = **entry;
    if (view.position <= call->after) continue;
    if (static_cast<int32_t>(call->notices.size()) >= call->notices_max) return false;
    call->next_after = view.position;
    const bool hidden = !call->caller_tenant.empty() &&
                        view.attachment(balance::AttachmentType::kTenant) != call->caller_tenant;
    if (hidden) continue;
    for (const balance::EntryView::Attachment& attachment : view.attachments) {
      if (attachment.type != balance::AttachmentType::kNotice) continue;
      const auto notice = balance::DecodeNotice(attachment.bytes);
      if (!notice.ok()) return shard.Stop(notice.status()), false;
      call->notices.push_back(
          {.position = view.position,
           .account = view.account,
           .type = std::string(balance::NoticeTypeName(notice->type)),
           .node = notice->node.value,
           .subject = notice->subject,
           .percent = notice->percent,
           .unit = notice->unit,
           .amount = notice->amount,
           .at = notice->at,
           .name = notice->name,
           .text = balance::NoticeInWords(*notice, ZoneInForce(shard.revisions()))});
    }
  }
}

}  // namespace

void CreditControlCall::Execute(Shard& shard) {
  Charging charging(shard, request, &answer);
  const Position before = shard.book().NextPosition();
  charging.Decide(this);
  // A repeat changes nothing, be it that meanwhile a sliding window has moved past a threshold.
  if (shard.stopped() || shard.book().NextPosition() == before) return;
  if (charging.payer() != nullptr) GiveNotices(shard, charging.payer());
}

void NoticesCall::Execute(Shard& at) {
  if (notices_max < 1 || notices_max > kNoticesMax) {
    FailField(this, "notices_max", Cat("is ", notices_max, ", expected 1 to ", kNoticesMax));
    return;
  }
  if (shard != at.id()) {
    FailField(this, "shard", "there is no such shard");
    return;
  }
  next_after = after;
  shard_count = at.shard_count();
  const uint64_t durable = at.durable_group();
  uint64_t number = std::max<uint64_t>(after.group, 1);
  auto cursor = at.store().Seek(balance::Table::kJournal, balance::GroupKey(number));
  for (int looked = 0; cursor->valid() && looked < kGroupsLookedAtMax; ++looked, cursor->Next()) {
    number = looked == 0 ? ByteReader(cursor->key()).Big64() : number + 1;
    if (number > durable) return;
    auto group = balance::GroupReader::Open(cursor->value(), number);
    if (!group.ok()) return at.Stop(group.status());
    if (!AddNotices(*group, at, this)) return;
  }
}

void GetAccountCall::Execute(Shard& shard) {
  const AccountId id = account.valid() ? account : shard.FindIdentity(identity_type, identity);
  if (shard.stopped()) return;
  const balance::Account* found = FindPayer(this, shard, id);
  if (found != nullptr) view = ViewOf(*found, shard.revisions(), shard.logged_at());
}

void HistoryCall::Execute(Shard& shard) {
  if (items_max < 1 || items_max > kHistoryItemsMax) {
    FailField(this, "items_max", Cat("is ", items_max, ", expected 1 to ", kHistoryItemsMax));
    return;
  }
  const balance::Account* found = FindPayer(this, shard, account);
  if (found == nullptr) return;
  const absl::TimeZone zone = ZoneInForce(shard.revisions());
  const auto units = UnitsOf(*found);
  Position at = found->last;
  while (at.valid() && static_cast<int32_t>(items.size()) < items_max) {
    const auto entry = shard.book().ReadEntry(at);
    if (absl::IsNotFound(entry.status())) return;  // Trimmed: the history begins later.
    if (!entry.ok()) return shard.Stop(entry.status());
    if (!before.valid() || at < before) {
      auto item = ItemOf(**entry, shard.id(), units, zone);
      if (!item.ok()) return shard.Stop(item.status());
      items.push_back(*std::move(item));
    }
    at = (*entry)->view.previous;
  }
  if (at.valid() && !items.empty()) next_before = items.back().position;
}

void BillCall::Execute(Shard& shard) {
  if (from >= until) {
    FailField(this, "until", "expected a time after from");
    return;
  }
  const balance::Account* found = FindPayer(this, shard, account);
  if (found == nullptr) return;
  std::vector<std::unique_ptr<balance::StoredEntry>>
      entries;  // Newest first; a bill wants them oldest first.
  for (Position at = found->last; at.valid();) {
    auto entry = shard.book().ReadEntry(at);
    if (absl::IsNotFound(entry.status())) break;
    if (!entry.ok()) return shard.Stop(entry.status());
    if ((*entry)->logged_at < from) break;
    at = (*entry)->view.previous;
    if (!(*entry)->view.attachments.empty()) entries.push_back(*std::move(entry));
  }
  cdr::BillBuilder builder({.account = account, .from = from, .until = until}, carried_in);
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    if (!AddToBill(**entry, shard, &builder, this)) return;
  }
  auto finished = builder.Finish();
  if (finished.ok()) {
    bill = *std::move(finished);
  } else {
    status = finished.status();
  }
}

}  // namespace ocs::engine
