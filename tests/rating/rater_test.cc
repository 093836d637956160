#include "rating/rater.h"

#include "tests/rating/support.h"

namespace ocs::rating {
namespace {

// 0.27 per million in, 0.07 for cache hits, 1.10 out: micros per token 27/100, 7/100, 11/10.
RateRow MoneyRow() {
  RateRow row;
  row.rates[0] = {.numerator = 27, .denominator = 100, .line = 1};
  row.rates[1] = {.numerator = 7, .denominator = 100, .line = 2};
  row.rates[4] = {.numerator = 11, .denominator = 10, .line = 3};
  row.rule = 7;
  return row;
}

RateRow TokenRow() {
  RateRow row;
  for (const size_t k : {0U, 1U, 4U}) row.rates[k] = {.numerator = 1, .denominator = 1, .line = 0};
  row.rule = 3;
  return row;
}

// "input 100 pot 0 = 27" for each line, with what is carried and marked.
std::string Show(const ChargeLines& lines) {
  std::string shown;
  for (const ChargeLine& line : lines) {
    shown += std::string(TokenKindName(line.kind)) + " " + std::to_string(line.quantity) + " pot " +
             std::to_string(line.pot) + " = " + std::to_string(line.amount) + " carry " +
             std::to_string(line.carry_in) + ">" + std::to_string(line.carry_out) +
             (line.overshoot ? " over" : "") + "; ";
  }
  return shown;
}

std::string ShowHold(const HoldResult& result) {
  static const char* kNames[] = {"granted", "partly", "nothing", "not sold", "overflow", "stopped"};
  std::string shown = kNames[static_cast<size_t>(result.outcome)];
  for (const KindQuantity& item : result.granted) {
    shown += " " + std::string(TokenKindName(item.kind)) + "=" + std::to_string(item.quantity);
  }
  for (const HoldLine& line : result.holds) {
    shown += " pot" + std::to_string(line.pot) + ":" + std::to_string(line.amount);
  }
  return shown;
}

}  // namespace

TEST_CASE("a charge walks kinds and pots in order and marks what no pot affords",
          "[rating][unit]") {
  const RateRow tokens = TokenRow();
  const RateRow money = MoneyRow();
  struct Case {
    Quantities used;
    std::vector<Pot> pots;
    std::vector<Carry> carries;
    const char* expected;
  };
  const std::vector<Case> cases = {
      // One pot, nothing carried: 1,000 x 27/100 = 270; 501 x 11/10 = 551.1.
      {{{kIn, 1000}, {kOut, 501}},
       {{&money, 1'000'000}},
       {},
       "input 1000 pot 0 = 270 carry 0>0; output 501 pot 0 = 551 carry 0>1; "},
      // What the account carries is added: 501 x 11 + 9 = 5,520 = 552 x 10.
      {{{kOut, 501}}, {{&money, 1'000'000}}, {{3, 10, 9}}, "output 501 pot 0 = 552 carry 9>0; "},
      // A carry of another denominator is another line's.
      {{{kOut, 501}}, {{&money, 1'000'000}}, {{3, 100, 9}}, "output 501 pot 0 = 551 carry 0>1; "},
      // The package first, money for the rest.
      {{{kIn, 100}, {kOut, 50}},
       {{&tokens, 120}, {&money, 1'000}},
       {},
       "input 100 pot 0 = 100 carry 0>0; output 20 pot 0 = 20 carry 0>0; "
       "output 30 pot 1 = 33 carry 0>0; "},
      // Nothing left anywhere: all of it on the last pot that sells the kind.
      {{{kOut, 10}}, {{&tokens, 0}, {&money, 0}}, {}, "output 10 pot 1 = 11 carry 0>0 over; "},
      // What is still there is charged as usual, the rest is marked.
      {{{kIn, 10}},
       {{&tokens, 4}},
       {},
       "input 4 pot 0 = 4 carry 0>0; input 6 pot 0 = 6 carry 0>0 over; "},
      // A pot below zero has nothing.
      {{{kIn, 10}}, {{&tokens, -5}}, {}, "input 10 pot 0 = 10 carry 0>0 over; "},
      // One line in two pots: the second goes on with what the first left. 3 x 27 = 81; 0 and 81
      // are carried.
      {{{kIn, 7}},
       {{&money, 0}, {&money, 100}},
       {},
       "input 3 pot 0 = 0 carry 0>81; input 4 pot 1 = 1 carry 81>89; "},
      {{{kIn, 0}}, {{&money, 5}}, {}, ""},
      {{}, {}, {}, ""},
  };
  for (const Case& c : cases) {
    ChargeLines lines;
    INFO(c.expected);
    CHECK(Charge(c.used, c.pots, c.carries, &lines) == RateOutcome::kRated);
    CHECK(Show(lines) == c.expected);
  }
}

TEST_CASE("a charge line names the rule and the rate that made it", "[rating][unit]") {
  const RateRow money = MoneyRow();
  const std::vector<Pot> pots = {{&money, 1'000}};
  ChargeLines lines;
  REQUIRE(Charge({{kHit, 100}}, pots, {}, &lines) == RateOutcome::kRated);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].rule == 7);
  CHECK(lines[0].rate.line == 2);
  CHECK(lines[0].rate.numerator == 7);
}

TEST_CASE("a kind that no pot sells is refused before an overflow, with no lines",
          "[rating][unit]") {
  const RateRow dear = RowOf(kIn, {.numerator = INT64_MAX, .denominator = 1, .line = 0});
  const std::vector<Pot> pots = {{&dear, 10}};
  ChargeLines lines(2);
  CHECK(Charge({{kIn, 2}, {kOut, 1}}, pots, {}, &lines) == RateOutcome::kNotSold);
  CHECK(lines.empty());
  lines.resize(2);
  CHECK(Charge({{kIn, 2}}, pots, {}, &lines) == RateOutcome::kOverflow);
  CHECK(lines.empty());
  CHECK(Charge({{kIn, 1}}, {}, {}, &lines) == RateOutcome::kNotSold);
  // Each amount fits, their sum in one pot does not.
  RateRow two = dear;
  two.rates[4] = {.numerator = 1, .denominator = 1, .line = 0};
  const std::vector<Pot> sum = {{&two, 0}};
  CHECK(Charge({{kIn, 1}, {kOut, 1}}, sum, {}, &lines) == RateOutcome::kOverflow);
  CHECK(lines.empty());
}

TEST_CASE("a hold is rounded up, whole for the prompt and as far as it goes for output",
          "[rating][unit]") {
  const RateRow tokens = TokenRow();
  const RateRow money = MoneyRow();
  struct Case {
    Quantities requested;
    std::vector<Pot> pots;
    const char* expected;
  };
  const std::vector<Case> cases = {
      // 100 x 0.27 = 27; 15 x 1.1 = 16.5, held as 17.
      {{{kIn, 100}, {kOut, 15}}, {{&money, 44}}, "granted input=100 output=15 pot0:44"},
      // One micro less: 14 x 1.1 = 15.4, held as 16.
      {{{kIn, 100}, {kOut, 15}}, {{&money, 43}}, "partly input=100 output=14 pot0:43"},
      // The prompt alone would fit, but not one token of output.
      {{{kIn, 100}, {kOut, 15}}, {{&money, 28}}, "nothing"},
      {{{kIn, 100}, {kOut, 15}}, {{&money, 26}}, "nothing"},
      {{{kIn, 100}}, {{&money, 27}}, "granted input=100 pot0:27"},
      // A kind that goes on to the next pot closes the first: all of it is kept.
      {{{kIn, 100}, {kOut, 10}},
       {{&tokens, 60}, {&money, 1'000}},
       "granted input=100 output=10 pot0:60 pot1:22"},
      {{{kIn, 0}, {kOut, 0}}, {{&money, 5}}, "granted"},
      {{}, {}, "granted"},
      {{{kIn, 1}}, {}, "not sold"},
      {{{TokenKind::kImage, 1}}, {{&money, 5}}, "not sold"},
      // A prompt too dear for 64 bits is simply not affordable.
      {{{kIn, INT64_MAX}}, {{&money, INT64_MAX / 10}}, "nothing"},
      // An empty package is passed over and holds nothing.
      {{{kOut, 10}}, {{&tokens, 0}, {&money, 11}}, "granted output=10 pot1:11"},
  };
  for (const Case& c : cases) {
    INFO(c.expected);
    CHECK(ShowHold(Hold(c.requested, c.pots)) == c.expected);
  }
}

TEST_CASE("what is free is granted without limit and holds nothing", "[rating][unit]") {
  const RateRow free = RowOf(kOut, {.numerator = 0, .denominator = 1, .line = 0});
  const std::vector<Pot> pots = {{&free, 0}};
  CHECK(ShowHold(Hold({{kOut, 1'000'000}}, pots)) == "granted output=1000000 pot0:0");
  CHECK(Affordable(kOut, pots) == INT64_MAX);
  CHECK(AffordableCalls({{kOut, 10}}, pots, 77) == 77);
}

TEST_CASE("a prompt kind that is charged after output still comes first in a hold",
          "[rating][unit]") {
  RateRow row = RowOf(kOut, {.numerator = 1, .denominator = 1, .line = 0});
  row.rates[static_cast<size_t>(TokenKind::kRequest)] = {
      .numerator = 10, .denominator = 1, .line = 0};
  const std::vector<Pot> pots = {{&row, 25}};
  CHECK(ShowHold(Hold({{kOut, 100}, {TokenKind::kRequest, 1}}, pots)) ==
        "partly output=15 request=1 pot0:25");
  CHECK(ShowHold(Hold({{kOut, 100}, {TokenKind::kRequest, 3}}, pots)) == "nothing");
  // With a package for output in front, what output leaves there does not count for requests.
  const RateRow out = RowOf(kOut, {.numerator = 3, .denominator = 1, .line = 0});
  const std::vector<Pot> two = {{&out, 10}, {&row, 25}};
  CHECK(ShowHold(Hold({{kOut, 100}, {TokenKind::kRequest, 1}}, two)) ==
        "partly output=18 request=1 pot0:10 pot1:25");
}

TEST_CASE("affordable is the sum over the pots that sell the kind", "[rating][unit]") {
  const RateRow tokens = TokenRow();
  const RateRow money = MoneyRow();
  const std::vector<Pot> pots = {{&tokens, 60}, {&money, 44}};
  CHECK(Affordable(kOut, pots) == 60 + 40);  // 40 x 1.1 = 44.
  CHECK(Affordable(kIn, pots) == 60 + 162);  // 163 x 0.27 = 44.01.
  CHECK(Affordable(TokenKind::kImage, pots) == 0);
  CHECK(Affordable(kOut, {}) == 0);
  const std::vector<Pot> empty = {{&tokens, -4}};
  CHECK(Affordable(kOut, empty) == 0);
}

TEST_CASE("calls are counted one after the other, over pots and remainders", "[rating][unit]") {
  const RateRow tokens = TokenRow();
  const RateRow money = MoneyRow();
  const std::vector<Pot> package = {{&tokens, 10'000'000}};
  CHECK(AffordableCalls({{kIn, 1'500}, {kOut, 500}}, package, 1'000'000) == 5'000);
  CHECK(AffordableCalls({{kIn, 1'500}, {kOut, 500}}, package, 10) == 10);
  CHECK(AffordableCalls({{kIn, 1'500}, {kOut, 500}}, package, 0) == 0);
  CHECK(AffordableCalls({{TokenKind::kImage, 1}}, package, 10) == 0);
  // A call of 1 input costs 0.27 and holds 1. Three calls carry 81; the fourth makes it 108: 1 is
  // paid and 8 are carried. With 1 micro the first four calls run, for the next there is nothing to
  // hold.
  const std::vector<Pot> one = {{&money, 1}};
  CHECK(AffordableCalls({{kIn, 1}}, one, 100) == 4);
  // 100 tokens: 9 calls of 11 and one that is split, then money pays 4 more at 3 (2.97 each,
  // carried).
  const std::vector<Pot> both = {{&tokens, 100}, {&money, 14}};
  CHECK(AffordableCalls({{kIn, 11}}, both, 100) == 9 + 1 + 4);
}

}  // namespace ocs::rating
