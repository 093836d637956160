#include "rating/edit.h"

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "rating/catalogue.h"
#include "rating/diff.h"
#include "rating/internal/edit_path.h"
#include "tests/support/catch.h"

using ocs::rating::Edit;
using ocs::rating::EditCatalogueText;
using ocs::rating::EditedText;
using ocs::rating::ParseCatalogue;
using ocs::rating::ParseEdit;

namespace {

constexpr std::string_view kText = R"(# 目录: comments and other letters stay.
catalogue: small
currency: CNY
time_zone: Asia/Shanghai
models:
  - {id: m1, provider: acme, class: [chat, open]}
  - {id: m2, provider: "other"}
price_books:
  - id: list
    rules:
      - {model: m1, per: 1M tokens, input: 0.07, output: 1.10, search: 0.01 per 1 search}  # 价
      - {model: [m2], per: 1M tokens, input: '2', output: 3}
offers:
  - id: light
    name: Light
    charge_code: L
    fee: 9.9
    prices: list
    grants:
      - {name: 10 M, unit: token, amount: 10M, validity: 1 month, covers: {model: m1}, when_used_up: stop}
  - {id: free, name: Free, charge_code: F, fee: 0, prices: list}
)";

EditedText Edited(std::vector<std::string> edits) {
  std::vector<Edit> parsed;
  for (const std::string& edit : edits) {
    auto one = ParseEdit(edit);
    INFO(one.status().ToString());
    REQUIRE(one.ok());
    parsed.push_back(*one);
  }
  auto edited = EditCatalogueText(kText, parsed);
  INFO(edited.status().ToString());
  REQUIRE(edited.ok());
  return *std::move(edited);
}

std::string FaultOf(const std::string& edit) {
  const auto parsed = ParseEdit(edit);
  if (!parsed.ok()) return std::string(parsed.status().message());
  const std::vector<Edit> edits = {*parsed};
  const auto edited = EditCatalogueText(kText, edits);
  REQUIRE(!edited.ok());
  return std::string(edited.status().message());
}

}  // namespace

TEST_CASE("an edit changes the value that its path leads to, and nothing else", "[rating][unit]") {
  struct Row {
    std::string edit, before, after;
    int line;
  };
  const std::vector<Row> rows = {
      {"offers/light/fee = 12.9", "9.9", "12.9", 17},
      {"offers/light/fee *= 1.2", "9.9", "11.88", 17},
      {"offers/0/fee += 0.1", "9.9", "10", 17},
      {"offers/L*/fee -= 9.9", "9.9", "0", 17},
      {"offers/light/grants/0/amount=12M", "10M", "12M", 20},
      {"offers/light/grants/10 M/amount *= 1.25", "10M", "12.5M", 20},
      {"price_books/list/rules/model=m1/search *= 3", "0.01 per 1 search", "0.03 per 1 search", 11},
      {"price_books/list/rules/model=m2/input *= 0.5", "2", "1", 12},
      {"price_books/*/rules/model=m2|m3/output *= 1.000000000001", "3", "3.000000000003", 12},
      {"models/class=open/provider = new", "acme", "new", 6},
      {"models/m2/provider = new", "other", "new", 7},
      {"time_zone = UTC", "Asia/Shanghai", "UTC", 4},
  };
  for (const Row& row : rows) {
    CAPTURE(row.edit);
    const EditedText edited = Edited({row.edit});
    REQUIRE(edited.places.size() == 1);
    CHECK(edited.places[0].before == row.before);
    CHECK(edited.places[0].after == row.after);
    CHECK(edited.places[0].line == row.line);
    // The text differs in that line only, and in nothing but that value.
    std::string expected{kText};
    size_t line_begin = 0;
    for (int line = 1; line < row.line; ++line) line_begin = expected.find('\n', line_begin) + 1;
    expected.replace(expected.find(row.before, line_begin), row.before.size(), row.after);
    if (row.edit.starts_with("price_books/list/rules/model=m2")) {
      expected = std::string(kText);
      expected.replace(expected.find("'2'"), 3, "'1'");
    }
    CHECK(edited.text == expected);
  }
}

TEST_CASE("one path may lead to many values; edits follow one another", "[rating][unit]") {
  const EditedText edited =
      Edited({"price_books/list/rules/*/prices *= 2", "price_books/list/rules/0/input += 1"});
  REQUIRE(edited.places.size() == 6);
  CHECK(edited.places[0].field == "price_books[0].rules[0].input");
  CHECK(edited.places[0].after == "0.14");
  CHECK(edited.places[2].after == "0.02 per 1 search");
  CHECK(edited.places[4].field == "price_books[0].rules[1].output");
  CHECK(edited.places[5].before == "0.14");
  CHECK(edited.places[5].after == "1.14");
  CHECK(ParseCatalogue(edited.text, "x").diagnostics.empty());
  // Of an offer, "prices" is the name of a book.
  CHECK(Edited({"offers/*/prices = list"}).text == kText);
}

TEST_CASE("what cannot be edited is told with its place, and nothing is changed",
          "[rating][unit]") {
  CHECK(FaultOf("offers/light/fee") ==
        "change 'offers/light/fee': expected PATH = VALUE, PATH *= FACTOR, PATH += or -= NUMBER");
  CHECK(FaultOf("= 3") ==
        "change '= 3': expected PATH = VALUE, PATH *= FACTOR, PATH += or -= NUMBER");
  CHECK(FaultOf(" *= 3") == "change ' *= 3': no path");
  CHECK(FaultOf("offers/light/fee = ") == "change 'offers/light/fee = ': no value");
  CHECK(FaultOf("offers/light/fee *= x") ==
        "change 'offers/light/fee *= x': expected a number with at most 12 decimals, found 'x'");
  CHECK(FaultOf("offers/light/fee *= -1") ==
        "change 'offers/light/fee *= -1': expected a number with at most 12 decimals, found '-1'");
  CHECK(FaultOf("offers/heavy/fee = 1") ==
        "path 'offers/heavy/fee': 'heavy' leads nowhere; there is light, free");
  CHECK(FaultOf("offers/light/fees = 1") ==
        "path 'offers/light/fees': 'fees' leads nowhere; there is id, name, charge_code, fee, "
        "prices, grants");
  CHECK(FaultOf("offers/light/fee/x = 1") ==
        "path 'offers/light/fee/x': 'x' leads nowhere; there is nothing that has parts");
  CHECK(FaultOf("offers/light/grants = 1") ==
        "line 20: offers[0].grants: expected a single value (offers/light/grants = 1)");
  CHECK(FaultOf("offers/light/name *= 2") ==
        "line 15: offers[0].name: expected a number, found 'Light' (offers/light/name *= 2)");
  CHECK(FaultOf("offers/light/fee -= 10") ==
        "line 17: offers[0].fee: the result is below 0, or has more than 12 decimals "
        "(offers/light/fee -= 10)");
  CHECK(FaultOf("offers/light/fee *= 0.000000000001") ==
        "line 17: offers[0].fee: the result is below 0, or has more than 12 decimals "
        "(offers/light/fee *= 0.000000000001)");
  const std::vector<Edit> many(257, Edit{.path = "currency", .value = "CNY"});
  CHECK(!EditCatalogueText(kText, many).ok());
  const std::vector<Edit> one(1, Edit{.path = "currency", .value = "CNY"});
  CHECK(!EditCatalogueText("a: [", one).ok());
}

TEST_CASE("an edit is written as it is read", "[rating][unit]") {
  for (const std::string text : {"a/b=c/d = 1", "a *= 1.5", "a/x += 2", "a/x -= 2"}) {
    const auto edit = ParseEdit(text);
    REQUIRE(edit.ok());
    CHECK(edit->ToString() == text);
    CHECK(*ParseEdit(edit->ToString()) == *edit);
  }
}

TEST_CASE("words match by their stars", "[rating][unit]") {
  using ocs::rating::internal::MatchesWord;
  CHECK(MatchesWord("*", ""));
  CHECK(MatchesWord("deepseek*", "deepseek-v3.2"));
  CHECK(MatchesWord("*-v*2", "deepseek-v3.2"));
  CHECK(!MatchesWord("*-v*3", "deepseek-v3.2"));
  CHECK(MatchesWord("a|b*", "bc"));
  CHECK(!MatchesWord("a|b", "bc"));
}

TEST_CASE("shipped catalogues are edited where their models' makers stand", "[rating][unit]") {
  std::ifstream file(std::string(OCS_CATALOGUES) + "/operators.yaml");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::vector<Edit> edits = {
      *ParseEdit("price_books/wholesale/rules/model=deepseek*/prices *= 1.2"),
      *ParseEdit("offers/ct-personal-light/grants/0/amount = 12M")};
  const auto edited = EditCatalogueText(text, edits);
  INFO(edited.status().ToString());
  REQUIRE(edited.ok());
  CHECK(edited->places.size() == 7);
  const auto before = ParseCatalogue(text, "before");
  const auto after = ParseCatalogue(edited->text, "after");
  REQUIRE(after.diagnostics.empty());
  // Kinds that take the price of input or output change with it; nothing else does.
  const auto changes = ocs::rating::CompareTariffs(*before.catalogue, *after.catalogue);
  CHECK(changes.size() > 7);
  for (const auto& change : changes) {
    CAPTURE(change.ToString());
    CHECK((change.where.find("wholesale, model deepseek") != std::string::npos ||
           change.where.find("ct-personal-light") != std::string::npos));
  }
}
