#include "balance/internal/account_cache.h"

#include <algorithm>
#include <limits>

#include "balance/book.h"
#include "ocs/base/bytes.h"
#include "ocs/base/check.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"

namespace ocs::balance::internal {
namespace {

int64_t SecondOf(Instant instant) {
  if (instant == Instant::Never()) return CachedAccount::kNone;
  return (instant.unix_ms + 999) / 1000;  // Not before it is due.
}

std::string DueKey(int64_t second, AccountId account) {
  std::string key;
  ByteWriter out(&key);
  out.Big64(static_cast<uint64_t>(second));
  out.Big64(account.value);
  return key;
}

}  // namespace

absl::StatusOr<CachedAccount*> AccountCache::Find(AccountId id) {
  if (CachedAccount* account = FindInMemory(id)) {
    account->recent = true;
    return account;
  }
  OCS_ASSIGN_OR_RETURN(const bool there,
                       store_->GetInto(Table::kAccounts, AccountKey(id), &buffer_));
  if (!there) return nullptr;
  int64_t due_second = 0;
  absl::StatusOr<Account> state = DecodeAccountRow(buffer_, &due_second);
  if (!state.ok()) return Annotate(state.status(), Cat("account ", id.value));
  ++loads_;
  CachedAccount* account = Insert(id);
  static_cast<Account&>(*account) = *std::move(state);
  account->stored_due = due_second;
  return account;
}

CachedAccount* AccountCache::FindInMemory(AccountId id) const {
  const auto found = accounts_.find(id);
  return found == accounts_.end() ? nullptr : found->second.get();
}

CachedAccount* AccountCache::Insert(AccountId id) {
  auto& slot = accounts_[id];
  OCS_CHECK(slot == nullptr);
  slot = std::make_unique<CachedAccount>();
  slot->id = id;
  hand_.push_back(id);
  return slot.get();
}

void AccountCache::MarkDirty(CachedAccount* account, uint64_t group, int64_t entries) {
  if (account->dirty_group != 0) return;
  account->dirty_group = group;
  dirty_.push_back({account->id, group, entries});
  ++dirty_count_;
}

void AccountCache::WriteOne(CachedAccount* account, StoreBatch* batch) {
  const int64_t due = SecondOf(account->NextDue());
  const int64_t stored = due == CachedAccount::kNone ? 0 : due;
  if (stored != account->stored_due) {
    if (account->stored_due != 0)
      batch->Delete(Table::kDue, DueKey(account->stored_due, account->id));
    if (stored != 0) batch->Put(Table::kDue, DueKey(stored, account->id), {});
    account->stored_due = stored;
  }
  buffer_.clear();
  ByteWriter(&buffer_).Varint(static_cast<uint64_t>(stored));
  EncodeAccount(*account, &buffer_);
  batch->Put(Table::kAccounts, AccountKey(account->id), buffer_);
  account->urgent = false;
  ++writes_;
  if (account->dirty_group != 0) {
    account->dirty_group = 0;
    --dirty_count_;
  }
}

void AccountCache::DropStale() {
  while (!dirty_.empty()) {
    const CachedAccount* account = FindInMemory(dirty_.front().account);
    if (account != nullptr && account->dirty_group == dirty_.front().group) return;
    dirty_.pop_front();
  }
}

void AccountCache::WriteBack(int64_t entries, int64_t lag, int64_t count_max, StoreBatch* batch) {
  for (const AccountId id : urgent_) {
    CachedAccount* account = FindInMemory(id);
    if (account != nullptr && account->urgent) WriteOne(account, batch);
  }
  urgent_.clear();
  // When memory is short, clean accounts are needed: what is written back can be put out.
  const bool crowded = size() > accounts_max_;
  for (int64_t count = 0; count < count_max; ++count) {
    DropStale();
    if (dirty_.empty()) return;
    if (!crowded && dirty_.front().entries + lag > entries) return;
    CachedAccount* account = FindInMemory(dirty_.front().account);
    dirty_.pop_front();
    WriteOne(account, batch);
  }
}

uint64_t AccountCache::stored_through() {
  DropStale();
  return dirty_.empty() ? std::numeric_limits<uint64_t>::max() : dirty_.front().group - 1;
}

void AccountCache::Evict() {
  // Twice around at most: the first pass takes the mark of use away.
  for (size_t steps = 2 * hand_.size(); steps > 0 && size() > accounts_max_; --steps) {
    const AccountId id = hand_.front();
    hand_.pop_front();
    CachedAccount* account = FindInMemory(id);
    OCS_CHECK(account != nullptr);
    if (account->recent || account->dirty_group != 0 || account->urgent) {
      account->recent = false;
      hand_.push_back(id);
      continue;
    }
    accounts_.erase(id);
  }
}

void AccountCache::Schedule(CachedAccount* account, Instant due) {
  const int64_t second = SecondOf(due);
  if (second >= account->scheduled_due) return;
  account->scheduled_due = second;
  schedule_[second].push_back(account->id);
}

absl::StatusOr<std::vector<AccountId>> AccountCache::TakeDue(Instant now, int count_max) {
  std::vector<AccountId> due;
  const int64_t now_second = now.unix_ms / 1000;
  while (!schedule_.empty() && schedule_.begin()->first <= now_second) {
    auto slot = schedule_.begin();
    while (!slot->second.empty() && static_cast<int>(due.size()) < count_max) {
      const AccountId id = slot->second.back();
      slot->second.pop_back();
      CachedAccount* account = FindInMemory(id);
      if (account != nullptr && account->scheduled_due != slot->first)
        continue;  // Waits elsewhere.
      if (account != nullptr) account->scheduled_due = CachedAccount::kNone;
      due.push_back(id);
    }
    if (!slot->second.empty()) return due;
    schedule_.erase(slot);
  }
  OCS_RETURN_IF_ERROR(TakeStoredDue(now_second, count_max, &due));
  std::sort(due.begin(), due.end());
  due.erase(std::unique(due.begin(), due.end()), due.end());
  return due;
}

absl::Status AccountCache::TakeStoredDue(int64_t now_second, int count_max,
                                         std::vector<AccountId>* due) {
  // What the rounds before have gone through need not be gone through again: its rows are deleted
  // one by one, and stepping over so many would make a long catch-up quadratic.
  const bool goes_on = !due_from_.empty();
  OCS_RETURN_IF_ERROR(ScanStoredDue(now_second, count_max, due));
  if (!goes_on || !due_from_.empty()) return absl::OkStatus();
  // At the end: what was put behind the scan meanwhile is found from the front.
  return ScanStoredDue(now_second, count_max, due);
}

absl::Status AccountCache::ScanStoredDue(int64_t now_second, int count_max,
                                         std::vector<AccountId>* due) {
  auto cursor = store_->Seek(Table::kDue, due_from_);
  due_from_.clear();
  for (; cursor->valid(); cursor->Next()) {
    if (static_cast<int>(due->size()) >= count_max) {
      due_from_ = cursor->key();
      break;
    }
    ByteReader in(cursor->key());
    const auto second = static_cast<int64_t>(in.Big64());
    const AccountId id{in.Big64()};
    if (!in.ok()) return absl::DataLossError("a row of the table of due work is damaged");
    if (second > now_second) break;
    OCS_ASSIGN_OR_RETURN(CachedAccount * account, Find(id));
    if (account == nullptr)
      return absl::DataLossError(Cat("account ", id.value, " is due but not there"));
    // The row goes with the state that replaces it, so a crash before then only means that it is
    // looked at again.
    if (account->urgent || account->stored_due != second) continue;
    account->urgent = true;
    urgent_.push_back(id);
    due->push_back(id);
  }
  return cursor->status();
}

absl::Status AccountCache::ListDue(Instant until, size_t count_max, DuePlace* place,
                                   std::vector<AccountId>* accounts) const {
  const int64_t until_second = SecondOf(until);
  if (!place->in_store) {
    // At once: the schedule changes from step to step.
    for (const auto& [second, waiting] : schedule_) {
      if (second > until_second) break;
      accounts->insert(accounts->end(), waiting.begin(), waiting.end());
    }
    place->in_store = true;
    return absl::OkStatus();
  }
  auto cursor = store_->Seek(Table::kDue, place->key);
  if (cursor->valid() && cursor->key() == place->key) cursor->Next();
  for (size_t count = 0; cursor->valid(); cursor->Next(), ++count) {
    if (count == count_max) return absl::OkStatus();
    ByteReader in(cursor->key());
    const auto second = static_cast<int64_t>(in.Big64());
    const AccountId id{in.Big64()};
    if (!in.ok()) return absl::DataLossError("a row of the table of due work is damaged");
    if (second > until_second) break;
    place->key = cursor->key();
    accounts->push_back(id);
  }
  place->done = true;
  return cursor->status();
}

}  // namespace ocs::balance::internal
