#include "rating/coverage.h"

#include "tests/rating/support.h"

namespace ocs::rating {

TEST_CASE("a grant tells the models and whole classes that it covers, and what they draw",
          "[rating][unit]") {
  const auto tariff = CompileText(R"(catalogue: c
currency: CNY
time_zone: Asia/Shanghai
models:
  - {id: a, provider: p, class: [big, new]}
  - {id: b, provider: p, class: big}
  - {id: c, provider: q, class: [new, other]}
offers:
  - id: o
    name: O
    charge_code: O
    fee: 1
    grants:
      - name: office
        unit: token
        amount: 1M
        validity: none
        covers: {provider: p, product: [mail, office]}
        weights: [{model: b, tokens: 3}, {model: b, product: office, tokens: 2}]
        when_used_up: stop
      - {name: all, unit: token, amount: 1M, validity: none, covers: {any: true}, when_used_up: stop}
)");
  const UseContext use{.at = At("2026-05-05T12:00:00+08:00")};
  const Coverage coverage = CoverageOf(*tariff, {0}, 0, use);
  REQUIRE(coverage.models.size() == 2);
  CHECK(tariff->model_id(coverage.models[0].model) == "a");
  CHECK(coverage.models[0].draw->of(TokenKind::kInput).numerator == 1);
  CHECK(tariff->model_id(coverage.models[1].model) == "b");
  CHECK(coverage.models[1].draw->of(TokenKind::kInput).numerator == 3);  // In mail, the first.
  CHECK(coverage.classes == std::vector<std::string>{"big"});
  CHECK(coverage.only_for[static_cast<size_t>(Dimension::kProduct)] ==
        std::vector<std::string>{"mail", "office"});
  UseContext office = use;
  office.of(Dimension::kProduct) = SymbolOf("office");
  CHECK(CoverageOf(*tariff, {0}, 0, office).models[1].draw->of(TokenKind::kInput).numerator == 2);
  office.of(Dimension::kProduct) = SymbolOf("chat");
  CHECK(CoverageOf(*tariff, {0}, 0, office).models.empty());
  CHECK(CoverageOf(*tariff, {0}, 1, use).classes ==
        std::vector<std::string>{"big", "new", "other"});
}

}  // namespace ocs::rating
