#include "tools/replay/population.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "ocs/base/check.h"
#include "ocs/base/hash.h"
#include "ocs/base/random.h"
#include "ocs/base/text.h"
#include "ocs/base/unit.h"

namespace ocs::replay {
namespace {

constexpr int64_t kMillion = 1'000'000;

// Keep the families of random numbers apart, so that a change of one deals the others as before.
constexpr uint64_t kShuffleStream = 1;
constexpr uint64_t kEarlierStream = 2;
constexpr uint64_t kAccountStream = 3;
constexpr uint64_t kModelStream = 4;

std::vector<Product> MakeProducts() {
  const std::vector<ModelShare> personal = {{"xingchen", 60}, {"deepseek-v3.2", 40}};
  const std::vector<ModelShare> developer = {{"xingchen", 40}, {"glm-5", 60}};
  const std::vector<ModelShare> any = {{"deepseek-v4-pro", 30}, {"qwen3-max", 40}, {"glm-5", 30}};
  const auto cny = [](int64_t fen) { return fen * kMicrosPerFen; };
  const auto million = [](int64_t count) { return count * kMillion; };
  // A row a line reads better than what the formatter makes of it.
  // clang-format off
  return {
      {"light", "9.90 a month, 10 M, then stop", 60,
       {"ct-personal-light"}, cny(990), million(10), 0, 0, personal},
      {"standard", "29.90 a month, 40 M, then billed on", 40,
       {"ct-personal-standard"}, cny(2990), million(40), 0, cny(1000), personal},
      {"premium", "49.90 a month, 80 M, then stop", 15,
       {"ct-personal-premium"}, cny(4990), million(80), 0, 0, personal},
      {"basic", "39.90 a month, 15 M, then stop", 25,
       {"ct-developer-basic"}, cny(3990), million(15), 0, 0, developer},
      {"professional", "159.90 a month, 70 M, then billed on", 20,
       {"ct-developer-professional"}, cny(15990), million(70), 0, cny(2000), developer},
      {"flagship", "299.90 a month, 150 M, then stop", 5,
       {"ct-developer-flagship"}, cny(29990), million(150), 0, 0, developer},
      {"light-plus", "light, and pay per use beside it", 5,
       {"ct-personal-light", "sh-pay-per-use"}, cny(990), million(10), 0, cny(500), personal},
      {"per-use", "pay per use, on the bill up to 60.00", 20,
       {"sh-pay-per-use"}, 0, 0, cny(6000), 0, any},
      {"short", "pay per use, prepaid, 1.50 left", 10,
       {"sh-pay-per-use"}, 0, 0, 0, cny(150), any},
  };
  // clang-format on
}

// The kinds of customer over the ranks, shuffled: a kind is neither busy nor quiet by its place.
std::vector<const Product*> ShuffledProducts(uint64_t seed) {
  std::vector<const Product*> products;
  for (const Product& product : Products()) {
    products.insert(products.end(), static_cast<size_t>(product.accounts), &product);
  }
  OCS_CHECK(products.size() == static_cast<size_t>(kAccountCount));
  Random random(StableHash64("products", seed + kShuffleStream));
  for (size_t i = products.size() - 1; i > 0; --i) {
    std::swap(products[i],
              products[static_cast<size_t>(random.Below(static_cast<int64_t>(i) + 1))]);
  }
  return products;
}

// One account in four is at the end of its package, the others anywhere before.
int64_t EarlierTokens(const Product& product, Random* random) {
  const bool near_end = random->OneIn(4);
  const int64_t permille = near_end ? random->Between(970, 999) : random->Below(900);
  return product.package_tokens / 1000 * permille;
}

uint64_t HashOf(int64_t conversation, uint64_t seed) {
  return StableHash64(Cat(conversation), seed);
}

// Ranks by weight 1/r, in whole numbers.
class RankDealer final {
 public:
  RankDealer() {
    uint64_t sum = 0;
    for (int64_t rank = 1; rank <= kAccountCount; ++rank) {
      sum += static_cast<uint64_t>(1'000 * kMillion / rank);
      bounds_.push_back(sum);
    }
  }
  // The index of the account, from 0.
  size_t Deal(uint64_t hash) const {
    const auto found = std::upper_bound(bounds_.begin(), bounds_.end(), hash % bounds_.back());
    return static_cast<size_t>(found - bounds_.begin());
  }

 private:
  std::vector<uint64_t> bounds_;
};

std::string_view DealModel(const Product& product, uint64_t hash) {
  auto left = static_cast<int64_t>(hash % 100);
  for (const ModelShare& share : product.models) {
    if (left < share.percent) return share.model;
    left -= share.percent;
  }
  OCS_CHECK(left < 0);  // The shares of a product sum to 100.
  return {};
}

}  // namespace

std::span<const Product> Products() {
  static const auto& products = *new std::vector<Product>(MakeProducts());
  return products;
}

Plan MakePlan(const std::vector<TraceCall>& calls, uint64_t seed) {
  Plan plan;
  plan.seed = seed;
  plan.call_count = static_cast<int64_t>(calls.size());
  Random earlier(StableHash64("earlier", seed + kEarlierStream));
  for (const Product* product : ShuffledProducts(seed)) {
    PlannedAccount& account = plan.accounts.emplace_back();
    account.rank = static_cast<int64_t>(plan.accounts.size());
    account.product = product;
    account.earlier_tokens = EarlierTokens(*product, &earlier);
  }
  const RankDealer dealer;
  for (const TraceCall& call : calls) {
    PlannedAccount& account =
        plan.accounts[dealer.Deal(HashOf(call.conversation, seed + kAccountStream))];
    const uint64_t model = HashOf(call.conversation, seed + kModelStream);
    account.calls.push_back({.trace = call, .model = DealModel(*account.product, model)});
  }
  return plan;
}

std::string CustomerNumber(int64_t rank) { return absl::StrFormat("customer-%03d", rank); }

std::string DescribePlan(const Plan& plan) {
  std::string text =
      absl::StrFormat("%-13s %-37s %8s %7s %14s  %s\n", "customers", "what they have", "accounts",
                      "calls", "tokens", "models, % of conversations");
  for (const Product& product : Products()) {
    int64_t calls = 0;
    int64_t tokens = 0;
    for (const PlannedAccount& account : plan.accounts) {
      if (account.product != &product) continue;
      calls += static_cast<int64_t>(account.calls.size());
      for (const PlannedCall& call : account.calls) {
        tokens += call.trace.input_tokens + call.trace.cached_tokens + call.trace.output_tokens;
      }
    }
    std::string models;
    for (const ModelShare& share : product.models) {
      models += Cat(models.empty() ? "" : ", ", share.model, " ", share.percent);
    }
    absl::StrAppendFormat(&text, "%-13s %-37s %8d %7d %14s  %s\n", std::string(product.key),
                          std::string(product.what), product.accounts, calls, FormatGrouped(tokens),
                          models);
  }
  return text;
}

}  // namespace ocs::replay
