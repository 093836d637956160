// YAML text as a plain tree in which every value knows its line. Scalars stay text: numbers are
// read digit by digit by those who know what they mean. Anchors and aliases are refused: a price
// must stand where it is used.

#ifndef RATING_INTERNAL_YAML_H_
#define RATING_INTERNAL_YAML_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ocs::rating::internal {

inline constexpr int kYamlDepthMax = 16;  ///< The language needs 7.
inline constexpr int kYamlNodesMax = 1
                                     << 20;  ///< A catalogue of the largest size has half as many.

struct YamlNode {
  enum class Kind : uint8_t { kNull, kScalar, kSequence, kMap };

  Kind kind = Kind::kNull;
  int line = 0;       ///< From 1.
  size_t offset = 0;  ///< Of a scalar: where it begins in the text, with its quote.
  std::string text;   ///< Of a scalar.
  std::vector<YamlNode> items;
  struct Member;
  std::vector<Member> members;  ///< In the order of the text; keys may repeat.
};

struct YamlNode::Member {
  std::string key;
  int key_line = 0;
  YamlNode value;
};

struct YamlFault {
  int line = 0;  ///< 0: the text as a whole.
  std::string message;
};

/// What reading gave: the root when there are no faults.
struct YamlResult {
  YamlNode root;
  std::vector<YamlFault> faults;
};

/// Reads one document. Thread-safe.
YamlResult ReadYaml(std::string_view text);

}  // namespace ocs::rating::internal

#endif  // RATING_INTERNAL_YAML_H_
