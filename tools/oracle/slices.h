// JSON cut into the texts of its members, without reading them: a recorded answer goes on to the
// parser under test byte for byte as it was recorded.

#ifndef TOOLS_ORACLE_SLICES_H_
#define TOOLS_ORACLE_SLICES_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ocs::tools {

/// One member: its name, unescaped, and the text of its value. The texts point into the input.
struct Member {
  std::string name;
  std::string_view value;
};

/// The members of an object in their order; nothing where the text is no object. What is inside the
/// values is only balanced, not checked.
std::optional<std::vector<Member>> ObjectMembers(std::string_view text);

/// The elements of a list; nothing where the text is none.
std::optional<std::vector<std::string_view>> ListElements(std::string_view text);

/// The value of that name, empty where there is none.
std::string_view ValueOf(const std::vector<Member>& members, std::string_view name);

/// The text of a string value, unescaped; of any other value, empty.
std::string StringOf(std::string_view value);

/// The same value with members sorted by name and without blanks, to compare values that were
/// written by different hands. Nothing where it is no JSON or nested deeper than 64.
std::optional<std::string> Canonical(std::string_view text);

}  // namespace ocs::tools

#endif  // TOOLS_ORACLE_SLICES_H_
