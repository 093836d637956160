// Golden files: what a result must be, byte for byte, until somebody reads the difference and
// accepts it. `tools/dev golden` sets OCS_GOLDEN=rewrite; the tests tagged [golden] then write
// their files.

#ifndef TESTS_SUPPORT_GOLDEN_H_
#define TESTS_SUPPORT_GOLDEN_H_

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "ocs/base/check.h"

namespace ocs::testing {

/// The bytes of a file. A file that cannot be read stops the program.
inline std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  OCS_CHECK(in.good());
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// What the golden file at `path` holds; where OCS_GOLDEN is "rewrite", `actual` is written there
/// first. A file that is not there yet holds nothing. Use: CHECK(actual == Golden(path, actual)).
inline std::string Golden(const std::string& path, std::string_view actual) {
  const char* wish = std::getenv("OCS_GOLDEN");
  if (wish != nullptr && std::string_view(wish) == "rewrite") {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream out(path, std::ios::binary);
    out << actual;
    out.close();
    OCS_CHECK(out.good());
  }
  return std::filesystem::exists(path) ? ReadFile(path) : "";
}

}  // namespace ocs::testing

#endif  // TESTS_SUPPORT_GOLDEN_H_
