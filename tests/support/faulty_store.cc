#include "tests/support/faulty_store.h"

#include <utility>

#include "ocs/base/check.h"
#include "ocs/base/status.h"

namespace ocs::testing {

using balance::StoreBatch;
using balance::StoreCursor;
using balance::Table;

FaultyStore::FaultyStore(std::shared_ptr<balance::Store> inner) : inner_(std::move(inner)) {
  OCS_CHECK(inner_ != nullptr);
}

void FaultyStore::FailWrite(int64_t nth, WriteFault fault, absl::Status error) {
  OCS_CHECK(nth > 0);
  OCS_CHECK(!error.ok());
  const absl::MutexLock lock(&mutex_);
  failing_write_ = write_count_ + nth;
  write_fault_ = fault;
  write_error_ = std::move(error);
}

void FaultyStore::FailRead(int64_t nth, absl::Status error) {
  OCS_CHECK(nth > 0);
  OCS_CHECK(!error.ok());
  const absl::MutexLock lock(&mutex_);
  failing_read_ = read_count_ + nth;
  read_error_ = std::move(error);
}

int64_t FaultyStore::write_count() const {
  const absl::MutexLock lock(&mutex_);
  return write_count_;
}

int64_t FaultyStore::read_count() const {
  const absl::MutexLock lock(&mutex_);
  return read_count_;
}

int64_t FaultyStore::writes_after_failure() const {
  const absl::MutexLock lock(&mutex_);
  return writes_after_failure_;
}

absl::Status FaultyStore::Write(const StoreBatch& batch) {
  const absl::MutexLock lock(&mutex_);
  ++write_count_;
  if (!failed_.ok()) {
    ++writes_after_failure_;
    return Annotate(failed_, "a write failed before, reopen the store");
  }
  if (write_count_ != failing_write_) {
    failed_ = inner_->Write(batch);
    return failed_;
  }
  if (write_fault_ == WriteFault::kUncertain) {
    const absl::Status written = inner_->Write(batch);
    OCS_CHECK(written.ok());  // The promise of this fault is that the batch is there.
  }
  failed_ = write_error_;
  return failed_;
}

absl::Status FaultyStore::CountRead() const {
  const absl::MutexLock lock(&mutex_);
  ++read_count_;
  return read_count_ == failing_read_ ? read_error_ : absl::OkStatus();
}

absl::StatusOr<std::optional<std::string>> FaultyStore::Get(Table table,
                                                            std::string_view key) const {
  OCS_RETURN_IF_ERROR(CountRead());
  return inner_->Get(table, key);
}

absl::StatusOr<bool> FaultyStore::GetInto(Table table, std::string_view key,
                                          std::string* value) const {
  OCS_RETURN_IF_ERROR(CountRead());
  return inner_->GetInto(table, key, value);
}

std::unique_ptr<StoreCursor> FaultyStore::Seek(Table table, std::string_view from) const {
  return inner_->Seek(table, from);
}

absl::StatusOr<std::optional<std::string>> FaultyStore::LastKey(Table table) const {
  OCS_RETURN_IF_ERROR(CountRead());
  return inner_->LastKey(table);
}

void FaultyStore::AnswersMayExpire(Instant now) { inner_->AnswersMayExpire(now); }

int64_t FaultyStore::DiskBytes() const { return inner_->DiskBytes(); }

}  // namespace ocs::testing
