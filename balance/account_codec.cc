// The byte form of an account state: docs/format/account.md. Version 1 had no nodes, limits,
// counters and what belongs to them, version 2 no windows of volume prices, version 3 nothing of
// what stands in the parts of version 4; they are still read, and a state without such parts is
// written as version 3.

#include <algorithm>
#include <tuple>

#include "balance/account.h"
#include "balance/internal/codec.h"
#include "ocs/base/bytes.h"
#include "ocs/base/limits.h"
#include "ocs/base/text.h"

namespace ocs::balance {
namespace {

constexpr uint8_t kVersion = 4;
constexpr uint8_t kVersionWithoutParts = 3;
constexpr uint8_t kVersionWithoutVolume = 2;
constexpr uint8_t kVersionWithoutMore = 1;

// The parts that version 4 has behind version 3; none is there when it is empty.
enum Part : int { kPartSessions = 0, kPartDemands = 1, kPartWatches = 2, kParts = 3 };

void EncodeSession(const Session& session, ByteWriter& out) {
  out.Text(session.id);
  out.Varint(session.revision);
  out.Varint(session.number_max);
  out.Varint(session.record_sequence);
  out.Signed(session.opened_at.unix_ms);
  out.Signed(session.reported_at.unix_ms);
  out.Signed(session.ends_at.unix_ms);
  out.Signed(session.cost_micros);
  out.Varint(session.last.group);
  out.Varint(session.last.index);
  out.Varint(session.node.value);
  out.Varint(session.grants.size());
  for (const Grant& grant : session.grants) {
    EncodeGrant(grant, out);
    EncodeMore(grant, out);
  }
}

template <typename List, typename EncodeOne>
void EncodeList(const List& list, ByteWriter& out, EncodeOne encode_one) {
  out.Varint(list.size());
  for (const auto& item : list) encode_one(item, out);
}

// The short form and More.
template <typename T>
void EncodeWhole(const T& item, ByteWriter& out);
template <>
void EncodeWhole(const Bucket& bucket, ByteWriter& out) {
  EncodeBucket(bucket, out);
  EncodeMore(bucket, out);
}
template <>
void EncodeWhole(const Subscription& subscription, ByteWriter& out) {
  EncodeSubscription(subscription, out);
  EncodeMore(subscription, out);
}
template <>
void EncodeWhole(const AccountIdentity& identity, ByteWriter& out) {
  out.U8(identity.type);
  out.Text(identity.data);
  out.Varint(identity.node.value);
}

// Reads states of a version. Thread-compatible.
class StateReader final {
 public:
  StateReader(ByteReader& in, uint8_t version)
      : in_(in),
        with_more_(version > kVersionWithoutMore),
        with_volume_(version > kVersionWithoutVolume),
        with_parts_(version > kVersionWithoutParts) {}

  bool ReadLists(Account* account) {
    const auto read = [this](ByteReader&, auto* item) { return Read(item); };
    return List(kBucketsPerAccountMax, &account->buckets, read) &&
           List(kOffersPerAccountMax, &account->subscriptions, read) &&
           ReadSessions(&account->sessions) &&
           List(kCarriesPerAccountMax, &account->carries, DecodeCarry) &&
           List(kIdentitiesPerAccountMax, &account->identities, read) &&
           (!with_more_ || ReadMore(account)) &&
           (!with_volume_ ||
            List(kVolumeWindowsPerAccountMax, &account->volume_windows, DecodeVolumeWindow)) &&
           (!with_parts_ || ReadParts(account));
  }

 private:
  // Each part at most once, and none that is empty: one state has one form.
  bool ReadParts(Account* account) {
    const uint64_t parts = in_.Varint();
    if (!in_.ok() || parts == 0 || (parts >> kParts) != 0) return false;
    const auto has = [&](Part part) { return (parts >> part & 1U) != 0; };
    if (has(kPartSessions) && !ReadSessionsMore(&account->sessions)) return false;
    if (has(kPartDemands) && (!List(kOpenSessionsPerAccountMax, &account->demands, DecodeDemand) ||
                              account->demands.empty())) {
      return false;
    }
    return !has(kPartWatches) || (List(kWatchesPerAccountMax, &account->watches, DecodeWatch) &&
                                  !account->watches.empty());
  }

  // Of the sessions that have more, by their index.
  bool ReadSessionsMore(SessionList* sessions) {
    const uint64_t count = in_.Varint();
    if (!in_.ok() || count == 0 || count > sessions->size()) return false;
    for (uint64_t i = 0; i < count; ++i) {
      const uint64_t index = in_.Varint();
      if (!in_.ok() || index >= sessions->size()) return false;
      if (!DecodeMore(in_, &(*sessions)[index]) || !HasMore((*sessions)[index])) return false;
    }
    return true;
  }

  bool ReadSessions(SessionList* sessions) {
    const uint64_t count = in_.Varint();
    if (!in_.ok() || count > kOpenSessionsPerAccountMax) return false;
    for (uint64_t i = 0; i < count; ++i) {
      Session session;
      if (!Read(&session)) return false;
      sessions->Add(std::move(session));
    }
    return true;
  }

  bool ReadMore(Account* account) {
    account->segment = in_.Text();
    account->tenant = in_.Text();
    account->billing_day = in_.U8();
    account->next_node = static_cast<uint32_t>(in_.Varint());
    account->next_limit = static_cast<uint32_t>(in_.Varint());
    account->next_subscription = static_cast<uint32_t>(in_.Varint());
    return List(kNodesPerAccountMax, &account->nodes, DecodeNode) &&
           List(kLimitsPerAccountMax, &account->limits, DecodeLimit) &&
           List(kCountersPerAccountMax, &account->counters, DecodeCounter) &&
           List(kBoughtPerAccountMax, &account->bought, DecodeBought) &&
           List(kDatedChangesPerAccountMax, &account->dated_changes, DecodeDatedChange) &&
           List(kTransfersPendingMax, &account->transfers, DecodeTransfer);
  }

  template <typename T, typename ReadOne>
  bool List(uint64_t count_max, std::vector<T>* list, ReadOne read_one) {
    const uint64_t count = in_.Varint();
    if (!in_.ok() || count > count_max) return false;
    list->resize(count);
    for (T& item : *list) {
      if (!read_one(in_, &item)) return false;
    }
    return true;
  }

  bool Read(Bucket* bucket) {
    return DecodeBucket(in_, bucket) && (!with_more_ || DecodeMore(in_, bucket));
  }
  bool Read(Subscription* subscription) {
    return DecodeSubscription(in_, subscription) && (!with_more_ || DecodeMore(in_, subscription));
  }
  bool Read(AccountIdentity* identity) {
    identity->type = in_.U8();
    identity->data = in_.Text();
    if (with_more_) identity->node.value = static_cast<uint32_t>(in_.Varint());
    return in_.ok();
  }
  bool Read(Grant* grant) {
    return DecodeGrant(in_, grant) && (!with_more_ || DecodeMore(in_, grant));
  }
  bool Read(Session* session) {
    session->id = in_.Text();
    session->revision = static_cast<uint32_t>(in_.Varint());
    session->number_max = static_cast<uint32_t>(in_.Varint());
    session->record_sequence = static_cast<uint32_t>(in_.Varint());
    session->opened_at.unix_ms = in_.Signed();
    session->reported_at.unix_ms = in_.Signed();
    session->ends_at.unix_ms = in_.Signed();
    session->cost_micros = in_.Signed();
    session->last.group = in_.Varint();
    session->last.index = static_cast<uint32_t>(in_.Varint());
    if (with_more_) session->node.value = static_cast<uint32_t>(in_.Varint());
    const uint64_t count = in_.Varint();
    if (!in_.ok() || count > kServicesPerSessionMax) return false;
    session->grants.resize(count);
    for (Grant& grant : session->grants) {
      if (!Read(&grant)) return false;
    }
    return in_.ok();
  }

  ByteReader& in_;
  const bool with_more_;
  const bool with_volume_;
  const bool with_parts_;
};

// Each before the next by `key`: what is searched by halving must be in order.
template <typename T, typename Key>
bool Ascends(const std::vector<T>& list, Key key) {
  return std::adjacent_find(list.begin(), list.end(), [&](const T& a, const T& b) {
           return !(key(a) < key(b));
         }) == list.end();
}

bool InOrder(const Account& a) {
  return Ascends(a.nodes, [](const Node& n) { return n.id; }) &&
         Ascends(a.limits, [](const Limit& l) { return l.id; }) &&
         Ascends(a.counters, [](const Counter& c) { return std::tuple(c.id, c.owner); }) &&
         Ascends(a.bought, [](const Bought& b) { return b.offer; }) &&
         Ascends(a.identities, IdentityKeyOf) &&
         Ascends(a.transfers, [](const Transfer& t) { return std::string_view(t.id); }) &&
         Ascends(a.volume_windows,
                 [](const VolumeWindow& w) { return std::tie(w.counter, w.began_at); }) &&
         Ascends(a.demands, [](const Demand& d) { return std::string_view(d.session_id); }) &&
         std::all_of(a.demands.begin(), a.demands.end(),
                     [&](const Demand& d) { return a.FindSession(d.session_id) != nullptr; }) &&
         Ascends(a.watches, [](const Watch& w) { return std::string_view(w.id); });
}

void EncodeSessionsMore(const SessionList& sessions, size_t count, ByteWriter& out) {
  out.Varint(count);
  for (size_t i = 0; i < sessions.size(); ++i) {
    if (!HasMore(sessions[i])) continue;
    out.Varint(i);
    EncodeMore(sessions[i], out);
  }
}

}  // namespace

void EncodeAccount(const Account& account, std::string* out) {
  const auto with_more =
      static_cast<size_t>(std::count_if(account.sessions.begin(), account.sessions.end(),
                                        [](const Session& session) { return HasMore(session); }));
  const uint32_t parts = (with_more != 0 ? 1U << kPartSessions : 0U) |
                         (!account.demands.empty() ? 1U << kPartDemands : 0U) |
                         (!account.watches.empty() ? 1U << kPartWatches : 0U);
  ByteWriter writer(out);
  writer.U8(parts == 0 ? kVersionWithoutParts : kVersion);
  writer.Varint(account.last_group);
  writer.Varint(account.id.value);
  writer.U8(static_cast<uint8_t>(account.state));
  writer.Text(account.currency.code());
  writer.Signed(account.credit_limit_micros);
  writer.Signed(account.created_at.unix_ms);
  writer.Varint(account.next_bucket);
  writer.Varint(account.last.group);
  writer.Varint(account.last.index);
  EncodeList(account.buckets, writer, EncodeWhole<Bucket>);
  EncodeList(account.subscriptions, writer, EncodeWhole<Subscription>);
  EncodeList(account.sessions, writer, EncodeSession);
  EncodeList(account.carries, writer, EncodeCarry);
  EncodeList(account.identities, writer, EncodeWhole<AccountIdentity>);
  writer.Text(account.segment);
  writer.Text(account.tenant);
  writer.U8(account.billing_day);
  writer.Varint(account.next_node);
  writer.Varint(account.next_limit);
  writer.Varint(account.next_subscription);
  EncodeList(account.nodes, writer, EncodeNode);
  EncodeList(account.limits, writer, EncodeLimit);
  EncodeList(account.counters, writer, EncodeCounter);
  EncodeList(account.bought, writer, EncodeBought);
  EncodeList(account.dated_changes, writer, EncodeDatedChange);
  EncodeList(account.transfers, writer, EncodeTransfer);
  EncodeList(account.volume_windows, writer, EncodeVolumeWindow);
  if (parts == 0) return;
  writer.Varint(parts);
  if (with_more != 0) EncodeSessionsMore(account.sessions, with_more, writer);
  if (!account.demands.empty()) EncodeList(account.demands, writer, EncodeDemand);
  if (!account.watches.empty()) EncodeList(account.watches, writer, EncodeWatch);
}

absl::StatusOr<Account> DecodeAccount(std::string_view bytes) {
  ByteReader in(bytes);
  const uint8_t version = in.U8();
  if (version < kVersionWithoutMore || version > kVersion) {
    return absl::DataLossError(
        Cat("account state has format version ", version, ", expected up to ", kVersion));
  }
  Account account;
  account.last_group = in.Varint();
  account.id.value = in.Varint();
  const bool state_ok = DecodeState(in, &account.state);
  const bool unit_ok = DecodeUnit(in, &account.currency);
  account.credit_limit_micros = in.Signed();
  account.created_at.unix_ms = in.Signed();
  account.next_bucket = static_cast<uint32_t>(in.Varint());
  account.last.group = in.Varint();
  account.last.index = static_cast<uint32_t>(in.Varint());
  const bool lists_ok = unit_ok && state_ok && StateReader(in, version).ReadLists(&account);
  if (version == kVersionWithoutMore) {
    // Stood in the order in which they were added.
    std::sort(account.identities.begin(), account.identities.end(),
              [](const AccountIdentity& a, const AccountIdentity& b) {
                return IdentityKeyOf(a) < IdentityKeyOf(b);
              });
  }
  if (!lists_ok || !in.ok() || !in.done() || !InOrder(account)) {
    return absl::DataLossError(Cat("account state of ", bytes.size(), " bytes is damaged"));
  }
  return account;
}

}  // namespace ocs::balance
