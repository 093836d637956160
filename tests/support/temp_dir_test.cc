#include "tests/support/temp_dir.h"

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/catch.h"

namespace ocs::testing {
namespace {

TEST_CASE("a temporary folder is empty, its own, and gone afterwards", "[support][unit]") {
  std::string path;
  {
    const TempDir first;
    const TempDir second;
    path = first.path();
    CHECK(first.path() != second.path());
    REQUIRE(std::filesystem::is_directory(path));
    CHECK(std::filesystem::is_empty(path));
    std::filesystem::create_directory(first.Path("below"));
    std::ofstream(first.Path("below/file")) << "text";
    CHECK(std::filesystem::exists(path + "/below/file"));
  }
  CHECK_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace ocs::testing
