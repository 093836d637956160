// Laws of the rater that hold for all rates, pots and carries.

#include <algorithm>

#include "absl/numeric/int128.h"
#include "ocs/base/random.h"
#include "rating/internal/ratio.h"
#include "rating/rater.h"
#include "tests/rating/support.h"
#include "tests/support/seed.h"

namespace ocs::rating {
namespace {

constexpr std::array<TokenKind, 6> kPlainKinds = {TokenKind::kInput,      TokenKind::kCacheRead,
                                                  TokenKind::kOutput,     TokenKind::kReasoning,
                                                  TokenKind::kAudioInput, TokenKind::kRequest};

// A world of a few pots whose rates are drawn from what tariffs look like: free, whole, decimal,
// awkward.
struct PlainWorld {
  std::vector<RateRow> rows;
  std::vector<Pot> pots;
  Quantities usage;
};

Rate RandomPlainRate(Random& random, uint64_t line) {
  constexpr std::array<int64_t, 6> kDenominators = {1, 1, 10, 100, 7, 1'000'000'007};
  const int64_t denominator = kDenominators[static_cast<size_t>(random.Below(6))];
  const int64_t numerator =
      random.OneIn(6) ? 0 : random.Between(1, 40) * (random.OneIn(4) ? denominator : 1);
  const Ratio ratio = internal::MakeRatio(numerator, denominator);
  return {.numerator = ratio.numerator,
          .denominator = ratio.denominator,
          .line = ratio.denominator == 1 ? 0 : line};
}

PlainWorld RandomPlainWorld(Random& random) {
  PlainWorld world;
  const auto count = static_cast<size_t>(random.Between(1, 4));
  for (size_t p = 0; p < count; ++p) {
    RateRow row;
    for (const TokenKind kind : kPlainKinds) {
      // The last pot sells all, so that worlds are mostly sold.
      if (p + 1 < count && random.OneIn(3)) continue;
      row.rates[static_cast<size_t>(kind)] =
          RandomPlainRate(random, 1 + p * 100 + static_cast<uint64_t>(kind));
    }
    world.rows.push_back(row);
  }
  for (const RateRow& row : world.rows) {
    world.pots.push_back({&row, random.OneIn(5) ? 0 : random.Below(random.OneIn(2) ? 50 : 5'000)});
  }
  for (const TokenKind kind : kPlainKinds) {
    if (random.OneIn(2)) world.usage.push_back({kind, random.Below(random.OneIn(2) ? 6 : 200)});
  }
  return world;
}

std::vector<Carry> RandomPlainCarries(Random& random, const PlainWorld& world) {
  std::vector<Carry> carries;
  for (const RateRow& row : world.rows) {
    for (const Rate& rate : row.rates) {
      if (rate.line == 0 || random.OneIn(4)) continue;
      const int64_t most = rate.denominator - 1;
      carries.push_back(
          {rate.line, rate.denominator, random.OneIn(3) ? most : random.Between(0, most)});
    }
  }
  std::sort(carries.begin(), carries.end(),
            [](const Carry& a, const Carry& b) { return a.line < b.line; });
  return carries;
}

int64_t SumOf(const ChargeLines& lines) {
  int64_t total = 0;
  for (const ChargeLine& line : lines) total += line.amount;
  return total;
}

}  // namespace

TEST_CASE("a charge loses and invents nothing", "[rating][property]") {
  const uint64_t seed = testing::Seed(1);
  INFO(testing::SeedNote(seed));
  Random random(seed);
  for (int round = 0; round < 30'000; ++round) {
    const PlainWorld world = RandomPlainWorld(random);
    const std::vector<Carry> carries = RandomPlainCarries(random, world);
    ChargeLines lines;
    REQUIRE(Charge(world.usage, world.pots, carries, &lines) == RateOutcome::kRated);
    std::vector<int64_t> within(world.pots.size(), 0);
    Quantities charged;
    for (const ChargeLine& line : lines) {
      REQUIRE(line.quantity > 0);
      REQUIRE(AddQuantity(charged, line.kind, line.quantity));
      REQUIRE(line.amount >= 0);
      REQUIRE(absl::int128(line.amount) * line.rate.denominator + line.carry_out ==
              absl::int128(line.quantity) * line.rate.numerator + line.carry_in);
      REQUIRE(line.carry_out >= 0);
      REQUIRE(line.carry_out < line.rate.denominator);
      if (!line.overshoot) within[line.pot] += line.amount;
    }
    for (const KindQuantity& item : world.usage) {
      REQUIRE(QuantityOf(charged, item.kind) == item.quantity);
    }
    for (size_t p = 0; p < world.pots.size(); ++p) REQUIRE(within[p] <= world.pots[p].available);
  }
}

TEST_CASE("a million small charges differ from the whole by less than one unit",
          "[rating][property]") {
  const RateRow row = RowOf(TokenKind::kOutput, {.numerator = 27, .denominator = 100, .line = 5});
  const std::vector<Pot> pots = {{&row, INT64_MAX}};
  Random random(testing::Seed(2));
  std::vector<Carry> carries = {{5, 100, 0}};
  int64_t sum = 0;
  int64_t quantity = 0;
  for (int i = 0; i < 1'000'000; ++i) {
    const int64_t piece = random.Between(1, 9);
    ChargeLines lines;
    Charge({{TokenKind::kOutput, piece}}, pots, carries, &lines);
    carries[0].remainder = lines[0].carry_out;
    sum += lines[0].amount;
    quantity += piece;
  }
  ChargeLines whole;
  REQUIRE(Charge({{TokenKind::kOutput, quantity}}, pots, {}, &whole) == RateOutcome::kRated);
  CHECK(sum == whole[0].amount);
  CHECK(carries[0].remainder == whole[0].carry_out);
}

TEST_CASE("any use within what was granted fits what was held, whatever is carried",
          "[rating][property]") {
  const uint64_t seed = testing::Seed(3);
  INFO(testing::SeedNote(seed));
  Random random(seed);
  int granted = 0;
  int partly = 0;
  for (int round = 0; round < 60'000; ++round) {
    const PlainWorld world = RandomPlainWorld(random);
    const HoldResult hold = Hold(world.usage, world.pots);
    if (hold.holds.empty()) continue;
    (hold.outcome == HoldResult::Outcome::kGranted ? granted : partly) += 1;
    std::vector<Pot> held = world.pots;
    for (Pot& pot : held) pot.available = 0;
    for (const HoldLine& line : hold.holds) {
      REQUIRE(line.amount <= std::max<int64_t>(world.pots[line.pot].available, 0));
      held[line.pot].available = line.amount;
    }
    // A pot may by then have more than was held in it, never less.
    for (Pot& pot : held) pot.available += random.OneIn(3) ? random.Below(60) : 0;
    Quantities used = hold.granted;
    if (!random.OneIn(4)) {
      for (KindQuantity& item : used) item.quantity = random.Between(0, item.quantity);
    }
    ChargeLines lines;
    REQUIRE(Charge(used, held, RandomPlainCarries(random, world), &lines) == RateOutcome::kRated);
    for (const ChargeLine& line : lines) {
      CAPTURE(round, line.pot, line.quantity, line.amount);
      REQUIRE_FALSE(line.overshoot);
    }
  }
  // The generator must reach both answers often, or this test shows nothing.
  CHECK(granted > 5'000);
  CHECK(partly > 2'000);
}

TEST_CASE("what is affordable is held and one more is not", "[rating][property]") {
  const uint64_t seed = testing::Seed(4);
  INFO(testing::SeedNote(seed));
  Random random(seed);
  for (int round = 0; round < 30'000; ++round) {
    const PlainWorld world = RandomPlainWorld(random);
    for (const TokenKind kind : kPlainKinds) {
      const int64_t most = Affordable(kind, world.pots);
      REQUIRE(most >= 0);
      if (most > 0) {
        const HoldResult hold = Hold({{kind, most}}, world.pots);
        REQUIRE(hold.outcome == HoldResult::Outcome::kGranted);
      }
      if (most == INT64_MAX) continue;
      const HoldResult more = Hold({{kind, most + 1}}, world.pots);
      REQUIRE(more.outcome != HoldResult::Outcome::kGranted);
      REQUIRE(QuantityOf(more.granted, kind) == (IsPromptKind(kind) ? 0 : most));
    }
  }
}

TEST_CASE("the price of what money affords is within it, and of one more above it",
          "[rating][property]") {
  Random random(testing::Seed(5));
  for (int round = 0; round < 30'000; ++round) {
    const Rate rate = RandomPlainRate(random, 9);
    if (rate.numerator == 0) continue;
    const RateRow row = RowOf(TokenKind::kOutput, rate);
    const int64_t money = random.Below(100'000);
    const std::vector<Pot> pots = {{&row, money}};
    const int64_t most = Affordable(TokenKind::kOutput, pots);
    // Compared as exact fractions: most * n / d <= money < (most + 1) * n / d.
    REQUIRE(absl::int128(most) * rate.numerator <= absl::int128(money) * rate.denominator);
    REQUIRE(absl::int128(most + 1) * rate.numerator > absl::int128(money) * rate.denominator);
  }
}

TEST_CASE("more use never costs less, and more money never grants less", "[rating][property]") {
  const uint64_t seed = testing::Seed(6);
  INFO(testing::SeedNote(seed));
  Random random(seed);
  for (int round = 0; round < 30'000; ++round) {
    PlainWorld world = RandomPlainWorld(random);
    const size_t last = world.pots.size() - 1;
    const std::vector<Pot> single = {{world.pots[last].row, INT64_MAX}};
    ChargeLines less;
    ChargeLines more;
    REQUIRE(Charge(world.usage, single, {}, &less) == RateOutcome::kRated);
    Quantities larger = world.usage;
    for (KindQuantity& item : larger) item.quantity += random.Below(5);
    REQUIRE(Charge(larger, single, {}, &more) == RateOutcome::kRated);
    REQUIRE(SumOf(less) <= SumOf(more));

    const bool fits = Hold(world.usage, world.pots).outcome == HoldResult::Outcome::kGranted;
    for (Pot& pot : world.pots) pot.available += random.Below(20);
    const bool fits_richer = Hold(world.usage, world.pots).outcome == HoldResult::Outcome::kGranted;
    if (fits) REQUIRE(fits_richer);
  }
}

TEST_CASE("calls are counted as if each were made", "[rating][property]") {
  const uint64_t seed = testing::Seed(7);
  INFO(testing::SeedNote(seed));
  Random random(seed);
  constexpr int64_t kLimit = 300;
  int64_t counted = 0;
  for (int round = 0; round < 3'000; ++round) {
    const PlainWorld world = RandomPlainWorld(random);
    std::vector<Pot> pots = world.pots;
    std::vector<Carry> carries;
    for (const RateRow& row : world.rows) {
      for (const Rate& rate : row.rates) {
        if (rate.line != 0) carries.push_back({rate.line, rate.denominator, 0});
      }
    }
    int64_t calls = 0;
    while (calls < kLimit && Hold(world.usage, pots).outcome == HoldResult::Outcome::kGranted) {
      ChargeLines lines;
      REQUIRE(Charge(world.usage, pots, carries, &lines) == RateOutcome::kRated);
      for (const ChargeLine& line : lines) {
        pots[line.pot].available -= line.amount;
        for (Carry& carry : carries) {
          if (carry.line == line.rate.line) carry.remainder = line.carry_out;
        }
      }
      ++calls;
    }
    CAPTURE(round);
    REQUIRE(AffordableCalls(world.usage, world.pots, kLimit) == calls);
    counted += calls;
  }
  CHECK(counted > 10'000);
}

}  // namespace ocs::rating
