// Vendors' prices from the shipped catalogue at their boundaries of time, with amounts worked out
// by hand. The products as a whole are in tests/products.

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

 private:
  std::unique_ptr<const Tariff> tariff_;
  OfferIndex offer_;
};

}  // namespace

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
