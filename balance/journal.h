// The journal: an append-only chain of groups, each written by one synced write. Here is how a
// group is made, chained, appended and read. Format: docs/format/journal.md.
//
// Each group holds its number and the SHA-256 of the group before it; the head (number, hash and
// the counters that must not be lost) is written in the same batch. A group whose previous hash is
// not the head's is never applied.

#ifndef BALANCE_JOURNAL_H_
#define BALANCE_JOURNAL_H_

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "balance/entry.h"
#include "balance/store.h"
#include "ocs/base/executor.h"
#include "ocs/base/ids.h"
#include "ocs/base/time.h"

namespace ocs::balance {

/// Of everything in a store; a store of a higher one is refused. 2: nodes, limits, counters,
/// refills and transfers, in account states and in effects. A store of version 1 is read, and
/// marked as 2 with the first group that is written to it.
inline constexpr int kFormatVersion = 2;

using ChainHash = std::array<char, 32>;  ///< SHA-256.

/// The SHA-256 of bytes.
ChainHash Sha256(std::string_view bytes);
/// Lower-case hexadecimal.
std::string ToHex(const ChainHash& hash);

/// Where a shard's journal ends, and what goes on counting from there.
struct Head {
  uint64_t group = 0;             ///< Number of the last group; 0 = none yet.
  ChainHash hash = {};            ///< Of the last group; zeros before the first.
  Instant logged_at;              ///< Logged time: never goes back.
  uint64_t record_sequence = 0;   ///< localRecordSequenceNumber of the last CDR.
  uint64_t account_sequence = 0;  ///< Of the last account made in this shard.
  friend bool operator==(const Head&, const Head&) = default;
};
void EncodeHead(const Head& head, std::string* out);
absl::StatusOr<Head> DecodeHead(std::string_view bytes);  ///< Errors: DataLoss.

/// A group being made, or on its way to the disk.
struct Group {
  Head head;          ///< As it will be with this group; `hash` is filled when it is appended.
  std::string bytes;  ///< Header with a place for the previous hash, then the entries.
  std::vector<uint32_t> offsets;  ///< Where each entry's length stands in `bytes`.
  StoreBatch derived;             ///< States that are written back beside it.

  /// Starts an empty group. REQUIRES: number > 0.
  void Begin(ShardId shard, uint64_t number, Instant logged_at);
  bool empty() const { return offsets.empty() && derived.empty(); }
  int entry_count() const { return static_cast<int>(offsets.size()); }
  /// The body of an entry. REQUIRES: index < entry_count().
  std::string_view entry(uint32_t index) const;
};

/// A group's header, and its entries one after the other.
class GroupReader final {
 public:
  /// Errors: DataLoss when the header is damaged or is not that of group `number`.
  static absl::StatusOr<GroupReader> Open(std::string_view bytes, uint64_t number);

  uint64_t number() const { return number_; }
  ShardId shard() const { return shard_; }
  const ChainHash& previous_hash() const { return previous_hash_; }
  Instant logged_at() const { return logged_at_; }

  /// The next entry, or nothing at the end. Errors: DataLoss.
  absl::StatusOr<std::optional<EntryView>> Next();

  /// The body of the index-th entry. Errors: DataLoss, NotFound beyond the end. REQUIRES: Next()
  /// was not called.
  absl::StatusOr<std::string> FindBody(uint32_t index);

 private:
  explicit GroupReader(std::string_view bytes) : in_(bytes) {}
  ByteReader in_;
  uint64_t number_ = 0;
  ShardId shard_;
  ChainHash previous_hash_ = {};
  Instant logged_at_;
  uint32_t index_ = 0;
};

/// Key of a group in Table::kJournal.
std::string GroupKey(uint64_t number);

/// The bytes of a group. Errors: NotFound when it was trimmed or not written; DataLoss;
/// Unavailable.
absl::StatusOr<std::string> ReadGroup(const Store& store, uint64_t number);

/// Which of the shard's groups are there: everything in (trimmed, head].
absl::StatusOr<Head> ReadHead(const Store& store);  ///< A head of group 0 for an empty store.

enum class AppendOutcome : uint8_t {
  kDurable,   ///< The group will survive anything.
  kNotOwner,  ///< Somebody else has written to this log: this writer must stop. Nothing was
              ///< written.
  kUnknown,   ///< It may be there or not: the shard must stop, a restart finds out.
};

/// The seam behind which a group becomes durable; at most one group is in flight. The embedded log
/// writes to the shard's own store; a shared, replicated log takes its place on several machines
/// (DESIGN 7).
class GroupLog {
 public:
  virtual ~GroupLog() = default;
  /// Appends; calls `done` once, on a thread of the log's. `group` must live until then.
  virtual void Append(Group* group, std::function<void(AppendOutcome, absl::Status)> done) = 0;
};

/// Appends to a store. Confined: one Append at a time.
class EmbeddedGroupLog final : public GroupLog {
 public:
  /// `head` is where the journal ends now. `store` and `writer` outlive this.
  EmbeddedGroupLog(Store* store, Executor* writer, const Head& head)
      : store_(store), writer_(writer), head_(head) {}

  void Append(Group* group, std::function<void(AppendOutcome, absl::Status)> done) override;

 private:
  absl::Status Write(Group* group, AppendOutcome* outcome);
  Store* store_;
  Executor* writer_;
  Head head_;
};

namespace meta_key {
inline constexpr std::string_view kFormat = "format";  ///< Version, shard, number of shards.
inline constexpr std::string_view kPartitions =
    "partitions";  ///< Of one shard of several: the shard of each partition (shard_map.h).
inline constexpr std::string_view kHead = "head";
inline constexpr std::string_view kCheckpoint =
    "checkpoint";  ///< States include all groups up to this one.
inline constexpr std::string_view kTrimmed =
    "trimmed";  ///< Last group that was trimmed away, and its hash.
inline constexpr std::string_view kCursorPrefix = "cursor/";  ///< + consumer name -> position.
inline constexpr std::string_view kOriginPrefix =
    "origin/";  ///< + tenant, '/' and gateway -> its Origin-State-Id.
inline constexpr std::string_view kRevisionPrefix =
    "revision/";  ///< + number (4 bytes) -> position of its entry.
inline constexpr std::string_view kVoucherClaimPrefix =
    "claim/";  ///< + hash of a voucher -> nothing: another shard's account has claimed it.
}  // namespace meta_key

}  // namespace ocs::balance

#endif  // BALANCE_JOURNAL_H_
