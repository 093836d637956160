#include "balance/account.h"

#include <algorithm>
#include <limits>

#include "balance/internal/codec.h"
#include "ocs/base/bytes.h"
#include "ocs/base/check.h"
#include "ocs/base/hash.h"
#include "ocs/base/limits.h"
#include "ocs/base/text.h"

namespace ocs::balance {
namespace {

constexpr uint8_t kVersion = 1;

template <typename Range>
auto FindBucketIn(Range& buckets, BucketId id) -> decltype(&*buckets.begin()) {
  for (auto& bucket : buckets) {
    if (bucket.id == id) return &bucket;
  }
  return nullptr;
}

template <typename Range>
auto FindSessionIn(Range& sessions, std::string_view id) -> decltype(&*sessions.begin()) {
  const uint64_t hash = StableHash64(id);
  for (auto& session : sessions) {
    if (session.id_hash == hash && session.id == id) return &session;
  }
  return nullptr;
}

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
  out.Varint(session.grants.size());
  for (const Grant& grant : session.grants) EncodeGrant(grant, out);
}

bool DecodeSession(ByteReader& in, Session* session) {
  session->id = in.Text();
  session->id_hash = StableHash64(session->id);
  session->revision = static_cast<uint32_t>(in.Varint());
  session->number_max = static_cast<uint32_t>(in.Varint());
  session->record_sequence = static_cast<uint32_t>(in.Varint());
  session->opened_at.unix_ms = in.Signed();
  session->reported_at.unix_ms = in.Signed();
  session->ends_at.unix_ms = in.Signed();
  session->cost_micros = in.Signed();
  session->last.group = in.Varint();
  session->last.index = static_cast<uint32_t>(in.Varint());
  const uint64_t count = in.Varint();
  if (!in.ok() || count > kServicesPerSessionMax) return false;
  session->grants.resize(count);
  for (Grant& grant : session->grants) {
    if (!DecodeGrant(in, &grant)) return false;
  }
  return in.ok();
}

void EncodeLists(const Account& account, ByteWriter& out) {
  out.Varint(account.buckets.size());
  for (const Bucket& bucket : account.buckets) EncodeBucket(bucket, out);
  out.Varint(account.subscriptions.size());
  for (const Subscription& subscription : account.subscriptions)
    EncodeSubscription(subscription, out);
  out.Varint(account.sessions.size());
  for (const Session& session : account.sessions) EncodeSession(session, out);
  out.Varint(account.carries.size());
  for (const Carry& carry : account.carries) EncodeCarry(carry, out);
  out.Varint(account.identities.size());
  for (const AccountIdentity& identity : account.identities) {
    out.U8(identity.type);
    out.Text(identity.data);
  }
}

template <typename T, typename DecodeOne>
bool DecodeList(ByteReader& in, uint64_t count_max, std::vector<T>* list, DecodeOne decode_one) {
  const uint64_t count = in.Varint();
  if (!in.ok() || count > count_max) return false;
  list->resize(count);
  for (T& item : *list) {
    if (!decode_one(in, &item)) return false;
  }
  return true;
}

bool DecodeLists(ByteReader& in, Account* account) {
  return DecodeList(in, kBucketsPerAccountMax, &account->buckets, DecodeBucket) &&
         DecodeList(in, kOffersPerAccountMax, &account->subscriptions, DecodeSubscription) &&
         DecodeList(in, kOpenSessionsPerAccountMax, &account->sessions, DecodeSession) &&
         DecodeList(in, kCarriesPerAccountMax, &account->carries, DecodeCarry) &&
         DecodeList(in, kIdentitiesPerAccountMax, &account->identities,
                    [](ByteReader& reader, AccountIdentity* identity) {
                      identity->type = reader.U8();
                      identity->data = reader.Text();
                      return reader.ok();
                    });
}

}  // namespace

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

Bucket* Account::FindBucket(BucketId bucket) { return FindBucketIn(buckets, bucket); }
const Bucket* Account::FindBucket(BucketId bucket) const { return FindBucketIn(buckets, bucket); }
Session* Account::FindSession(std::string_view session_id) {
  return FindSessionIn(sessions, session_id);
}
const Session* Account::FindSession(std::string_view session_id) const {
  return FindSessionIn(sessions, session_id);
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
  }
  return due;
}

void EncodeAccount(const Account& account, std::string* out) {
  ByteWriter writer(out);
  writer.U8(kVersion);
  writer.Varint(account.last_group);
  writer.Varint(account.id.value);
  writer.U8(static_cast<uint8_t>(account.state));
  writer.Text(account.currency.code());
  writer.Signed(account.credit_limit_micros);
  writer.Signed(account.created_at.unix_ms);
  writer.Varint(account.next_bucket);
  writer.Varint(account.last.group);
  writer.Varint(account.last.index);
  EncodeLists(account, writer);
}

absl::StatusOr<Account> DecodeAccount(std::string_view bytes) {
  ByteReader in(bytes);
  const uint8_t version = in.U8();
  if (version != kVersion) {
    return absl::DataLossError(
        Cat("account state has format version ", version, ", expected ", kVersion));
  }
  Account account;
  account.last_group = in.Varint();
  account.id.value = in.Varint();
  const uint8_t state = in.U8();
  account.state = static_cast<AccountState>(state);
  const bool unit_ok = DecodeUnit(in, &account.currency);
  account.credit_limit_micros = in.Signed();
  account.created_at.unix_ms = in.Signed();
  account.next_bucket = static_cast<uint32_t>(in.Varint());
  account.last.group = in.Varint();
  account.last.index = static_cast<uint32_t>(in.Varint());
  const bool state_ok = state >= 1 && state <= static_cast<uint8_t>(AccountState::kClosed);
  if (!unit_ok || !state_ok || !DecodeLists(in, &account) || !in.ok() || !in.done()) {
    return absl::DataLossError(Cat("account state of ", bytes.size(), " bytes is damaged"));
  }
  return account;
}

}  // namespace ocs::balance
