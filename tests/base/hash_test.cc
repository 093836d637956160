#include "ocs/base/hash.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.h"

namespace ocs {
namespace {

TEST_CASE("stored hashes never change", "[base][unit][golden]") {
  struct Case {
    std::string_view bytes;
    uint64_t hash;
    uint64_t seeded_7;
    uint16_t partition;
  };
  const Case cases[] = {
      {"", 0x2d06800538d394c2, 0x913ae0873e9b7eb8, 1218},
      {"a", 0xe6c632b61e964e1f, 0x9ed5888bc5a2a094, 3615},
      {"abc", 0x78af5f94892f3950, 0x48ff56f569e39912, 2384},
      {"account 42", 0x976465074a76f766, 0xf59ba14ecc964e5e, 1894},
      {"The quick brown fox jumps over the lazy dog", 0xce7d19a5418fb365, 0xccefeb269f944e83, 869},
  };
  for (const Case& c : cases) {
    CAPTURE(c.bytes);
    CHECK(StableHash64(c.bytes) == c.hash);
    CHECK(StableHash64(c.bytes, 0) == c.hash);
    CHECK(StableHash64(c.bytes, 7) == c.seeded_7);
    CHECK(PartitionOf(c.bytes) == PartitionId{c.partition});
  }
  std::string bytes;
  for (int i = 0; i < 300; ++i) bytes.push_back(static_cast<char>(i));
  CHECK(StableHash64(bytes) == 0xd44052f5a3485425);
}

TEST_CASE("keys that differ little spread over all partitions", "[base][unit]") {
  std::vector<int> counts(kPartitionCount, 0);
  for (int i = 0; i < 100 * kPartitionCount; ++i) {
    ++counts[PartitionOf("customer-" + std::to_string(i)).value];
  }
  // 100 on average; the deviation of an even spread is 10.
  CHECK(*std::min_element(counts.begin(), counts.end()) > 50);
  CHECK(*std::max_element(counts.begin(), counts.end()) < 150);
}

}  // namespace
}  // namespace ocs
