// Finds the entry that answered a request: hash of its key -> position. New ones are kept in memory
// and written to the store in sorted slices, beside groups that are written anyway; what is not yet
// there is found again by replay. Two keys with one hash cannot mislead: the entry holds the key,
// and whoever looks compares it.

#ifndef BALANCE_INTERNAL_ANSWER_INDEX_H_
#define BALANCE_INTERNAL_ANSWER_INDEX_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "balance/store.h"
#include "ocs/base/ids.h"
#include "ocs/base/time.h"

namespace ocs::balance::internal {

struct AnswerKey {
  uint16_t partition = 0;
  uint64_t high = 0;
  uint64_t low = 0;
  friend auto operator<=>(const AnswerKey&, const AnswerKey&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const AnswerKey& key) {
    return H::combine(std::move(h), key.high);  // Already a hash.
  }
};

enum class AnswerFamily : uint8_t { kSession = 1, kChange = 2, kRefund = 3 };

/// The key of a text in a family within a partition.
AnswerKey MakeAnswerKey(AnswerFamily family, PartitionId partition, std::string_view text);

/// Confined to its shard.
class AnswerIndex final {
 public:
  /// `store` outlives this.
  explicit AnswerIndex(const Store* store) : store_(store) {}

  /// Remembers the position until `expires_s` (seconds since 1970); an older position of the key is
  /// replaced.
  void Add(const AnswerKey& key, Position position, uint32_t expires_s);

  /// The position, or nothing when it is unknown or forgotten. Errors: DataLoss, Unavailable.
  absl::StatusOr<std::optional<Position>> Find(const AnswerKey& key, Instant now) const;

  /// Writes a slice of the oldest in memory when there are more than `keep`; call Written() when
  /// the batch is durable.
  void WriteSlice(size_t keep, StoreBatch* batch);
  void Written();

  /// Every position added in groups up to this one is in the store, or will be with the batch that
  /// WriteSlice filled; the largest number when nothing else waits.
  uint64_t stored_through() const;
  size_t waiting() const { return order_.size(); }

 private:
  struct Value {
    Position position;
    uint32_t expires_s = 0;
  };
  const Store* store_;
  absl::flat_hash_map<AnswerKey, Value> recent_;
  std::deque<std::pair<AnswerKey, Position>>
      order_;  // As added; the front is the oldest that is not in the store.
  std::vector<std::pair<AnswerKey, Position>> being_written_;
};

}  // namespace ocs::balance::internal

#endif  // BALANCE_INTERNAL_ANSWER_INDEX_H_
