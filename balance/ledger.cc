#include "balance/ledger.h"

#include <algorithm>
#include <tuple>

#include "absl/container/inlined_vector.h"
#include "ocs/base/check.h"
#include "ocs/base/exact.h"
#include "ocs/base/hash.h"
#include "ocs/base/limits.h"
#include "ocs/base/text.h"

namespace ocs::balance {
namespace {

// Adds into *total; false on overflow.
[[nodiscard]] bool Accumulate(int64_t amount, int64_t* total) {
  return !__builtin_add_overflow(*total, amount, total);
}

// The one place that says what a posting means to its bucket.
[[nodiscard]] bool ApplyPosting(const Posting& posting, Bucket* bucket) {
  switch (posting.account) {
    case LedgerAccount::kAvailable:
      return Accumulate(posting.amount, &bucket->available);
    case LedgerAccount::kHeld:
      return Accumulate(posting.amount, &bucket->held);
    case LedgerAccount::kCash:
    case LedgerAccount::kIssued:
    case LedgerAccount::kWrittenOff:
    case LedgerAccount::kGoodwill:
    case LedgerAccount::kCorrection:
      return Accumulate(-posting.amount, &bucket->granted);
    case LedgerAccount::kEarned:
    case LedgerAccount::kConsumed:
    case LedgerAccount::kDeferred:
    case LedgerAccount::kRebate:
      return Accumulate(posting.amount, &bucket->spent);
    case LedgerAccount::kTransferred:
      return Accumulate(posting.amount, &bucket->transferred);
    case LedgerAccount::kExpired:
      return Accumulate(posting.amount, &bucket->expired);
    case LedgerAccount::kDeferredReleased:
      return Accumulate(-posting.amount, &bucket->released_micros);
    case LedgerAccount::kPackageEarned:
    case LedgerAccount::kBreakage:
    case LedgerAccount::kTax:
    case LedgerAccount::kVendorCost:
    case LedgerAccount::kVendorPayable:
    case LedgerAccount::kRounding:
      return true;  // A counterpart, or the house's own: nothing of the bucket's.
  }
  return false;
}

const Bucket* FindAdded(const EntryBuilder& entry, BucketId id) {
  for (const Bucket& bucket : entry.added_buckets()) {
    if (bucket.id == id) return &bucket;
  }
  return nullptr;
}

using UnitSums = absl::InlinedVector<std::pair<Unit, int64_t>, 4>;

[[nodiscard]] bool AddToUnit(const Unit& unit, int64_t amount, UnitSums* sums) {
  for (auto& [known, sum] : *sums) {
    if (known == unit) return Accumulate(amount, &sum);
  }
  sums->push_back({unit, amount});
  return true;
}

// What of a bucket's deferred revenue is earned when `spent` of `granted` is used.
int64_t EarnedBy(const Bucket& bucket, int64_t spent) {
  if (spent <= 0 || bucket.granted <= 0) return 0;
  if (spent >= bucket.granted) return bucket.deferred_micros;
  const auto earned =
      MultiplyDivide(bucket.deferred_micros, spent, bucket.granted, Rounding::kDown);
  OCS_CHECK(earned.has_value());  // At most deferred_micros, since spent < granted.
  return *earned;
}

}  // namespace

std::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kAllowed:
      return "allowed";
    case Verdict::kUnknownBucket:
      return "unknown bucket";
    case Verdict::kOverflow:
      return "overflow";
    case Verdict::kUnbalanced:
      return "unbalanced";
    case Verdict::kExceedsHeld:
      return "exceeds held";
    case Verdict::kExceedsAvailable:
      return "exceeds available";
  }
  return "unknown";
}

Verdict Judge(const Account& account, const EntryBuilder& entry) {
  // The buckets touched, as they would be afterwards.
  absl::InlinedVector<std::pair<Bucket, int64_t>, 3> touched;  // With what was held before.
  UnitSums sums;
  for (const Posting& posting : entry.postings()) {
    auto at = std::find_if(touched.begin(), touched.end(),
                           [&](const auto& t) { return t.first.id == posting.bucket; });
    if (at == touched.end()) {
      const Bucket* bucket = account.FindBucket(posting.bucket);
      if (bucket == nullptr) bucket = FindAdded(entry, posting.bucket);
      if (bucket == nullptr) return Verdict::kUnknownBucket;
      touched.push_back({*bucket, bucket->held});
      at = touched.end() - 1;
    }
    if (!ApplyPosting(posting, &at->first)) return Verdict::kOverflow;
    const Unit& unit = CountsInCurrency(posting.account) ? account.currency : at->first.unit;
    if (!AddToUnit(unit, posting.amount, &sums)) return Verdict::kOverflow;
  }
  for (const auto& [unit, sum] : sums) {
    if (sum != 0) return Verdict::kUnbalanced;
  }
  for (const auto& [bucket, held_before] : touched) {
    if (bucket.held < 0) return Verdict::kExceedsHeld;
    if (bucket.held > held_before && account.Spendable(bucket) < 0)
      return Verdict::kExceedsAvailable;
  }
  return Verdict::kAllowed;
}

bool DrawnBefore(const Bucket& a, const Bucket& b) {
  const auto rank = [](const Bucket& bucket) {
    // Scope 0 means everything: the widest.
    return std::tuple(bucket.priority, bucket.valid_until, bucket.covered_models - 1U, bucket.id);
  };
  return rank(a) < rank(b);
}

int64_t PostMovement(const Account& account, const Movement& movement, EntryBuilder* entry) {
  const Bucket* bucket = account.FindBucket(movement.bucket);
  OCS_CHECK(bucket != nullptr);
  OCS_CHECK(movement.released >= 0);
  OCS_CHECK(movement.held >= 0);
  entry->Post(LedgerAccount::kAvailable, bucket->id,
              movement.released - movement.spent - movement.held);
  entry->Post(LedgerAccount::kHeld, bucket->id, movement.held - movement.released);
  entry->Post(bucket->unit.is_money() ? LedgerAccount::kEarned : LedgerAccount::kConsumed,
              bucket->id, movement.spent);
  if (bucket->deferred_micros == 0 || movement.spent == 0) return 0;
  const int64_t earned =
      EarnedBy(*bucket, bucket->spent + movement.spent) - EarnedBy(*bucket, bucket->spent);
  entry->Post(LedgerAccount::kDeferredReleased, bucket->id, -earned);
  entry->Post(LedgerAccount::kPackageEarned, bucket->id, earned);
  return earned;
}

void PostTopUp(int64_t amount_micros, EntryBuilder* entry) {
  entry->Post(LedgerAccount::kCash, kMainBucket, -amount_micros);
  entry->Post(LedgerAccount::kAvailable, kMainBucket, amount_micros);
}

void PostFee(int64_t fee_micros, int64_t deferred_micros, EntryBuilder* entry) {
  OCS_CHECK(deferred_micros >= 0);
  OCS_CHECK(deferred_micros <= fee_micros);
  entry->Post(LedgerAccount::kAvailable, kMainBucket, -fee_micros);
  entry->Post(LedgerAccount::kDeferred, kMainBucket, deferred_micros);
  entry->Post(LedgerAccount::kEarned, kMainBucket, fee_micros - deferred_micros);
}

void PostIssue(BucketId bucket, int64_t amount, EntryBuilder* entry) {
  entry->Post(LedgerAccount::kIssued, bucket, -amount);
  entry->Post(LedgerAccount::kAvailable, bucket, amount);
}

int PostExpiries(const Account& account, Instant now, EntryBuilder* entry) {
  int touched = 0;
  for (const Bucket& bucket : account.buckets) {
    if (bucket.valid_until > now) continue;
    if (bucket.available == 0 && bucket.held != 0) continue;
    ++touched;
    entry->Post(LedgerAccount::kAvailable, bucket.id, -bucket.available);
    entry->Post(bucket.available > 0 ? LedgerAccount::kExpired : LedgerAccount::kWrittenOff,
                bucket.id, bucket.available);
    if (bucket.held != 0) continue;
    const int64_t rest = bucket.deferred_micros - bucket.released_micros;
    entry->Post(LedgerAccount::kDeferredReleased, bucket.id, -rest);
    entry->Post(LedgerAccount::kBreakage, bucket.id, rest);
    entry->DropBucket(bucket.id);
  }
  return touched;
}

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
  Session& session = account->sessions.emplace_back(effects.session());
  session.id = entry.key.text;
  session.id_hash = StableHash64(session.id);
  session.number_max = entry.key.number;
  session.reported_at = session.opened_at;
  return true;
}

bool CloseSession(std::string_view session_id, Account* account) {
  Session* session = account->FindSession(session_id);
  if (session == nullptr) return false;
  if (session != &account->sessions.back()) std::swap(*session, account->sessions.back());
  account->sessions.pop_back();
  return true;
}

bool ApplyEffect(EffectReader& effects, const EntryView& entry, Account* account) {
  switch (effects.effect()) {
    case Effect::kPost: {
      Bucket* bucket = account->FindBucket(effects.posting().bucket);
      return bucket != nullptr && ApplyPosting(effects.posting(), bucket);
    }
    case Effect::kOpenSession:
      return OpenSession(effects, entry, account);
    case Effect::kReport:
    case Effect::kSetGrant:
      return ApplyToSession(effects, account->FindSession(entry.key.text));
    case Effect::kCloseSession:
      return CloseSession(entry.key.text, account);
    case Effect::kAddBucket:
      InsertBucket(effects.bucket(), account);
      return true;
    case Effect::kDropBucket:
      return EraseOne(account->buckets,
                      [&](const Bucket& b) { return b.id == effects.bucket().id; });
    case Effect::kSetCarry:
      StoreCarry(effects.carry(), account);
      return true;
    case Effect::kCreateAccount:
      CreateFrom(effects.account(), entry.account, account);
      return true;
    case Effect::kAddSubscription:
      account->subscriptions.push_back(effects.subscription());
      return true;
    case Effect::kDropSubscription:
      return EraseOne(account->subscriptions,
                      [&](const Subscription& s) { return s == effects.subscription(); });
    case Effect::kAddIdentity:
      account->identities.push_back(effects.identity());
      return true;
    case Effect::kRemoveIdentity:
      return EraseOne(account->identities,
                      [&](const AccountIdentity& i) { return i == effects.identity(); });
    case Effect::kRefundOf:
      return true;  // Remembered by the book, so that a charge is refunded once.
    default:
      return false;
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
        earliest_due_ = std::min(earliest_due_, bucket->valid_until);
      }
      break;
    default:
      break;
  }
}

absl::Status CheckInvariants(const Account& account) {
  for (const Bucket& bucket : account.buckets) {
    const int64_t sum =
        bucket.available + bucket.held + bucket.spent + bucket.expired + bucket.transferred;
    if (sum != bucket.granted) {
      return absl::InternalError(Cat(
          "account ", account.id.value, " bucket ", bucket.id.value, ": granted ", bucket.granted,
          " is not available ", bucket.available, " + held ", bucket.held, " + spent ",
          bucket.spent, " + expired ", bucket.expired, " + transferred ", bucket.transferred));
    }
    int64_t held = 0;
    for (const Session& session : account.sessions) {
      for (const Grant& grant : session.grants) {
        for (const Hold& hold : grant.holds) held += hold.bucket == bucket.id ? hold.amount : 0;
      }
    }
    if (held != bucket.held) {
      return absl::InternalError(Cat("account ", account.id.value, " bucket ", bucket.id.value,
                                     ": held ", bucket.held, ", but its open sessions hold ",
                                     held));
    }
  }
  return absl::OkStatus();
}

}  // namespace ocs::balance
