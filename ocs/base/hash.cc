#include "ocs/base/hash.h"

#include <xxhash.h>

namespace ocs {

uint64_t StableHash64(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

uint64_t StableHash64(std::string_view bytes, uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

PartitionId PartitionOf(std::string_view key) {
  return {static_cast<uint16_t>(StableHash64(key) % kPartitionCount)};
}

}  // namespace ocs
