#include "balance/account.h"

#include <algorithm>
#include <limits>
#include <tuple>

#include "ocs/base/check.h"
#include "ocs/base/exact.h"
#include "ocs/base/hash.h"
#include "ocs/base/limits.h"

namespace ocs::balance {
namespace {

template <typename Range>
auto FindBucketIn(Range& buckets, BucketId id) -> decltype(&*buckets.begin()) {
  for (auto& bucket : buckets) {
    if (bucket.id == id) return &bucket;
  }
  return nullptr;
}

template <typename Range>
auto FindSubscriptionIn(Range& subscriptions, uint32_t id) -> decltype(&*subscriptions.begin()) {
  for (auto& subscription : subscriptions) {
    if (subscription.id == id && id != 0) return &subscription;
  }
  return nullptr;
}

// The element of that key in a list sorted by it; null when there is none.
template <typename T, typename Key, typename KeyOf>
const T* FindSorted(const std::vector<T>& list, const Key& key, KeyOf key_of) {
  const auto at =
      std::lower_bound(list.begin(), list.end(), key,
                       [&](const T& item, const Key& wanted) { return key_of(item) < wanted; });
  return at != list.end() && key_of(*at) == key ? &*at : nullptr;
}

// The slot of a sliding window still meets it at that instant.
bool Meets(const Counter& counter, const Counter::Slot& slot, Instant at) {
  const Instant gone =
      slot.began_at.PlusMillis(SlotMillis(counter.window)).PlusMillis(counter.window.length_ms);
  return gone > at && slot.began_at <= at;
}

}  // namespace

Session& SessionList::Add(Session session) {
  hashes_.push_back(StableHash64(session.id));
  return sessions_.emplace_back(std::move(session));
}

void SessionList::Remove(Session* session) {
  const auto index = static_cast<size_t>(session - sessions_.data());
  OCS_CHECK(index < sessions_.size());
  if (index + 1 != sessions_.size()) {
    *session = std::move(sessions_.back());
    hashes_[index] = hashes_.back();
  }
  sessions_.pop_back();
  hashes_.pop_back();
}

size_t SessionList::IndexOf(std::string_view id) const {
  const uint64_t hash = StableHash64(id);
  for (auto at = hashes_.begin();; ++at) {
    at = std::find(at, hashes_.end(), hash);
    if (at == hashes_.end()) return kNone;
    const auto index = static_cast<size_t>(at - hashes_.begin());
    if (sessions_[index].id == id) return index;
  }
}

Session* SessionList::Find(std::string_view id) {
  const size_t index = IndexOf(id);
  return index == kNone ? nullptr : &sessions_[index];
}
const Session* SessionList::Find(std::string_view id) const {
  const size_t index = IndexOf(id);
  return index == kNone ? nullptr : &sessions_[index];
}

void SessionList::Sort() {
  std::sort(sessions_.begin(), sessions_.end(),
            [](const Session& a, const Session& b) { return a.id < b.id; });
  for (size_t i = 0; i < sessions_.size(); ++i) hashes_[i] = StableHash64(sessions_[i].id);
}

void SessionList::clear() {
  sessions_.clear();
  hashes_.clear();
}

std::string_view AccountStateName(AccountState state) {
  switch (state) {
    case AccountState::kPreActive:
      return "pre-active";
    case AccountState::kActive:
      return "active";
    case AccountState::kGrace:
      return "grace";
    case AccountState::kSuspended:
      return "suspended";
    case AccountState::kClosed:
      return "closed";
  }
  return "unknown";
}

std::string_view NodeKindName(NodeKind kind) {
  switch (kind) {
    case NodeKind::kGroup:
      return "group";
    case NodeKind::kMember:
      return "member";
    case NodeKind::kKey:
      return "key";
  }
  return "unknown";
}

int64_t Counter::CountedAt(Instant at) const {
  if (window.kind != WindowKind::kSliding) return at < ends_at ? counted : 0;
  int64_t sum = 0;
  for (const Slot& slot : slots) {
    if (!Meets(*this, slot, at)) continue;
    sum = AddExact(sum, slot.amount).value_or(std::numeric_limits<int64_t>::max());
  }
  return sum;
}

Instant Counter::FreesAt(Instant at) const {
  if (window.kind != WindowKind::kSliding) return CountedAt(at) > 0 ? ends_at : Instant::Never();
  for (const Slot& slot : slots) {
    if (slot.amount > 0 && Meets(*this, slot, at))
      return slot.began_at.PlusMillis(SlotMillis(window)).PlusMillis(window.length_ms);
  }
  return Instant::Never();
}

const Node* Account::FindNode(NodeId node) const {
  return FindSorted(nodes, node, [](const Node& n) { return n.id; });
}

bool Account::IsAtOrAbove(NodeId upper, NodeId node) const {
  if (upper == kRootNode) return true;
  // Bounded also where a damaged state has a circle.
  for (int depth = 0; depth <= kNodeDepthMax && node != kRootNode; ++depth) {
    if (node == upper) return true;
    const Node* found = FindNode(node);
    if (found == nullptr) return false;
    node = found->parent;
  }
  return false;
}

absl::InlinedVector<NodeId, 9> Account::PathOf(NodeId node) const {
  static_assert(kNodeDepthMax + 1 == 9, "a path is kept without allocation");
  absl::InlinedVector<NodeId, 9> path;
  while (node != kRootNode && static_cast<int>(path.size()) < kNodeDepthMax) {
    const Node* found = FindNode(node);
    OCS_CHECK(found != nullptr);
    path.push_back(node);
    node = found->parent;
  }
  path.push_back(kRootNode);
  return path;
}

const AccountIdentity* Account::FindIdentity(uint8_t type, std::string_view data) const {
  return FindSorted(identities, std::tuple(type, data), [](const AccountIdentity& i) {
    return std::tuple(i.type, std::string_view(i.data));
  });
}

const Counter* Account::FindCounter(uint64_t counter, uint64_t owner) const {
  return FindSorted(counters, std::tuple(counter, owner),
                    [](const Counter& c) { return std::tuple(c.id, c.owner); });
}

const Limit* Account::FindLimit(uint32_t limit) const {
  return FindSorted(limits, limit, [](const Limit& l) { return l.id; });
}

Subscription* Account::FindSubscription(uint32_t subscription) {
  return FindSubscriptionIn(subscriptions, subscription);
}
const Subscription* Account::FindSubscription(uint32_t subscription) const {
  return FindSubscriptionIn(subscriptions, subscription);
}

int64_t VolumeWindow::Rebate() const {
  const int64_t excess = std::min(excess_micros, charged_micros);
  if (excess <= 0 || own_micros <= 0) return 0;
  const auto share = MultiplyDivide(excess, own_micros, charged_micros, Rounding::kDown);
  return std::min(share.value_or(0), own_micros);
}

const VolumeWindow* Account::FindVolumeWindow(uint64_t counter, Instant began_at) const {
  return FindSorted(volume_windows, std::tuple(counter, began_at),
                    [](const VolumeWindow& w) { return std::tuple(w.counter, w.began_at); });
}

const Transfer* Account::FindTransfer(std::string_view transfer_id) const {
  return FindSorted(transfers, transfer_id,
                    [](const Transfer& t) { return std::string_view(t.id); });
}

const Demand* Account::FindDemand(std::string_view session_id) const {
  return FindSorted(demands, session_id,
                    [](const Demand& d) { return std::string_view(d.session_id); });
}

const Watch* Account::FindWatch(std::string_view watch_id) const {
  return FindSorted(watches, watch_id, [](const Watch& w) { return std::string_view(w.id); });
}

Bucket* Account::FindBucket(BucketId bucket) { return FindBucketIn(buckets, bucket); }
const Bucket* Account::FindBucket(BucketId bucket) const { return FindBucketIn(buckets, bucket); }
Session* Account::FindSession(std::string_view session_id) { return sessions.Find(session_id); }
const Session* Account::FindSession(std::string_view session_id) const {
  return sessions.Find(session_id);
}

int64_t Account::Spendable(const Bucket& bucket) const {
  if (bucket.id != kMainBucket) return bucket.available;
  // A limit is never negative, so only the top can be passed; nobody can spend that much.
  return AddExact(bucket.available, credit_limit_micros)
      .value_or(std::numeric_limits<int64_t>::max());
}

Instant Account::NextDue() const {
  Instant due = Instant::Never();
  for (const Session& session : sessions) due = std::min(due, session.ends_at);
  for (const Bucket& bucket : buckets) {
    // A bucket of which all is held has nothing to expire yet: the end of the session settles it.
    if (bucket.available != 0 || bucket.held == 0) due = std::min(due, bucket.valid_until);
    if (bucket.refills_at < bucket.valid_until) due = std::min(due, bucket.refills_at);
    due = std::min(due, NoticeAt(bucket));
  }
  for (const Subscription& subscription : subscriptions) due = std::min(due, DueOf(subscription));
  for (const Limit& limit : limits) due = std::min(due, limit.until);
  for (const VolumeWindow& window : volume_windows) due = std::min(due, window.ends_at);
  if (!dated_changes.empty()) due = std::min(due, dated_changes.front().at);
  for (const Transfer& transfer : transfers) due = std::min(due, transfer.sent_at);
  for (const Demand& demand : demands) due = std::min(due, demand.ask_at);
  for (const Watch& watch : watches) due = std::min(due, DueOf(watch));
  return due;
}

}  // namespace ocs::balance
