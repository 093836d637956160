#include "tools/inspect/account_check.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/numeric/int128.h"
#include "balance/book.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "tools/inspect/wide.h"

namespace ocs::tools {
namespace {

using balance::Account;
using balance::Bucket;
using balance::Effect;
using balance::EffectReader;
using balance::EntryKind;
using balance::EntryView;
using balance::Posting;

std::string AccountPlace(AccountId id) { return Cat("account ", id.value); }

bool OfNoAccount(const EntryView& entry) {
  return !entry.account.valid() || IsBesideAccount(entry.kind);
}

absl::int128 WhereItIs(const Bucket& bucket) {
  return absl::int128{bucket.available} + bucket.held + bucket.spent + bucket.expired +
         bucket.transferred;
}

std::string BucketDifference(const Bucket& stored, const Bucket& rebuilt) {
  const std::pair<std::string_view, std::pair<int64_t, int64_t>> amounts[] = {
      {"granted", {stored.granted, rebuilt.granted}},
      {"available", {stored.available, rebuilt.available}},
      {"held", {stored.held, rebuilt.held}},
      {"spent", {stored.spent, rebuilt.spent}},
      {"expired", {stored.expired, rebuilt.expired}},
      {"transferred", {stored.transferred, rebuilt.transferred}},
      {"deferred micros", {stored.deferred_micros, rebuilt.deferred_micros}},
      {"released micros", {stored.released_micros, rebuilt.released_micros}},
  };
  for (const auto& [name, pair] : amounts) {
    if (pair.first == pair.second) continue;
    return Cat("bucket ", rebuilt.id.value, ": ", name, " is stored as ", pair.first,
               ", the journal says ", pair.second);
  }
  if (stored == rebuilt) return "";
  return Cat("bucket ", rebuilt.id.value, ": its terms or times differ from the journal's");
}

std::string CarryDifference(const Account& stored, const Account& rebuilt) {
  if (stored.carries == rebuilt.carries) return "";
  if (stored.carries.size() != rebuilt.carries.size()) {
    return Cat(stored.carries.size(), " carried remainders are stored, the journal says ",
               rebuilt.carries.size());
  }
  const auto at =
      std::mismatch(stored.carries.begin(), stored.carries.end(), rebuilt.carries.begin());
  return Cat("the remainder of line ", at.second->line, " is stored as ", at.first->remainder, "/",
             at.first->denominator, ", the journal says ", at.second->remainder, "/",
             at.second->denominator);
}

std::string CounterDifference(const Account& stored, const Account& rebuilt) {
  if (stored.counters == rebuilt.counters) return "";
  if (stored.counters.size() != rebuilt.counters.size()) {
    return Cat(stored.counters.size(), " counters are stored, the journal says ",
               rebuilt.counters.size());
  }
  const auto at =
      std::mismatch(stored.counters.begin(), stored.counters.end(), rebuilt.counters.begin());
  return Cat("counter ", at.second->id, " of ", at.second->owner, " is stored with ",
             at.first->counted, " counted and ", at.first->held, " held, the journal says ",
             at.second->counted, " and ", at.second->held);
}

}  // namespace

std::string FirstDifference(Account stored, Account rebuilt) {
  stored.sessions.Sort();
  rebuilt.sessions.Sort();
  if (stored == rebuilt) return "";
  if (stored.buckets.size() != rebuilt.buckets.size()) {
    return Cat(stored.buckets.size(), " buckets are stored, the journal says ",
               rebuilt.buckets.size());
  }
  for (size_t i = 0; i < stored.buckets.size(); ++i) {
    if (stored.buckets[i].id != rebuilt.buckets[i].id) {
      return Cat("bucket ", stored.buckets[i].id.value, " is stored where the journal says bucket ",
                 rebuilt.buckets[i].id.value);
    }
    std::string difference = BucketDifference(stored.buckets[i], rebuilt.buckets[i]);
    if (!difference.empty()) return difference;
  }
  std::string carries = CarryDifference(stored, rebuilt);
  if (!carries.empty()) return carries;
  if (stored.sessions != rebuilt.sessions)
    return Cat("its open sessions differ: ", stored.sessions.size(),
               " are stored, the journal says ", rebuilt.sessions.size());
  if (stored.identities != rebuilt.identities) return "its identities differ from the journal's";
  if (stored.subscriptions != rebuilt.subscriptions)
    return "its subscriptions differ from the journal's";
  if (stored.nodes != rebuilt.nodes) return "its nodes differ from the journal's";
  if (stored.limits != rebuilt.limits) return "its limits differ from the journal's";
  std::string counters = CounterDifference(stored, rebuilt);
  if (!counters.empty()) return counters;
  if (stored.transfers != rebuilt.transfers)
    return "its transfers that are on their way differ from the journal's";
  if (stored.credit_limit_micros != rebuilt.credit_limit_micros) {
    return Cat("the credit limit is stored as ", stored.credit_limit_micros, ", the journal says ",
               rebuilt.credit_limit_micros);
  }
  return "its state, currency, times or numbers differ from the journal's";
}

absl::Status AccountCheck::LoadRows() {
  auto cursor = store_->Seek(balance::Table::kAccounts, "");
  for (; cursor->valid(); cursor->Next()) {
    int64_t due_second = 0;
    const auto account = balance::DecodeAccountRow(cursor->value(), &due_second);
    if (!account.ok()) {
      report_->Fail(Check::kStates, Cat("row ", accounts_.size() + 1, " of the states"),
                    std::string(account.status().message()));
      continue;
    }
    if (cursor->key() != balance::AccountKey(account->id)) {
      report_->Fail(Check::kStates, AccountPlace(account->id), "is stored under another's key");
      continue;
    }
    Rebuilt& rebuilt = accounts_[account->id.value];
    rebuilt.account.id = account->id;
    rebuilt.row_last = account->last;
  }
  return cursor->status();
}

bool AccountCheck::StartFromRow(Rebuilt* rebuilt) {
  if (!rebuilt->row_last.valid()) return false;
  const auto row = store_->Get(balance::Table::kAccounts, balance::AccountKey(rebuilt->account.id));
  if (!row.ok() || !row->has_value()) return false;
  int64_t due_second = 0;
  auto stored = balance::DecodeAccountRow(**row, &due_second);
  if (!stored.ok()) return false;
  rebuilt->account = *std::move(stored);
  rebuilt->from_row = true;
  rebuilt->compared = true;
  return true;
}

AccountCheck::Rebuilt* AccountCheck::Find(const EntryView& entry) {
  if (OfNoAccount(entry)) return nullptr;
  Rebuilt& rebuilt = accounts_[entry.account.value];
  if (!rebuilt.seen) {
    rebuilt.seen = true;
    rebuilt.account.id = entry.account;
    if (entry.kind != EntryKind::kAccountCreated) {
      if (first_group_ == 1 || !StartFromRow(&rebuilt)) {
        rebuilt.broken = true;
        report_->Fail(Check::kBuckets, PlaceOf(entry.position),
                      Cat("is of account ", entry.account.value, ", which no entry has made"));
      }
    }
  }
  return &rebuilt;
}

const Account* AccountCheck::Before(const EntryView& entry) {
  const Rebuilt* rebuilt = Find(entry);
  if (rebuilt == nullptr || rebuilt->broken) return nullptr;
  if (rebuilt->from_row && entry.position <= rebuilt->row_last) return nullptr;
  return &rebuilt->account;
}

const Account* AccountCheck::Apply(const EntryView& entry) {
  Rebuilt* rebuilt = Find(entry);
  if (rebuilt == nullptr) {
    CheckPostings(entry, nullptr);
    return nullptr;
  }
  if (rebuilt->broken || (rebuilt->from_row && entry.position <= rebuilt->row_last)) return nullptr;
  Account& account = rebuilt->account;
  if (entry.kind != EntryKind::kAccountCreated || account.last.valid()) {
    report_->Count(Check::kHistory);
    if (entry.previous != account.last) {
      report_->Fail(Check::kHistory, PlaceOf(entry.position),
                    Cat("says that account ", entry.account.value, " was last changed by ",
                        PlaceOf(entry.previous), ", it was by ", PlaceOf(account.last)));
    }
  }
  CheckPostings(entry, &account);
  CheckDropped(entry, account);
  const absl::Status applied = applier_.Apply(entry, &account);
  if (!applied.ok()) {
    rebuilt->broken = true;
    report_->Fail(Check::kBuckets, PlaceOf(entry.position), std::string(applied.message()));
    return nullptr;
  }
  CheckTouched(entry, account);
  if (entry.position > rebuilt->row_last && rebuilt->first_after_row == 0)
    rebuilt->first_after_row = entry.position.group;
  if (entry.position == rebuilt->row_last) Compare(rebuilt);
  return &account;
}

void AccountCheck::CheckPostings(const EntryView& entry, const Account* account) {
  report_->Count(Check::kPostings);
  absl::InlinedVector<std::pair<BucketId, Unit>, 4> added;
  absl::InlinedVector<Posting, 12> postings;
  Unit currency = account == nullptr ? Unit() : account->currency;
  for (EffectReader effects(entry.effects); effects.Next();) {
    if (effects.effect() == Effect::kAddBucket)
      added.push_back({effects.bucket().id, effects.bucket().unit});
    if (effects.effect() == Effect::kPost) postings.push_back(effects.posting());
  }
  UnitSums sums;
  for (const Posting& posting : postings) {
    const Bucket* bucket = account == nullptr ? nullptr : account->FindBucket(posting.bucket);
    Unit unit = bucket == nullptr ? Unit() : bucket->unit;
    for (const auto& [id, of] : added) {
      if (id == posting.bucket) unit = of;
    }
    if (CountsInCurrency(posting.account)) unit = currency;
    if (unit.empty()) {
      report_->Fail(Check::kPostings, PlaceOf(entry.position),
                    Cat("posts to bucket ", posting.bucket.value, ", which is not there"));
      return;
    }
    sums[unit] += posting.amount;
  }
  for (const auto& [unit, sum] : sums) {
    if (sum == 0) continue;
    report_->Fail(Check::kPostings, PlaceOf(entry.position),
                  Cat("its postings in ", unit.code(), " sum to ", WideText(sum), ", not to 0"));
    return;
  }
}

void AccountCheck::CheckTouched(const EntryView& entry, const Account& account) {
  for (EffectReader effects(entry.effects); effects.Next();) {
    if (effects.effect() != Effect::kPost) continue;
    const Bucket* bucket = account.FindBucket(effects.posting().bucket);
    if (bucket == nullptr) continue;  // It left with this entry: see CheckDropped.
    report_->Count(Check::kBuckets);
    if (WhereItIs(*bucket) == bucket->granted && bucket->held >= 0) continue;
    report_->Fail(Check::kBuckets, PlaceOf(entry.position),
                  Cat("leaves bucket ", bucket->id.value, " of account ", account.id.value,
                      " with granted ", bucket->granted, ", but available ", bucket->available,
                      " + held ", bucket->held, " + spent ", bucket->spent, " + expired ",
                      bucket->expired, " + transferred ", bucket->transferred));
    return;
  }
}

void AccountCheck::CheckDropped(const EntryView& entry, const Account& account) {
  for (EffectReader dropped(entry.effects); dropped.Next();) {
    if (dropped.effect() != Effect::kDropBucket) continue;
    const Bucket* bucket = account.FindBucket(dropped.bucket().id);
    if (bucket == nullptr) continue;  // Applying it says so.
    report_->Count(Check::kBuckets);
    absl::int128 left = absl::int128{bucket->available} + bucket->held;
    for (EffectReader effects(entry.effects); effects.Next();) {
      const Posting& posting = effects.posting();
      if (effects.effect() != Effect::kPost || posting.bucket != bucket->id) continue;
      if (posting.account == balance::LedgerAccount::kAvailable ||
          posting.account == balance::LedgerAccount::kHeld) {
        left += posting.amount;
      }
    }
    if (left == 0) continue;
    report_->Fail(Check::kBuckets, PlaceOf(entry.position),
                  Cat("drops bucket ", bucket->id.value, " of account ", account.id.value,
                      ", in which ", WideText(left), " is left"));
  }
}

void AccountCheck::Compare(Rebuilt* rebuilt) {
  rebuilt->compared = true;
  report_->Count(Check::kStates);
  const auto row = store_->Get(balance::Table::kAccounts, balance::AccountKey(rebuilt->account.id));
  if (!row.ok() || !row->has_value()) {
    report_->Fail(Check::kStates, AccountPlace(rebuilt->account.id), "its state cannot be read");
    return;
  }
  int64_t due_second = 0;
  auto stored = balance::DecodeAccountRow(**row, &due_second);
  if (!stored.ok()) {
    report_->Fail(Check::kStates, AccountPlace(rebuilt->account.id),
                  std::string(stored.status().message()));
    return;
  }
  const std::string difference = FirstDifference(*std::move(stored), rebuilt->account);
  if (difference.empty()) return;
  report_->Fail(Check::kStates, AccountPlace(rebuilt->account.id), difference);
}

void AccountCheck::FinishOne(Rebuilt& rebuilt) {
  const std::string place = AccountPlace(rebuilt.account.id);
  if (rebuilt.broken) return;
  if (!rebuilt.seen) {
    if (first_group_ > 1 && rebuilt.row_last.group < first_group_ && StartFromRow(&rebuilt)) {
      // Older than the journal: its sums can be checked, its history cannot.
    } else {
      report_->Count(Check::kStates);
      report_->Fail(Check::kStates, place, "is stored, but the journal has no entry of it");
      return;
    }
  }
  if (rebuilt.row_last.valid() && !rebuilt.compared) {
    report_->Count(Check::kStates);
    report_->Fail(
        Check::kStates, place,
        Cat("is stored as of ", PlaceOf(rebuilt.row_last), ", which is not one of its entries"));
  }
  const uint64_t needed = rebuilt.first_after_row;
  if (needed != 0 && needed <= checkpoint_) {
    report_->Count(Check::kStates);
    report_->Fail(Check::kStates, place,
                  Cat("its stored state lacks group ", needed,
                      ", but a restart replays only what "
                      "is after group ",
                      checkpoint_));
  }
  report_->Count(Check::kBuckets);
  const absl::Status invariants = balance::CheckInvariants(rebuilt.account);
  if (!invariants.ok()) report_->Fail(Check::kBuckets, place, std::string(invariants.message()));
}

size_t AccountCheck::ForEach(const std::function<void(const Account&)>& visit) const {
  std::vector<uint64_t> ids;
  for (const auto& [id, rebuilt] : accounts_) {
    if (!rebuilt.broken) ids.push_back(id);
  }
  std::sort(ids.begin(), ids.end());
  for (const uint64_t id : ids) visit(accounts_.find(id)->second.account);
  return accounts_.size() - ids.size();
}

void AccountCheck::Finish() {
  std::vector<uint64_t> ids;
  ids.reserve(accounts_.size());
  uint64_t older = 0;
  for (const auto& [id, rebuilt] : accounts_) {
    ids.push_back(id);
    older += rebuilt.from_row || !rebuilt.seen ? 1 : 0;
  }
  std::sort(ids.begin(), ids.end());  // So that the same store gives the same report.
  for (const uint64_t id : ids) FinishOne(accounts_[id]);
  report_->accounts = accounts_.size();
  if (first_group_ > 1 && older > 0) {
    report_->notes.push_back(
        Cat(FormatGrouped(static_cast<int64_t>(older)),
            " accounts are older than the journal: they were checked from their stored states on"));
  }
}

}  // namespace ocs::tools
