// Applies entries to accounts, and checks what is then true of them.

#include <algorithm>
#include <tuple>

#include "absl/container/flat_hash_map.h"
#include "absl/numeric/int128.h"
#include "balance/internal/movements.h"
#include "balance/ledger.h"
#include "ocs/base/check.h"
#include "ocs/base/limits.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"

namespace ocs::balance {

absl::Status Applier::Apply(const EntryView& entry, Account* account) {
  absl::Status applied = ApplyOne(entry, account);
  if (!applied.ok()) return applied;
  account->last = entry.position;
  account->last_group = entry.position.group;
  if (entry.key.type == EntryKey::Type::kRequest || entry.key.type == EntryKey::Type::kSession) {
    if (Session* session = account->FindSession(entry.key.text)) session->last = entry.position;
  }
  if (kVerify) {
    const absl::Status invariants = CheckInvariants(*account);
    if (!invariants.ok()) return invariants;
  }
  return absl::OkStatus();
}

namespace {

void InsertBucket(const Bucket& bucket, Account* account) {
  auto at = std::find_if(account->buckets.begin(), account->buckets.end(),
                         [&](const Bucket& other) { return DrawnBefore(bucket, other); });
  account->buckets.insert(at, bucket);
  account->next_bucket = std::max(account->next_bucket, bucket.id.value + 1);
}

bool AddBucket(const Bucket& bucket, Account* account) {
  if (account->buckets.size() >= static_cast<size_t>(kBucketsPerAccountMax)) return false;
  if (account->FindBucket(bucket.id) != nullptr) return false;
  InsertBucket(bucket, account);
  return true;
}

// The draw order depends on the end.
bool SetTimes(const EntryBuilder::Times& times, Account* account) {
  Bucket* found = account->FindBucket(times.bucket);
  if (found == nullptr) return false;
  Bucket bucket = std::move(*found);
  account->buckets.erase(account->buckets.begin() + (found - account->buckets.data()));
  bucket.valid_from = times.valid_from;
  bucket.valid_until = times.valid_until;
  bucket.refills_at = times.refills_at;
  InsertBucket(bucket, account);
  return true;
}

void StoreCarry(const Carry& carry, Account* account) {
  auto at = std::lower_bound(account->carries.begin(), account->carries.end(), carry,
                             [](const Carry& a, const Carry& b) { return a.line < b.line; });
  if (at != account->carries.end() && at->line == carry.line) {
    *at = carry;
  } else {
    account->carries.insert(at, carry);
  }
}

void CreateFrom(const EffectReader::NewAccount& created, AccountId id, Account* account) {
  account->id = id;
  account->state = AccountState::kActive;
  account->currency = created.currency;
  account->credit_limit_micros = created.credit_limit_micros;
  account->created_at = created.created_at;
  Bucket main;
  main.id = kMainBucket;
  main.priority = kMainPriority;
  main.unit = created.currency;
  main.valid_from = created.created_at;
  InsertBucket(main, account);
}

template <typename T, typename Predicate>
bool EraseOne(std::vector<T>& list, Predicate predicate) {
  const auto at = std::find_if(list.begin(), list.end(), predicate);
  if (at == list.end()) return false;
  list.erase(at);
  return true;
}

// Puts the item into a list sorted by its key, in the place of the one that has that key; false
// when the list would pass `count_max`.
template <typename T, typename KeyOf>
bool StoreSorted(const T& item, int count_max, KeyOf key_of, std::vector<T>* list) {
  const auto before = [&](const T& a, const T& b) { return key_of(a) < key_of(b); };
  const auto at = std::lower_bound(list->begin(), list->end(), item, before);
  if (at != list->end() && !before(item, *at)) {
    *at = item;
    return true;
  }
  if (list->size() >= static_cast<size_t>(count_max)) return false;
  list->insert(at, item);
  return true;
}

auto VolumeKeyOf(const VolumeWindow& w) { return std::tie(w.counter, w.began_at); }

bool AddIdentity(const AccountIdentity& identity, Account* account) {
  if (account->FindIdentity(identity.type, identity.data) != nullptr) return false;
  if (identity.node != kRootNode && account->FindNode(identity.node) == nullptr) return false;
  return StoreSorted(identity, kIdentitiesPerAccountMax, IdentityKeyOf, &account->identities);
}

bool MoveIdentity(const AccountIdentity& identity, Account* account) {
  if (account->FindIdentity(identity.type, identity.data) == nullptr) return false;
  if (identity.node != kRootNode && account->FindNode(identity.node) == nullptr) return false;
  return StoreSorted(identity, kIdentitiesPerAccountMax, IdentityKeyOf, &account->identities);
}

bool StoreNode(const Node& node, Account* account) {
  if (!NodeFits(*account, node)) return false;
  account->next_node = std::max(account->next_node, node.id.value + 1);
  return StoreSorted(
      node, kNodesPerAccountMax, [](const Node& n) { return n.id; }, &account->nodes);
}

bool StoreLimit(const Limit& limit, Account* account) {
  if (limit.node != kRootNode && account->FindNode(limit.node) == nullptr) return false;
  account->next_limit = std::max(account->next_limit, limit.id + 1);
  return StoreSorted(
      limit, kLimitsPerAccountMax, [](const Limit& l) { return l.id; }, &account->limits);
}

bool AddSubscription(const Subscription& subscription, Account* account) {
  if (account->FindSubscription(subscription.id) != nullptr) return false;
  if (account->subscriptions.size() >= static_cast<size_t>(kOffersPerAccountMax)) return false;
  account->subscriptions.push_back(subscription);
  account->next_subscription = std::max(account->next_subscription, subscription.id + 1);
  return true;
}

bool SetSubscription(const Subscription& subscription, Account* account) {
  Subscription* known = account->FindSubscription(subscription.id);
  if (known == nullptr) return false;
  *known = subscription;
  return true;
}

bool Count(const CounterMove& move, Account* account) {
  const auto key_of = [](const Counter& c) { return std::tuple(c.id, c.owner); };
  auto& counters = account->counters;
  auto at = std::lower_bound(counters.begin(), counters.end(), std::tuple(move.id, move.owner),
                             [&](const Counter& c, const auto& key) { return key_of(c) < key; });
  if (at == counters.end() || key_of(*at) != std::tuple(move.id, move.owner)) {
    if (counters.size() >= static_cast<size_t>(kCountersPerAccountMax)) return false;
    at = counters.insert(at, internal::MakeCounter(move));
  }
  return internal::ApplyMove(move, &*at);
}

void SetProfile(const EntryBuilder::Profile& profile, Account* account) {
  account->state = profile.state;
  account->credit_limit_micros = profile.credit_limit_micros;
  account->segment = profile.segment;
  account->tenant = profile.tenant;
  account->billing_day = profile.billing_day;
}

bool AddDatedChange(const DatedChange& change, Account* account) {
  auto& changes = account->dated_changes;
  if (changes.size() >= static_cast<size_t>(kDatedChangesPerAccountMax)) return false;
  changes.insert(
      std::upper_bound(changes.begin(), changes.end(), change,
                       [](const DatedChange& a, const DatedChange& b) { return a.at < b.at; }),
      change);
  return true;
}

// The effects that need a session; false when it is not there.
bool ApplyToSession(EffectReader& effects, Session* session) {
  if (session == nullptr) return false;
  auto& grants = session->grants;
  const auto same_group = [&](const Grant& g) {
    return g.rating_group == effects.grant().rating_group;
  };
  switch (effects.effect()) {
    case Effect::kReport:
      session->number_max = effects.report().number_max;
      session->record_sequence = effects.report().record_sequence;
      session->reported_at = effects.report().reported_at;
      session->ends_at = effects.report().ends_at;
      session->cost_micros = effects.report().cost_micros;
      return true;
    case Effect::kSetSessionNode:
      session->node = effects.node().id;
      return true;
    case Effect::kSetGrant: {
      const auto at = std::find_if(grants.begin(), grants.end(), same_group);
      (at != grants.end() ? *at : grants.emplace_back()) = std::move(effects.grant());
      return true;
    }
    default:
      return false;
  }
}

bool OpenSession(const EffectReader& effects, const EntryView& entry, Account* account) {
  if (entry.key.type != EntryKey::Type::kRequest) return false;
  Session session = effects.session();
  session.id = entry.key.text;
  session.number_max = entry.key.number;
  session.reported_at = session.opened_at;
  account->sessions.Add(std::move(session));
  return true;
}

bool CloseSession(std::string_view session_id, Account* account) {
  Session* session = account->FindSession(session_id);
  if (session == nullptr) return false;
  account->sessions.Remove(session);
  EraseOne(account->demands, [&](const Demand& d) { return d.session_id == session_id; });
  return true;
}

bool StoreDemand(const Demand& demand, Account* account) {
  if (account->FindSession(demand.session_id) == nullptr) return false;
  return StoreSorted(
      demand, kOpenSessionsPerAccountMax,
      [](const Demand& d) { return std::string_view(d.session_id); }, &account->demands);
}

bool StoreWatch(const EffectReader& effects, Account* account) {
  const Watch& watch = effects.watch();
  if (effects.watch_ends())
    return EraseOne(account->watches, [&](const Watch& w) { return w.id == watch.id; });
  return StoreSorted(
      watch, kWatchesPerAccountMax, [](const Watch& w) { return std::string_view(w.id); },
      &account->watches);
}

// The effects on what an account is: its nodes, limits, subscriptions, identities.
bool ApplyToProfile(EffectReader& effects, const EntryView& entry, Account* account) {
  switch (effects.effect()) {
    case Effect::kCreateAccount:
      CreateFrom(effects.account(), entry.account, account);
      return true;
    case Effect::kSetProfile:
      SetProfile(effects.profile(), account);
      return true;
    case Effect::kAddSubscription:
      return AddSubscription(effects.subscription(), account);
    case Effect::kSetSubscription:
      return SetSubscription(effects.subscription(), account);
    case Effect::kDropSubscription:
      return EraseOne(account->subscriptions,
                      [&](const Subscription& s) { return s == effects.subscription(); });
    case Effect::kAddIdentity:
      return AddIdentity(effects.identity(), account);
    case Effect::kMoveIdentity:
      return MoveIdentity(effects.identity(), account);
    case Effect::kRemoveIdentity:
      return EraseOne(account->identities, [&](const AccountIdentity& i) {
        return IdentityKeyOf(i) == IdentityKeyOf(effects.identity());
      });
    case Effect::kSetNode:
      return StoreNode(effects.node(), account);
    case Effect::kSetLimit:
      return StoreLimit(effects.limit(), account);
    case Effect::kDropLimit:
      return EraseOne(account->limits, [&](const Limit& l) { return l.id == effects.limit().id; });
    case Effect::kSetWatch:
      return StoreWatch(effects, account);
    case Effect::kSetBought:
      return StoreSorted(
          effects.bought(), kBoughtPerAccountMax, [](const Bought& b) { return b.offer; },
          &account->bought);
    case Effect::kSetDatedChange:
      return AddDatedChange(effects.dated_change(), account);
    case Effect::kDropDatedChange:
      return EraseOne(account->dated_changes,
                      [&](const DatedChange& c) { return c == effects.dated_change(); });
    default:
      return false;
  }
}

bool ApplyEffect(EffectReader& effects, const EntryView& entry, Account* account) {
  switch (effects.effect()) {
    case Effect::kPost: {
      Bucket* bucket = account->FindBucket(effects.posting().bucket);
      return bucket != nullptr && internal::ApplyPosting(effects.posting(), bucket);
    }
    case Effect::kOpenSession:
      return OpenSession(effects, entry, account);
    case Effect::kReport:
    case Effect::kSetGrant:
    case Effect::kSetSessionNode:
      return ApplyToSession(effects, account->FindSession(entry.key.text));
    case Effect::kCloseSession:
      return CloseSession(entry.key.text, account);
    case Effect::kAddBucket:
      return AddBucket(effects.bucket(), account);
    case Effect::kDropBucket:
      return EraseOne(account->buckets,
                      [&](const Bucket& b) { return b.id == effects.bucket().id; });
    case Effect::kSetTimes:
      return SetTimes(effects.times(), account);
    case Effect::kSetBucketNoticed:
      if (Bucket* bucket = account->FindBucket(effects.bucket().id)) {
        bucket->noticed_percent = effects.noticed_percent();
        return true;
      }
      return false;
    case Effect::kSetBucketNotice:
      if (Bucket* bucket = account->FindBucket(effects.bucket().id)) {
        bucket->notice_ms = effects.bucket().notice_ms;
        return true;
      }
      return false;
    case Effect::kSetDemand:
      return StoreDemand(effects.demand(), account);
    case Effect::kDropDemand:
      return EraseOne(account->demands,
                      [&](const Demand& d) { return d.session_id == effects.demand().session_id; });
    case Effect::kSetCarry:
      StoreCarry(effects.carry(), account);
      return true;
    case Effect::kCount:
      return Count(effects.counter(), account);
    case Effect::kDropCounter:
      return EraseOne(account->counters, [&](const Counter& c) {
        return c.id == effects.counter().id && c.owner == effects.counter().owner && c.held == 0;
      });
    case Effect::kSetVolumeWindow:
      return StoreSorted(effects.volume_window(), kVolumeWindowsPerAccountMax, VolumeKeyOf,
                         &account->volume_windows);
    case Effect::kDropVolumeWindow:
      return EraseOne(account->volume_windows,
                      [&](const VolumeWindow& w) { return w == effects.volume_window(); });
    case Effect::kSetTransfer:
      return StoreSorted(
          effects.transfer(), kTransfersPendingMax, [](const Transfer& t) { return t.id; },
          &account->transfers);
    case Effect::kDropTransfer:
      return EraseOne(account->transfers,
                      [&](const Transfer& t) { return t.id == effects.transfer().id; });
    case Effect::kRefundOf:
      return true;  // Remembered by the book, so that a charge is refunded once.
    default:
      return ApplyToProfile(effects, entry, account);
  }
}

}  // namespace

absl::Status Applier::ApplyOne(const EntryView& entry, Account* account) {
  effects_.Reset(entry.effects);
  earliest_due_ = Instant::Never();
  bool applied = true;
  while (applied && effects_.Next()) {
    applied = ApplyEffect(effects_, entry, account);
    NoteDue(*account);
  }
  if (applied && effects_.ok()) return absl::OkStatus();
  return absl::DataLossError(Cat("journal entry ", entry.position.group, ".", entry.position.index,
                                 " (", EntryKindName(entry.kind), ") does not fit account ",
                                 entry.account.value));
}

void Applier::NoteDue(const Account& account) {
  switch (effects_.effect()) {
    case Effect::kOpenSession:
      earliest_due_ = std::min(earliest_due_, effects_.session().ends_at);
      break;
    case Effect::kReport:
      earliest_due_ = std::min(earliest_due_, effects_.report().ends_at);
      break;
    case Effect::kPost:
      // What becomes available in a bucket that has ended falls due at once.
      if (const Bucket* bucket = account.FindBucket(effects_.posting().bucket)) {
        earliest_due_ = std::min({earliest_due_, bucket->valid_until, NoticeAt(*bucket)});
      }
      break;
    case Effect::kAddBucket:
      earliest_due_ =
          std::min({earliest_due_, effects_.bucket().valid_until, effects_.bucket().refills_at});
      break;
    case Effect::kSetTimes:
      earliest_due_ =
          std::min({earliest_due_, effects_.times().valid_until, effects_.times().refills_at});
      if (const Bucket* bucket = account.FindBucket(effects_.times().bucket))
        earliest_due_ = std::min(earliest_due_, NoticeAt(*bucket));
      break;
    case Effect::kSetDemand:
      earliest_due_ = std::min(earliest_due_, effects_.demand().ask_at);
      break;
    case Effect::kSetWatch:
      if (!effects_.watch_ends()) earliest_due_ = std::min(earliest_due_, DueOf(effects_.watch()));
      break;
    case Effect::kAddSubscription:
    case Effect::kSetSubscription:
      earliest_due_ = std::min(earliest_due_, DueOf(effects_.subscription()));
      break;
    case Effect::kSetLimit:
      earliest_due_ = std::min(earliest_due_, effects_.limit().until);
      break;
    case Effect::kSetDatedChange:
      earliest_due_ = std::min(earliest_due_, effects_.dated_change().at);
      break;
    case Effect::kSetVolumeWindow:
      earliest_due_ = std::min(earliest_due_, effects_.volume_window().ends_at);
      break;
    case Effect::kSetTransfer:
      earliest_due_ = std::min(earliest_due_, effects_.transfer().sent_at);
      break;
    default:
      break;
  }
}

}  // namespace ocs::balance
