// Random pots whose prices have shapes, for the properties of the rater, and how a failure shows
// them.

#ifndef TESTS_RATING_SHAPED_WORLD_H_
#define TESTS_RATING_SHAPED_WORLD_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <vector>

#include "absl/numeric/int128.h"
#include "ocs/base/random.h"
#include "rating/internal/ratio.h"
#include "rating/rater.h"

namespace ocs::rating {

inline constexpr std::array<TokenKind, 4> kKinds = {TokenKind::kInput, TokenKind::kOutput,
                                                    TokenKind::kReasoning, TokenKind::kRequest};
inline constexpr int64_t kEnough = 1'000'000'000'000;

inline bool IsToken(TokenKind kind) { return kind != TokenKind::kRequest; }

inline Rate RandomRate(Random& random, uint64_t line) {
  constexpr std::array<int64_t, 5> kDenominators = {1, 1, 10, 7, 1'000'003};
  const int64_t denominator = kDenominators[static_cast<size_t>(random.Below(5))];
  const int64_t numerator =
      random.OneIn(5) ? 0 : random.Between(1, 30) * (random.OneIn(4) ? denominator : 1);
  const Ratio ratio = internal::MakeRatio(numerator, denominator);
  return {.numerator = ratio.numerator,
          .denominator = ratio.denominator,
          .line = ratio.denominator == 1 ? 0 : line};
}

inline bool Cheaper(const Rate& a, const Rate& b) {
  return absl::int128(a.numerator) * b.denominator < absl::int128(b.numerator) * a.denominator;
}

enum class Extras : uint8_t { kNone, kAll };

// Tiers of a few pieces each. Those of a volume price fall, and have one price for all tokens.
inline std::vector<Tier> RandomTiers(Random& random, Shape::Form form, Extras extras,
                                     uint64_t first_line) {
  const auto count = static_cast<size_t>(random.Between(1, 5));
  std::vector<Rate> falling;
  for (size_t t = 0; t < count; ++t) falling.push_back(RandomRate(random, first_line + t));
  std::sort(falling.begin(), falling.end(),
            [](const Rate& a, const Rate& b) { return Cheaper(b, a); });
  std::vector<Tier> tiers;
  int64_t end = 0;
  for (size_t t = 0; t < count; ++t) {
    end += random.Between(1, random.OneIn(3) ? 3 : 30);
    Tier tier{.up_to = t + 1 == count ? INT64_MAX : end};
    for (const TokenKind kind : kKinds) {
      if (!IsToken(kind)) continue;
      const auto k = static_cast<size_t>(kind);
      tier.rates[k] =
          form == Shape::Form::kVolume ? falling[t] : RandomRate(random, first_line + 100 * k + t);
    }
    if (extras == Extras::kAll && random.OneIn(3)) tier.flat = random.Below(60);
    tiers.push_back(tier);
  }
  if (extras == Extras::kAll && random.OneIn(4)) {
    tiers.back().up_to = end;
    tiers.push_back({.up_to = INT64_MAX, .stops = true});
  }
  return tiers;
}

inline Shape RandomShape(Random& random, Extras extras, uint64_t first_line) {
  Shape shape;
  shape.form = static_cast<Shape::Form>(random.Below(3));
  constexpr std::array<WindowKind, 3> kWindows = {WindowKind::kMonth, WindowKind::kCall,
                                                  WindowKind::kLifetime};
  shape.counter = {.id = first_line,
                   .window = {.kind = kWindows[static_cast<size_t>(random.Below(3))]}};
  if (shape.form != Shape::Form::kLinear) {
    shape.tiers = RandomTiers(random, shape.form, extras, first_line);
  }
  if (extras == Extras::kAll && random.OneIn(3)) shape.maximum = random.Below(400);
  if (extras == Extras::kAll && random.OneIn(3)) {
    shape.minimum = random.Between(1, shape.maximum < 0 ? 80 : shape.maximum + 1);
  }
  return shape;
}

// Rows and shapes stay where they are when more are added: pots point to them.
struct World {
  std::list<RateRow> rows;
  std::list<Shape> shapes;
  std::vector<Pot> pots;
  Quantities usage;
};

inline void AddPot(Random& random, World* world, Extras extras) {
  const uint64_t first_line = 1'000 * (world->pots.size() + 1);
  if (!world->pots.empty() && world->pots.back().shape != nullptr && random.OneIn(4)) {
    Pot again = world->pots.back();  // Two buckets of money at one price.
    again.available = random.Below(500);
    world->pots.push_back(again);
    return;
  }
  RateRow row;
  row.rule = static_cast<uint32_t>(first_line);
  for (const TokenKind kind : kKinds) {
    row.rates[static_cast<size_t>(kind)] =
        RandomRate(random, first_line + 900 + static_cast<uint64_t>(kind));
  }
  Pot pot{.available = random.OneIn(6) ? 0 : random.Below(random.OneIn(3) ? 60 : 3'000)};
  if (!random.OneIn(3)) {
    world->shapes.push_back(RandomShape(random, extras, first_line));
    pot.shape = &world->shapes.back();
    pot.counted = random.OneIn(4) ? 0 : random.Below(70);
    pot.charged_micros = random.Below(300);
    if (!pot.shape->tiers.empty()) {
      for (const TokenKind kind : kKinds) {
        const auto k = static_cast<size_t>(kind);
        if (IsToken(kind)) row.rates[k] = pot.shape->tiers.front().rates[k];
      }
    }
  }
  world->rows.push_back(row);
  pot.row = &world->rows.back();
  world->pots.push_back(pot);
}

inline World RandomWorld(Random& random) {
  World world;
  const int64_t count = random.Between(1, 3);
  for (int64_t p = 0; p < count; ++p) AddPot(random, &world, Extras::kAll);
  for (const TokenKind kind : kKinds) {
    if (random.OneIn(2)) world.usage.push_back({kind, random.Below(random.OneIn(2) ? 5 : 40)});
  }
  return world;
}

// One pot with a shape and all the money there is.
inline World SingleWorld(Random& random, Extras extras) {
  World world;
  while (world.pots.empty() || world.pots.front().shape == nullptr) {
    world = World();
    AddPot(random, &world, extras);
  }
  world.pots.front().available = kEnough;
  world.pots.front().charged_micros = 0;
  return world;
}

inline void AddCarries(Random& random, const std::array<Rate, kTokenKindCount>& rates,
                       std::map<uint64_t, Carry>* carries) {
  for (const Rate& rate : rates) {
    if (rate.line == 0 || random.OneIn(4)) continue;
    const int64_t most = rate.denominator - 1;
    (*carries)[rate.line] = {rate.line, rate.denominator,
                             random.OneIn(3) ? most : random.Between(0, most)};
  }
}

inline std::vector<Carry> RandomCarries(Random& random, const World& world) {
  std::map<uint64_t, Carry> carries;
  for (const RateRow& row : world.rows) AddCarries(random, row.rates, &carries);
  for (const Shape& shape : world.shapes) {
    for (const Tier& tier : shape.tiers) AddCarries(random, tier.rates, &carries);
  }
  std::vector<Carry> sorted;
  for (const auto& [line, carry] : carries) sorted.push_back(carry);
  return sorted;
}

inline void KeepCarries(const ChargeLines& lines, std::vector<Carry>* carries) {
  for (const ChargeLine& line : lines) {
    if (line.rate.line == 0) continue;
    const auto at =
        std::lower_bound(carries->begin(), carries->end(), line.rate.line,
                         [](const Carry& carry, uint64_t name) { return carry.line < name; });
    const Carry carry{line.rate.line, line.rate.denominator, line.carry_out};
    if (at != carries->end() && at->line == carry.line) {
      *at = carry;
    } else {
      carries->insert(at, carry);
    }
  }
}

inline int64_t TotalOf(const ChargeLines& lines) {
  int64_t total = 0;
  for (const ChargeLine& line : lines) total += line.amount;
  return total;
}

inline std::string Show(const ChargeLine& line) {
  return std::string(TokenKindName(line.kind)) + " x" + std::to_string(line.quantity) + " pot " +
         std::to_string(line.pot) + " tier " + std::to_string(line.tier) + " form " +
         std::to_string(static_cast<int>(line.form)) + (line.overshoot ? " over" : "") + " at " +
         std::to_string(line.rate.numerator) + "/" + std::to_string(line.rate.denominator) + " #" +
         std::to_string(line.rate.line) + " = " + std::to_string(line.amount) + " carry " +
         std::to_string(line.carry_in) + ">" + std::to_string(line.carry_out);
}

template <typename Lines>
inline std::string ShowAll(const Lines& lines) {
  std::string shown;
  for (const ChargeLine& line : lines) shown += Show(line) + "\n";
  return shown;
}

inline std::string ShowRates(const std::array<Rate, kTokenKindCount>& rates) {
  std::string shown;
  for (const TokenKind kind : kKinds) {
    const Rate& rate = rates[static_cast<size_t>(kind)];
    shown += " " + std::to_string(rate.numerator) + "/" + std::to_string(rate.denominator);
  }
  return shown + "\n";
}

// All there is to know about a failure.
inline std::string ShowWorld(const std::vector<Pot>& pots, const Quantities& usage) {
  std::string shown = "\n";
  for (const Pot& pot : pots) {
    shown += "pot: available " + std::to_string(pot.available) + ", counted " +
             std::to_string(pot.counted) + " held " + std::to_string(pot.held) + " charged " +
             std::to_string(pot.charged_micros) + ", rates" + ShowRates(pot.row->rates);
    if (pot.shape == nullptr) continue;
    shown += "  form " + std::to_string(static_cast<int>(pot.shape->form)) + " window " +
             FormatWindow(pot.shape->counter.window) + " minimum " +
             std::to_string(pot.shape->minimum) + " maximum " + std::to_string(pot.shape->maximum) +
             "\n";
    for (const Tier& tier : pot.shape->tiers) {
      shown += "  to " + std::to_string(tier.up_to) + " flat " + std::to_string(tier.flat) +
               (tier.stops ? " stops" : "") + ShowRates(tier.rates);
    }
  }
  for (const KindQuantity& item : usage) {
    shown += std::string(TokenKindName(item.kind)) + " " + std::to_string(item.quantity) + "\n";
  }
  return shown;
}

}  // namespace ocs::rating

#endif  // TESTS_RATING_SHAPED_WORLD_H_
