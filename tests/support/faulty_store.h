// A store that fails on command, for tests of what stands on it. The first rung of the crash tests.

#ifndef TESTS_SUPPORT_FAULTY_STORE_H_
#define TESTS_SUPPORT_FAULTY_STORE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "balance/store.h"

namespace ocs::testing {

enum class WriteFault : uint8_t {
  kRefused,    ///< The batch is not written.
  kUncertain,  ///< The batch is written all the same.
};

/// Hands everything to another store, but for the calls that it was told to fail. It shares that
/// store with the test: a second FaultyStore over the same one is the "reopened" store, with what
/// was written and without the faults. A batch is never torn here, for a Store's batches are atomic
/// (faulty_file_system.h tears them beneath RocksDB).
///
/// As a real store, it fails every write after a failed one until it is "reopened". Thread-safe
/// where Store is.
class FaultyStore final : public balance::Store {
 public:
  /// REQUIRES: inner is not null.
  explicit FaultyStore(std::shared_ptr<balance::Store> inner);

  /// The nth write from now on (1 = the next) fails with `error`. REQUIRES: nth > 0; error is not
  /// OK.
  void FailWrite(int64_t nth, WriteFault fault, absl::Status error);
  /// The nth Get, GetInto or LastKey from now on (1 = the next) fails with `error`, once. REQUIRES:
  /// as above.
  void FailRead(int64_t nth, absl::Status error);

  int64_t write_count() const;  ///< Calls of Write, the failed ones too.
  int64_t read_count() const;   ///< Calls of Get, GetInto and LastKey.
  /// Calls of Write after one that failed: whoever obeys the contract makes none.
  int64_t writes_after_failure() const;

  absl::Status Write(const balance::StoreBatch& batch) override;
  absl::StatusOr<std::optional<std::string>> Get(balance::Table table,
                                                 std::string_view key) const override;
  absl::StatusOr<bool> GetInto(balance::Table table, std::string_view key,
                               std::string* value) const override;
  std::unique_ptr<balance::StoreCursor> Seek(balance::Table table,
                                             std::string_view from) const override;
  absl::StatusOr<std::optional<std::string>> LastKey(balance::Table table) const override;
  void AnswersMayExpire(Instant now) override;
  int64_t DiskBytes() const override;

 private:
  absl::Status CountRead() const;

  const std::shared_ptr<balance::Store>
      inner_;  // Outlives this one in the test's hands: see above.
  mutable absl::Mutex mutex_;
  int64_t write_count_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t writes_after_failure_ ABSL_GUARDED_BY(mutex_) = 0;
  mutable int64_t read_count_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t failing_write_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t failing_read_ ABSL_GUARDED_BY(mutex_) = 0;
  WriteFault write_fault_ ABSL_GUARDED_BY(mutex_) = WriteFault::kRefused;
  absl::Status write_error_ ABSL_GUARDED_BY(mutex_);
  absl::Status read_error_ ABSL_GUARDED_BY(mutex_);
  absl::Status failed_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ocs::testing

#endif  // TESTS_SUPPORT_FAULTY_STORE_H_
