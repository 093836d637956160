// A catalogue written as text and read again is the same catalogue.

#include <filesystem>

#include "rating/catalogue.h"
#include "tests/rating/generator.h"
#include "tests/rating/support.h"
#include "tests/support/seed.h"

namespace ocs::rating {
namespace {

void CheckRoundTrip(const Catalogue& catalogue) {
  const std::string text = FormatCatalogue(catalogue);
  INFO(text << DiagnosticsOf(text));
  const CatalogueCheck again = ParseCatalogue(text, "again.yaml");
  REQUIRE(again.catalogue.has_value());
  REQUIRE(*again.catalogue == catalogue);
  REQUIRE(FormatCatalogue(*again.catalogue) == text);
}

}  // namespace

TEST_CASE("each shipped catalogue is the same after it was written and read", "[rating][unit]") {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(OCS_CATALOGUES)) {
    if (entry.path().extension() != ".yaml") continue;
    const std::string text = ReadFile(entry.path().string());
    INFO(entry.path() << DiagnosticsOf(text));
    const CatalogueCheck check = ParseCatalogue(text, "shipped.yaml");
    REQUIRE(check.catalogue.has_value());
    CheckRoundTrip(*check.catalogue);
    ++files;
  }
  CHECK(files >= 2);
}

TEST_CASE("each example of the page is the same after it was written and read", "[rating][unit]") {
  const std::string page = ReadFile(OCS_CATALOGUE_PAGE);
  constexpr std::string_view kBegin = "```yaml\n";
  int examples = 0;
  for (size_t at = page.find(kBegin); at != std::string::npos; at = page.find(kBegin, at + 1)) {
    const size_t begin = at + kBegin.size();
    const std::string text = page.substr(begin, page.find("```", begin) - begin);
    const CatalogueCheck check = ParseCatalogue(text, "page.yaml");
    REQUIRE(check.catalogue.has_value());
    CheckRoundTrip(*check.catalogue);
    ++examples;
  }
  CHECK(examples >= 12);
}

TEST_CASE("generated catalogues are the same after they were written and read",
          "[rating][property]") {
  OCS_SEEDED_RANDOM(random, 31);
  int accepted = 0;
  for (int round = 0; round < 400; ++round) {
    const std::string text = CatalogueGenerator(&random).Make().Text();
    const CatalogueCheck check = ParseCatalogue(text, "g.yaml");
    if (!check.catalogue) continue;
    ++accepted;
    INFO(text);
    CheckRoundTrip(*check.catalogue);
  }
  CHECK(accepted > 100);
}

TEST_CASE("catalogues that say different things are different", "[rating][unit]") {
  const auto parse = [](std::string_view price) {
    return *ParseCatalogue(std::string(R"(catalogue: c
currency: CNY
time_zone: UTC
models: [{id: m, provider: p}]
price_books:
  - {id: b, rules: [{any: true, per: 1M tokens, tokens: )") +
                               std::string(price) + "}]}\n",
                           "c.yaml")
                .catalogue;
  };
  CHECK(parse("1") == parse("1.0"));
  CHECK_FALSE(parse("1") == parse("1.000001"));
}

}  // namespace ocs::rating
