// Prices that follow from a counter: tiers, flat amounts, stops, volume, minimum and maximum. Each
// expected charge is worked out by hand.

#include "rating/rater.h"
#include "tests/rating/support.h"

namespace ocs::rating {
namespace {

constexpr TokenKind kCalls = TokenKind::kRequest;

constexpr Window kMonth = {.kind = WindowKind::kMonth};
constexpr Window kCall = {.kind = WindowKind::kCall};

Rate RateAt(int64_t numerator, int64_t denominator, uint64_t line) {
  return {.numerator = numerator, .denominator = denominator, .line = denominator == 1 ? 0 : line};
}

// A tier with one price for input and output.
Tier TierOf(int64_t up_to, const Rate& rate, int64_t flat = 0) {
  Tier tier{.up_to = up_to, .flat = flat};
  tier.rates[static_cast<size_t>(kIn)] = rate;
  tier.rates[static_cast<size_t>(kOut)] = rate;
  if (rate.line != 0) tier.rates[static_cast<size_t>(kOut)].line += 100;
  return tier;
}

Tier StopFrom(int64_t up_to) { return {.up_to = up_to, .stops = true}; }

// The row of a shape: the first tier's rates, and 7 for each request.
RateRow RowFor(const Shape& shape) {
  RateRow row;
  row.rates = shape.tiers.front().rates;
  row.rates[static_cast<size_t>(kCalls)] = RateAt(7, 1, 0);
  row.rule = 5;
  row.shape = 1;
  return row;
}

RateRow PlainRow(const Rate& rate) {
  RateRow row;
  row.rates[static_cast<size_t>(kIn)] = rate;
  row.rates[static_cast<size_t>(kOut)] = rate;
  row.rates[static_cast<size_t>(kCalls)] = RateAt(7, 1, 0);
  return row;
}

// "input 100 @1 = 27 flat; " for each line: kind, quantity, tier, amount, and what else it is.
std::string ShowShaped(const ChargeLines& lines) {
  static constexpr const char* kForms[] = {"", " flat", " minimum", " free", " volume"};
  std::string shown;
  for (const ChargeLine& line : lines) {
    shown += std::string(TokenKindName(line.kind)) + " " + std::to_string(line.quantity);
    if (line.tier != 0) shown += " @" + std::to_string(line.tier);
    if (line.pot != 0) shown += " pot " + std::to_string(line.pot);
    shown += " = " + std::to_string(line.amount) + kForms[static_cast<size_t>(line.form)];
    if (line.carry_in != 0 || line.carry_out != 0) {
      shown += " carry " + std::to_string(line.carry_in) + ">" + std::to_string(line.carry_out);
    }
    shown += line.overshoot ? " over; " : "; ";
  }
  return shown;
}

std::string Charged(const Quantities& used, const std::vector<Pot>& pots,
                    const std::vector<Carry>& carries = {}) {
  ChargeLines lines;
  REQUIRE(Charge(used, pots, carries, &lines) == RateOutcome::kRated);
  return ShowShaped(lines);
}

std::string Held(const Quantities& requested, const std::vector<Pot>& pots) {
  static constexpr const char* kNames[] = {"granted",  "partly",   "nothing",
                                           "not sold", "overflow", "stopped"};
  const HoldResult result = Hold(requested, pots);
  std::string shown = kNames[static_cast<size_t>(result.outcome)];
  for (const KindQuantity& item : result.granted) {
    shown += " " + std::string(TokenKindName(item.kind)) + "=" + std::to_string(item.quantity);
  }
  for (const HoldLine& line : result.holds) {
    shown += " pot" + std::to_string(line.pot) + ":" + std::to_string(line.amount) + "/" +
             std::to_string(line.counted);
  }
  return shown;
}

constexpr int64_t kPlenty = 1'000'000'000;

// 3 each up to 100, 2 each up to 200, then 1/2 each.
Shape Graduated() {
  return {.form = Shape::Form::kGraduated,
          .counter = {.id = 1, .window = kMonth},
          .tiers = {TierOf(100, RateAt(3, 1, 0)), TierOf(200, RateAt(2, 1, 0)),
                    TierOf(INT64_MAX, RateAt(1, 2, 9))}};
}

}  // namespace

TEST_CASE("each piece is charged at the price of the tier that it falls in", "[rating][unit]") {
  const Shape shape = Graduated();
  const RateRow row = RowFor(shape);
  struct Case {
    Quantities used;
    int64_t counted;
    int64_t available;
    const char* expected;
  };
  const std::vector<Case> cases = {
      {{{kIn, 60}}, 0, kPlenty, "input 60 @1 = 180; "},
      {{{kIn, 100}}, 0, kPlenty, "input 100 @1 = 300; "},
      // At the border, and over one and over two.
      {{{kIn, 1}}, 100, kPlenty, "input 1 @2 = 2; "},
      {{{kIn, 60}}, 90, kPlenty, "input 10 @1 = 30; input 50 @2 = 100; "},
      {{{kIn, 203}},
       0,
       kPlenty,
       "input 100 @1 = 300; input 100 @2 = 200; "
       "input 3 @3 = 1 carry 0>1; "},
      // Output goes on where input left the counter; requests do not count and have the row's rate.
      {{{kIn, 60}, {kOut, 60}, {kCalls, 1}},
       0,
       kPlenty,
       "input 60 @1 = 180; output 40 @1 = 120; output 20 @2 = 40; request 1 = 7; "},
      // Money runs out in the second tier: what is left pays for two of five; the rest is marked,
      // and goes on through the tiers.
      {{{kIn, 7}}, 98, 10, "input 2 @1 = 6; input 2 @2 = 4; input 3 @2 = 6 over; "},
      {{{kIn, 4}}, 198, 3, "input 1 @2 = 2; input 1 @2 = 2 over; input 2 @3 = 1 over; "},
  };
  for (const Case& c : cases) {
    INFO(c.expected);
    const Pot pot{.row = &row, .available = c.available, .shape = &shape, .counted = c.counted};
    CHECK(Charged(c.used, {pot}) == c.expected);
  }
}

TEST_CASE("what tiers leave to be carried is carried tier by tier", "[rating][unit]") {
  const Shape shape = Graduated();
  const RateRow row = RowFor(shape);
  const Pot pot{.row = &row, .available = kPlenty, .shape = &shape, .counted = 300};
  CHECK(Charged({{kIn, 2}}, {pot}, {{9, 2, 1}}) == "input 2 @3 = 1 carry 1>1; ");
  CHECK(Charged({{kIn, 3}}, {pot}, {{9, 2, 1}}) == "input 3 @3 = 2 carry 1>0; ");
}

TEST_CASE("the next pot goes on, and pots of one price share its counter", "[rating][unit]") {
  const Shape shape = Graduated();
  const RateRow row = RowFor(shape);
  const RateRow plain = PlainRow(RateAt(10, 1, 0));
  const Pot first{.row = &row, .available = 10, .shape = &shape, .counted = 98};
  const Pot same{.row = &row, .available = 100, .shape = &shape, .counted = 98};
  const Pot other{.row = &plain, .available = 100};
  // 2 x 3 and 2 x 2 empty the first; the second begins at 102.
  CHECK(Charged({{kIn, 7}}, {first, same}) ==
        "input 2 @1 = 6; input 2 @2 = 4; input 3 @2 pot 1 = 6; ");
  CHECK(Charged({{kIn, 7}}, {first, other}) ==
        "input 2 @1 = 6; input 2 @2 = 4; input 3 pot 1 = 30; ");
}

TEST_CASE("the flat amount of a tier comes with the first piece in it", "[rating][unit]") {
  // Packages of 10: 50 for each that is begun, then 1 a piece.
  const Shape shape{.form = Shape::Form::kGraduated,
                    .counter = {.id = 1, .window = kMonth},
                    .tiers = {TierOf(10, RateAt(0, 1, 0), 50), TierOf(20, RateAt(0, 1, 0), 40),
                              TierOf(INT64_MAX, RateAt(1, 1, 0))}};
  const RateRow row = RowFor(shape);
  const auto charged = [&](int64_t counted, int64_t pieces, int64_t available) {
    return Charged({{kIn, pieces}}, {{&row, available, &shape, counted}});
  };
  CHECK(charged(0, 3, kPlenty) == "input 1 @1 = 50 flat; input 3 @1 = 0; ");
  CHECK(charged(3, 7, kPlenty) == "input 7 @1 = 0; ");
  CHECK(charged(3, 8, kPlenty) == "input 7 @1 = 0; input 1 @2 = 40 flat; input 1 @2 = 0; ");
  CHECK(charged(10, 12, kPlenty) == "input 1 @2 = 40 flat; input 10 @2 = 0; input 2 @3 = 2; ");
  // 39 do not pay the second package.
  CHECK(charged(9, 2, 39) == "input 1 @1 = 0; input 1 @2 = 40 flat over; input 1 @2 = 0 over; ");
}

TEST_CASE("a stop sells nothing, and what was used there is charged at the last price",
          "[rating][unit]") {
  const Shape shape{.form = Shape::Form::kGraduated,
                    .counter = {.id = 1, .window = kMonth},
                    .tiers = {TierOf(100, RateAt(3, 1, 0)), StopFrom(INT64_MAX)}};
  const RateRow row = RowFor(shape);
  const RateRow plain = PlainRow(RateAt(10, 1, 0));
  const Pot pot{.row = &row, .available = kPlenty, .shape = &shape, .counted = 98};
  CHECK(Charged({{kIn, 5}}, {pot}) == "input 2 @1 = 6; input 3 @2 = 9 over; ");
  // Another pot takes it before it is overshoot.
  CHECK(Charged({{kIn, 5}}, {pot, {&plain, kPlenty}}) == "input 2 @1 = 6; input 3 pot 1 = 30; ");
  // Requests do not count: they do not stop.
  Pot stopped = pot;
  stopped.counted = 100;
  CHECK(Charged({{kCalls, 1}}, {stopped}) == "request 1 = 7; ");

  CHECK(Held({{kIn, 2}}, {pot}) == "granted input=2 pot0:6/2");
  CHECK(Held({{kOut, 5}}, {pot}) == "partly output=2 pot0:6/2");
  CHECK(Held({{kIn, 5}}, {pot}) == "stopped");
  CHECK(Held({{kOut, 5}}, {stopped}) == "stopped");
  CHECK(Held({{kCalls, 1}}, {stopped}) == "granted request=1 pot0:7/0");
  // What others hold of the counter is before the stop too.
  Pot shared = pot;
  shared.held = 1;
  CHECK(Held({{kOut, 5}}, {shared}) == "partly output=1 pot0:3/1");
  // Money is short, whether it stops or not; and no window has room for 101.
  Pot poor = stopped;
  poor.available = 2;
  CHECK(Held({{kOut, 5}}, {poor}) == "nothing");
  CHECK(Held({{kIn, 101}}, {pot}) == "nothing");
}

TEST_CASE("a volume price is the whole's, and never gives back", "[rating][unit]") {
  // 3 each up to 100, all at 2 up to 200, all at 1/2 beyond.
  Shape shape = Graduated();
  shape.form = Shape::Form::kVolume;
  const RateRow row = RowFor(shape);
  const auto charged = [&](int64_t counted, int64_t pieces, int64_t available) {
    return Charged({{kIn, pieces}}, {{&row, available, &shape, counted}});
  };
  CHECK(charged(0, 60, kPlenty) == "input 60 @1 = 180 volume; ");
  // At 100 the whole was 300: 150 at 2 are no more than that, 160 are 20 more.
  CHECK(charged(100, 50, kPlenty) == "input 50 @2 = 0 volume; ");
  CHECK(charged(100, 60, kPlenty) == "input 60 @2 = 20 volume; ");
  CHECK(charged(60, 100, kPlenty) == "input 40 @1 = 120 volume; input 60 @2 = 20 volume; ");
  // At 200 it was 400: the half price catches up at 800.
  CHECK(charged(200, 601, kPlenty) == "input 601 @3 = 0 volume; ");
  CHECK(charged(200, 602, kPlenty) == "input 602 @3 = 1 volume; ");
  // 7 pay for 153 pieces: 306 are 6 more than 300.
  CHECK(charged(100, 60, 7) == "input 53 @2 = 6 volume; input 7 @2 = 14 volume over; ");
}

TEST_CASE("beyond the maximum of the window use is free", "[rating][unit]") {
  const Shape shape{.counter = {.id = 1, .window = kMonth}, .maximum = 100};
  const RateRow row = PlainRow(RateAt(3, 1, 0));
  const auto charged = [&](const Quantities& used, int64_t before, int64_t available) {
    return Charged(
        used, {{.row = &row, .available = available, .shape = &shape, .charged_micros = before}});
  };
  CHECK(charged({{kIn, 33}}, 0, kPlenty) == "input 33 = 99; ");
  // What is left to the maximum is taken with the first free pieces.
  CHECK(charged({{kIn, 40}}, 0, kPlenty) == "input 33 = 99; input 7 = 1 free; ");
  CHECK(charged({{kIn, 1}, {kCalls, 2}}, 90, kPlenty) ==
        "input 1 = 3; request 1 = 7; "
        "request 1 = 0 free; ");
  // Free needs no money; neither does what little the maximum leaves need more than that.
  CHECK(charged({{kIn, 5}}, 100, 0) == "input 5 = 0 free; ");
  CHECK(charged({{kIn, 5}}, 120, 0) == "input 5 = 0 free; ");
  CHECK(charged({{kIn, 5}}, 96, 4) == "input 1 = 3; input 4 = 1 free; ");
  CHECK(charged({{kIn, 5}}, 94, 5) == "input 1 = 3; input 1 = 3 over; input 3 = 0 free over; ");

  // Held: never more than the maximum, and never less than a new window may ask for.
  CHECK(Held({{kOut, 1'000'000}}, {{&row, 100, &shape}}) ==
        "granted output=1000000 pot0:100/1000000");
  CHECK(Held({{kOut, 10}}, {{&row, 1'000, &shape, 0, 0, 100}}) == "granted output=10 pot0:30/10");
  CHECK(Held({{kOut, 10}}, {{&row, 29, &shape, 0, 0, 100}}) == "partly output=9 pot0:27/9");
  // The window of a call does not begin anew.
  const Shape call{.counter = {.id = 1, .window = kCall}, .maximum = 100};
  CHECK(Held({{kOut, 10}}, {{&row, 29, &call, 0, 0, 98}}) == "granted output=10 pot0:2/10");
}

TEST_CASE("a call that cost less than the minimum is charged the rest at its end",
          "[rating][unit]") {
  const Shape shape{.counter = {.id = 1, .window = kMonth}, .minimum = 50, .maximum = 200};
  const RateRow row = PlainRow(RateAt(3, 1, 0));
  struct Case {
    int64_t used;
    int64_t call_before;
    int64_t window_before;
    int64_t available;
    const char* expected;
  };
  const std::vector<Case> cases = {
      {10, 0, 0, kPlenty, "input 10 = 30; request 1 = 20 minimum; "},
      {10, 15, 15, kPlenty, "input 10 = 30; request 1 = 5 minimum; "},
      {10, 20, 20, kPlenty, "input 10 = 30; "},
      {20, 0, 0, kPlenty, "input 20 = 60; "},
      {0, 30, 30, kPlenty, "request 1 = 20 minimum; "},
      // The price was not used.
      {0, 0, 0, kPlenty, ""},
      // The maximum bounds it, and what is not there is marked.
      {10, 0, 165, kPlenty, "input 10 = 30; request 1 = 5 minimum; "},
      {10, 0, 200, kPlenty, "input 10 = 0 free; "},
      {10, 0, 0, 49, "input 10 = 30; request 1 = 20 minimum over; "},
      {10, 0, 0, 50, "input 10 = 30; request 1 = 20 minimum; "},
  };
  for (const Case& c : cases) {
    INFO(c.expected);
    const std::vector<Pot> pots = {{.row = &row,
                                    .available = c.available,
                                    .shape = &shape,
                                    .charged_micros = c.window_before,
                                    .call_charged_micros = c.call_before}};
    ChargeLines lines;
    REQUIRE(Charge({{kIn, c.used}}, pots, {}, &lines) == RateOutcome::kRated);
    REQUIRE(ChargeMinimum(pots, &lines) == RateOutcome::kRated);
    CHECK(ShowShaped(lines) == c.expected);
  }
  CHECK(Held({{kIn, 10}}, {{&row, 50, &shape}}) == "granted input=10 pot0:50/10");
  CHECK(Held({{kIn, 10}}, {{&row, 49, &shape}}) == "nothing");
  CHECK(Held({{kIn, 20}}, {{&row, 60, &shape}}) == "granted input=20 pot0:60/20");

  // Without a shape that has a minimum there is nothing to do.
  ChargeLines none;
  CHECK(ChargeMinimum(std::vector<Pot>{{&row, 5}}, &none) == RateOutcome::kRated);
  CHECK(none.empty());
  const std::vector<Pot> pots = {{&row, 5, &shape}};
  none = {{.amount = INT64_MAX}, {.amount = 1}};
  CHECK(ChargeMinimum(pots, &none) == RateOutcome::kOverflow);
  CHECK(none.size() == 2);
}

TEST_CASE("lines tell how far they move the counters", "[rating][unit]") {
  Shape shape = Graduated();
  shape.tiers[1].flat = 25;
  shape.minimum = 1'000;
  const RateRow row = RowFor(shape);
  const RateRow plain = PlainRow(RateAt(1, 1, 0));
  const std::vector<Pot> pots = {{&plain, 5}, {&row, kPlenty, &shape, 95}, {&plain, 5}};
  ChargeLines lines;
  REQUIRE(Charge({{kIn, 15}, {kCalls, 2}}, pots, {}, &lines) == RateOutcome::kRated);
  CHECK(ShowShaped(lines) ==
        "input 5 = 5; input 5 @1 pot 1 = 15; input 1 @2 pot 1 = 25 flat; "
        "input 5 @2 pot 1 = 10; request 2 pot 1 = 14; ");
  CHECK(CountersOf(lines, pots) == CounterUses{{.pot = 1, .counted = 10, .charged_micros = 64}});
  REQUIRE(ChargeMinimum(pots, &lines) == RateOutcome::kRated);
  CHECK(lines.back().amount == 936);
  CHECK(CountersOf(lines, pots) == CounterUses{{.pot = 1, .counted = 10, .charged_micros = 1'000}});
  CHECK(CountersOf({}, pots).empty());
}

TEST_CASE("a hold covers the dearest tier, the flats and the borders", "[rating][unit]") {
  Shape shape = Graduated();  // 3, 2, 1/2
  const RateRow row = RowFor(shape);
  const auto held = [&](int64_t pieces, int64_t counted) {
    return Held({{kIn, pieces}}, {{&row, 100'000, &shape, counted}});
  };
  // They may cross into the last tier, whose line is rounded with its own carry; one piece cannot.
  CHECK(held(10, 0) == "granted input=10 pot0:31/10");
  // A new month may have begun by then.
  CHECK(held(11, 150) == "granted input=11 pot0:34/11");
  CHECK(held(1, 150) == "granted input=1 pot0:3/1");
  // The counter of a call only goes on.
  shape.counter.window = kCall;
  CHECK(held(11, 150) == "granted input=11 pot0:23/11");
  CHECK(held(11, 200) == "granted input=11 pot0:6/11");
  // 50 for the first tier, 20 for each of the others: 12 pieces can go into two.
  Shape flats{.form = Shape::Form::kGraduated,
              .counter = {.id = 1, .window = kMonth},
              .tiers = {TierOf(10, RateAt(0, 1, 0), 50), TierOf(20, RateAt(0, 1, 0), 20),
                        TierOf(30, RateAt(0, 1, 0), 20), TierOf(INT64_MAX, RateAt(1, 1, 0), 20)}};
  const RateRow flat_row = RowFor(flats);
  const auto held_flats = [&](int64_t pieces, int64_t counted) {
    return Held({{kIn, pieces}}, {{&flat_row, 100'000, &flats, counted}});
  };
  CHECK(held_flats(10, 25) == "granted input=10 pot0:60/10");
  CHECK(held_flats(11, 25) == "granted input=11 pot0:81/11");
  flats.counter.window = kCall;
  CHECK(held_flats(10, 0) == "granted input=10 pot0:60/10");
  CHECK(held_flats(10, 1) == "granted input=10 pot0:30/10");
  CHECK(held_flats(11, 1) == "granted input=11 pot0:51/11");
  CHECK(held_flats(11, 25) == "granted input=11 pot0:31/11");
}

TEST_CASE("a hold for more pieces than the dearest tier has counts the cheaper ones too",
          "[rating][unit]") {
  // C01 of the products: 0.3 a million up to 200 M, the rest of 1,024 M free, ten times; then a
  // stop. At the dearest rate a call of 1,024 M would be held at 307.20.
  constexpr int64_t kMillion = 1'000'000;
  Shape packs{.form = Shape::Form::kGraduated, .counter = {.id = 1, .window = kMonth}};
  for (int64_t group = 0; group < 10; ++group) {
    const int64_t begin = group * 1'024 * kMillion;
    packs.tiers.push_back(TierOf(begin + 200 * kMillion, RateAt(3, 10, 1)));
    packs.tiers.push_back(TierOf(begin + 1'024 * kMillion, RateAt(0, 1, 0)));
  }
  packs.tiers.push_back(StopFrom(INT64_MAX));
  const RateRow row = RowFor(packs);
  const auto held = [&](int64_t millions) {
    const std::vector<Pot> pots = {{&row, kPlenty, &packs}};
    return Hold({{kIn, millions * kMillion}}, pots).holds.front().amount;
  };
  // The last micro is for borders that they may cross.
  CHECK(held(1) == 300'000 + 1);
  CHECK(held(200) == 60 * kMillion + 1);
  CHECK(held(824) == 60 * kMillion + 1);    // They meet one paid part at most,
  CHECK(held(1'024) == 60 * kMillion + 1);  // and so many just one, wherever they begin.
  CHECK(held(1'224) == 120 * kMillion + 2);
  CHECK(held(10 * 1'024) == 600 * kMillion + 9);
  // Both kinds go through the same tiers: each may be where it is dear.
  const std::vector<Pot> pots = {{&row, kPlenty, &packs}};
  const HoldResult both = Hold({{kIn, 500 * kMillion}, {kOut, 500 * kMillion}}, pots);
  CHECK(both.holds.front().amount == 120 * kMillion + 1);
}

TEST_CASE("calls are counted through tiers, flats, stops and the maximum", "[rating][unit]") {
  const Shape shape = Graduated();
  const RateRow row = RowFor(shape);
  // 10 calls of 10 at 3, 10 at 2, the rest at 1/2; each asks for 31 to be held.
  const std::vector<Pot> pots = {{&row, 300 + 200 + 100, &shape}};
  CHECK(AffordableCalls({{kIn, 10}}, pots, 1'000) == 10 + 10 + 14);
  Shape stop = Graduated();
  stop.tiers[2].stops = true;
  const std::vector<Pot> stopped = {{&row, kPlenty, &stop, 55}};
  CHECK(AffordableCalls({{kIn, 10}}, stopped, 1'000) == 14);
  const Shape capped{.counter = {.id = 1, .window = kMonth}, .maximum = 100};
  const RateRow plain = PlainRow(RateAt(3, 1, 0));
  const std::vector<Pot> cap = {{&plain, 112, &capped}};
  CHECK(AffordableCalls({{kIn, 4}}, cap, 5'000) == 5'000);
  const std::vector<Pot> poor = {{&plain, 110, &capped}};
  CHECK(AffordableCalls({{kIn, 4}}, poor, 5'000) == 9);
}

}  // namespace ocs::rating
