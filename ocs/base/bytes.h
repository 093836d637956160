// Bytes as we write them to disk: little-endian varints, zigzag for signed numbers, length before
// text, big-endian for keys. A writer never fails; a reader never reads past its end and remembers
// that it had to stop.

#ifndef OCS_BASE_BYTES_H_
#define OCS_BASE_BYTES_H_

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace ocs {

/// Appends to a string that outlives it. Thread-compatible.
class ByteWriter final {
 public:
  explicit ByteWriter(std::string* out) : out_(out) {}

  void U8(uint8_t value) { out_->push_back(static_cast<char>(value)); }

  /// Unsigned LEB128: 1 to 10 bytes.
  void Varint(uint64_t value) {
    char buffer[10];
    int length = 0;
    while (value >= 0x80) {
      buffer[length++] = static_cast<char>((value & 0x7f) | 0x80);
      value >>= 7;
    }
    buffer[length++] = static_cast<char>(value);
    out_->append(buffer, static_cast<size_t>(length));
  }

  /// Zigzag, then LEB128: small magnitudes of either sign are short.
  void Signed(int64_t value) {
    Varint((static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63));
  }

  void Fixed32(uint32_t value) { FixedBytes(value, 4); }  ///< Little-endian.
  void Fixed64(uint64_t value) { FixedBytes(value, 8); }  ///< Little-endian.
  void Big16(uint16_t value) { BigBytes(value, 2); }      ///< Big-endian: sorts as the number does.
  void Big32(uint32_t value) { BigBytes(value, 4); }
  void Big64(uint64_t value) { BigBytes(value, 8); }

  /// Length as varint, then the bytes.
  void Text(std::string_view text) {
    Varint(text.size());
    out_->append(text);
  }

  /// The bytes alone.
  void Raw(std::string_view bytes) { out_->append(bytes); }

  size_t size() const { return out_->size(); }

 private:
  void FixedBytes(uint64_t value, int count) {
    char buffer[8];
    for (int i = 0; i < count; ++i) buffer[i] = static_cast<char>(value >> (8 * i));
    out_->append(buffer, static_cast<size_t>(count));
  }
  void BigBytes(uint64_t value, int count) {
    char buffer[8];
    for (int i = 0; i < count; ++i) buffer[i] = static_cast<char>(value >> (8 * (count - 1 - i)));
    out_->append(buffer, static_cast<size_t>(count));
  }

  std::string* out_;
};

/// Reads what ByteWriter wrote. After the first read that does not fit, ok() is false and every
/// read gives zero or "". Views that it returns point into the bytes it was given.
/// Thread-compatible.
class ByteReader final {
 public:
  explicit ByteReader(std::string_view bytes)
      : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool ok() const { return ok_; }
  bool done() const { return at_ == end_; }  ///< Nothing is left (also after a failure).
  size_t remaining() const { return static_cast<size_t>(end_ - at_); }

  uint8_t U8() {
    if (at_ == end_) return Fail();
    return static_cast<uint8_t>(*at_++);
  }

  uint64_t Varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at_ == end_) return Fail();
      const auto byte = static_cast<uint8_t>(*at_++);
      if (shift == 63 && byte > 1) return Fail();  // Would not fit 64 bits.
      if (shift > 0 && byte == 0) return Fail();   // Padded: one number has one encoding.
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    return Fail();
  }

  int64_t Signed() {
    const uint64_t raw = Varint();
    return static_cast<int64_t>((raw >> 1) ^ (~(raw & 1) + 1));
  }

  uint32_t Fixed32() { return static_cast<uint32_t>(FixedBytes(4)); }
  uint64_t Fixed64() { return FixedBytes(8); }
  uint16_t Big16() { return static_cast<uint16_t>(BigBytes(2)); }
  uint32_t Big32() { return static_cast<uint32_t>(BigBytes(4)); }
  uint64_t Big64() { return BigBytes(8); }

  std::string_view Text() { return Raw(Varint()); }

  std::string_view Raw(uint64_t count) {
    if (count > remaining()) {
      Fail();
      return {};
    }
    const std::string_view view(at_, count);
    at_ += count;
    return view;
  }

 private:
  uint8_t Fail() {
    ok_ = false;
    at_ = end_;
    return 0;
  }
  uint64_t FixedBytes(int count) {
    const std::string_view bytes = Raw(static_cast<uint64_t>(count));
    uint64_t value = 0;
    for (size_t i = 0; i < bytes.size(); ++i)
      value |= static_cast<uint64_t>(static_cast<uint8_t>(bytes[i])) << (8 * i);
    return value;
  }
  uint64_t BigBytes(int count) {
    const std::string_view bytes = Raw(static_cast<uint64_t>(count));
    uint64_t value = 0;
    for (const char c : bytes) value = (value << 8) | static_cast<uint8_t>(c);
    return value;
  }

  const char* at_;
  const char* end_;
  bool ok_ = true;
};

}  // namespace ocs

#endif  // OCS_BASE_BYTES_H_
