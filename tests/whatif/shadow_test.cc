#include "ocs/whatif/shadow.h"

#include <memory>
#include <string>

#include "rating/catalogue.h"
#include "tests/support/catch.h"

using ocs::BucketId;
using ocs::Instant;
using ocs::TokenKind;
using ocs::Unit;
using ocs::cdr::kOwnMoneyBucket;
using ocs::cdr::Record;
using ocs::cdr::RecordLine;
using ocs::cdr::RecordType;
using ocs::rating::Tariff;
using ocs::whatif::Shadow;
using ocs::whatif::ShadowResult;
using ocs::whatif::ShadowSum;

namespace {

constexpr char kInForce[] = R"(catalogue: c
currency: CNY
time_zone: UTC
models: [{id: small, provider: acme}, {id: large, provider: acme}]
price_books:
  - {id: list, rules: [{model: small, per: 1M tokens, input: 2, output: 3},
                       {model: large, per: 1M tokens, input: 20, output: 30}]}
  - {id: wholesale, kind: wholesale, rules: [{model: small, per: 1M tokens, input: 1, output: 1}]}
offers:
  - {id: pay, name: Pay, charge_code: P, fee: 0, prices: list}
  - id: pack
    name: Pack
    charge_code: K
    fee: 10
    grants: [{name: t, unit: token, amount: 1M, validity: 1 month, covers: {model: small},
              when_used_up: stop}]
)";

std::shared_ptr<const Tariff> Compile(std::string text, const std::string& from = "",
                                      const std::string& to = "") {
  if (!from.empty()) {
    const size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    text.replace(at, from.size(), to);
  }
  const auto check = ocs::rating::ParseCatalogue(text, "c.yaml");
  for (const auto& fault : check.diagnostics) UNSCOPED_INFO(fault.ToString());
  REQUIRE(check.catalogue.has_value());
  return Tariff::Compile(*check.catalogue, 1);
}

RecordLine Line(TokenKind kind, int64_t quantity, const char* unit, int64_t amount,
                const char* rule) {
  RecordLine line;
  line.kind = kind;
  line.quantity = quantity;
  line.unit = Unit::Of(unit);
  line.amount = amount;
  line.rule = rule;
  line.bucket = line.unit.is_money() ? kOwnMoneyBucket : BucketId{2};
  return line;
}

Record Use(const char* model) {
  Record record;
  record.type = RecordType::kUsage;
  record.model = model;
  record.tariff_revision = 1;
  record.closed_at = record.recorded_at = Instant{1'779'000'000'000};
  return record;
}

// 1,000 tokens in and 100 out of `small`, in money.
Record InMoney() {
  Record record = Use("small");
  record.lines = {Line(TokenKind::kInput, 1'000, "CNY", 2'000, "price book list, line 6"),
                  Line(TokenKind::kOutput, 100, "CNY", 300, "price book list, line 6")};
  record.costs = {Line(TokenKind::kInput, 1'000, "CNY", 1'000, "w"),
                  Line(TokenKind::kOutput, 100, "CNY", 100, "w")};
  for (RecordLine& line : record.costs) line.bucket = {};
  return record;
}

Shadow MakeShadow(std::shared_ptr<const Tariff> candidate) {
  return Shadow([in_force = Compile(kInForce)](
                    uint32_t revision) { return revision == 1 ? in_force : nullptr; },
                std::move(candidate));
}

}  // namespace

TEST_CASE("what was paid in money is priced by the candidate, and what it costs us",
          "[whatif][unit]") {
  std::string text = kInForce;
  text.replace(text.find("input: 1, output: 1"), 19, "input: 1.5, output: 1");
  Shadow shadow = MakeShadow(Compile(text, "output: 3}", "output: 4}"));
  shadow.Take(InMoney());
  shadow.Take(InMoney());
  const ShadowResult result = shadow.result();
  CHECK(result.records == 2);
  CHECK(result.not_sold == 0);
  CHECK(result.not_comparable == 0);
  REQUIRE(result.total.size() == 1);
  const ShadowSum& total = result.total[0];
  CHECK(total.unit == Unit::Of("CNY"));
  CHECK(total.records == 2);
  CHECK(total.before == 2 * 2'300);
  CHECK(total.after == 2 * 2'400);
  CHECK(total.cost_before == 2 * 1'100);
  CHECK(total.cost_after == 2 * 1'600);
  REQUIRE(result.by_model.size() == 1);
  CHECK(result.by_model[0].model == "small");
  CHECK(result.by_model[0].after == total.after);
}

TEST_CASE("what a package paid is compared with what the candidate draws from it",
          "[whatif][unit]") {
  Shadow shadow = MakeShadow(Compile(kInForce, "validity: 1 month,",
                                     "weights: [{model: small, output: 3}], validity: 1 month,"));
  Record record = Use("small");
  record.lines = {Line(TokenKind::kInput, 1'000, "token", 1'000, "offer pack, grant 1"),
                  Line(TokenKind::kOutput, 100, "token", 100, "offer pack, grant 1")};
  shadow.Take(record);
  const ShadowResult result = shadow.result();
  REQUIRE(result.total.size() == 1);
  CHECK(result.total[0].unit == Unit::Of("token"));
  CHECK(result.total[0].before == 1'100);
  CHECK(result.total[0].after == 1'300);
}

TEST_CASE("what cannot be compared is counted, and no use is passed over", "[whatif][unit]") {
  Shadow gone = MakeShadow(Compile(kInForce, "{id: pay, name: Pay", "{id: pay2, name: Pay"));
  gone.Take(InMoney());
  CHECK(gone.result().not_sold == 1);
  CHECK(gone.result().total.empty());

  Shadow same = MakeShadow(Compile(kInForce));
  Record minimum = InMoney();
  minimum.lines[0].form = ocs::cdr::LineForm::kMinimum;
  same.Take(minimum);
  Record unknown = InMoney();
  unknown.tariff_revision = 9;
  same.Take(unknown);
  Record unrated = InMoney();
  unrated.lines[0].bucket = {};
  same.Take(unrated);
  CHECK(same.result().not_comparable == 3);
  Record fee = InMoney();
  fee.type = RecordType::kFee;
  same.Take(fee);
  CHECK(same.result().records == 3);
  same.Take(InMoney());
  CHECK(same.result().total.at(0).before == same.result().total.at(0).after);
}
