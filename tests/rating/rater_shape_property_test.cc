// Laws of prices with shapes that hold for all tiers, counters, pots and carries, and the rater
// beside its slow reference.

#include <algorithm>
#include <array>
#include <map>

#include "absl/numeric/int128.h"
#include "ocs/base/random.h"
#include "rating/rater.h"
#include "tests/rating/rater_reference.h"
#include "tests/rating/shaped_world.h"
#include "tests/rating/support.h"
#include "tests/support/seed.h"

namespace ocs::rating {
namespace {

// One call after another from the same pots: the counter, what is left and what is carried go on.
struct Account {
  std::vector<Pot> pots;
  std::vector<Carry> carries = {};

  ChargeLines Call(const Quantities& usage,
                   RateOutcome (*end)(std::span<const Pot>, ChargeLines*)) {
    ChargeLines lines;
    REQUIRE(Charge(usage, pots, carries, &lines) == RateOutcome::kRated);
    if (end != nullptr) REQUIRE(end(pots, &lines) == RateOutcome::kRated);
    KeepCarries(lines, &carries);
    for (const ChargeLine& line : lines) pots[line.pot].available -= line.amount;
    for (const CounterUse& use : CountersOf(lines, pots)) {
      const Shape* shape = pots[use.pot].shape;
      for (Pot& pot : pots) {
        if (pot.shape != shape) continue;
        pot.counted += use.counted;
        pot.charged_micros += use.charged_micros;
      }
    }
    return lines;
  }
};

}  // namespace

TEST_CASE("the rater and its slow reference make the same lines", "[rating][property]") {
  OCS_SEEDED_RANDOM(random, 21);
  std::array<int, 5> forms = {};
  int overshoots = 0;
  for (int round = 0; round < 15'000; ++round) {
    const World world = RandomWorld(random);
    const std::vector<Carry> carries = RandomCarries(random, world);
    ChargeLines lines;
    REQUIRE(Charge(world.usage, world.pots, carries, &lines) == RateOutcome::kRated);
    CAPTURE(round);
    REQUIRE(ShowAll(lines) == ShowAll(ReferenceRater(world.pots, carries).Charge(world.usage)));
    for (const ChargeLine& line : lines) {
      forms[static_cast<size_t>(line.form)] += 1;
      overshoots += line.overshoot ? 1 : 0;
    }
  }
  // The generator must reach everything often, or this test shows nothing.
  CHECK(forms[static_cast<size_t>(ChargeLine::Form::kFlat)] > 500);
  CHECK(forms[static_cast<size_t>(ChargeLine::Form::kFree)] > 500);
  CHECK(forms[static_cast<size_t>(ChargeLine::Form::kVolume)] > 2'000);
  CHECK(overshoots > 1'000);
}

TEST_CASE("lines of pieces are exact, nothing is negative and nothing is dropped",
          "[rating][property]") {
  OCS_SEEDED_RANDOM(random, 22);
  for (int round = 0; round < 20'000; ++round) {
    const World world = RandomWorld(random);
    ChargeLines lines;
    REQUIRE(Charge(world.usage, world.pots, RandomCarries(random, world), &lines) ==
            RateOutcome::kRated);
    Quantities charged;
    std::vector<int64_t> within(world.pots.size(), 0);
    for (const ChargeLine& line : lines) {
      REQUIRE(line.quantity > 0);
      REQUIRE(line.amount >= 0);
      if (!line.overshoot) within[line.pot] += line.amount;
      if (line.form == ChargeLine::Form::kFlat) continue;
      REQUIRE(AddQuantity(charged, line.kind, line.quantity));
      if (line.form != ChargeLine::Form::kPieces) {
        REQUIRE(line.rate.line == 0);
        REQUIRE(line.carry_out == 0);
        continue;
      }
      REQUIRE(absl::int128(line.amount) * line.rate.denominator + line.carry_out ==
              absl::int128(line.quantity) * line.rate.numerator + line.carry_in);
    }
    for (const KindQuantity& item : world.usage) {
      REQUIRE(QuantityOf(charged, item.kind) == item.quantity);
    }
    for (size_t p = 0; p < world.pots.size(); ++p) REQUIRE(within[p] <= world.pots[p].available);
  }
}

TEST_CASE("any use within what was granted fits what was held, wherever the counter is by then",
          "[rating][property]") {
  OCS_SEEDED_RANDOM(random, 23);
  int granted = 0;
  int partly = 0;
  for (int round = 0; round < 40'000; ++round) {
    World world = RandomWorld(random);
    for (Pot& pot : world.pots) pot.held = pot.shape != nullptr ? random.Below(4) : 0;
    for (Pot& pot : world.pots) {
      if (pot.shape != nullptr && world.pots.front().shape == pot.shape) {
        pot.held = world.pots.front().held;
      }
    }
    const HoldResult hold = Hold(world.usage, world.pots);
    if (hold.holds.empty()) continue;
    (hold.outcome == HoldResult::Outcome::kGranted ? granted : partly) += 1;
    std::vector<Pot> later = world.pots;
    for (Pot& pot : later) pot.available = 0;
    for (const HoldLine& line : hold.holds) {
      REQUIRE(line.amount >= 0);
      REQUIRE(line.amount <= world.pots[line.pot].available);
      later[line.pot].available = line.amount;
    }
    std::map<const Shape*, std::pair<int64_t, int64_t>> counters;
    for (Pot& pot : later) {
      pot.available += random.OneIn(3) ? random.Below(60) : 0;
      if (pot.shape == nullptr) continue;
      // Onward, or, where the window may begin anew, anywhere; not beyond what others held where
      // the price stops.
      const bool anew = pot.shape->counter.window.kind == WindowKind::kMonth;
      const bool stops = !pot.shape->tiers.empty() && pot.shape->tiers.back().stops;
      const int64_t most = pot.counted + (stops ? pot.held : 80);
      const int64_t charged = anew ? random.Below(400) : pot.charged_micros + random.Below(50);
      const auto [at, made] =
          counters.try_emplace(pot.shape, random.Between(anew ? 0 : pot.counted, most), charged);
      pot.counted = at->second.first;
      pot.charged_micros = at->second.second;
      pot.held = 0;
    }
    Quantities used = hold.granted;
    if (!random.OneIn(3)) {
      for (KindQuantity& item : used) item.quantity = random.Between(0, item.quantity);
    }
    ChargeLines lines;
    REQUIRE(Charge(used, later, RandomCarries(random, world), &lines) == RateOutcome::kRated);
    REQUIRE(ChargeMinimum(later, &lines) == RateOutcome::kRated);
    for (const ChargeLine& line : lines) {
      if (!line.overshoot) continue;
      FAIL("round " << round << ": " << Show(line) << ShowWorld(world.pots, hold.granted) << "then"
                    << ShowWorld(later, used));
    }
    std::map<const Shape*, int64_t> kept;
    for (const HoldLine& line : hold.holds) kept[later[line.pot].shape] += line.counted;
    for (const CounterUse& use : CountersOf(lines, later))
      kept[later[use.pot].shape] -= use.counted;
    for (const auto& [shape, rest] : kept) REQUIRE(rest >= 0);
  }
  CHECK(granted > 5'000);
  CHECK(partly > 1'000);
}

TEST_CASE("what is held for a call covers its minimum at the end", "[rating][property]") {
  OCS_SEEDED_RANDOM(random, 24);
  int minimums = 0;
  for (int round = 0; round < 20'000; ++round) {
    World world = SingleWorld(random, Extras::kAll);
    Pot& pot = world.pots.front();
    if (pot.shape->minimum == 0) continue;
    pot.available = random.Below(400);
    world.usage = {{TokenKind::kInput, random.Between(1, 20)},
                   {TokenKind::kOutput, random.Between(1, 20)}};
    const HoldResult hold = Hold(world.usage, world.pots);
    if (hold.holds.empty()) continue;
    pot.available = hold.holds.front().amount;
    Quantities used = hold.granted;
    for (KindQuantity& item : used) item.quantity = random.Between(0, item.quantity);
    ChargeLines lines;
    REQUIRE(Charge(used, world.pots, RandomCarries(random, world), &lines) == RateOutcome::kRated);
    if (lines.empty()) continue;
    REQUIRE(ChargeMinimum(world.pots, &lines) == RateOutcome::kRated);
    for (const ChargeLine& line : lines) {
      CAPTURE(round, Show(line));
      REQUIRE_FALSE(line.overshoot);
      minimums += line.form == ChargeLine::Form::kMinimum ? 1 : 0;
    }
    const int64_t maximum = pot.shape->maximum;
    const int64_t total = TotalOf(lines);
    REQUIRE((maximum >= 0 ? total <= maximum : total >= pot.shape->minimum));
  }
  CHECK(minimums > 500);
}

TEST_CASE("what is affordable is granted and one more is not, with shapes", "[rating][property]") {
  OCS_SEEDED_RANDOM(random, 25);
  for (int round = 0; round < 5'000; ++round) {
    const World world = RandomWorld(random);
    for (const TokenKind kind : kKinds) {
      const int64_t most = Affordable(kind, world.pots);
      REQUIRE(most >= 0);
      CAPTURE(round, most);
      if (most > 0) {
        REQUIRE(Hold({{kind, most}}, world.pots).outcome == HoldResult::Outcome::kGranted);
      }
      if (most == INT64_MAX) continue;
      const HoldResult more = Hold({{kind, most + 1}}, world.pots);
      REQUIRE(more.outcome != HoldResult::Outcome::kGranted);
      REQUIRE(QuantityOf(more.granted, kind) == (IsPromptKind(kind) ? 0 : most));
    }
  }
}

TEST_CASE("use in two calls costs what it costs in one, across tiers and the maximum",
          "[rating][property]") {
  OCS_SEEDED_RANDOM(random, 26);
  for (int round = 0; round < 20'000; ++round) {
    const World world = SingleWorld(random, Extras::kAll);
    const TokenKind kind = random.OneIn(4) ? TokenKind::kRequest : TokenKind::kOutput;
    const std::vector<Carry> carries = RandomCarries(random, world);
    Account one{world.pots, carries};
    Account two{world.pots, carries};
    const int64_t first = random.Below(40);
    const int64_t second = random.Below(40);
    const ChargeLines whole = one.Call({{kind, first + second}}, nullptr);
    const int64_t parts =
        TotalOf(two.Call({{kind, first}}, nullptr)) + TotalOf(two.Call({{kind, second}}, nullptr));
    CAPTURE(round, ShowAll(whole));
    REQUIRE(TotalOf(whole) == parts);
    REQUIRE(one.pots.front().counted == two.pots.front().counted);
    for (const ChargeLine& line : whole) {
      if (line.rate.line == 0) continue;
      const auto carried = [&](const std::vector<Carry>& all) {
        const auto at = std::find_if(all.begin(), all.end(), [&](const Carry& carry) {
          return carry.line == line.rate.line;
        });
        return at == all.end() ? 0 : at->remainder;
      };
      REQUIRE(carried(one.carries) == carried(two.carries));
    }
  }
}

TEST_CASE("many calls add up to the exact price of what fell into each tier",
          "[rating][property]") {
  OCS_SEEDED_RANDOM(random, 27);
  for (int round = 0; round < 300; ++round) {
    World world = SingleWorld(random, Extras::kNone);
    Pot& pot = world.pots.front();
    if (pot.shape->form != Shape::Form::kGraduated) continue;
    pot.counted = 0;
    Account account{world.pots};
    int64_t total = 0;
    std::map<std::pair<size_t, TokenKind>, int64_t> fell;  // Pieces, by tier and kind.
    int64_t counted = 0;
    for (int call = 0; call < 60; ++call) {
      const Quantities usage = {{TokenKind::kInput, random.Below(5)},
                                {TokenKind::kOutput, random.Below(4)}};
      total += TotalOf(account.Call(usage, nullptr));
      for (const KindQuantity& item : usage) {
        for (int64_t i = 0; i < item.quantity; ++i, ++counted) {
          size_t t = 0;
          while (pot.shape->tiers[t].up_to <= counted) ++t;
          fell[{t, item.kind}] += 1;
        }
      }
    }
    absl::int128 exact = 0;
    for (const auto& [where, pieces] : fell) {
      const Rate& rate = pot.shape->tiers[where.first].rates[static_cast<size_t>(where.second)];
      exact += absl::int128(pieces) * rate.numerator / rate.denominator;  // The rest is carried.
    }
    CAPTURE(round);
    REQUIRE(total == static_cast<int64_t>(exact));
    REQUIRE(account.pots.front().counted == counted);
    REQUIRE(account.pots.front().charged_micros == total);
  }
}

TEST_CASE("a window is never charged more than its maximum", "[rating][property]") {
  OCS_SEEDED_RANDOM(random, 28);
  int reached = 0;
  for (int round = 0; round < 1'000; ++round) {
    World world = SingleWorld(random, Extras::kAll);
    if (world.pots.front().shape->maximum < 0) continue;
    world.pots.front().available = random.OneIn(2) ? kEnough : random.Below(500);
    Account account{world.pots};
    int64_t total = 0;
    for (int call = 0; call < 30; ++call) {
      const Quantities usage = {{TokenKind::kInput, random.Below(10)},
                                {TokenKind::kOutput, random.Between(1, 10)},
                                {TokenKind::kRequest, 1}};
      total += TotalOf(account.Call(usage, ChargeMinimum));
      REQUIRE(total <= world.pots.front().shape->maximum);
    }
    reached += total == world.pots.front().shape->maximum ? 1 : 0;
  }
  CHECK(reached > 50);
}

TEST_CASE("more use never costs less where prices do not fall, or a single kind is used",
          "[rating][property]") {
  OCS_SEEDED_RANDOM(random, 29);
  for (int round = 0; round < 20'000; ++round) {
    World world = SingleWorld(random, Extras::kAll);
    Shape shape = *world.pots.front().shape;
    const bool single = random.OneIn(2);
    if (!single && shape.form != Shape::Form::kLinear) {
      // One price for all kinds in a tier, rising from tier to tier.
      shape.form = Shape::Form::kGraduated;
      std::vector<Rate> prices;
      for (size_t t = 0; t < shape.tiers.size(); ++t) prices.push_back(RandomRate(random, 50 + t));
      std::sort(prices.begin(), prices.end(), Cheaper);
      for (size_t t = 0; t < shape.tiers.size(); ++t) {
        if (!shape.tiers[t].stops) shape.tiers[t].rates.fill(prices[t]);
      }
      world.rows.front().rates.fill(prices.front());
    }
    world.pots.front().shape = &shape;
    const std::vector<Carry> carries = RandomCarries(random, world);
    Quantities usage = {{TokenKind::kInput, random.Below(30)}};
    if (!single) usage.push_back({TokenKind::kOutput, random.Below(30)});
    ChargeLines less;
    ChargeLines more;
    REQUIRE(Charge(usage, world.pots, carries, &less) == RateOutcome::kRated);
    for (KindQuantity& item : usage) item.quantity += random.Below(4);
    REQUIRE(Charge(usage, world.pots, carries, &more) == RateOutcome::kRated);
    CAPTURE(round, ShowAll(less), ShowAll(more));
    REQUIRE(TotalOf(less) <= TotalOf(more));
  }
}

TEST_CASE("calls with shapes are counted as if each were made", "[rating][property]") {
  OCS_SEEDED_RANDOM(random, 30);
  constexpr int64_t kLimit = 200;
  int64_t counted = 0;
  for (int round = 0; round < 3'000; ++round) {
    World world = RandomWorld(random);
    for (Pot& pot : world.pots) {
      if (random.OneIn(2)) pot.available *= 20;
    }
    Account account{world.pots};
    int64_t calls = 0;
    INFO(ShowWorld(world.pots, world.usage));
    while (calls < kLimit &&
           Hold(world.usage, account.pots).outcome == HoldResult::Outcome::kGranted) {
      const std::vector<Pot> before = account.pots;
      account.Call(world.usage, ChargeMinimum);
      for (size_t p = 0; p < before.size(); ++p) {
        // The counter of a call begins with it.
        const Shape* shape = before[p].shape;
        if (shape == nullptr || shape->counter.window.kind != WindowKind::kCall) continue;
        account.pots[p].counted = before[p].counted;
        account.pots[p].charged_micros = before[p].charged_micros;
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
