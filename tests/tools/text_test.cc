// Tables and fields.

#include <string>

#include "tests/support/catch.h"
// tidy-allow arrow: the tools' own tests
#include "tools/text/table.h"

namespace ocs::tools {
namespace {

TEST_CASE("columns are aligned and nothing trails", "[tools][unit]") {
  Table table({{"name"}, {"amount", Align::kRight}, {"note"}});
  CHECK(table.empty());
  table.AddRow({"a", "9.90 CNY", "first"});
  table.AddRow({"long name", "10 CNY"});
  CHECK(table.Format() ==
        "name         amount  note\n"
        "---------  --------  -----\n"
        "a          9.90 CNY  first\n"
        "long name    10 CNY\n");
}

TEST_CASE("wide characters take two columns", "[tools][unit]") {
  CHECK(DisplayWidth("abc") == 3);
  CHECK(DisplayWidth("星辰") == 4);
  CHECK(DisplayWidth("é") == 1);
  CHECK(DisplayWidth("e\u0301") == 1);
  CHECK(DisplayWidth("\xff") == 1);
  Table table({{"model"}, {"n", Align::kRight}});
  table.AddRow({"星辰", "1"});
  table.AddRow({"glm", "22"});
  CHECK(table.Format() ==
        "model   n\n"
        "-----  --\n"
        "星辰    1\n"
        "glm    22\n");
}

TEST_CASE("a text from outside cannot move the cursor", "[tools][unit]") {
  CHECK(Printable("a\x1b[2Jb\nc\x7f") == "a?[2Jb c?");
  CHECK(Printable("a\xc2\x9b"
                  "b") == "a??b");
  CHECK(Printable("星é") == "星é");
  Table table({{"x"}});
  table.AddRow({"\x1b[31m"});
  CHECK(table.Format().find('\x1b') == std::string::npos);
}

TEST_CASE("fields without a value are left out", "[tools][unit]") {
  CHECK(FormatFields({{"a", "1"}, {"none", ""}, {"bcd", "2"}}) == "a    1\nbcd  2\n");
}

}  // namespace
}  // namespace ocs::tools
