// Where a path leads in a YAML tree.

#ifndef RATING_INTERNAL_EDIT_PATH_H_
#define RATING_INTERNAL_EDIT_PATH_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "rating/internal/yaml.h"

namespace ocs::rating::internal {

struct FoundNode {
  const YamlNode* node = nullptr;  ///< Of the tree.
  std::string field;
};

/// True when the word is the pattern, in which '*' stands for any letters and '|' parts patterns.
bool MatchesWord(std::string_view pattern, std::string_view word);

/// All nodes that the path leads to, in order of the text. Errors: InvalidArgument: none; the
/// message names the step that leads nowhere, and what there is.
absl::StatusOr<std::vector<FoundNode>> FollowPath(const YamlNode& root, std::string_view path);

}  // namespace ocs::rating::internal

#endif  // RATING_INTERNAL_EDIT_PATH_H_
