// Vendors' prices from the shipped catalogue at their boundaries of time, with amounts worked out
// by hand. The products as a whole are in tests/products.

#include <algorithm>

#include "rating/catalogue.h"
#include "rating/rater.h"
#include "tests/rating/support.h"

namespace ocs::rating {
namespace {

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

  ModelIndex Model(std::string_view name) const {
    const auto model = tariff_->FindModel(name);
    REQUIRE(model.has_value());
    return *model;
  }

  const RateRow* Price(std::string_view model, std::string_view at) const {
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

}  // namespace ocs::rating
