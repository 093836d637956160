// Stable hashes: the same bytes give the same number on any machine and in any release, so they may
// be stored.

#ifndef OCS_BASE_HASH_H_
#define OCS_BASE_HASH_H_

#include <cstdint>
#include <string_view>

#include "ocs/base/ids.h"

namespace ocs {

/// 64 bits of XXH3 over the bytes. Not for secrets, not against an attacker who chooses the bytes.
uint64_t StableHash64(std::string_view bytes);

/// The same over bytes and a seed that keeps families of keys apart.
uint64_t StableHash64(std::string_view bytes, uint64_t seed);

/// The partition of a billing root that is made under this key.
PartitionId PartitionOf(std::string_view key);

}  // namespace ocs

#endif  // OCS_BASE_HASH_H_
