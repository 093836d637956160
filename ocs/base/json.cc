#include "ocs/base/json.h"

namespace ocs {

void JsonWriter::Separate() {
  if (!first_) out_ += ",";
  first_ = false;
}

void JsonWriter::BeginObject() {
  Separate();
  out_ += "{";
  first_ = true;
}

void JsonWriter::EndObject() {
  out_ += "}";
  first_ = false;
}

void JsonWriter::BeginArray() {
  Separate();
  out_ += "[";
  first_ = true;
}

void JsonWriter::EndArray() {
  out_ += "]";
  first_ = false;
}

void JsonWriter::Key(std::string_view name) {
  Text(name);
  out_ += ":";
  first_ = true;
}

void JsonWriter::Text(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  Separate();
  out_ += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out_ += '\\';
      out_ += c;
    } else if (byte < 0x20) {
      out_ += "\\u00";
      out_ += kHex[byte >> 4];
      out_ += kHex[byte & 15];
    } else {
      out_ += c;
    }
  }
  out_ += '"';
}

void JsonWriter::Number(int64_t number) { Text(std::to_string(number)); }

void JsonWriter::Count(uint32_t number) {
  Separate();
  out_ += std::to_string(number);
}

}  // namespace ocs
