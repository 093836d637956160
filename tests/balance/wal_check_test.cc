#include "balance/internal/wal_check.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "ocs/base/bytes.h"
#include "ocs/base/random.h"
#include "tests/support/catch.h"
#include "tests/support/seed.h"

namespace ocs::testing {
namespace {

using balance::internal::kWalBlockBytes;
using balance::internal::MaskedCrc32c;
using balance::internal::WalChecker;
using balance::internal::WalState;

constexpr size_t kHeaderBytes = 7;

void AppendFragment(uint8_t type, std::string_view payload, std::string* log) {
  std::string covered(1, static_cast<char>(type));
  covered += payload;
  ByteWriter writer(log);
  writer.Fixed32(MaskedCrc32c(covered));
  writer.U8(static_cast<uint8_t>(payload.size() & 0xff));
  writer.U8(static_cast<uint8_t>(payload.size() >> 8));
  writer.Raw(covered);
}

/// Appends a record as LevelDB's and RocksDB's writers do.
void AppendRecord(std::string_view record, std::string* log) {
  bool first = true;
  bool last = false;
  while (!last) {
    size_t left = kWalBlockBytes - log->size() % kWalBlockBytes;
    if (left < kHeaderBytes) {
      log->append(left, '\0');
      left = kWalBlockBytes;
    }
    const size_t length = std::min(record.size(), left - kHeaderBytes);
    last = length == record.size();
    const int type = first ? (last ? 1 : 2) : (last ? 4 : 3);
    AppendFragment(static_cast<uint8_t>(type), record.substr(0, length), log);
    record.remove_prefix(length);
    first = false;
  }
}

WalChecker Check(std::string_view log) {
  WalChecker checker;
  while (!log.empty()) {
    checker.Add(log.substr(0, kWalBlockBytes));
    log.remove_prefix(std::min(log.size(), kWalBlockBytes));
  }
  return checker;
}

/// A log of records of these sizes; `ends` gets where each ends.
std::string MakeLog(Random& random, const std::vector<size_t>& sizes, std::vector<size_t>* ends) {
  std::string log;
  for (const size_t size : sizes) {
    AppendRecord(testing::RandomBytes(random, size), &log);
    ends->push_back(log.size());
  }
  return log;
}

size_t WholeBytes(const std::vector<size_t>& ends, size_t size) {
  size_t whole = 0;
  for (const size_t end : ends) {
    if (end <= size) whole = end;
  }
  return whole;
}

TEST_CASE("the checksum is CRC-32C, masked", "[balance][unit]") {
  // CRC-32C of "123456789" is 0xe3069283 (RFC 3720's polynomial); masked: rotated right by 15, plus
  // 0xa282ead8.
  constexpr uint32_t kCrc = 0xe3069283U;
  CHECK(MaskedCrc32c("123456789") == ((kCrc >> 15) | (kCrc << 17)) + 0xa282ead8U);
}

TEST_CASE("a whole log is whole", "[balance][unit]") {
  OCS_SEEDED_RANDOM(random, 1);
  CHECK(Check("").state() == WalState::kWhole);
  for (int round = 0; round < 300; ++round) {
    std::vector<size_t> ends;
    std::vector<size_t> sizes;
    for (int64_t n = random.Between(1, 6); n > 0; --n) {
      sizes.push_back(static_cast<size_t>(random.OneIn(3) ? random.Between(32'700, 32'800)
                                                          : random.Between(0, 100'000)));
    }
    const WalChecker checker = Check(MakeLog(random, sizes, &ends));
    REQUIRE(checker.state() == WalState::kWhole);
    REQUIRE(checker.whole_bytes() == ends.back());
  }
}

TEST_CASE("a log cut at any byte is torn there and keeps what is before", "[balance][crash]") {
  OCS_SEEDED_RANDOM(random, 2);
  std::vector<size_t> ends;
  const std::string log = MakeLog(random, {50, 32'700, 1, 70'000, 300}, &ends);
  for (size_t size = 0; size < log.size(); size += size % 32'768 < 40 ? 1 : 61) {
    const WalChecker checker = Check(std::string_view(log).substr(0, size));
    INFO("cut at " << size);
    REQUIRE(checker.state() != WalState::kDamaged);
    REQUIRE(checker.whole_bytes() == WholeBytes(ends, size));
    if (checker.state() == WalState::kTorn) REQUIRE(checker.trouble_at() >= checker.whole_bytes());
  }
}

TEST_CASE("every single flipped bit of a log is damage", "[balance][crash]") {
  OCS_SEEDED_RANDOM(random, 3);
  std::vector<size_t> ends;
  const std::string good = MakeLog(random, {60, 90, 1, 200, 75}, &ends);
  REQUIRE(good.size() < kWalBlockBytes);
  for (size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    const WalChecker checker = Check(bad);
    INFO("bit " << bit);
    REQUIRE(checker.state() == WalState::kDamaged);
    REQUIRE(checker.trouble_at() <= bit / 8);
  }
}

TEST_CASE("a flipped bit in records over many blocks is damage", "[balance][crash]") {
  OCS_SEEDED_RANDOM(random, 4);
  std::vector<size_t> ends;
  // 32,754 leaves 7 bytes of the first block: room for a header alone.
  const std::string good = MakeLog(random, {32'754, 100'000, 65'000}, &ends);
  for (int round = 0; round < 600; ++round) {
    std::string bad = good;
    // Half of them near the start of a block, where the headers are.
    const int64_t size = static_cast<int64_t>(good.size());
    const int64_t block = random.Below(size / 32'768 + 1) * 32'768;
    const int64_t at =
        random.OneIn(2) ? std::min(block + random.Below(12), size - 1) : random.Below(size);
    bad[static_cast<size_t>(at)] =
        static_cast<char>(bad[static_cast<size_t>(at)] ^ (1 << random.Below(8)));
    INFO("byte " << at);
    REQUIRE(Check(bad).state() == WalState::kDamaged);
  }
}

TEST_CASE("sectors of the last record that were not written are a torn tail", "[balance][crash]") {
  OCS_SEEDED_RANDOM(random, 5);
  for (int round = 0; round < 300; ++round) {
    std::vector<size_t> ends;
    const auto last = static_cast<size_t>(random.Between(2'000, 90'000));
    std::string log = MakeLog(random, {700, 40'000, last}, &ends);
    const size_t begin = ends[1];
    // One whole sector of it, at least.
    const size_t sector =
        (begin / 512 + 1 +
         static_cast<size_t>(random.Below(static_cast<int64_t>(last / 512) - 1))) *
        512;
    REQUIRE(sector + 512 <= log.size());
    std::fill_n(log.begin() + static_cast<std::ptrdiff_t>(sector), 512, '\0');
    const WalChecker torn = Check(log);
    INFO("sector at " << sector << " of " << begin << ".." << log.size());
    REQUIRE(torn.state() == WalState::kTorn);
    REQUIRE(torn.whole_bytes() == begin);

    // With a record behind it the hole is in what was acknowledged.
    AppendRecord(testing::RandomBytes(random, 100), &log);
    REQUIRE(Check(log).state() == WalState::kDamaged);
  }
}

TEST_CASE("zeros behind the last record are space taken ahead", "[balance][unit]") {
  OCS_SEEDED_RANDOM(random, 6);
  std::vector<size_t> ends;
  std::string log = MakeLog(random, {100, 200}, &ends);
  log.append(100'000, '\0');
  const WalChecker checker = Check(log);
  CHECK(checker.state() != WalState::kDamaged);
  CHECK(checker.whole_bytes() == ends.back());
}

TEST_CASE("fragments out of order are damage", "[balance][unit]") {
  const auto log_of = [](const std::vector<int>& types) {
    std::string log;
    for (const int type : types) AppendFragment(static_cast<uint8_t>(type), "payload", &log);
    return log;
  };
  CHECK(Check(log_of({1, 2, 3, 4})).state() == WalState::kWhole);
  CHECK(Check(log_of({1, 2, 3})).state() == WalState::kTorn);
  CHECK(Check(log_of({3})).state() == WalState::kDamaged);
  CHECK(Check(log_of({4})).state() == WalState::kDamaged);
  CHECK(Check(log_of({2, 1})).state() == WalState::kDamaged);
  CHECK(Check(log_of({2, 2})).state() == WalState::kDamaged);
  CHECK(Check(log_of({1, 5})).state() == WalState::kDamaged);
  CHECK(Check(log_of({0})).state() == WalState::kDamaged);
}

}  // namespace
}  // namespace ocs::testing
