#include "balance/internal/wal_check.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "ocs/base/bytes.h"
#include "ocs/base/check.h"

namespace ocs::balance::internal {
namespace {

constexpr size_t kHeaderBytes = 7;
constexpr size_t kTypeOffset = 6;
constexpr size_t kSectorBytes = 512;  // What a disk writes wholly or not at all.
// Fewer zeros in a row than this may well be data.
constexpr size_t kZerosMin = 4;

constexpr uint8_t kFull = 1;
constexpr uint8_t kFirst = 2;
constexpr uint8_t kMiddle = 3;
constexpr uint8_t kLast = 4;

using CrcTables = std::array<std::array<uint32_t, 256>, 8>;

constexpr CrcTables MakeCrcTables() {
  CrcTables tables{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78U : 0U);
    tables[0][i] = crc;
  }
  for (size_t k = 1; k < 8; ++k) {
    for (size_t i = 0; i < 256; ++i) {
      const uint32_t before = tables[k - 1][i];
      tables[k][i] = (before >> 8) ^ tables[0][before & 0xff];
    }
  }
  return tables;
}

constexpr CrcTables kCrc = MakeCrcTables();

constexpr uint32_t CrcByte(uint32_t crc, uint8_t byte) {
  return (crc >> 8) ^ kCrc[0][(crc ^ byte) & 0xff];
}

constexpr uint32_t MaskCrc(uint32_t crc) { return ((crc >> 15) | (crc << 17)) + 0xa282ead8U; }

/// Eight bytes at a step: a log of half a gigabyte is checked in a fraction of a second.
uint32_t ExtendCrc(uint32_t crc, std::string_view bytes) {
  while (bytes.size() >= 8) {
    ByteReader reader(bytes);
    const uint32_t low = reader.Fixed32() ^ crc;
    const uint32_t high = reader.Fixed32();
    crc = kCrc[7][low & 0xff] ^ kCrc[6][(low >> 8) & 0xff] ^ kCrc[5][(low >> 16) & 0xff] ^
          kCrc[4][low >> 24] ^ kCrc[3][high & 0xff] ^ kCrc[2][(high >> 8) & 0xff] ^
          kCrc[1][(high >> 16) & 0xff] ^ kCrc[0][high >> 24];
    bytes.remove_prefix(8);
  }
  for (const char c : bytes) crc = CrcByte(crc, static_cast<uint8_t>(c));
  return crc;
}

struct Header {
  uint32_t crc;
  uint16_t length;
  uint8_t type;
};

Header HeaderAt(std::string_view block, size_t at) {
  OCS_CHECK(at + kHeaderBytes <= block.size());
  ByteReader reader(block.substr(at, kHeaderBytes));
  const uint32_t crc = reader.Fixed32();
  const uint16_t length = static_cast<uint16_t>(reader.U8() | (reader.U8() << 8));
  return {crc, length, reader.U8()};
}

bool ChecksumHolds(std::string_view block, size_t at, const Header& header) {
  return MaskedCrc32c(block.substr(at + kTypeOffset, size_t{1} + header.length)) == header.crc;
}

/// Whether a fragment that seems to go beyond the end of the log would be right with a smaller
/// length: then its length is wrong and nothing is missing.
bool HoldsWhenShorter(std::string_view block, size_t at, const Header& header) {
  uint32_t crc = ~0U;
  for (const char c : block.substr(at + kTypeOffset)) {
    crc = CrcByte(crc, static_cast<uint8_t>(c));
    if (MaskCrc(~crc) == header.crc) return true;
  }
  return false;
}

/// Whether in [begin, end) of the block the part of some sector is all zeros, as an unwritten
/// sector reads.
bool HasUnwrittenSector(std::string_view block, size_t begin, size_t end) {
  while (begin < end) {
    const size_t sector_end = std::min(end, (begin / kSectorBytes + 1) * kSectorBytes);
    const std::string_view part = block.substr(begin, sector_end - begin);
    if (part.size() >= kZerosMin && part.find_first_not_of('\0') == std::string_view::npos) {
      return true;
    }
    begin = sector_end;
  }
  return false;
}

/// Whether a record begins at or behind `from` in the block: a fragment of that kind whose checksum
/// holds.
bool HasRecordStart(std::string_view block, size_t from) {
  for (size_t at = from; at + kHeaderBytes <= block.size(); ++at) {
    const Header header = HeaderAt(block, at);
    if (header.length == 0 || (header.type != kFull && header.type != kFirst)) continue;
    const size_t end = at + kHeaderBytes + header.length;
    if (end > block.size() || (header.type == kFirst && end != kWalBlockBytes)) continue;
    if (ChecksumHolds(block, at, header)) return true;
  }
  return false;
}

}  // namespace

uint32_t MaskedCrc32c(std::string_view type_and_payload) {
  return MaskCrc(~ExtendCrc(~0U, type_and_payload));
}

void WalChecker::Add(std::string_view block) {
  OCS_CHECK(block.size() <= kWalBlockBytes);
  OCS_CHECK(base_ % kWalBlockBytes == 0);
  if (trouble_ == Trouble::kNone) {
    Walk(block);
  } else if (trouble_ == Trouble::kUnwritten && HasRecordStart(block, 0)) {
    trouble_ = Trouble::kWrong;
  }
  base_ += block.size();
}

WalState WalChecker::state() const {
  if (trouble_ == Trouble::kWrong) return WalState::kDamaged;
  if (trouble_ == Trouble::kUnwritten || inside_record_) return WalState::kTorn;
  return WalState::kWhole;
}

uint64_t WalChecker::trouble_at() const {
  return trouble_ == Trouble::kNone ? record_at_ : trouble_at_;
}

void WalChecker::NoteTrouble(Trouble trouble, std::string_view block, size_t at) {
  OCS_CHECK(trouble_ == Trouble::kNone);
  trouble_at_ = base_ + at;
  // A record behind the trouble began when this one was synced.
  trouble_ = HasRecordStart(block, at + 1) ? Trouble::kWrong : trouble;
}

void WalChecker::NoteOrder(uint8_t type, uint64_t end) {
  inside_record_ = type == kFirst || type == kMiddle;
  if (!inside_record_) whole_bytes_ = end;
}

void WalChecker::Walk(std::string_view block) {
  size_t at = 0;
  while (block.size() - at >= kHeaderBytes) {
    const Header header = HeaderAt(block, at);
    const size_t end = at + kHeaderBytes + header.length;
    if (header.length == 0 && header.type == 0 && header.crc == 0) {
      return NoteTrouble(Trouble::kUnwritten, block, at);
    }
    if (end > block.size()) {
      const bool cut_short = block.size() < kWalBlockBytes && !HoldsWhenShorter(block, at, header);
      return NoteTrouble(cut_short ? Trouble::kUnwritten : Trouble::kWrong, block, at);
    }
    if (!ChecksumHolds(block, at, header)) {
      const bool unwritten = HasUnwrittenSector(block, at, end);
      return NoteTrouble(unwritten ? Trouble::kUnwritten : Trouble::kWrong, block, at);
    }
    const bool begins = header.type == kFull || header.type == kFirst;
    const bool goes_on = header.type == kMiddle || header.type == kLast;
    if (!(inside_record_ ? goes_on : begins)) return NoteTrouble(Trouble::kWrong, block, at);
    if (begins) record_at_ = base_ + at;
    NoteOrder(header.type, base_ + end);
    at = end;
  }
  // A full block's rest is padding; a shorter block is the log's end, where a header was cut.
  if (block.size() < kWalBlockBytes && at < block.size()) {
    NoteTrouble(Trouble::kUnwritten, block, at);
  }
}

}  // namespace ocs::balance::internal
