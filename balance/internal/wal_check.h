// Tells a log whose last record was torn by power loss from a log that is damaged.
//
// A write returns only when its record is synced, and the next one begins only then. So power loss
// can leave at most the last record incomplete: the file ends early, or sectors of it were not
// written and read as zeros. All else (a wrong checksum where every sector was written, a whole
// record behind the trouble, an impossible order) is damage to what was acknowledged, and must be
// refused.
//
// RocksDB 7.8 does not tell them apart by itself:
//   kPointInTimeRecovery          stops at the first wrong byte anywhere and drops in silence all
//   that follows; kTolerateCorruptedTailRecords refuses a wrong checksum, yet takes a flipped
//   length in the last block for a torn tail, a
//                                 flipped type for the end of a recycled log, and refuses a last
//                                 record with unwritten sectors, which is no damage;
//   kAbsoluteConsistency          refuses every torn tail, and still takes the flipped type for an
//   end.
// So this check comes first and RocksDB replays only what it found whole, in kAbsoluteConsistency.
//
// The format is LevelDB's: blocks of 32 KiB; in them fragments of a checksum (4 bytes, masked
// CRC-32C over type and payload), a length (2), a type (1) and the payload; what is left of a block
// under 7 bytes is padding. The same for MANIFEST.

#ifndef BALANCE_INTERNAL_WAL_CHECK_H_
#define BALANCE_INTERNAL_WAL_CHECK_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ocs::balance::internal {

inline constexpr size_t kWalBlockBytes = 32 * 1024;

enum class WalState : uint8_t {
  kWhole,    ///< Whole records up to the end; zeros may follow.
  kTorn,     ///< The last record is incomplete as power loss leaves it; all before it is whole.
  kDamaged,  ///< Something that was written and synced is wrong.
};

/// Checks a log that is fed block by block. Thread-compatible.
class WalChecker final {
 public:
  /// Takes the next block. REQUIRES: all blocks but the last have kWalBlockBytes, none is longer.
  void Add(std::string_view block);

  /// The verdict over all blocks so far, taken as the whole log.
  WalState state() const;

  /// How many bytes from the start hold whole records.
  uint64_t whole_bytes() const { return whole_bytes_; }

  /// Where the first fragment begins that is not as it should be. REQUIRES: state() != kWhole.
  uint64_t trouble_at() const;

 private:
  enum class Trouble : uint8_t { kNone, kUnwritten, kWrong };

  void Walk(std::string_view block);
  void NoteOrder(uint8_t type, uint64_t end);
  void NoteTrouble(Trouble trouble, std::string_view block, size_t at);

  uint64_t base_ = 0;  ///< Where the next block begins.
  uint64_t whole_bytes_ = 0;
  uint64_t trouble_at_ = 0;
  Trouble trouble_ = Trouble::kNone;
  bool inside_record_ = false;  ///< A first fragment was seen and not yet its last.
  uint64_t record_at_ = 0;      ///< Where the record that we are inside of begins.
};

/// CRC-32C, masked as these logs store it, of a fragment's type and payload together.
uint32_t MaskedCrc32c(std::string_view type_and_payload);

}  // namespace ocs::balance::internal

#endif  // BALANCE_INTERNAL_WAL_CHECK_H_
