#include "tests/support/golden.h"

#include <filesystem>
#include <optional>
#include <string>

#include "tests/support/catch.h"
#include "tests/support/environment.h"
#include "tests/support/temp_dir.h"

namespace ocs::testing {
namespace {

TEST_CASE("a golden file is compared with, and written only on request", "[support][unit]") {
  const TempDir folder;
  const std::string path = folder.Path("room/result.txt");
  const std::string bytes("a\0\r\nb", 5);
  {
    const ScopedVariable compare("OCS_GOLDEN", std::nullopt);
    CHECK(Golden(path, bytes).empty());
    CHECK_FALSE(std::filesystem::exists(path));
  }
  {
    const ScopedVariable other("OCS_GOLDEN", "compare");
    CHECK(Golden(path, bytes).empty());
  }
  {
    const ScopedVariable rewrite("OCS_GOLDEN", "rewrite");
    CHECK(Golden(path, bytes) == bytes);
  }
  const ScopedVariable compare("OCS_GOLDEN", std::nullopt);
  CHECK(Golden(path, "other") == bytes);
  CHECK(ReadFile(path) == bytes);
}

}  // namespace
}  // namespace ocs::testing
