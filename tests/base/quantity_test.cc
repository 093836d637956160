#include "ocs/base/quantity.h"

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "ocs/base/random.h"
#include "tests/support/catch.h"
#include "tests/support/seed.h"

namespace ocs {
namespace {

TEST_CASE("each kind has the name and number that are stored", "[base][unit][golden]") {
  struct Case {
    int number;
    std::string_view name;
    bool prompt;
  };
  const Case cases[] = {
      {0, "input", true},          {1, "cache_read", true},    {2, "cache_write_5m", true},
      {3, "cache_write_1h", true}, {4, "output", false},       {5, "reasoning", false},
      {6, "audio_input", true},    {7, "audio_output", false}, {8, "image_input", true},
      {9, "image_output", false},  {10, "request", true},      {11, "search", false},
      {12, "image", false},        {13, "second", false},
  };
  CHECK(std::size(cases) == kTokenKindCount);
  for (const Case& c : cases) {
    CAPTURE(c.number);
    const auto kind = static_cast<TokenKind>(c.number);
    CHECK(TokenKindName(kind) == c.name);
    CHECK(ParseTokenKind(c.name) == kind);
    CHECK(IsPromptKind(kind) == c.prompt);
  }
}

TEST_CASE("what is no kind's name is no kind", "[base][unit]") {
  for (const std::string_view name : {"", "Input", "input ", "inputs", "cache_write", "14"}) {
    CAPTURE(name);
    CHECK(ParseTokenKind(name) == std::nullopt);
  }
}

TEST_CASE("quantities keep each kind once and in order", "[base][property]") {
  OCS_SEEDED_RANDOM(random, 31);
  for (int round = 0; round < 200; ++round) {
    Quantities quantities;
    std::map<TokenKind, int64_t> model;
    for (int64_t i = random.Below(40); i > 0; --i) {
      const auto kind = static_cast<TokenKind>(random.Below(kTokenKindCount));
      const int64_t quantity = random.Below(1'000'000);
      REQUIRE(AddQuantity(quantities, kind, quantity));
      model[kind] += quantity;
    }
    REQUIRE(quantities.size() == model.size());
    auto expected = model.begin();
    for (const KindQuantity& q : quantities) {
      REQUIRE(q.kind == expected->first);
      REQUIRE(q.quantity == expected->second);
      ++expected;
    }
    for (int number = 0; number < kTokenKindCount; ++number) {
      const auto kind = static_cast<TokenKind>(number);
      REQUIRE(QuantityOf(quantities, kind) == (model.count(kind) != 0 ? model[kind] : 0));
    }
  }
}

TEST_CASE("a sum that does not fit changes nothing", "[base][unit]") {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  Quantities quantities;
  REQUIRE(AddQuantity(quantities, TokenKind::kOutput, kMax));
  REQUIRE(AddQuantity(quantities, TokenKind::kInput, 5));
  const Quantities before = quantities;
  CHECK_FALSE(AddQuantity(quantities, TokenKind::kOutput, 1));
  CHECK(quantities == before);
  CHECK(AddQuantity(quantities, TokenKind::kOutput, 0));
  CHECK(quantities == before);
}

}  // namespace
}  // namespace ocs
