// The seam to the disk: a few tables of ordered keys, written in atomic synced batches. One store
// belongs to one shard. RocksStore is the real one, MemStore the simulator's; tests put faults
// between (tests/support/faulty_store.h).
// Tested in: tests/balance/rocks_store_test.cc

#ifndef BALANCE_STORE_H_
#define BALANCE_STORE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ocs/base/time.h"

namespace ocs::balance {

/// Numbers and names are stored: never reused. Keys begin with the two bytes of a partition
/// wherever they belong to one.
enum class Table : uint8_t {
  kMeta = 0,  ///< Format version, head of the chain, checkpoint, cursors, catalogue revisions.
  kJournal =
      1,  ///< Group number (8 bytes, big-endian) -> group. The truth; all else is derived from it.
  kAccounts = 2,  ///< Account states, each with the number of the last group that it includes.
  kDue = 3,       ///< (due second, account) -> nothing: what must be done when.
  kAnswers = 4,   ///< Hash of a request's key -> its entry's position and when it may be forgotten.
  kIdentities = 5,  ///< Subscriber identity -> account.
  kVouchers = 6,    ///< Batch -> its terms and counts; hash of a code -> batch, redeemed where.
};
inline constexpr int kTableCount = 7;

/// Changes that become visible and durable together. Holds its bytes in one buffer.
/// Thread-compatible.
class StoreBatch final {
 public:
  enum class Kind : uint8_t { kPut, kDelete, kDeleteRange };
  struct Change {
    Kind kind;
    Table table;
    std::string_view key;    ///< Of a range: its first key.
    std::string_view value;  ///< Of a range: the key behind its last.
  };

  void Put(Table table, std::string_view key, std::string_view value) {
    Add(Kind::kPut, table, key, value);
  }
  void Delete(Table table, std::string_view key) { Add(Kind::kDelete, table, key, {}); }
  /// Deletes [first, last).
  void DeleteRange(Table table, std::string_view first, std::string_view last) {
    Add(Kind::kDeleteRange, table, first, last);
  }

  size_t size() const { return spans_.size(); }
  bool empty() const { return spans_.empty(); }
  size_t byte_count() const { return bytes_.size(); }
  void Clear() {
    spans_.clear();
    bytes_.clear();
  }

  /// The index-th change; its views are good until the batch is changed. REQUIRES: index < size().
  Change change(size_t index) const {
    const Span& span = spans_[index];
    const std::string_view all(bytes_);
    return {span.kind, span.table, all.substr(span.at, span.key_length),
            all.substr(span.at + span.key_length, span.value_length)};
  }

 private:
  struct Span {
    Kind kind;
    Table table;
    uint32_t key_length;
    size_t at;
    size_t value_length;
  };
  void Add(Kind kind, Table table, std::string_view key, std::string_view value) {
    spans_.push_back({kind, table, static_cast<uint32_t>(key.size()), bytes_.size(), value.size()});
    bytes_.append(key);
    bytes_.append(value);
  }

  std::vector<Span> spans_;
  std::string bytes_;
};

/// Walks a table in key order over the state at the moment it was made. Thread-compatible; the
/// store must outlive it.
class StoreCursor {
 public:
  virtual ~StoreCursor() = default;
  virtual bool valid() const = 0;              ///< False at the end and after an error.
  virtual void Next() = 0;                     ///< REQUIRES: valid().
  virtual std::string_view key() const = 0;    ///< Good until Next(). REQUIRES: valid().
  virtual std::string_view value() const = 0;  ///< Good until Next(). REQUIRES: valid().
  /// Why it is not valid: OK at the end; DataLoss when a checksum failed, Unavailable when reading
  /// failed.
  virtual absl::Status status() const = 0;
};

struct DiskUsage {
  int64_t total_bytes = 0;                ///< Of the store's folder.
  int64_t log_bytes = 0;                  ///< Of those, not yet in table files.
  int64_t table_bytes[kTableCount] = {};  ///< By Table: in table files.
  int64_t free_bytes = 0;                 ///< That the disk under it still has.
};

/// Reads: thread-safe, also while a write is under way. Write: one thread at a time.
class Store {
 public:
  virtual ~Store() = default;

  /// Makes the batch durable as a whole: when it returns OK it survives power loss. After an error
  /// the batch is wholly there or wholly absent and nobody knows which: the caller must stop and
  /// reopen (DESIGN law 9). Never retry. Errors: ResourceExhausted (disk full), Unavailable (I/O),
  /// DataLoss (corruption found).
  virtual absl::Status Write(const StoreBatch& batch) = 0;

  /// The value of a key, or nothing. Errors: DataLoss, Unavailable.
  virtual absl::StatusOr<std::optional<std::string>> Get(Table table,
                                                         std::string_view key) const = 0;

  /// As Get, into a string that is reused. Returns true when the key is there.
  virtual absl::StatusOr<bool> GetInto(Table table, std::string_view key,
                                       std::string* value) const = 0;

  /// A cursor at the first key >= `from`.
  virtual std::unique_ptr<StoreCursor> Seek(Table table, std::string_view from) const = 0;

  /// The last key of the table, or nothing. Errors: DataLoss, Unavailable.
  virtual absl::StatusOr<std::optional<std::string>> LastKey(Table table) const = 0;

  /// Values of kAnswers begin with their end (4 bytes, big-endian, seconds since 1970): those
  /// before `now` may be dropped whenever the store cleans up. Reading a dropped or an expired one
  /// must make no difference to the caller.
  virtual void AnswersMayExpire(Instant now) = 0;

  /// Bytes on disk, for metrics; 0 where it is not known.
  virtual int64_t DiskBytes() const = 0;

  /// Where the bytes are. Walks the folder: not for every request.
  virtual DiskUsage Usage() const { return {.total_bytes = DiskBytes()}; }

  /// Copies the store, as it is at one moment after everything that was written before the call,
  /// into the folder, which must not be there yet. Thread-safe: writes go on meanwhile. Where both
  /// lie on one disk, table files are linked and not copied. When it returns OK the copy is durable
  /// and a store that may be opened. Errors: AlreadyExists; Unavailable, ResourceExhausted (disk
  /// full), after which what is in the folder is of no use; FailedPrecondition for a store that has
  /// no files.
  virtual absl::Status CopyTo(const std::string& folder) const {
    return absl::FailedPreconditionError("a store without files cannot be copied to " + folder);
  }
};

}  // namespace ocs::balance

#endif  // BALANCE_STORE_H_
