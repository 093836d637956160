// Every example of the language's page is a catalogue.

#include "rating/catalogue.h"
#include "tests/rating/support.h"

namespace ocs::rating {
namespace {

struct Block {
  int line = 0;
  std::string text;
};

std::vector<Block> YamlBlocks(const std::string& page) {
  std::vector<Block> blocks;
  std::istringstream lines(page);
  std::string line;
  bool inside = false;
  for (int number = 1; std::getline(lines, line); ++number) {
    if (line == "```yaml") {
      inside = true;
      blocks.push_back({number + 1, ""});
    } else if (line == "```") {
      inside = false;
    } else if (inside) {
      blocks.back().text += line + "\n";
    }
  }
  return blocks;
}

}  // namespace

TEST_CASE("each example of the catalogue page is accepted and compiles", "[rating][unit]") {
  const std::vector<Block> blocks = YamlBlocks(ReadFile(OCS_CATALOGUE_PAGE));
  REQUIRE(blocks.size() >= 7);
  for (const Block& block : blocks) {
    INFO("example at line " << block.line << "\n" << DiagnosticsOf(block.text));
    const CatalogueCheck check = ParseCatalogue(block.text, "CATALOGUE.md");
    REQUIRE(check.catalogue.has_value());
    const auto tariff = Tariff::Compile(*check.catalogue, 1);
    CHECK(tariff->model_count() == check.catalogue->models.size());
    CHECK(tariff->offer_count() == check.catalogue->offers.size());
  }
}

TEST_CASE("the page names every kind, and every key that faults name", "[rating][unit]") {
  const std::string page = ReadFile(OCS_CATALOGUE_PAGE);
  for (int k = 0; k < kTokenKindCount; ++k) {
    const std::string name(TokenKindName(static_cast<TokenKind>(k)));
    INFO(name);
    CHECK(page.find("`" + name + "`") != std::string::npos);
  }
  for (const char* key :
       {"catalogue", "currency",    "time_zone",   "models",   "units",    "price_books",
        "offers",    "note",        "id",          "provider", "class",    "alias",
        "any",       "tokens",      "per",         "price",    "from",     "until",
        "hours",     "zone",        "charge_code", "burn",     "name",     "fee",
        "prices",    "validity",    "grants",      "amount",   "priority", "covers",
        "weights",   "when_used_up"}) {
    INFO(key);
    CHECK(page.find(key) != std::string::npos);
  }
}

TEST_CASE("requests draw by class and hour, and their tokens nothing", "[rating][unit]") {
  for (const Block& block : YamlBlocks(ReadFile(OCS_CATALOGUE_PAGE))) {
    if (block.text.rfind("catalogue: grants\n", 0) != 0) continue;
    const auto tariff = CompileText(block.text);
    const OfferIndex plan = *tariff->FindOffer("coding-plan");
    const ModelIndex coding = *tariff->FindModel("new");
    const RateRow* peak =
        tariff->FindDraw(plan, 0, coding, {.at = At("2026-05-01T14:00:00+08:00")});
    const RateRow* other =
        tariff->FindDraw(plan, 0, coding, {.at = At("2026-05-01T18:00:00+08:00")});
    REQUIRE(peak != nullptr);
    REQUIRE(other != nullptr);
    CHECK(peak->of(TokenKind::kRequest).numerator == 3);
    CHECK(other->of(TokenKind::kRequest).numerator == 2);
    CHECK(peak->of(TokenKind::kOutput).sold());
    CHECK(peak->of(TokenKind::kOutput).numerator == 0);
    return;
  }
  FAIL("the page has lost its example of grants");
}

}  // namespace ocs::rating
