// Names of things: strong types, so that one id is never passed for another.

#ifndef OCS_BASE_IDS_H_
#define OCS_BASE_IDS_H_

#include <compare>
#include <cstdint>
#include <utility>

#include "ocs/base/check.h"

namespace ocs {

inline constexpr int kPartitionCount =
    4096;  ///< Fixed for ever: the first two bytes of every key on disk.

/// One of kPartitionCount slices of all accounts. A billing root's whole world lives in one.
struct PartitionId {
  uint16_t value = 0;
  friend constexpr auto operator<=>(const PartitionId&, const PartitionId&) = default;
};

/// A set of partitions with one writer, one journal and one directory.
struct ShardId {
  uint16_t value = 0;
  friend constexpr auto operator<=>(const ShardId&, const ShardId&) = default;
};

/// An account: 12 bits of partition, 36 bits counted inside it; printed as a decimal number. 0 is
/// no account. The partition is inside the id, so that routing an id to its writer needs no table.
struct AccountId {
  uint64_t value = 0;

  static constexpr int kSequenceBits = 36;
  /// REQUIRES: partition.value < kPartitionCount, sequence < 2^36.
  static constexpr AccountId Of(PartitionId partition, uint64_t sequence) {
    OCS_CHECK(partition.value < kPartitionCount);
    OCS_CHECK(sequence >> kSequenceBits == 0);
    return {(static_cast<uint64_t>(partition.value) << kSequenceBits) | sequence};
  }
  constexpr PartitionId partition() const {
    return {static_cast<uint16_t>((value >> kSequenceBits) & 0xfff)};
  }
  constexpr bool valid() const { return value != 0 && (value >> (kSequenceBits + 12)) == 0; }

  friend constexpr auto operator<=>(const AccountId&, const AccountId&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const AccountId& id) {
    return H::combine(std::move(h), id.value);
  }
};

/// A bucket inside its account: counted from 1. 0 is no bucket.
struct BucketId {
  uint32_t value = 0;
  friend constexpr auto operator<=>(const BucketId&, const BucketId&) = default;
};

/// Where an entry stands in its shard's journal: the group's number (from 1) and the entry's index
/// in it (from 0). Position 0 is before everything. With the shard it names a charge, a CDR, a
/// refund's target for ever.
struct Position {
  uint64_t group = 0;
  uint32_t index = 0;
  constexpr bool valid() const { return group != 0; }
  friend constexpr auto operator<=>(const Position&, const Position&) = default;
};

}  // namespace ocs

#endif  // OCS_BASE_IDS_H_
