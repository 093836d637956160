#include "ocs/base/text.h"

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "tests/support/catch.h"

namespace ocs {
namespace {

TEST_CASE("views keep their bytes both ways", "[base][unit]") {
  const std::string_view text("a\0b", 3);
  CHECK(FromAbsl(ToAbsl(text)) == text);
  CHECK(ToAbsl(text).data() == text.data());
  CHECK(FromAbsl(ToAbsl({})).empty());
}

TEST_CASE("Cat joins texts of each type and numbers", "[base][unit]") {
  const std::string_view view = "view";
  const std::string owned = "owned";
  const absl::string_view other = "other";
  CHECK(Cat("literal ", view, " ", owned, " ", other, " ", 42, " ",
            std::numeric_limits<int64_t>::min()) ==
        "literal view owned other 42 -9223372036854775808");
  CHECK(Cat().empty());
  CHECK(Cat(view) == "view");
  CHECK(Cat(view.substr(0, 2), view.substr(2)) == "view");
}

}  // namespace
}  // namespace ocs
