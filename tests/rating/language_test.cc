// Every example of the language's page is a catalogue.

#include <map>
#include <set>

#include "rating/catalogue.h"
#include "tests/rating/support.h"

namespace ocs::rating {
namespace {

struct Block {
  int line = 0;
  std::string text;
};

std::vector<Block> YamlBlocks(const std::string& page) {
  std::vector<Block> blocks;
  std::istringstream lines(page);
  std::string line;
  bool inside = false;
  for (int number = 1; std::getline(lines, line); ++number) {
    if (line == "```yaml") {
      inside = true;
      blocks.push_back({number + 1, ""});
    } else if (line == "```") {
      inside = false;
    } else if (inside) {
      blocks.back().text += line + "\n";
    }
  }
  return blocks;
}

std::unique_ptr<const Tariff> Example(const std::string& name) {
  for (const Block& block : YamlBlocks(ReadFile(OCS_CATALOGUE_PAGE))) {
    if (block.text.rfind("catalogue: " + name + "\n", 0) == 0) return CompileText(block.text);
  }
  FAIL("the page has lost its example " << name);
  return nullptr;
}

// The price of a kind as "3/2" micros a piece, "-" when the kind is not sold, "none" when nothing
// is.
std::string ShowRow(const RateRow* row, TokenKind kind = TokenKind::kInput) {
  if (row == nullptr) return "none";
  const Rate& rate = row->of(kind);
  if (!rate.sold()) return "-";
  return std::to_string(rate.numerator) +
         (rate.denominator == 1 ? "" : "/" + std::to_string(rate.denominator));
}

const RateRow* PriceRow(const Tariff& tariff, std::string_view offer, std::string_view model,
                        const UseContext& context) {
  return tariff.FindPrice(*tariff.FindOffer(offer), *tariff.FindModel(model), context);
}

// A use at that time, with "product=office" and the like.
UseContext Use(std::string_view at,
               const std::vector<std::pair<Dimension, std::string_view>>& values = {}) {
  UseContext context{.at = At(at)};
  for (const auto& [dimension, value] : values) context.of(dimension) = SymbolOf(value);
  return context;
}

}  // namespace

TEST_CASE("each example of the catalogue page is accepted and compiles", "[rating][unit]") {
  const std::vector<Block> blocks = YamlBlocks(ReadFile(OCS_CATALOGUE_PAGE));
  REQUIRE(blocks.size() >= 7);
  for (const Block& block : blocks) {
    INFO("example at line " << block.line << "\n" << DiagnosticsOf(block.text));
    const CatalogueCheck check = ParseCatalogue(block.text, "CATALOGUE.md");
    REQUIRE(check.catalogue.has_value());
    const auto tariff = Tariff::Compile(*check.catalogue, 1);
    CHECK(tariff->model_count() == check.catalogue->models.size());
    CHECK(tariff->offer_count() == check.catalogue->offers.size());
  }
}

TEST_CASE("the page names every kind, and every key that faults name", "[rating][unit]") {
  const std::string page = ReadFile(OCS_CATALOGUE_PAGE);
  for (int k = 0; k < kTokenKindCount; ++k) {
    const std::string name(TokenKindName(static_cast<TokenKind>(k)));
    INFO(name);
    CHECK(page.find("`" + name + "`") != std::string::npos);
  }
  // A text whose every map has a strange key is told every key that there is.
  const std::string told = DiagnosticsOf(R"(catalogue: c
currency: CNY
time_zone: UTC
zzzzzzzzzzzz: 1
calendars: [{zzzzzzzzzzzz: 1}]
taxes: [{zzzzzzzzzzzz: 1}]
models: [{zzzzzzzzzzzz: 1}]
units: [{zzzzzzzzzzzz: 1, burn: [{zzzzzzzzzzzz: 1}]}]
exchange: [{zzzzzzzzzzzz: 1}]
price_books:
  - zzzzzzzzzzzz: 1
    rules: [{zzzzzzzzzzzz: 1, tiers: {zzzzzzzzzzzz: 1, steps: [{zzzzzzzzzzzz: 1}]}}]
    adjustments: [{zzzzzzzzzzzz: 1}]
wholesale: [{zzzzzzzzzzzz: 1}]
offers:
  - zzzzzzzzzzzz: 1
    sold: {zzzzzzzzzzzz: 1}
    parts: [{zzzzzzzzzzzz: 1}]
    switches: [{zzzzzzzzzzzz: 1}]
    limits: [{zzzzzzzzzzzz: 1}]
    grants:
      - zzzzzzzzzzzz: 1
        covers: {zzzzzzzzzzzz: 1}
        carry_over: {zzzzzzzzzzzz: 1}
        when_used_up: {zzzzzzzzzzzz: 1}
)");
  std::set<std::string> keys;
  constexpr std::string_view kList = "expected one of: ";
  for (size_t at = told.find(kList); at != std::string::npos; at = told.find(kList, at + 1)) {
    const size_t begin = at + kList.size();
    std::istringstream list(told.substr(begin, told.find('\n', begin) - begin));
    std::string key;
    while (list >> key) keys.insert(key.substr(0, key.find(',')));
  }
  CHECK(keys.size() > 90);
  for (const std::string& key : keys) {
    INFO(key);
    const bool named = page.find("`" + key + "`") != std::string::npos ||
                       page.find(key + ":") != std::string::npos;
    CHECK(named);
  }
}

TEST_CASE("requests draw by class and hour, and their tokens nothing", "[rating][unit]") {
  for (const Block& block : YamlBlocks(ReadFile(OCS_CATALOGUE_PAGE))) {
    if (block.text.rfind("catalogue: grants\n", 0) != 0) continue;
    const auto tariff = CompileText(block.text);
    const OfferIndex plan = *tariff->FindOffer("coding-plan");
    const ModelIndex coding = *tariff->FindModel("new");
    const RateRow* peak =
        tariff->FindDraw(plan, 0, coding, {.at = At("2026-05-01T14:00:00+08:00")});
    const RateRow* other =
        tariff->FindDraw(plan, 0, coding, {.at = At("2026-05-01T18:00:00+08:00")});
    REQUIRE(peak != nullptr);
    REQUIRE(other != nullptr);
    CHECK(peak->of(TokenKind::kRequest).numerator == 3);
    CHECK(other->of(TokenKind::kRequest).numerator == 2);
    CHECK(peak->of(TokenKind::kOutput).sold());
    CHECK(peak->of(TokenKind::kOutput).numerator == 0);
    return;
  }
  FAIL("the page has lost its example of grants");
}

TEST_CASE("the example of bounds: minimum, maximum of a month, and 105.5 % of another book",
          "[rating][unit]") {
  const auto tariff = Example("bounds");
  const UseContext use = Use("2026-05-05T12:00:00+08:00");
  CHECK(ShowRow(PriceRow(*tariff, "direct", "chat", use)) == "2");
  CHECK(ShowRow(PriceRow(*tariff, "platform", "chat", use)) == "211/100");
  CHECK(ShowRow(PriceRow(*tariff, "platform", "chat", use), TokenKind::kOutput) == "211/25");
  const RateRow* direct = PriceRow(*tariff, "direct", "voice", use);
  const RateRow* platform = PriceRow(*tariff, "platform", "voice", use);
  CHECK(tariff->shape(*direct).minimum == 50'000);
  CHECK(tariff->shape(*direct).maximum == 60'000'000);
  CHECK(tariff->shape(*direct).counter.window == Window{.kind = WindowKind::kMonth});
  CHECK(tariff->shape(*platform).minimum == 52'750);
  CHECK(tariff->shape(*platform).maximum == 63'300'000);
  CHECK(tariff->shape(*platform).counter.id != tariff->shape(*direct).counter.id);
  const Rule& rule = tariff->rule(PriceRow(*tariff, "platform", "chat", use)->rule);
  CHECK(rule.charge_code == "PLATFORM");
  CHECK(rule.origin == "price book platform, line 14, 105.5 % of price book vendor, line 10");
}

TEST_CASE("the example of times: bands, tiers of service, days, dimensions, a free month",
          "[rating][unit]") {
  const auto tariff = Example("times");
  const auto price = [&](std::string_view model, UseContext use, int64_t prompt) {
    use.prompt_tokens = prompt;
    return ShowRow(PriceRow(*tariff, "finer", model, use));
  };
  const UseContext noon = Use("2026-05-05T12:00:00Z");  // A Tuesday.
  CHECK(price("long", noon, 0) == "1");
  CHECK(price("long", noon, 32'000) == "1");
  CHECK(price("long", noon, 32'001) == "2");
  CHECK(price("long", noon, 128'000) == "2");
  CHECK(price("long", noon, 128'001) == "4");
  const auto tier = [](std::string_view name) {
    return Use("2026-05-05T12:00:00Z", {{Dimension::kServiceTier, name}});
  };
  CHECK(price("long", tier("batch"), 200'000) == "1/2");
  CHECK(price("long", tier("standard"), 200'000) == "4");
  CHECK(price("chat", noon, 1) == "10");
  // Saturday begins at 16:00 UTC of Friday by the clock of Shanghai.
  CHECK(price("chat", Use("2026-05-08T15:59:59Z"), 1) == "10");
  CHECK(price("chat", Use("2026-05-08T16:00:00Z"), 1) == "6");
  CHECK(price("chat", Use("2026-05-10T15:59:59Z"), 1) == "6");
  CHECK(price("chat", Use("2026-05-10T16:00:00Z"), 1) == "10");
  CHECK(price("chat", Use("2026-09-30T16:00:00Z"), 1) == "5");
  CHECK(price("chat", Use("2026-10-03T12:00:00Z"), 1) == "5");  // A Saturday and a holiday.
  CHECK(price("chat", Use("2026-10-08T16:00:00Z"), 1) == "10");
  const auto office = Use("2026-10-03T12:00:00Z", {{Dimension::kProduct, "office"}});
  CHECK(price("chat", office, 1) == "3");
  const auto campus = Use("2026-10-03T12:00:00Z",
                          {{Dimension::kProduct, "office"}, {Dimension::kSegment, "campus"}});
  CHECK(price("chat", campus, 1) == "2");
  UseContext young = noon;
  young.began_at = At("2026-04-05T12:00:00.001Z");
  CHECK(price("chat", young, 1) == "0");
  young.began_at = At("2026-04-05T12:00:00Z");
  CHECK(price("chat", young, 1) == "10");
}

TEST_CASE("the example of tiers: graduated, volume, and overage that turns into a pack",
          "[rating][unit]") {
  const auto tariff = Example("tiers");
  const UseContext use = Use("2026-05-05T12:00:00+08:00");
  const RateRow* graduated = PriceRow(*tariff, "o", "m", use);
  const Shape& shape = tariff->shape(*graduated);
  CHECK(shape.form == Shape::Form::kGraduated);
  CHECK(shape.counter.window == Window{.kind = WindowKind::kMonth});
  CHECK(shape.counter.counted == Counted::kTokens);
  REQUIRE(shape.tiers.size() == 2);
  CHECK(shape.tiers[0].up_to == 100'000'000);
  CHECK(shape.tiers[0].rates[static_cast<size_t>(TokenKind::kOutput)].numerator == 8);
  CHECK(shape.tiers[1].rates[static_cast<size_t>(TokenKind::kOutput)].numerator == 6);
  CHECK(shape.tiers[1].rates[static_cast<size_t>(TokenKind::kImage)].numerator == 200'000);
  CHECK(ShowRow(graduated) == "4");  // The row's own rates are the first tier's.
  const Shape& volume = tariff->shape(*PriceRow(*tariff, "o", "v", use));
  CHECK(volume.form == Shape::Form::kVolume);
  CHECK(volume.counter.counted == Counted::kRequests);
  const Shape& overage = tariff->shape(*PriceRow(*tariff, "o", "overage", use));
  REQUIRE(overage.tiers.size() == 22);
  CHECK(overage.tiers[0].up_to == 200'000);
  CHECK(overage.tiers[0].rates[0].numerator == 300);
  CHECK(overage.tiers[1].up_to == 1'000'000);
  CHECK(overage.tiers[18].up_to == 9'200'000);
  CHECK(overage.tiers[19].up_to == 10'000'000);
  CHECK(overage.tiers[20].up_to == 15'000'000);
  CHECK(overage.tiers[20].rates[0].numerator == 0);
  CHECK(overage.tiers[21].stops);
}

TEST_CASE("the example of adjustments: all that hold multiply, and the rule names them",
          "[rating][unit]") {
  const auto tariff = Example("adjustments");
  UseContext use = Use("2026-05-05T12:00:00+08:00");
  const auto show = [&] {
    const RateRow* row = PriceRow(*tariff, "o", "chat", use);
    return ShowRow(row) + " " + tariff->rule(row->rule).applied;
  };
  CHECK(show() == "10 ");
  use.at = At("2026-05-05T07:59:59+08:00");
  CHECK(show() == "8 night");
  use.of(Dimension::kSegment) = SymbolOf("campus");
  CHECK(show() == "4 campus; night");
  use.began_at = At("2026-05-01T00:00:00+08:00");
  CHECK(show() == "0 campus; first month free; night");
  const auto draw = [&](std::string_view at) {
    return ShowRow(
        tariff->FindDraw(*tariff->FindOffer("plan"), 0, *tariff->FindModel("chat"), Use(at)));
  };
  CHECK(draw("2026-05-05T14:00:00+08:00") == "3");
  CHECK(draw("2026-05-05T18:00:00+08:00") == "1");
}

TEST_CASE("the example of money: prices follow the exchange rate of the event, taxes their rule",
          "[rating][unit]") {
  const auto tariff = Example("money");
  const auto row = [&](std::string_view model, std::string_view at) {
    return PriceRow(*tariff, "o", model, Use(at));
  };
  CHECK(row("chat", "2025-12-31T23:59:59+08:00") == nullptr);
  CHECK(ShowRow(row("chat", "2026-01-01T00:00:00+08:00")) == "213/10");
  CHECK(ShowRow(row("chat", "2026-06-01T00:00:00+08:00")) == "423/20");
  const Rule& rule = tariff->rule(row("chat", "2026-06-01T00:00:00+08:00")->rule);
  CHECK(rule.applied == "USD to CNY at 7.05");
  CHECK(rule.tax_basis_points == 600);
  CHECK(tariff->rule(row("line", "2026-06-01T00:00:00+08:00")->rule).tax_basis_points == 900);
}

TEST_CASE("the example of points is shown as its unit says", "[rating][unit]") {
  const auto tariff = Example("points");
  const UnitDisplay* unit = tariff->FindUnit(Unit::Of("quota_point"));
  REQUIRE(unit != nullptr);
  CHECK(unit->name == "cloud grains");
  CHECK(unit->shown_per == 1'000);
  CHECK(tariff->FindUnit(Unit::Of("gem")) == nullptr);
  const UseContext use = Use("2026-05-05T12:00:00+08:00");
  CHECK(ShowRow(PriceRow(*tariff, "per-use", "plain", use)) == "4");
  CHECK(ShowRow(PriceRow(*tariff, "per-use", "clever", use), TokenKind::kOutput) == "10");
}

TEST_CASE("the example of wholesale: the served model costs, each book in its currency",
          "[rating][unit]") {
  const auto tariff = Example("wholesale");
  const UseContext use = Use("2026-05-05T12:00:00+08:00");
  const auto cost = [&](std::string_view model) {
    return tariff->FindCost(*tariff->FindModel(model), use);
  };
  CHECK(cost("smart") == nullptr);
  CHECK(ShowRow(cost("deepseek-v4")) == "1");
  CHECK(tariff->cost_currency(*cost("deepseek-v4")) == Unit::Of("CNY"));
  CHECK(ShowRow(cost("gpt")) == "5/4");
  CHECK(tariff->cost_currency(*cost("gpt")) == Unit::Of("USD"));
  CHECK(ShowRow(PriceRow(*tariff, "o", "smart", use)) == "12");
}

TEST_CASE("the example of ends: throttled, another model, points for no call, workdays and places",
          "[rating][unit]") {
  const auto tariff = Example("ends");
  const auto price = [&](const UseContext& use, std::string_view offer = "open") {
    return ShowRow(PriceRow(*tariff, offer, "fast", use));
  };
  CHECK(price(Use("2026-09-30T10:00:00+08:00")) == "8");
  CHECK(price(Use("2026-09-30T18:00:00+08:00")) == "6");
  CHECK(price(Use("2026-10-01T10:00:00+08:00")) == "6");  // A holiday.
  CHECK(price(Use("2026-10-09T10:00:00+08:00")) == "8");
  const auto coding = [](std::string_view channel) {
    return Use("2026-09-30T10:00:00+08:00", {{Dimension::kRegion, "west"},
                                             {Dimension::kScenario, "coding"},
                                             {Dimension::kChannel, channel}});
  };
  CHECK(price(coding("app")) == "4");
  CHECK(price(coding("mini-program")) == "4");
  CHECK(price(coding("web")) == "8");
  // What the package covers is not billed: the answer offers the other model.
  CHECK(price(Use("2026-09-30T10:00:00+08:00"), "falls-back") == "none");
  const RateRow* row = tariff->FindPrice(*tariff->FindOffer("falls-back"),
                                         *tariff->FindModel("slow"), Use("2026-09-30T10:00:00Z"));
  REQUIRE(row != nullptr);
  CHECK(tariff->shape(*row).counter.window == Window{.kind = WindowKind::kCall});
  const GrantTerms& five = tariff->offer(*tariff->FindOffer("falls-back")).grants[0];
  CHECK(five.end.at_end == AtEnd::kFallback);
  CHECK(five.end.fallback_model == "slow");
  const Offer& assured = tariff->offer(*tariff->FindOffer("assured"));
  CHECK(assured.limits[0].alert_only);
  CHECK(assured.limits[0].window == Window{.kind = WindowKind::kLifetime});
  CHECK(assured.grants[0].end.at_end == AtEnd::kThrottle);
  CHECK(assured.grants[1].end.at_end == AtEnd::kWait);
  CHECK(assured.grants[1].limits[0].amount == 10);
  const OfferIndex points = *tariff->FindOffer("points");
  CHECK(tariff->FindDraw(points, 0, *tariff->FindModel("fast"), Use("2026-09-30T10:00:00Z")) ==
        nullptr);
}

TEST_CASE("the example of last units: redirect, restrict, and calls that come to no good end",
          "[rating][unit]") {
  const auto tariff = Example("last-units");
  const Offer& prepaid = tariff->offer(*tariff->FindOffer("prepaid"));
  CHECK(prepaid.final_units == FinalUnits{.action = FinalUnits::Action::kRedirect,
                                          .redirect_to = "https://shop.example/top-up"});
  const EndTerms& pack = tariff->offer(*tariff->FindOffer("pack")).grants[0].end;
  CHECK(pack.at_end == AtEnd::kStop);
  CHECK(pack.final_units ==
        FinalUnits{.action = FinalUnits::Action::kRestrictAccess, .filters = {"small-models"}});
  CHECK(tariff->calls().failed == CallCharge::kFree);
  CHECK(tariff->calls().cancelled == CallCharge::kCharged);
  CHECK(tariff->calls().moderated == CallCharge::kPrompt);
  CHECK(tariff->calls().quota_holding_seconds == 120);
  CHECK_FALSE(tariff->switches_sessions());
  CHECK(CompileText("catalogue: c\ncurrency: CNY\ntime_zone: UTC\nopen_sessions: switch\n")
            ->switches_sessions());
}

TEST_CASE("where a user is sent is told by its form", "[rating][unit]") {
  CHECK(RedirectTypeOf("203.0.113.7") == RedirectType::kIpv4);
  CHECK(RedirectTypeOf("2001:db8::7") == RedirectType::kIpv6);
  CHECK(RedirectTypeOf("https://shop.example/top-up") == RedirectType::kUrl);
  CHECK(RedirectTypeOf("sip:care@example.com") == RedirectType::kSipUri);
  for (const char* text : {"", "shop", "://x", "https://", "203.0.113", "203.0.113.256", "a b://c"})
    CHECK_FALSE(RedirectTypeOf(text).has_value());
  CHECK_FALSE(RedirectTypeOf("https://" + std::string(kRedirectLengthMax, 'x')).has_value());
}

TEST_CASE("the example of subscriptions: cycle, parts, switches, limits, ends", "[rating][unit]") {
  const auto tariff = Example("subscription");
  const OfferIndex index = *tariff->FindOffer("bundle");
  const Offer& bundle = tariff->offer(index);
  CHECK(bundle.cycle == Window{.kind = WindowKind::kCycle});
  CHECK(bundle.cycles_max == 12);
  CHECK(bundle.first_pro_rata);
  CHECK(bundle.once_per_customer);
  CHECK(bundle.sold_from == At("2026-01-01T00:00:00+08:00"));
  CHECK(bundle.segments == std::vector<std::string>{"campus", "startup"});
  CHECK(bundle.tax_basis_points == 600);
  REQUIRE(bundle.parts.size() == 2);
  CHECK(bundle.parts[0].grant == 0);
  CHECK(bundle.parts[0].tax_basis_points == 600);
  CHECK(bundle.parts[1].grant == -1);
  CHECK(bundle.parts[1].share_micros == 40'000'000);
  CHECK(bundle.parts[1].tax_basis_points == 900);
  REQUIRE(bundle.switches.size() == 1);
  CHECK(bundle.switches[0].on_at_first);
  CHECK(bundle.switches[0].locked_by_grant == 0);
  REQUIRE(bundle.limits.size() == 2);
  CHECK(bundle.limits[0].amount == 100'000'000);
  CHECK(bundle.limits[0].alerts == std::vector<int>{50, 80, 100});
  CHECK(bundle.limits[1].per_member);
  const GrantTerms& grant = bundle.grants[0];
  CHECK(grant.validity.cycle);
  CHECK(grant.share_micros == 60'000'000);
  CHECK(grant.carry_over == CarryOver{.cycles = 1, .amount_max = 5'000'000, .drawn_last = true});
  CHECK(grant.end.at_end == AtEnd::kBillOn);
  CHECK(grant.end.switch_index == 0);
  // What the grant covers is billed on only while the switch is off; everything else always.
  const ModelIndex large = *tariff->FindModel("large");
  UseContext office = Use("2026-05-05T12:00:00+08:00", {{Dimension::kProduct, "office"}});
  CHECK(ShowRow(tariff->FindDraw(index, 0, large, office)) == "1");
  CHECK(ShowRow(tariff->FindDraw(index, 0, large, office), TokenKind::kAudioInput) == "-");
  CHECK(tariff->FindDraw(index, 0, large, Use("2026-05-05T12:00:00+08:00")) == nullptr);
  CHECK(ShowRow(tariff->FindPrice(index, large, office)) == "4");
  office.switches = 1;
  CHECK(ShowRow(tariff->FindPrice(index, large, office)) == "-");
  CHECK(ShowRow(tariff->FindPrice(index, large, office), TokenKind::kAudioInput) == "4");
  office.of(Dimension::kProduct) = 0;
  CHECK(ShowRow(tariff->FindPrice(index, large, office)) == "4");

  const Offer& requests = tariff->offer(*tariff->FindOffer("requests"));
  CHECK(requests.fee_micros == 0);
  CHECK(requests.fee_unit == Unit::Of("loyalty_point"));
  CHECK(requests.fee_points == 500);
  CHECK(requests.per_month_max == 5);
  CHECK(requests.grants[0].unlimited);
  CHECK(requests.grants[0].amount == kUnlimitedAmount);
  CHECK(requests.grants[0].from_first_use);
  CHECK(requests.grants[0].limits[0].window ==
        Window{.kind = WindowKind::kSliding, .length_ms = 5 * 3'600'000});
  CHECK(requests.grants[0].limits[0].id != requests.grants[0].limits[1].id);
  CHECK(requests.grants[0].end.at_end == AtEnd::kWait);
  CHECK(requests.grants[1].refill == Window{.kind = WindowKind::kHour});
  CHECK(requests.grants[1].validity.until == At("2026-12-31T00:00:00+08:00"));
  CHECK_FALSE(requests.grants[1].shared);
  CHECK(requests.grants[1].end.at_end == AtEnd::kBuyNext);
  CHECK(requests.grants[1].end.buys_per_month_max == 3);
}

}  // namespace ocs::rating
