// The products that must be sold, from the shipped catalogues, with bills worked out by hand.

#include <algorithm>

#include "rating/catalogue.h"
#include "rating/rater.h"
#include "tests/rating/support.h"

namespace ocs::rating {
namespace {

constexpr TokenKind kIn = TokenKind::kInput;
constexpr TokenKind kHit = TokenKind::kCacheRead;
constexpr TokenKind kWrite5m = TokenKind::kCacheWrite5m;
constexpr TokenKind kWrite1h = TokenKind::kCacheWrite1h;
constexpr TokenKind kOut = TokenKind::kOutput;
constexpr TokenKind kThink = TokenKind::kReasoning;

constexpr const char* kNoon = "2026-06-01T12:00:00+08:00";
constexpr int64_t kMuch = 1'000'000'000'000;

std::unique_ptr<const Tariff> Shipped(const std::string& name) {
  return CompileText(ReadFile(OCS_CATALOGUES "/" + name));
}

// A tariff with one offer in hand.
class Shop {
 public:
  Shop(const std::string& file, std::string_view offer) : tariff_(Shipped(file)) {
    const auto found = tariff_->FindOffer(offer);
    REQUIRE(found.has_value());
    offer_ = *found;
  }

  const Offer& offer() const { return tariff_->offer(offer_); }

  ModelIndex Model(std::string_view name) const {
    const auto model = tariff_->FindModel(name);
    REQUIRE(model.has_value());
    return *model;
  }

  const RateRow* Price(std::string_view model, std::string_view at = kNoon) const {
    return tariff_->FindPrice(offer_, Model(model), {.at = At(at)});
  }

  const RateRow* Draw(std::string_view model) const {
    return tariff_->FindDraw(offer_, 0, Model(model), {.at = At(kNoon)});
  }

  // What the usage costs at the offer's prices, in micros.
  int64_t Bill(std::string_view model, std::string_view at, const Quantities& used) const {
    const std::vector<Pot> pots = {{Price(model, at), kMuch}};
    REQUIRE(pots[0].row != nullptr);
    ChargeLines lines;
    REQUIRE(Charge(used, pots, {}, &lines) == RateOutcome::kRated);
    int64_t total = 0;
    for (const ChargeLine& line : lines) total += line.amount;
    return total;
  }

  // What the usage takes from a package that has so much left, then from money: {tokens, micros}.
  std::pair<int64_t, int64_t> Use(std::string_view model, int64_t left,
                                  const Quantities& used) const {
    std::vector<Pot> pots = {{Draw(model), left}};
    REQUIRE(pots[0].row != nullptr);
    if (Price(model) != nullptr) pots.push_back({Price(model), kMuch});
    ChargeLines lines;
    REQUIRE(Charge(used, pots, {}, &lines) == RateOutcome::kRated);
    std::pair<int64_t, int64_t> taken = {0, 0};
    for (const ChargeLine& line : lines)
      (line.pot == 0 ? taken.first : taken.second) += line.amount;
    return taken;
  }

 private:
  std::unique_ptr<const Tariff> tariff_;
  OfferIndex offer_;
};

// The parts that A01 to A06 have in common.
void CheckPackage(const char* id, int64_t fee_micros, int64_t tokens, const char* first,
                  const char* second, const char* foreign) {
  INFO(id);
  const Shop shop("operators.yaml", id);
  CHECK(shop.offer().fee_micros == fee_micros);
  CHECK(shop.offer().currency == Unit::Of("CNY"));
  REQUIRE(shop.offer().grants.size() == 1);
  CHECK(shop.offer().grants[0].amount == tokens);
  CHECK(shop.offer().grants[0].unit == Unit::Of("token"));
  CHECK(shop.offer().grants[0].validity.cycle);
  CHECK(shop.Draw(foreign) == nullptr);
  // A plain quota: 700 + 200 + 90 + 10 tokens of any kind are 1,000 tokens.
  const Quantities call = {{kIn, 700}, {kHit, 200}, {kOut, 90}, {kThink, 10}};
  for (const char* model : {first, second}) {
    CHECK(shop.Use(model, tokens, call) == std::make_pair(int64_t{1'000}, int64_t{0}));
    const std::vector<Pot> package = {{shop.Draw(model), tokens}};
    CHECK(AffordableCalls(call, package, kMuch) == tokens / 1'000);
  }
}

void CheckStops(const char* id, const char* model) {
  INFO(id);
  const Shop shop("operators.yaml", id);
  CHECK(shop.Price(model) == nullptr);
  const std::vector<Pot> used_up = {{shop.Draw(model), 0}};
  CHECK(Hold({{kIn, 1}}, used_up).outcome == HoldResult::Outcome::kNothing);
}

}  // namespace

TEST_CASE("A01: China Telecom personal light, 9.9 for 10 M, then it stops", "[rating][unit]") {
  CheckPackage("ct-personal-light", 9'900'000, 10'000'000, "xingchen", "deepseek-v3.2", "glm-5");
  CheckStops("ct-personal-light", "deepseek-v3.2");
}

TEST_CASE("A02: China Telecom personal standard, 29.9 for 40 M, then quota points",
          "[rating][unit]") {
  CheckPackage("ct-personal-standard", 29'900'000, 40'000'000, "telechat", "deepseek-v3.2",
               "glm-5");
  // 600 tokens are left for a call of 1,000 + 500: input takes them and 400 go on, output goes on
  // whole. DeepSeek V3.2 burns 1 point a token, 4 micros: 900 x 4 = 3,600 micros.
  const Shop shop("operators.yaml", "ct-personal-standard");
  CHECK(shop.Use("deepseek-v3.2", 600, {{kIn, 1'000}, {kOut, 500}}) ==
        std::make_pair(int64_t{600}, int64_t{3'600}));
}

TEST_CASE("A03: China Telecom personal premium, 49.9 for 80 M, then it stops", "[rating][unit]") {
  CheckPackage("ct-personal-premium", 49'900'000, 80'000'000, "xingchen", "deepseek-v3.2", "glm-5");
  CheckStops("ct-personal-premium", "xingchen");
}

TEST_CASE("A04: China Telecom developer basic, 39.9 for 15 M, then it stops", "[rating][unit]") {
  CheckPackage("ct-developer-basic", 39'900'000, 15'000'000, "xingchen", "glm5", "deepseek-v3.2");
  CheckStops("ct-developer-basic", "glm-5");
}

TEST_CASE("A05: China Telecom developer professional, 159.9 for 70 M, then quota points",
          "[rating][unit]") {
  CheckPackage("ct-developer-professional", 159'900'000, 70'000'000, "xingchen", "glm-5",
               "deepseek-v3.2");
  // GLM-5 burns 2 points a token, 8 micros: with nothing left 1,000 + 250 tokens are 10,000 micros,
  // one fen.
  const Shop shop("operators.yaml", "ct-developer-professional");
  CHECK(shop.Use("glm-5", 0, {{kIn, 1'000}, {kOut, 250}}) ==
        std::make_pair(int64_t{0}, int64_t{10'000}));
}

TEST_CASE("A06: China Telecom developer flagship, 299.9 for 150 M, then it stops",
          "[rating][unit]") {
  CheckPackage("ct-developer-flagship", 299'900'000, 150'000'000, "xingchen", "glm-5",
               "deepseek-v3.2");
  CheckStops("ct-developer-flagship", "glm-5");
}

TEST_CASE("A08: Shanghai Telecom, 1 for 250,000 quota points, k points a token", "[rating][unit]") {
  const Shop shop("operators.yaml", "sh-pay-per-use");
  CHECK(shop.offer().fee_micros == 0);
  CHECK(shop.offer().grants.empty());
  CHECK(shop.offer().has_prices);
  // k = 1: 250,000 tokens are 250,000 points, 1 CNY. k = 2: 2 CNY. k = 10: 10 CNY.
  const Quantities used = {{kIn, 150'000}, {kHit, 50'000}, {kOut, 50'000}};
  CHECK(shop.Bill("deepseek-v3.2", kNoon, used) == 1'000'000);
  CHECK(shop.Bill("glm-5", kNoon, used) == 2'000'000);
  CHECK(shop.Bill("qwen3-max", kNoon, used) == 2'000'000);
  CHECK(shop.Bill("deepseek-v4-pro", kNoon, used) == 10'000'000);
  // One token of the cheapest model: 1/250,000 CNY is 4 micros.
  CHECK(shop.Bill("xingchen", kNoon, {{kIn, 1}}) == 4);
}

TEST_CASE("B01: DeepSeek with discount hours, until 2025-09-05 16:00 UTC", "[rating][unit]") {
  const Shop shop("vendors.yaml", "deepseek-usd");
  const Quantities million = {{kIn, 1'000'000}, {kHit, 1'000'000}, {kOut, 1'000'000}};
  struct Case {
    const char* model;
    const char* at;
    int64_t micros;
  };
  // Standard: chat 0.27 + 0.07 + 1.10 = 1.44, reasoner 0.55 + 0.14 + 2.19 = 2.88.
  // Discount: both 0.135 + 0.035 + 0.55 = 0.72.
  for (const auto& [model, at, micros] :
       std::vector<Case>{{"deepseek-chat", "2025-09-05T15:59:59Z", 1'440'000},
                         {"deepseek-chat", "2025-08-01T00:30:00Z", 1'440'000},
                         {"deepseek-chat", "2025-08-01T00:29:59Z", 720'000},
                         {"deepseek-chat", "2025-08-01T16:30:00Z", 720'000},
                         {"deepseek-chat", "2025-08-01T16:29:59Z", 1'440'000},
                         {"deepseek-chat", "2025-08-02T00:30:00+08:00", 720'000},
                         {"deepseek-reasoner", "2025-08-01T12:00:00Z", 2'880'000},
                         {"deepseek-reasoner", "2025-08-01T23:00:00Z", 720'000}}) {
    INFO(model << " " << at);
    CHECK(shop.Bill(model, at, million) == micros);
  }
  // A call in the discount hours: 1,234 x 0.135 = 166.59 and 567 x 0.55 = 311.85 micros.
  CHECK(shop.Bill("deepseek-chat", "2025-08-01T20:00:00Z", {{kIn, 1'234}, {kOut, 567}}) ==
        166 + 311);
}

TEST_CASE("B02: DeepSeek from 2025-09-05 16:00 UTC, no discount hours", "[rating][unit]") {
  const Shop shop("vendors.yaml", "deepseek-usd");
  // 0.56 + 0.07 + 1.68 = 2.31 for both, at any hour.
  const Quantities million = {{kIn, 1'000'000}, {kHit, 1'000'000}, {kOut, 1'000'000}};
  for (const char* model : {"deepseek-chat", "deepseek-reasoner"}) {
    for (const char* at :
         {"2025-09-05T16:00:00Z", "2025-09-05T17:00:00Z", "2026-01-01T08:00:00Z"}) {
      INFO(model << " " << at);
      CHECK(shop.Bill(model, at, million) == 2'310'000);
    }
  }
  // Reasoning is output where it has no price of its own: 100 x 1.68 = 168.
  CHECK(shop.Bill("deepseek-reasoner", "2026-01-01T08:00:00Z", {{kThink, 100}}) == 168);
}

TEST_CASE("B03: DeepSeek V4 Flash, cache hits at one tenth from 2026-04-26 20:15",
          "[rating][unit]") {
  const Shop shop("vendors.yaml", "deepseek-cny");
  CHECK(shop.offer().currency == Unit::Of("CNY"));
  // 3 M hits, 1 M misses, 1 M output: 0.6 + 1 + 2 = 3.6, later 0.06 + 1 + 2 = 3.06.
  const Quantities used = {{kIn, 1'000'000}, {kHit, 3'000'000}, {kOut, 1'000'000}};
  CHECK(shop.Bill("deepseek-v4-flash", "2026-04-26T20:14:59+08:00", used) == 3'600'000);
  CHECK(shop.Bill("deepseek-v4-flash", "2026-04-26T20:15:00+08:00", used) == 3'060'000);
  // 10 hits at 0.02 are 0.2 micros: nothing is charged, all of it is carried.
  CHECK(shop.Bill("deepseek-v4-flash", "2026-04-26T20:15:00+08:00", {{kHit, 10}}) == 0);
}

TEST_CASE("B04: DeepSeek V4 Pro, list price, then cheap hits, then 25 %", "[rating][unit]") {
  const Shop shop("vendors.yaml", "deepseek-cny");
  const Quantities million = {{kIn, 1'000'000}, {kHit, 1'000'000}, {kOut, 1'000'000}};
  // 12 + 1 + 24 = 37; 12 + 0.1 + 24 = 36.1; 3 + 0.025 + 6 = 9.025.
  CHECK(shop.Bill("deepseek-v4-pro", "2026-04-26T20:14:59+08:00", million) == 37'000'000);
  CHECK(shop.Bill("deepseek-v4-pro", "2026-04-26T20:15:00+08:00", million) == 36'100'000);
  CHECK(shop.Bill("deepseek-v4-pro", "2026-05-22T00:00:00+08:00", million) == 9'025'000);
  CHECK(shop.Bill("deepseek-v4-pro", "2026-06-01T00:00:00+08:00", million) == 9'025'000);
}

TEST_CASE("B16: Anthropic, four prices of input", "[rating][unit]") {
  const Shop shop("vendors.yaml", "anthropic-usd");
  CHECK(shop.offer().currency == Unit::Of("USD"));
  // Sonnet 4.5 at 3: 1,000 x 3 + 10,000 x 0.3 + 2,000 x 3.75 + 500 x 6 + 800 x 15
  // = 3,000 + 3,000 + 7,500 + 3,000 + 12,000 = 28,500 micros.
  const Quantities call = {
      {kIn, 1'000}, {kHit, 10'000}, {kWrite5m, 2'000}, {kWrite1h, 500}, {kOut, 800}};
  CHECK(shop.Bill("claude-sonnet-4.5", kNoon, call) == 28'500);
  // Opus 4.5 at 5: 5,000 + 5,000 + 12,500 + 5,000 + 20,000 = 47,500 micros.
  CHECK(shop.Bill("claude-opus-4-5", kNoon, call) == 47'500);
}

}  // namespace ocs::rating
