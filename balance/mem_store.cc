#include "balance/mem_store.h"

#include <array>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_map.h"
#include "absl/synchronization/mutex.h"
#include "ocs/base/bytes.h"
#include "ocs/base/check.h"

namespace ocs::balance {
namespace {

/// std::less<> compares with views of the standard library too.
using Rows = absl::btree_map<std::string, std::string, std::less<>>;

/// How far the expiry time must move before the answers are swept again: a sweep walks the whole
/// table.
constexpr int64_t kSweepStepMillis = 60'000;

/// One table. A cursor shares the rows as they are; a write that finds them shared copies them
/// first. So a cursor costs nothing to make, and nothing at all when no write comes before its end.
struct Shelf {
  std::shared_ptr<Rows> rows = std::make_shared<Rows>();
};

class MemStore final : public Store {
 public:
  absl::Status Write(const StoreBatch& batch) override ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<std::optional<std::string>> Get(Table table, std::string_view key) const override
      ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<bool> GetInto(Table table, std::string_view key, std::string* value) const override
      ABSL_LOCKS_EXCLUDED(mutex_);
  std::unique_ptr<StoreCursor> Seek(Table table, std::string_view from) const override
      ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<std::optional<std::string>> LastKey(Table table) const override
      ABSL_LOCKS_EXCLUDED(mutex_);
  void AnswersMayExpire(Instant now) override ABSL_LOCKS_EXCLUDED(mutex_);
  int64_t DiskBytes() const override { return 0; }

  /// Gives a cursor's share back. Under the lock, so that a later write sees all that the cursor
  /// read as done.
  void Release(std::shared_ptr<const Rows> rows) const ABSL_LOCKS_EXCLUDED(mutex_) {
    const absl::MutexLock lock(&mutex_);
    rows.reset();
  }

 private:
  const Rows& rows(Table table) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return *shelves_[static_cast<size_t>(table)].rows;
  }
  Rows& OwnRows(Table table) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    std::shared_ptr<Rows>& rows = shelves_[static_cast<size_t>(table)].rows;
    if (rows.use_count() > 1) rows = std::make_shared<Rows>(*rows);
    return *rows;
  }

  mutable absl::Mutex mutex_;
  std::array<Shelf, kTableCount> shelves_ ABSL_GUARDED_BY(mutex_);
  Instant swept_ ABSL_GUARDED_BY(mutex_);
};

class MemCursor final : public StoreCursor {
 public:
  MemCursor(const MemStore* store, std::shared_ptr<const Rows> rows, std::string_view from)
      : store_(store), rows_(std::move(rows)), at_(rows_->lower_bound(from)), end_(rows_->end()) {}
  MemCursor(const MemCursor&) = delete;
  MemCursor& operator=(const MemCursor&) = delete;
  ~MemCursor() override { store_->Release(std::move(rows_)); }

  bool valid() const override { return at_ != end_; }
  void Next() override {
    OCS_CHECK(valid());
    ++at_;
  }
  std::string_view key() const override {
    OCS_CHECK(valid());
    return at_->first;
  }
  std::string_view value() const override {
    OCS_CHECK(valid());
    return at_->second;
  }
  absl::Status status() const override { return absl::OkStatus(); }

 private:
  const MemStore* store_;
  std::shared_ptr<const Rows> rows_;  // Shared with the store until the store's next write.
  Rows::const_iterator at_;
  Rows::const_iterator end_;
};

void ApplyChange(const StoreBatch::Change& change, Rows* rows) {
  switch (change.kind) {
    case StoreBatch::Kind::kPut:
      rows->insert_or_assign(std::string(change.key), std::string(change.value));
      return;
    case StoreBatch::Kind::kDelete:
      rows->erase(change.key);
      return;
    case StoreBatch::Kind::kDeleteRange:
      if (change.key < change.value) {
        rows->erase(rows->lower_bound(change.key), rows->lower_bound(change.value));
      }
      return;
  }
}

absl::Status MemStore::Write(const StoreBatch& batch) {
  const absl::MutexLock lock(&mutex_);
  for (size_t i = 0; i < batch.size(); ++i) {
    const StoreBatch::Change change = batch.change(i);
    ApplyChange(change, &OwnRows(change.table));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<std::string>> MemStore::Get(Table table, std::string_view key) const {
  const absl::MutexLock lock(&mutex_);
  const auto found = rows(table).find(key);
  if (found == rows(table).end()) return std::optional<std::string>();
  return std::optional<std::string>(found->second);
}

absl::StatusOr<bool> MemStore::GetInto(Table table, std::string_view key,
                                       std::string* value) const {
  const absl::MutexLock lock(&mutex_);
  const auto found = rows(table).find(key);
  if (found == rows(table).end()) return false;
  value->assign(found->second);
  return true;
}

std::unique_ptr<StoreCursor> MemStore::Seek(Table table, std::string_view from) const {
  const absl::MutexLock lock(&mutex_);
  return std::make_unique<MemCursor>(this, shelves_[static_cast<size_t>(table)].rows, from);
}

absl::StatusOr<std::optional<std::string>> MemStore::LastKey(Table table) const {
  const absl::MutexLock lock(&mutex_);
  if (rows(table).empty()) return std::optional<std::string>();
  return std::optional<std::string>(rows(table).rbegin()->first);
}

void MemStore::AnswersMayExpire(Instant now) {
  const absl::MutexLock lock(&mutex_);
  if (now < swept_.PlusMillis(kSweepStepMillis)) return;
  swept_ = now;
  Rows& answers = OwnRows(Table::kAnswers);
  for (auto at = answers.begin(); at != answers.end();) {
    ByteReader reader(at->second);
    const int64_t end_seconds = reader.Big32();
    const bool expired = reader.ok() && end_seconds * 1000 < now.unix_ms;
    at = expired ? answers.erase(at) : std::next(at);
  }
}

}  // namespace

std::unique_ptr<Store> MakeMemStore() { return std::make_unique<MemStore>(); }

}  // namespace ocs::balance
