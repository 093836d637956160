// JSON for machines, written in the order of the calls.

#ifndef OCS_BASE_JSON_H_
#define OCS_BASE_JSON_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace ocs {

/// Writes one JSON value. Numbers of 64 bits are written as texts, as protobuf does, so that no
/// reader rounds them. Thread-compatible.
class JsonWriter final {
 public:
  void BeginObject();
  void EndObject();
  void BeginArray();
  void EndArray();
  void Key(std::string_view name);
  void Text(std::string_view text);  ///< Control characters are escaped.
  void Number(int64_t number);       ///< As a text.
  void Count(uint32_t number);       ///< As a number.

  void Field(std::string_view name, std::string_view text) {
    Key(name);
    Text(text);
  }
  void Field(std::string_view name, int64_t number) {
    Key(name);
    Number(number);
  }

  const std::string& text() const { return out_; }

 private:
  void Separate();
  std::string out_;
  bool first_ = true;
};

}  // namespace ocs

#endif  // OCS_BASE_JSON_H_
